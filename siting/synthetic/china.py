"""Tables of the three Chinese instances, from facts and marked assumptions.

The story: the growth of the nation's IT load between two years is placed on candidate sites. It is split between the
provinces by their shares of economic output and population, and between classes of work by assumption. Racks that are
published as existing count with their unused part, since the used part serves what is there today.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from siting.physics.cooling import pue
from siting.physics.distance import great_circle_km
from siting.synthetic.facts import Facts
from siting.synthetic.pathway import it_growth, pathway
from siting.synthetic.system import fleet, green_share
from siting.synthetic.technologies import offshore_supply, pumped_storage

HOURS = 8760
ROUTE_PER_KM = 1.2
"""Assumption: length of a power line per great-circle km."""
INSTANCES: dict[str, tuple[str, ...]] = {
    "china": (),
    "jing-jin-ji-meng": ("CN-BJ", "CN-TJ", "CN-HE", "CN-SX", "CN-NM"),
    "yangtze-west": ("CN-SH", "CN-JS", "CN-ZJ", "CN-AH", "CN-GS", "CN-NX"),
}
"""Name to regions; none given: every province."""


def new_load_mw(parameters: dict[str, float]) -> float:
    """Mean IT load that the nation adds between the two years of the horizon, MW.

    Energy over PUE and hours is the mean IT load of 2023; it grows by the same share every year.
    """
    base = parameters["energy_2023_twh"] * 1e6 / HOURS / parameters["pue_2023"]
    return base * it_growth(parameters, parameters["horizon_last_year"])


def provincial_load_mw(facts: Facts) -> pd.Series:
    """Mean IT load to be placed by province, MW: half by economic output, half by population."""
    shares = facts.provinces[["gdp_2024_100m_yuan", "population_2022_10k"]]
    return new_load_mw(facts.parameters) * (shares / shares.sum()).mean(axis=1)


def tables(name: str, facts: Facts, hourly: dict[str, pd.DataFrame], surplus_mw: pd.Series) -> dict[str, pd.DataFrame]:
    """Tables of an instance, columns as in the files.

    Parameters
    ----------
    name : str
        A key of :data:`INSTANCES`.
    facts : Facts
        Published figures and assumptions.
    hourly : dict of str to DataFrame
        Series of all places (the temperature calibrates the PUE).
    surplus_mw : Series
        Largest curtailed power by province.

    Returns
    -------
    dict of str to DataFrame
        Regions, sites, capacity, cooling_options, compute_types, workloads, demand, supply, storage, fleet, corridors,
        tiers where there are any, and stages with their factors where the instance has a pathway.
    """
    chosen = list(INSTANCES[name] or facts.provinces.index)
    load = provincial_load_mw(facts)
    own = facts.sites[[name in instances.split() for instances in facts.sites["instances"]]]
    work = _of_instance(facts.workloads, name)
    shares = work["demand_share"] / work["demand_share"].sum()
    tiers = _of_instance(facts.tiers, name)
    content = {
        "regions": _regions(facts, chosen),
        "sites": _sites(facts, own, load, hourly["temperature_c"]),
        "capacity": _capacity(facts, own),
        "cooling_options": _cooling_options(facts, own),
        "compute_types": _of_instance(facts.compute_types, name).reset_index(),
        "workloads": work.drop(columns="demand_share").reset_index(),
        "demand": pd.DataFrame(
            [(region, work, round(load[region] * share, 1)) for region in chosen for work, share in shares.items()],
            columns=["region", "workload", "mean_mw"],
        ),
        "supply": _joined(_supply(facts, chosen, surplus_mw), offshore_supply(facts, name)),
        "storage": _joined(_storage(facts, chosen), pumped_storage(facts, name, _grid_mw(facts))),
        "fleet": fleet(facts, chosen),
        "corridors": _corridors(facts, chosen),
        **pathway(name, facts),
    }
    return content | ({"tiers": tiers} if len(tiers) else {})


def _of_instance(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows for an instance, without the column that says so."""
    mine = [not names or name in names.split() for names in table["instances"]]
    return table[mine].drop(columns="instances")


def _joined(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Rows one below the other; without more the table stays as it is."""
    return pd.concat([table, more], ignore_index=True) if len(more) else table


def _grid_mw(facts: Facts) -> pd.Series:
    mean_mw = facts.provinces["consumption_2024_twh"] * 1e6 / HOURS
    return (mean_mw * facts.parameters["grid_share"]).round()


def _regions(facts: Facts, chosen: list[str]) -> pd.DataFrame:
    columns = ["name_en", "name_zh", "latitude_deg", "longitude_deg", "zone"]
    table = facts.provinces.loc[chosen, columns].copy()
    table["grid_mw"] = _grid_mw(facts)[chosen]
    table["grid_factor_t_per_mwh"] = facts.provinces.loc[chosen, "grid_factor_2023_t_per_mwh"]
    table["grid_green_share"] = green_share(facts)[chosen].round(4)
    return table.reset_index()


def with_demand_charges(regions: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Regions with the charge for their highest grid power; where none is published the median of those that are."""
    charge = regions["region"].map(facts.demand_charges).fillna(facts.demand_charges.median())
    return regions.assign(demand_charge_per_mw_month=(1000 * charge).round())


def _sites(facts: Facts, own: pd.DataFrame, load: pd.Series, temperature: pd.DataFrame) -> pd.DataFrame:
    """Sites; where no size is given, a city holds a share of its province's load, in steps of 10 MW."""
    values = facts.parameters
    table = own[["region", "name_en", "name_zh", "tier", "hub", "latitude_deg", "longitude_deg"]].copy()
    share = own["region"].map(load) * values["city_share_of_demand"]
    by_rule = (np.ceil(share / 10) * 10).clip(lower=values["city_least_mw"])
    table["most_mw"] = own["most_mw"].fillna(by_rule)
    for column in ("fixed_cost_per_year", "opening_capex"):
        table[column] = own["tier"].map({tier: values[f"{tier}_{column}"] for tier in ("hub", "city")})
    table["capex_per_kw"] = own["capex_per_kw"]
    table["lifetime_years"] = values["building_lifetime_years"]
    table["embodied_t_per_mw"] = values["building_embodied_t_per_mw"]
    table["cooling"] = own["cooling"]
    table["pue_shift"] = [
        pue_shift(temperature[site if site in temperature else row["region"]], row["cooling"], row["pue_target"])
        for site, row in own.iterrows()
    ]
    return table.reset_index()


def _cooling_options(facts: Facts, own: pd.DataFrame) -> pd.DataFrame:
    """Liquid cooling at the strictest cap on PUE, for sites whose own design is above it, at an extra price."""
    values = facts.parameters
    table = pd.DataFrame({"site": own.index[own["pue_target"] > values["liquid_pue"]]})
    table["cooling"] = "liquid_dry_cooler"
    table["pue_shift"] = pue_shift(pd.Series([20.0]), "liquid_dry_cooler", values["liquid_pue"])
    table["extra_capex_per_kw"] = values["liquid_extra_capex_per_kw"]
    return table


def pue_shift(temperature_c: pd.Series, cooling: str, target: float) -> float:
    """Find what to add to a cooling design so that its mean over the year is the target, and never above it."""
    gap = target - float(pue(temperature_c.to_numpy(), cooling).mean())
    return math.floor(gap * 1e4) / 1e4


def _capacity(facts: Facts, own: pd.DataFrame) -> pd.DataFrame:
    """Unused part of the racks that are published as existing, as general-purpose IT power."""
    known = own[own["existing_racks"].notna()]
    unused = known["existing_racks"] * (1 - known["rack_use_share"]) * facts.parameters["rack_kw"] / 1000
    return pd.DataFrame({"site": known.index, "compute": "general", "existing_mw": unused.round(1).to_numpy()})


def _supply(facts: Facts, chosen: list[str], surplus_mw: pd.Series) -> pd.DataFrame:
    """Offer new wind and sun up to a share of today's capacity, and what is curtailed today."""
    values, rows = facts.parameters, []
    life = values["renewable_lifetime_years"]
    for region in chosen:
        province = facts.provinces.loc[region]
        for source in ("wind", "solar"):
            hours = province[f"{source}_hours_2023"]
            rows.append(
                {
                    "region": region,
                    "technology": source,
                    "existing_mw": 0.0,
                    "most_mw": round(province[f"{source}_2024_mw"] * values["renewable_share"]),
                    "capex_per_kw": values[f"{source}_capex_per_kw"],
                    "fixed_om_per_kw_year": values[f"{source}_om_per_kw_year"],
                    "lifetime_years": life,
                    "variable_cost_per_mwh": 0.0,
                    "embodied_t_per_mw": round(values[f"{source}_life_cycle_t_per_mwh"] * hours * life),
                }
            )
        if surplus_mw[region] >= 0.05:
            price = province["coal_benchmark_yuan_per_mwh"] * values["surplus_price_share"]
            most = round(surplus_mw[region], 1)
            rows.append(
                {"region": region, "technology": "surplus", "existing_mw": most, "most_mw": most}
                | {"lifetime_years": life, "variable_cost_per_mwh": round(price, 1)}
            )
    table = pd.DataFrame(rows)
    table["green"] = True
    return table.fillna({"capex_per_kw": 0.0, "fixed_om_per_kw_year": 0.0, "embodied_t_per_mw": 0.0})


def _storage(facts: Facts, chosen: list[str]) -> pd.DataFrame:
    values = facts.parameters
    most_mw = (_grid_mw(facts)[chosen] * values["battery_share"]).round()
    table = pd.DataFrame({"region": chosen, "storage": "battery", "most_mw": most_mw.to_numpy()})
    table["most_mwh"] = table["most_mw"] * values["battery_hours"]
    table["capex_per_kw"] = values["battery_capex_per_kw"]
    table["capex_per_kwh"] = values["battery_capex_per_kwh"]
    table["fixed_om_per_kw_year"] = values["battery_om_per_kw_year"]
    table["lifetime_years"] = values["battery_lifetime_years"]
    table["round_trip_efficiency"] = values["battery_efficiency"]
    table["embodied_t_per_mwh"] = values["battery_embodied_t_per_mwh"]
    return table


def _corridors(facts: Facts, chosen: list[str]) -> pd.DataFrame:
    """Corridors with both ends in the instance."""
    values = facts.parameters
    inside = facts.corridors["from_region"].isin(chosen) & facts.corridors["to_region"].isin(chosen)
    table = facts.corridors[inside].copy()
    place = facts.provinces[["latitude_deg", "longitude_deg"]]
    ends = [place.loc[table[end]].to_numpy().T for end in ("from_region", "to_region")]
    km = great_circle_km(*ends[0], *ends[1]) * ROUTE_PER_KM
    table["existing_mw"] = (table["capacity_mw"] * values["corridor_share"]).round()
    table["most_mw"] = table["existing_mw"] * values["corridor_expansion"]
    table["capex_per_kw"] = (km * values["corridor_capex_per_kw_km"]).round()
    table["lifetime_years"] = values["corridor_lifetime_years"]
    table["fixed_om_per_kw_year"] = (table["capex_per_kw"] * values["corridor_om_share"]).round(1)
    loss = values["corridor_loss_fixed"] + values["corridor_loss_per_1000km"] * km / 1000
    table["loss_share"] = np.minimum(loss, values["corridor_loss_most"]).round(4)
    table["wheeling_cost_per_mwh"] = values["wheeling_cost_per_mwh"]
    return table.drop(columns="capacity_mw").reset_index()
