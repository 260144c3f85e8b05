"""What follows from the tables alone: latencies, admissible pairs, PUE, profiles, capacities.

The model, the audit and the maps all start from these; each is computed once per problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.physics.cooling import pue as pue_of
from siting.physics.distance import great_circle_km
from siting.problem.ages import ended
from siting.problem.once import once
from siting.problem.problem import Problem
from siting.problem.tiers import module_mw, of_tier, site_most_mw


@once
def distance_km(p: Problem) -> pd.DataFrame:
    """Great-circle distance, regions x sites, km."""
    km = great_circle_km(
        p.regions["latitude_deg"].to_numpy()[:, None],
        p.regions["longitude_deg"].to_numpy()[:, None],
        p.sites["latitude_deg"].to_numpy()[None, :],
        p.sites["longitude_deg"].to_numpy()[None, :],
    )
    return pd.DataFrame(km, index=p.regions.index, columns=p.sites.index)


@once
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


@once
def linked(p: Problem) -> pd.DataFrame:
    """Whether work of a region may go to a site as far as links are concerned, regions x sites."""
    network = p.settings.network
    free = network.cost_per_gb_1000km == 0 and bool((p.links["cost_per_mwh"] > 0).any())
    allowed = pd.DataFrame(True, index=p.regions.index, columns=p.sites.index)
    if p.links.empty or network.missing_links == "computed" or (network.missing_links == "priced" and not free):
        return allowed
    pairs = pd.MultiIndex.from_product([p.regions.index, p.sites.index])
    return pd.DataFrame(pairs.isin(p.links.index).reshape(allowed.shape), index=p.regions.index, columns=p.sites.index)


@once
def site_compute(p: Problem) -> pd.DataFrame:
    """Index (site, compute): existing_mw, ended_mw, most_mw and module_mw; pairs that can hold nothing are left out.

    ``existing_mw`` is what exists and lives; where the life of the equipment or of its building has ended it is
    ``ended_mw``, which may be renewed. Closed sites are left out; a type's ``most_mw`` never exceeds the site's, nor
    what the tier allows.
    """
    pairs = pd.MultiIndex.from_product([p.sites.index, p.compute_types.index], names=["site", "compute"])
    given = p.capacity.reindex(pairs)
    most_of_site = pairs.get_level_values("site").map(site_most_mw(p).to_dict()).to_numpy(dtype=float)
    of_type = pd.DataFrame({k: of_tier(p, "most_mw", str(k)) for k in p.compute_types.index}).stack(future_stack=True)
    there, old = given["existing_mw"].fillna(0.0), ended(p, "capacity").reindex(pairs, fill_value=False)
    old |= pairs.get_level_values("site").map(ended(p, "sites").to_dict()).to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "existing_mw": there.mask(old, 0.0),
            "ended_mw": there.where(old, 0.0),
            "most_mw": np.fmin(np.fmin(given["most_mw"].to_numpy(dtype=float), most_of_site), of_type.to_numpy()),
            "module_mw": module_mw(p).stack().to_numpy(),
        },
        index=pairs,
    )
    closed = pairs.get_level_values("site").map((p.sites["decision"] == "closed").to_dict()).to_numpy(dtype=bool)
    return table[(table["most_mw"] > 0) & ~closed]


@once
def exists(p: Problem) -> pd.Series[bool]:
    """Whether a site has equipment already, be it past its life; not if it is closed."""
    table = site_compute(p)
    there = table.index[table["existing_mw"] + table["ended_mw"] > 0].get_level_values("site")
    return pd.Series(p.sites.index.isin(there), index=p.sites.index)


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


@once
def arcs(p: Problem) -> pd.DataFrame:
    """Admissible (workload, region, site).

    There is demand, latency is within the bound, the data may go there and a link with them, and the site can host it.
    """
    demand, hosts = p.demand["mean_mw"].to_dict(), set(site_compute(p).index)
    latency, known = latency_ms(p).to_numpy(), linked(p).to_numpy()
    allowed = {place: within(p, place).to_numpy() & known for place in p.workloads["stays_in"]}
    rows = []
    workloads = p.workloads[["compute", "latency_ms", "stays_in"]]
    for workload, compute, bound, stays_in in workloads.itertuples(name=None):
        able = np.array([(site, compute) in hosts for site in p.sites.index])
        admissible = able & (latency <= bound + 1e-9) & allowed[stays_in]
        for region, row in zip(p.regions.index, admissible, strict=True):
            if demand.get((region, workload), 0.0) > 0:
                rows += [(workload, region, site) for site in p.sites.index[row]]
    # As objects: columns of text are slow to walk, and every concept walks them.
    return pd.DataFrame(rows, columns=["workload", "region", "site"], dtype=object)


@once
def batches(p: Problem) -> pd.DataFrame:
    """Columns workload, group, region: origins of a delay-tolerant workload that reach the same sites share a group.

    Their backlogs can be pooled, because any site of one may take work of the other.
    """
    return groups(p, p.workloads["max_delay_h"] > 0)


def groups(p: Problem, chosen: pd.Series) -> pd.DataFrame:
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


@once
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


@once
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


@once
def profiles(p: Problem) -> pd.DataFrame:
    """Load of each workload per MW of mean load, hours of the year x workloads; the mean of each is one."""
    if (p.regions["clock_shift_h"] != 0).any():
        raise ValueError(
            "clocks were shifted in a problem that was made already: see siting.problem.local_time.as_local"
        )
    flat = np.ones(p.hours)
    columns = {}
    for workload, name in p.workloads["profile"].items():
        shape = p.hourly["profile"][name].to_numpy(dtype=float) if name else flat
        columns[workload] = shape / shape.mean()
    return pd.DataFrame(columns)


@once
def grid_factor_t_per_mwh(p: Problem) -> pd.DataFrame:
    """CO2 of grid power, hours of the year x regions: the hourly series where given, else the annual average."""
    return _hourly_or_annual(p, "grid_factor_t_per_mwh")


@once
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


@once
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


def joined_regions(p: Problem, some: set[str]) -> list[str]:
    """Regions that corridors join to some regions, by whatever way, and these themselves."""
    ends = p.corridors.loc[p.corridors["most_mw"] > 0, ["from_region", "to_region"]]
    pairs = list(ends.itertuples(index=False, name=None))
    found: set[str] = set()
    reached = set(some)
    while reached > found:
        found = set(reached)
        reached |= {n for pair in pairs if found & set(pair) for n in pair}
    return [n for n in p.regions.index if n in found]


def way_shares(p: Problem) -> pd.DataFrame:
    """What a corridor may carry each way as a share of its headroom.

    Returns
    -------
    DataFrame
        Index corridor; columns forward (from from_region to to_region) and backward.
    """
    direction, reverse = p.corridors["direction"], p.corridors["reverse_share"].astype(float)
    forward = (direction != "backward").astype(float)
    return pd.DataFrame({"forward": forward, "backward": reverse.where(direction != "forward", 0.0)})


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
