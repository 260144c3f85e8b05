"""What follows from the tables alone: latencies, admissible pairs, PUE, profiles, capacities.

The model, the audit and the maps all start from these; each is computed once per problem.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from siting.physics.cooling import pue as pue_of
from siting.physics.distance import great_circle_km
from siting.problem.problem import Problem

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
    """Index (site, compute): existing_mw and most_mw; pairs that can hold nothing are left out.

    Closed sites are left out; a type's ``most_mw`` never exceeds the site's.
    """
    pairs = pd.MultiIndex.from_product([p.sites.index, p.compute_types.index], names=["site", "compute"])
    given = p.capacity.reindex(pairs)
    most_of_site = pairs.get_level_values("site").map(p.sites["most_mw"].to_dict()).to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            "existing_mw": given["existing_mw"].fillna(0.0),
            "most_mw": np.fmin(given["most_mw"].to_numpy(dtype=float), most_of_site),
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
    demand = p.demand[p.demand["mean_mw"] > 0].reset_index()[["workload", "region"]]
    demand = demand.merge(p.workloads[["compute", "latency_ms"]], left_on="workload", right_index=True)
    hosts = site_compute(p).reset_index()[["site", "compute"]]
    pairs = demand.merge(hosts, on="compute")
    w, n, s = (
        index.get_indexer(pd.Index(pairs[name]))
        for name, index in (("workload", p.workloads.index), ("region", p.regions.index), ("site", p.sites.index))
    )
    near = latency_ms(p).to_numpy()[n, s] <= pairs["latency_ms"].to_numpy() + 1e-9
    for stays_in in set(p.workloads["stays_in"]) - {""}:
        free = (p.workloads["stays_in"] != stays_in).to_numpy()
        near &= free[w] | within(p, stays_in).to_numpy()[n, s]
    pairs = pairs.iloc[[i for i in np.lexsort((s, n, w)) if near[i]]]
    return pairs[["workload", "region", "site"]].reset_index(drop=True)


@_once
def batches(p: Problem) -> pd.DataFrame:
    """Columns workload, group, region: origins of a delay-tolerant workload that reach the same sites share a group.

    Their backlogs can be pooled without loss, because any site of one may take work of the other.
    """
    table = arcs(p)
    return _groups(table[table["workload"].map(p.workloads["max_delay_h"] > 0)])


def _groups(table: pd.DataFrame) -> pd.DataFrame:
    reach = table.groupby(["workload", "region"], sort=False)["site"].agg(tuple)
    rows = []
    for workload, group in reach.groupby(level="workload", sort=False):
        seen: dict[tuple[str, ...], int] = {}
        for region, sites in group.droplevel("workload").items():
            rows.append((workload, seen.setdefault(sites, len(seen)), region))
    return pd.DataFrame(rows, columns=["workload", "group", "region"])


@_once
def data_cost_per_mwh(p: Problem) -> pd.Series:
    """Cost of moving the data of one MWh of IT energy, index (workload, region, site) over the admissible arcs."""
    table = arcs(p)
    km = distance_km(p).stack()
    pairs = pd.MultiIndex.from_frame(table[["region", "site"]])
    gb = table["workload"].map(p.workloads["data_gb_per_mwh"]).to_numpy(dtype=float)
    cost = gb * km.reindex(pairs).to_numpy(dtype=float) / 1000 * p.settings.network.cost_per_gb_1000km
    given = p.links["cost_per_mwh"].reindex(pairs).to_numpy(dtype=float)
    index = pd.MultiIndex.from_frame(table)
    return pd.Series(np.where(np.isnan(given), cost, given), index=index, name="cost_per_mwh")


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
    annual = pd.DataFrame(
        np.broadcast_to(p.regions["grid_factor_t_per_mwh"].to_numpy(dtype=float), (p.hours, len(p.regions))).copy(),
        columns=p.regions.index,
    )
    hourly = p.hourly.get("grid_factor_t_per_mwh")
    if hourly is not None:
        annual[hourly.columns] = hourly.to_numpy(dtype=float)
    return annual


@_once
def marginal_factor_t_per_mwh(p: Problem) -> pd.DataFrame:
    """CO2 of one more MWh of grid power, hours of the year x regions; NaN where the instance does not say."""
    annual = pd.DataFrame(
        np.broadcast_to(p.regions["marginal_factor_t_per_mwh"].to_numpy(dtype=float), (p.hours, len(p.regions))).copy(),
        columns=p.regions.index,
    )
    hourly = p.hourly.get("marginal_factor_t_per_mwh")
    if hourly is not None:
        annual[hourly.columns] = hourly.to_numpy(dtype=float)
    return annual


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
    table = arcs(p)
    rows = p.workloads
    wanted = (rows["max_delay_h"] == 0) & ((rows["replicas"] > 1) | rows["survives_loss"])
    return _groups(table[table["workload"].map(wanted)])


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
