"""What follows from the tables alone: latencies, admissible pairs, PUE, profiles, capacities.

The model, the audit and the maps all start from these; each is computed once per problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from siting.physics.cooling import pue as pue_of
from siting.physics.distance import great_circle_km
from siting.physics.water import wue as wue_of
from siting.problem.problem import Problem
from siting.problem.tiers import module_mw, of_tier, site_most_mw

T = TypeVar("T")


def _once(function: Callable[[Problem], T]) -> Callable[[Problem], T]:
    @wraps(function)
    def cached(p: Problem) -> T:
        key = function.__name__
        if key not in p.cache:
            p.cache[key] = function(p)
        result: T = p.cache[key]
        return result

    return cached


@_once
def distance_km(p: Problem) -> pd.DataFrame:
    """Great-circle distance, regions x sites, km."""
    km = great_circle_km(
        p.regions["latitude_deg"].to_numpy()[:, None],
        p.regions["longitude_deg"].to_numpy()[:, None],
        p.sites["latitude_deg"].to_numpy()[None, :],
        p.sites["longitude_deg"].to_numpy()[None, :],
    )
    return pd.DataFrame(km, index=p.regions.index, columns=p.sites.index)


@_once
def latency_ms(p: Problem) -> pd.DataFrame:
    """One-way latency, regions x sites, ms: the link's where one is given, else distance x route factor x delay."""
    network = p.settings.network
    computed = distance_km(p) * (network.route_factor * network.fibre_us_per_km / 1000) + network.equipment_ms
    given = p.links["latency_ms"].unstack() if len(p.links) else None
    if given is None:
        return computed
    return (
        given.reindex(index=computed.index, columns=computed.columns)
        .combine_first(computed)[computed.columns]
        .loc[computed.index]
    )


@_once
def site_compute(p: Problem) -> pd.DataFrame:
    """Index (site, compute): existing_mw, most_mw and module_mw; pairs that can hold nothing are left out.

    Closed sites are left out; a type's ``most_mw`` never exceeds the site's, nor what the tier allows.
    """
    pairs = pd.MultiIndex.from_product([p.sites.index, p.compute_types.index], names=["site", "compute"])
    given = p.capacity.reindex(pairs)
    most_of_site = pairs.get_level_values("site").map(site_most_mw(p).to_dict()).to_numpy(dtype=float)
    of_type = pd.DataFrame({k: of_tier(p, "most_mw", str(k)) for k in p.compute_types.index}).stack(future_stack=True)
    table = pd.DataFrame(
        {
            "existing_mw": given["existing_mw"].fillna(0.0),
            "most_mw": np.fmin(np.fmin(given["most_mw"].to_numpy(dtype=float), most_of_site), of_type.to_numpy()),
            "module_mw": module_mw(p).stack().to_numpy(),
        },
        index=pairs,
    )
    closed = pairs.get_level_values("site").map((p.sites["decision"] == "closed").to_dict()).to_numpy(dtype=bool)
    return table[(table["most_mw"] > 0) & ~closed]


def within(p: Problem, stays_in: str) -> pd.DataFrame:
    """Whether data of a region may go to a site, regions x sites, under a value of ``workloads.stays_in``.

    A region without a zone is a zone of its own.
    """
    home = p.sites["region"].to_numpy()[None, :]
    allowed = p.regions.index.to_numpy()[:, None] == home
    if stays_in == "":
        allowed = np.ones_like(allowed)
    elif stays_in == "zone":
        zone = p.regions["zone"]
        there = p.sites["region"].map(zone.to_dict()).to_numpy()[None, :]
        allowed = allowed | ((zone.to_numpy()[:, None] == there) & (there != ""))
    return pd.DataFrame(allowed.astype(bool), index=p.regions.index, columns=p.sites.index)


@_once
def arcs(p: Problem) -> pd.DataFrame:
    """Admissible (workload, region, site).

    There is demand, latency is within the bound, the data may go there, and the site can host it.
    """
    demand, hosts = p.demand["mean_mw"].to_dict(), set(site_compute(p).index)
    latency, allowed = (
        latency_ms(p).to_numpy(),
        {place: within(p, place).to_numpy() for place in p.workloads["stays_in"]},
    )
    rows = []
    workloads = p.workloads[["compute", "latency_ms", "stays_in"]]
    for workload, compute, bound, stays_in in workloads.itertuples(name=None):
        able = np.array([(site, compute) in hosts for site in p.sites.index])
        admissible = able & (latency <= bound + 1e-9) & allowed[stays_in]
        for region, row in zip(p.regions.index, admissible, strict=True):
            if demand.get((region, workload), 0.0) > 0:
                rows += [(workload, region, site) for site in p.sites.index[row]]
    return pd.DataFrame(rows, columns=["workload", "region", "site"])


@_once
def batches(p: Problem) -> pd.DataFrame:
    """Columns workload, group, region: origins of a delay-tolerant workload that reach the same sites share a group.

    Their backlogs can be pooled, because any site of one may take work of the other.
    """
    return _groups(p, p.workloads["max_delay_h"] > 0)


def _groups(p: Problem, chosen: pd.Series) -> pd.DataFrame:
    """Origins of the chosen workloads, those that reach the same sites with the same number."""
    wanted = set(chosen.index[chosen])
    reach: dict[tuple[str, str], list[str]] = {}
    for workload, region, site in arcs(p).itertuples(index=False, name=None):
        if workload in wanted:
            reach.setdefault((workload, region), []).append(site)
    numbers: dict[str, dict[tuple[str, ...], int]] = {}
    rows = []
    for (workload, region), sites in reach.items():
        known = numbers.setdefault(workload, {})
        rows.append((workload, known.setdefault(tuple(sites), len(known)), region))
    return pd.DataFrame(rows, columns=["workload", "group", "region"])


@_once
def data_cost_per_mwh(p: Problem) -> pd.Series:
    """Cost of moving the data of one MWh of IT energy, index (workload, region, site) over the admissible arcs."""
    table = arcs(p)
    n = p.regions.index.get_indexer(pd.Index(table["region"]))
    s = p.sites.index.get_indexer(pd.Index(table["site"]))
    km = distance_km(p).to_numpy()[n, s]
    gb = table["workload"].map(p.workloads["data_gb_per_mwh"]).to_numpy(dtype=float)
    cost = gb * km / 1000 * p.settings.network.cost_per_gb_1000km
    if len(p.links):
        given = (
            p.links["cost_per_mwh"].reindex(pd.MultiIndex.from_frame(table[["region", "site"]])).to_numpy(dtype=float)
        )
        cost = np.where(np.isnan(given), cost, given)
    return pd.Series(cost, index=pd.MultiIndex.from_frame(table), name="cost_per_mwh")


@_once
def pue(p: Problem) -> pd.DataFrame:
    """PUE, hours of the year x sites."""
    series = p.hourly["temperature_c"]
    columns = {
        site: pue_of(
            series[site if site in series.columns else row["region"]].to_numpy(), row["cooling"], row["pue_shift"]
        )
        for site, row in p.sites.iterrows()
    }
    return pd.DataFrame(columns, index=series.index)


@_once
def profiles(p: Problem) -> pd.DataFrame:
    """Load of each workload per MW of mean load, hours of the year x workloads; the mean of each is one."""
    flat = np.ones(p.hours)
    columns = {}
    for workload, name in p.workloads["profile"].items():
        shape = p.hourly["profile"][name].to_numpy(dtype=float) if name else flat
        columns[workload] = shape / shape.mean()
    return pd.DataFrame(columns)


@_once
def grid_factor_t_per_mwh(p: Problem) -> pd.DataFrame:
    """CO2 of grid power, hours of the year x regions: the hourly series where given, else the annual average."""
    return _hourly_or_annual(p, "grid_factor_t_per_mwh")


@_once
def marginal_factor_t_per_mwh(p: Problem) -> pd.DataFrame:
    """CO2 of one more MWh of grid power, hours of the year x regions; NaN where the instance does not say."""
    return _hourly_or_annual(p, "marginal_factor_t_per_mwh")


def _hourly_or_annual(p: Problem, name: str) -> pd.DataFrame:
    """A column of the regions for every hour, overridden by the hourly series of the same name."""
    annual = np.broadcast_to(p.regions[name].to_numpy(dtype=float), (p.hours, len(p.regions))).copy()
    table = pd.DataFrame(annual, columns=p.regions.index)
    hourly = p.hourly.get(name)
    if hourly is not None:
        table[hourly.columns] = hourly.to_numpy(dtype=float)
    return table


def capacity_factor(p: Problem, technology: str) -> pd.DataFrame:
    """Output of one MW of a technology, hours of the year x regions."""
    return p.hourly[f"capacity_factor_{technology}"]


def floor_sites(p: Problem) -> list[tuple[float, list[str]]]:
    """Each green floor as its share and the sites that it binds."""
    return [(floor.share, rule_sites(p, floor)) for floor in p.settings.green.floors]


def floor_credit(p: Problem) -> list[dict[str, float]]:
    """What a claimed MWh counts for in each green floor, by site: one, or what it adds to the grid mix.

    A site that claims the share c and draws the rest with the grid's own green share g is green by c + (1 - c) g; that
    is c (1 - g) more than the grid mix.
    """
    mix = p.sites["region"].map(p.regions["grid_green_share"])
    return [
        {s: 1.0 - float(mix[s]) if floor.beyond_grid_mix else 1.0 for s in sites}
        for floor, (_, sites) in zip(p.settings.green.floors, floor_sites(p), strict=True)
    ]


def hourly_floor_regions(p: Problem) -> list[tuple[float, list[str]]]:
    """Each floor on the hourly matched share as its share and the regions that it binds."""
    result = []
    for floor in p.settings.green.hourly_floors:
        named = set(p.sites.loc[rule_sites(p, floor), "region"])
        result.append((floor.share, [n for n in p.regions.index if n in named]))
    return result


def rule_sites(p: Problem, rule: Any) -> list[str]:
    """Sites that meet the conditions (tier, hub, region, site) of a rule of the settings; closed ones are left out."""
    chosen = p.sites["decision"] != "closed"
    for name in ("tier", "hub", "region"):
        wanted = getattr(rule, name, None)
        if wanted is not None:
            chosen &= p.sites[name] == wanted
    if getattr(rule, "site", None) is not None:
        chosen &= p.sites.index == rule.site
    return list(p.sites.index[chosen])


@_once
def backed(p: Problem) -> pd.DataFrame:
    """Columns workload, group, region: rigid work that other sites back up, origins with the same sites in a group.

    What one site backs up for a group can be split among its origins in proportion to their work at the other site,
    because all of them reach both sites; so groups lose nothing against single origins.
    """
    rows = p.workloads
    return _groups(p, (rows["max_delay_h"] == 0) & ((rows["replicas"] > 1) | rows["survives_loss"]))


def backup_pairs(p: Problem, rule: str) -> pd.DataFrame:
    """Columns workload, group, site, site_2: admissible sites and the other ones that may back them up.

    Parameters
    ----------
    p : Problem
        The problem.
    rule : str
        ``replicas`` (the second site at least ``replica_km`` away) or ``survives_loss`` (any other site).
    """
    rows = p.workloads
    chosen = rows.index[rows["replicas"] > 1] if rule == "replicas" else rows.index[rows["survives_loss"]]
    members = backed(p)
    sites = members[members["workload"].isin(chosen)].merge(arcs(p), on=["workload", "region"])
    sites = sites[["workload", "group", "site"]].drop_duplicates()
    pairs = sites.merge(sites, on=["workload", "group"], suffixes=("", "_2"))
    pairs = pairs[pairs["site"] != pairs["site_2"]]
    if rule == "replicas":
        one, other = (p.sites.index.get_indexer(pd.Index(pairs[name])) for name in ("site", "site_2"))
        apart = site_distance_km(p).to_numpy()[one, other]
        pairs = pairs[apart >= pairs["workload"].map(rows["replica_km"]).to_numpy(dtype=float) - 1e-9]
    return pairs.reset_index(drop=True)


@_once
def site_distance_km(p: Problem) -> pd.DataFrame:
    """Great-circle distance, sites x sites, km."""
    latitude, longitude = p.sites["latitude_deg"].to_numpy(), p.sites["longitude_deg"].to_numpy()
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None, :], longitude[None, :])
    return pd.DataFrame(km, index=p.sites.index, columns=p.sites.index)


@_once
def designs(p: Problem) -> pd.DataFrame:
    """Cooling designs that each site offers, its own first, index (site, cooling).

    Columns are pue_shift, wue_factor and extra_capex_per_kw.
    """
    own = p.sites[["cooling", "pue_shift", "wue_factor"]].assign(extra_capex_per_kw=0.0)
    own = own.rename_axis("site").set_index("cooling", append=True)
    both = pd.concat([own, p.cooling_options]) if len(p.cooling_options) else own
    return both[~both.index.duplicated()]


def _pairs(p: Problem) -> list[tuple[str, str]]:
    return [(str(site), str(cooling)) for site, cooling in designs(p).index.to_list()]


@_once
def choices(p: Problem) -> dict[str, list[str]]:
    """Designs to choose from, by site; sites with one design, or that can hold nothing, are left out."""
    hosts = set(site_compute(p).index.get_level_values("site"))
    offered: dict[str, list[str]] = {}
    for site, cooling in _pairs(p):
        offered.setdefault(site, []).append(cooling)
    return {site: offered[site] for site in p.sites.index if len(offered[site]) > 1 and site in hosts}


@_once
def open_choices(p: Problem) -> dict[str, list[str]]:
    """The choices that the caps on PUE leave: designs that break one are out, and so are sites that have no other."""
    over = set(designs_over_pue_cap(p))
    kept = {site: [c for c in names if (site, c) not in over] for site, names in choices(p).items()}
    return {site: names for site, names in kept.items() if names}


@_once
def design_pue(p: Problem) -> pd.DataFrame:
    """PUE, hours of the year x (site, cooling)."""
    series, region = p.hourly["temperature_c"], p.sites["region"]
    columns = {
        (site, cooling): pue_of(series[site if site in series.columns else region[site]].to_numpy(), cooling, shift)
        for (site, cooling), shift in zip(_pairs(p), designs(p)["pue_shift"], strict=True)
    }
    return pd.DataFrame(columns, index=series.index)


@_once
def most_power_mw(p: Problem) -> pd.Series:
    """Most power that each site can draw: all its equipment at full load in the worst hour of its worst design, MW."""
    return p.sites["most_mw"] * design_pue(p).max().groupby(level=0).max()


@_once
def design_wue(p: Problem) -> pd.DataFrame:
    """Litres of water per kWh of IT energy (m³ per MWh), hours of the year x (site, cooling)."""
    series, region, effectiveness = p.hourly["temperature_c"], p.sites["region"], design_pue(p)
    columns = {
        (site, cooling): wue_of(
            series[site if site in series.columns else region[site]].to_numpy(),
            cooling,
            effectiveness[site, cooling].to_numpy(),
            factor,
        )
        for (site, cooling), factor in zip(_pairs(p), designs(p)["wue_factor"], strict=True)
    }
    return pd.DataFrame(columns, index=series.index)


@_once
def wue(p: Problem) -> pd.DataFrame:
    """Litres of water per kWh of IT energy (m³ per MWh) of each site's own design, hours of the year x sites."""
    own = list(p.sites["cooling"].items())
    return design_wue(p)[own].set_axis(p.sites.index, axis=1)


def water_counts(p: Problem) -> bool:
    """Whether water has a price or a cap in some region."""
    return bool((p.regions["water_price_per_m3"] > 0).any() or p.regions["water_cap_m3"].notna().any())


@_once
def designs_over_pue_cap(p: Problem) -> list[tuple[str, str]]:
    """Designs (site, cooling) of new large sites whose mean PUE over the year exceeds a cap that the site is under."""
    if not p.settings.policy.pue_caps:
        return []
    table, mean = site_compute(p), design_pue(p).mean()
    new = ~p.sites.index.isin(table.index[table["existing_mw"] > 0].get_level_values("site"))
    most = pd.Series(np.inf, index=p.sites.index)
    for cap in p.settings.policy.pue_caps:
        mine = new & (p.sites["most_mw"] >= cap.least_mw) & p.sites.index.isin(rule_sites(p, cap))
        most[mine] = np.minimum(most[mine], cap.most)
    return [(site, cooling) for site, cooling in _pairs(p) if mean[site, cooling] > most[site] + 1e-9]


def sites_over_pue_cap(p: Problem) -> list[str]:
    """New large sites none of whose designs keeps the caps on PUE."""
    over = set(designs_over_pue_cap(p))
    kept = {site for site, cooling in _pairs(p) if (site, cooling) not in over}
    return [site for site in p.sites.index if site not in kept]


@_once
def pue_surcharge_per_mwh(p: Problem) -> pd.Series:
    """Surcharge on the electricity that a site draws, index (site, cooling)."""
    rate = pd.Series(0.0, index=pd.MultiIndex.from_tuples(_pairs(p)))
    if not p.settings.policy.pue_tariffs:
        return rate
    mean = design_pue(p).mean()
    region = mean.index.get_level_values(0).map(p.sites["region"].to_dict())
    # The highest tier comes last and so overrides the others.
    for tier in sorted(p.settings.policy.pue_tariffs, key=lambda tier: tier.above_pue):
        mine = (region == tier.region) & (mean > tier.above_pue + 1e-9)
        share = 1 - tier.above_pue / mean[mine] if tier.excess_only else 1.0
        rate[mine] = tier.surcharge_per_mwh * share
    return rate


def as_chosen(p: Problem, tables: Mapping[str, pd.DataFrame]) -> Problem:
    """The problem in which each site's own design is the one that a plan chose; the options kept are those chosen.

    Parameters
    ----------
    p : Problem
        What was solved.
    tables : mapping of str to DataFrame
        Tables of the plan; ``design`` says what was chosen where there was a choice.
    """
    frame = tables.get("design")
    if not choices(p) or frame is None or not {"site", "cooling", "chosen"} <= set(frame.columns):
        return p
    known = set(_pairs(p))
    picked = frame.loc[pd.to_numeric(frame["chosen"], errors="coerce") > 0.5, ["site", "cooling"]]
    chosen = [pair for pair in zip(picked["site"], picked["cooling"], strict=True) if pair in known]
    sites, offered = p.sites.copy(), designs(p)
    for site, cooling in chosen:
        sites.loc[site, "cooling"] = cooling
        for name in ("pue_shift", "wue_factor"):
            sites.loc[site, name] = offered[name][site, cooling]
    kept = p.cooling_options[p.cooling_options.index.isin(chosen)]
    return p.replace(sites=sites, cooling_options=kept)
