"""What is possible and hardly meant: values that are said aloud, and do not stop a solve.

Impossible values are faults. Here are ranges that real data centers and grids keep, in units that are the same
everywhere; of money only proportions are judged, since nobody knows what a currency is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from siting.errors import Fault, Sentence
from siting.physics.distance import great_circle_km
from siting.problem import Problem

FAR_KM = 1500.0
"""A site belongs to the power system of its region, so it is hardly farther from it."""

LIGHT_KM_PER_MS = 299.792458
"""Nothing is faster."""

MOST_MWH_PER_KW = 5000.0
"""Price of a kW of equipment in MWh of power: the dearest servers cost some hundreds, at a thousandth of the usual
price of power, or a thousand times the usual capital, a hundred thousand."""

RANGES: tuple[tuple[str, str, float, float], ...] = (
    ("regions", "grid_mw", 0, 1e6),
    ("regions", "water_cap_m3", 0, 1e11),
    ("sites", "most_mw", 0, 2e4),
    ("sites", "lifetime_years", 5, 80),
    ("sites", "pue_shift", -0.5, 1.5),
    ("sites", "wue_factor", 0, 5),
    ("sites", "embodied_t_per_mw", 0, 1e5),
    ("cooling_options", "pue_shift", -0.5, 1.5),
    ("cooling_options", "wue_factor", 0, 5),
    ("compute_types", "module_mw", 1e-3, 500),
    ("compute_types", "lifetime_years", 1, 20),
    ("compute_types", "idle_share", 0, 0.8),
    ("compute_types", "usable_share", 0.1, 1),
    ("compute_types", "eflops_per_mw", 0, 1e3),
    ("compute_types", "rack_kw", 0.5, 2e3),
    ("compute_types", "embodied_t_per_mw", 0, 1e5),
    ("workloads", "latency_ms", 0.05, 5e3),
    ("workloads", "data_gb_per_mwh", 0, 1e7),
    ("demand", "mean_mw", 0, 1e5),
    ("links", "latency_ms", 0, 2e3),
    ("supply", "most_mw", 0, 1e6),
    ("supply", "lifetime_years", 3, 100),
    ("storage", "most_mw", 0, 1e6),
    ("storage", "most_mwh", 0, 1e8),
    ("storage", "round_trip_efficiency", 0.2, 1),
    ("storage", "lifetime_years", 3, 100),
    ("fleet", "existing_mw", 0, 1e6),
    ("corridors", "most_mw", 0, 1e5),
    ("corridors", "loss_share", 0, 0.3),
    ("corridors", "lifetime_years", 5, 100),
)
"""Table, column, and the least and most that is usual."""

MEANS: tuple[tuple[str, float, float], ...] = (
    ("temperature_c", -30, 40),
    ("capacity_factor_solar", 0, 0.4),
    ("capacity_factor_wind", 0, 0.75),
    ("system_load_mw", 0, 1e6),
)
"""Series, and the least and most mean of a year that is usual."""

SETTINGS: tuple[tuple[str, float, float], ...] = (
    ("finance.discount_rate", 0, 0.3),
    ("network.fibre_us_per_km", 3.3, 10),
    ("network.route_factor", 1, 5),
    ("network.equipment_ms", 0, 100),
)


def doubts(p: Problem) -> list[Fault]:
    """Everything that is possible and hardly meant, in the form of faults, table by table.

    Parameters
    ----------
    p : Problem
        Without faults.
    """
    found: list[Fault] = []
    for each in (_settings, _values, _series, _places, _money):
        found += each(p)
    return found


def _usual(file: str, place: str, value: float, low: float, high: float, key: str = "") -> list[Fault]:
    if low <= value <= high or not np.isfinite(value):
        return []
    rule = Sentence("The value is possible and hardly meant: usual is {low:,g} to {high:,g}.", low=low, high=high)
    if key:
        rule = Sentence(
            "The value of {key} is possible and hardly meant: usual is {low:,g} to {high:,g}.",
            key=key,
            low=low,
            high=high,
        )
    return [Fault(file, rule, "Check the value, its unit and its column.", column=place, value=f"{value:g}")]


def _settings(p: Problem) -> Iterator[Fault]:
    for name, low, high in SETTINGS:
        section, key = name.split(".")
        yield from _usual("instance.toml", name, float(getattr(getattr(p.settings, section), key)), low, high)


def _values(p: Problem) -> Iterator[Fault]:
    for name, column, low, high in RANGES:
        table = getattr(p, name)
        values = table[column].astype(float)
        for key, value in values[(values < low) | (values > high)].items():
            shown = "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
            yield from _usual(f"{name}.csv", column, float(value), low, high, shown)


def _series(p: Problem) -> Iterator[Fault]:
    for name, low, high in MEANS:
        if name not in p.hourly:
            continue
        for key, mean in p.hourly[name].mean().items():
            rule = "The mean over the year is possible and hardly meant: usual is {low:,g} to {high:,g}."
            if not low <= mean <= high:
                yield Fault(
                    f"hourly/{name}",
                    Sentence(rule, low=low, high=high),
                    "Check the series, its unit and its columns.",
                    column=str(key),
                    value=f"{mean:g}",
                )


def _apart_km(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Distance of the rows of two tables, row by row."""
    places = [
        frame[f"{name}_deg"].to_numpy(dtype=float) for frame in (one, other) for name in ("latitude", "longitude")
    ]
    return pd.Series(great_circle_km(*places), index=one.index)


def _places(p: Problem) -> Iterator[Fault]:
    """Sites far from their region, places at the origin of the map, and links faster than light."""
    home = p.regions.loc[p.sites["region"]]
    for site, km in _apart_km(p.sites, home).items():
        if km > FAR_KM:
            rule = Sentence(
                "Site {site} is {km:,.0f} km from its region {region}.",
                site=site,
                km=km,
                region=p.sites.at[site, "region"],
            )
            remedy = "Check the region, and latitude and longitude."
            yield Fault("sites.csv", rule, remedy, column="region", value=str(p.sites.at[site, "region"]))
    if p.links.empty:
        return
    given = p.links["latency_ms"].astype(float).dropna()
    users, sites = (given.index.get_level_values(name) for name in ("region", "site"))
    km = _apart_km(p.regions.loc[users], p.sites.loc[sites]).to_numpy()
    for (region, site), latency, far in zip(given.index, given, km, strict=True):
        if latency < 0.5 * far / LIGHT_KM_PER_MS:
            rule = Sentence(
                "From {region} to {site} are {km:,.0f} km, for which light needs {ms:.3g} ms.",
                region=region,
                site=site,
                km=far,
                ms=far / LIGHT_KM_PER_MS,
            )
            yield Fault("links.csv", rule, "Give one-way latency in milliseconds.", None, "latency_ms", f"{latency:g}")


_CAPITAL: dict[str, Callable[[Problem], pd.Series]] = {
    "compute_types": lambda p: p.compute_types["capex_per_kw"],
    "sites": lambda p: p.sites["capex_per_kw"],
    "supply": lambda p: p.supply["capex_per_kw"],
    "storage": lambda p: p.storage["capex_per_kw"],
    "corridors": lambda p: p.corridors["capex_per_kw"],
}


def _money(p: Problem) -> Iterator[Fault]:
    """Capital and the price of power that do not fit one another, whatever the currency."""
    price = p.hourly["price_per_mwh"].abs().mean()
    usual = float(price[price > 0].median()) if (price > 0).any() else 0.0
    if usual <= 0:
        return
    for table, column in _CAPITAL.items():
        values = column(p).astype(float)
        if len(values) and values.max() / usual > MOST_MWH_PER_KW:
            rule = Sentence(
                "One kW costs as much as {mwh:,.0f} MWh of grid power: the price of power looks like money per kWh, "
                "or this like money per MW.",
                mwh=values.max() / usual,
            )
            remedy = "Check the units of both: per kW, and per MWh."
            yield Fault(f"{table}.csv", rule, remedy, column="capex_per_kw", value=f"{values.max():g}")
    for table in ("compute_types", "supply", "storage", "corridors"):
        rows = getattr(p, table)
        for key, (upkeep, capex) in rows[["fixed_om_per_kw_year", "capex_per_kw"]].astype(float).iterrows():
            if 0 < capex < upkeep:
                name = "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
                rule = Sentence(
                    "A year of upkeep of {key} costs more than to build it, {capex:g}.", key=name, capex=capex
                )
                remedy = "Check the units of both, and that the columns are not exchanged."
                yield Fault(f"{table}.csv", rule, remedy, column="fixed_om_per_kw_year", value=f"{upkeep:g}")
    # A region whose power is a hundredth of the others' is in another unit.
    for region, mean in price.items():
        if 0 < mean < usual / 100:
            rule = Sentence("The mean price is {share:.2g} % of that of the other regions.", share=100 * mean / usual)
            remedy = "Give all prices per MWh, in the same currency."
            yield Fault("hourly/price_per_mwh", rule, remedy, column=str(region), value=f"{mean:g}")
