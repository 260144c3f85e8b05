"""What no solver could mend: work that no site can take, and power that cannot be had.

Every rule here is necessary for a solution to exist, and is cheap; what it lets through may still be infeasible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from siting.errors import Fault, Sentence, sentences
from siting.problem import Problem
from siting.problem.derived import arcs, capacity_factor, latency_ms, profiles, site_compute, way_shares, within
from siting.problem.designs import design_pue
from siting.problem.tiers import site_most_mw

_WATT = 1e-6
_MOST_INT = 2_000_000_000


def reach_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Compute types that no site offers, and demand without any site within its latency bound.

    Parameters
    ----------
    p : Problem
        Tables without faults; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    hosts = site_compute(p).reset_index()
    faults = []
    demand = p.demand.reset_index()
    for line, (name, workload) in zip(lines["workloads"], p.workloads.iterrows(), strict=True):
        if workload["compute"] not in set(hosts["compute"]) and demand.loc[demand["workload"] == name, "mean_mw"].any():
            rule = "No open or free site can hold this compute type."
            remedy = "Give a site a positive most_mw, and most_mw in capacity.csv if it has a row."
            faults.append(Fault("workloads.csv", rule, remedy, line, "compute", str(workload["compute"])))
    offered = set(hosts["compute"])
    reached = set(arcs(p)[["workload", "region"]].itertuples(index=False, name=None))
    latency = latency_ms(p)
    places = zip(lines["demand"], demand["region"], demand["workload"], demand["mean_mw"].astype(float), strict=True)
    for line, region, name, mean_mw in places:
        compute, bound = p.workloads["compute"][name], float(p.workloads["latency_ms"][name])
        if mean_mw > 0 and (name, region) not in reached and compute in offered:
            sites = hosts.loc[hosts["compute"] == compute, "site"]
            stays_in = str(p.workloads["stays_in"][name])
            sites = sites[within(p, stays_in).loc[region].reindex(sites).to_numpy(dtype=bool)]
            if sites.empty:
                rule = Sentence(
                    "The data of {name} must stay in the {stays_in} of {region}, and no site there can serve it.",
                    name=name,
                    stays_in=stays_in,
                    region=region,
                )
                remedy = "Add a site there, give one room for the compute type, or clear stays_in of the workload."
                faults.append(Fault("demand.csv", rule, remedy, line, "workload", name))
                continue
            near = latency.loc[region].reindex(sites).astype(float)
            known = {"bound": bound, "region": region, "name": name, "nearest": near.idxmin(), "ms": near.min()}
            rule = Sentence(
                "No site within {bound:g} ms of {region} can serve {name}; the nearest is {nearest} at {ms:.3g} ms.",
                **known,
            )
            if stays_in:
                rule = Sentence(
                    "No site within {bound:g} ms of {region} can serve {name}, whose data must stay in its {stays_in}; "
                    "the nearest is {nearest} at {ms:.3g} ms.",
                    **known,
                    stays_in=stays_in,
                )
            remedy = "Raise latency_ms of the workload, add a site nearby, or give the measured latency in links.csv."
            faults.append(Fault("demand.csv", rule, remedy, line, "workload", name))
    return faults


def room_faults(p: Problem, lines: Mapping[str, list[int]], *, hourly: bool) -> list[Fault]:
    """Demand that the sites it may use cannot hold, by an exact maximum flow from demand to sites.

    Two flows are tried: all work at its mean, and the work that cannot wait in the hour when it is largest (an
    assignment holds all year, so it must hold in that hour). Flows are of installed power, that is load over
    ``usable_share``; what a site may have of a type is rounded down to whole modules.

    Parameters
    ----------
    p : Problem
        Tables without faults.
    lines : mapping of str to list of int
        Line of each row of each table.
    hourly : bool
        Whether the profiles are sound, so that the second flow can be tried.
    """
    demand = p.demand["mean_mw"]
    demand = demand[demand > 0]
    workload = demand.index.get_level_values("workload")
    usable = p.compute_types["usable_share"].reindex(p.workloads["compute"].reindex(workload)).to_numpy(dtype=float)
    installed = demand / usable
    faults = _room(p, installed, "On average over the year", lines)
    if hourly and not faults:
        rigid = (p.workloads["max_delay_h"] == 0).reindex(workload).to_numpy(dtype=bool)
        # Replicas reserve room beside the work; work that may wait may use it meanwhile, so the mean leaves them out.
        replicas = p.workloads["replicas"].reindex(workload[rigid]).to_numpy(dtype=float)
        fixed = installed[rigid] * replicas
        if len(fixed):
            shape = profiles(p)[list(fixed.index.get_level_values("workload"))].to_numpy()
            hour = int(np.argmax(shape @ fixed.to_numpy()))
            when = Sentence("In hour {hour} of the year, when it is largest,", hour=hour)
            if (replicas > 1).any():
                when = Sentence("In hour {hour} of the year, when it is largest, with their replicas", hour=hour)
            faults = _room(p, fixed * shape[hour], when, lines)
    return faults


def _room(p: Problem, installed_mw: pd.Series, when: str, lines: Mapping[str, list[int]]) -> list[Fault]:
    hosts, limit = whole_modules_mw(p), site_most_mw(p)
    admissible = arcs(p).merge(p.workloads["compute"], left_on="workload", right_index=True)
    nodes: dict[object, int] = {"source": 0, "sink": 1}
    edges: dict[tuple[int, int], float] = {}
    for key, mw in installed_mw.items():
        edges[0, nodes.setdefault(("demand", key), len(nodes))] = float(mw)
    for row in admissible.itertuples(index=False):
        start = nodes.get(("demand", (row.region, row.workload)))
        if start is not None:
            edges[start, nodes.setdefault(("host", (row.site, row.compute)), len(nodes))] = np.inf
    for key, mw in hosts.items():
        if ("host", key) in nodes:
            site = key[0]  # type: ignore[index]
            middle = nodes.setdefault(("site", site), len(nodes))
            edges[nodes["host", key], middle] = float(mw)
            edges[middle, 1] = float(limit[site])
    stuck, room = _cut(len(nodes), edges)
    short = [key for key in installed_mw.index if nodes["demand", key] in stuck]
    if not short:
        return []
    rule, remedy = _no_room(p, short, float(installed_mw[short].sum()), room, when)
    table = site_compute(p)["most_mw"]
    for key, mw in table.items():
        if ("host", key) in nodes:
            edges[nodes["host", key], nodes["site", key[0]]] = float(mw)  # type: ignore[index]
    if not _cut(len(nodes), edges)[0]:
        rule = sentences(rule, "In parts of a module they could hold it all, but equipment comes in whole modules.")
        remedy = "Lower module_mw of the compute type, or raise most_mw by as much as a whole module lacks."
    largest = max(short, key=lambda key: float(installed_mw[key]))
    line = lines["demand"][list(p.demand.index).index(largest)]
    value = f"{p.demand['mean_mw'][largest]:g}"
    return [Fault("demand.csv", rule, remedy, line, "mean_mw", value)]


def _no_room(p: Problem, short: list[Any], need: float, room: float, when: str) -> tuple[str, str]:
    """What does not fit, and what would help."""
    names = ", ".join(f"{workload} of {region}" for region, workload in short[:6])
    who: str = Sentence("{names} and {more} more", names=names, more=len(short) - 6) if len(short) > 6 else names
    rule = Sentence(
        "{when} {who} need {need:,.6g} MW of equipment, and all sites that they may use can hold {room:,.6g} MW.",
        when=when,
        who=who,
        need=need,
        room=room,
    )
    remedy: str = "Raise most_mw of those sites, lower mean_mw, or raise latency_ms so that more sites count."
    if p.workloads.loc[[workload for _, workload in short], "stays_in"].any():
        stay = "Where data must stay (stays_in) only sites of that region or zone count."
        remedy = sentences(remedy, stay)
    return rule, remedy


def whole_modules_mw(p: Problem) -> pd.Series:
    """Return the most of each (site, compute) that whole modules on top of what exists can reach, MW."""
    table = site_compute(p)
    room = table["most_mw"] - table["existing_mw"]
    new = np.floor(room / table["module_mw"] + 1e-9) * table["module_mw"]
    # What is renewed fills up what whole modules leave.
    new = np.minimum(room, new + table["ended_mw"])
    most: pd.Series = table["existing_mw"] + new.clip(lower=0.0)
    return most


def _cut(count: int, edges: Mapping[tuple[int, int], float]) -> tuple[set[int], float]:
    """Nodes that the source still reaches when the flow is greatest (demand too large), and the room behind them.

    scipy's flow is of integers: demand is rounded down and room up, so that rounding never makes a fault.
    """
    total = sum(mw for (start, _), mw in edges.items() if start == 0)
    if total <= 0:
        return set(), 0.0
    unit = max(_WATT, total / _MOST_INT * 2)
    ends = np.array(list(edges), dtype=np.int32)
    size = np.minimum(np.array(list(edges.values())) * (1 + 1e-9), total + 2 * unit)
    amount = np.where(ends[:, 0] == 0, np.floor(size / (1 + 2e-9) / unit), np.ceil(size / unit)).astype(np.int32)
    graph = csr_array((amount, (ends[:, 0], ends[:, 1])), shape=(count, count))
    flow = maximum_flow(graph, 0, 1)
    if flow.flow_value >= int(amount[ends[:, 0] == 0].sum()):
        return set(), 0.0
    residual = csr_array(graph - flow.flow)
    residual.eliminate_zeros()
    stuck = set(breadth_first_order(residual, 0, return_predecessors=False).tolist())
    room = sum(mw for (start, end), mw in edges.items() if start in stuck and start != 0 and end not in stuck)
    return stuck, room


def power_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Regions whose own work needs more power than the grid, sources and corridors can give.

    Own work is demand whose admissible sites all lie in one region; its power is at least its load times the least
    PUE of the sites there. Work that cannot wait is checked in every hour, all work over the year.

    Parameters
    ----------
    p : Problem
        Complete and without faults.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    table = arcs(p)
    table = table.assign(place=table["site"].map(p.sites["region"]))
    own_mw = _own_work_mw(p, table)
    rigid = (p.workloads["max_delay_h"] == 0).to_numpy(dtype=bool)
    work = profiles(p)[list(p.workloads.index)].to_numpy()
    rigid_mw = pd.DataFrame(work[:, rigid] @ own_mw.to_numpy()[rigid], columns=own_mw.columns)
    mean_mw = pd.Series(work.mean(axis=0) @ own_mw.to_numpy(), own_mw.columns)
    sites = {str(region): set(names) for region, names in table.groupby("place")["site"]}
    pue, designed = design_pue(p).to_numpy(), design_pue(p).columns.get_level_values(0)
    most, storage = _most_power_mw(p)
    faults = []
    for line, (region, row) in zip(lines["regions"], p.regions.iterrows(), strict=True):
        if region not in own_mw:
            continue
        least_pue = pue[:, designed.isin(sites[str(region)])].min(axis=1)
        power = rigid_mw[region].to_numpy() * least_pue
        yearly, steady = most[region].to_numpy(), float(storage[str(region)])
        short = power - yearly - steady
        hour = int(short.argmax())
        when, need, have = "", float(power[hour]), float(yearly[hour] + steady)
        if short[hour] > 1e-6 * max(1.0, need):
            when, ratio = Sentence("In hour {hour} of the year", hour=hour), float(least_pue[hour])
        need_mean, have_mean = float(mean_mw[str(region)] * least_pue.min()), float(yearly.mean())
        if not when and need_mean > have_mean * (1 + 1e-6):
            when, need, have, ratio = "On average over the year", need_mean, have_mean, float(least_pue.min())
        if when:
            rule = Sentence(
                "{when} the work that only sites in {region} can do needs {need:,.6g} MW ({it:,.6g} MW of IT load at a "
                "PUE of {pue:.3f}), and at most {have:,.6g} MW can be had.",
                when=when,
                region=region,
                need=need,
                it=need / ratio,
                pue=ratio,
                have=have,
            )
            remedy: str = "Raise grid_mw or the supply, storage or corridors of the region, or lower its demand."
            if need / ratio <= have:
                remedy = sentences(
                    remedy, "Or choose a cooling design with a lower PUE: for the IT load alone it is enough."
                )
            faults.append(Fault("regions.csv", rule, remedy, line, "grid_mw", f"{row['grid_mw']:g}"))
    return faults


def _own_work_mw(p: Problem, table: pd.DataFrame) -> pd.DataFrame:
    """Mean load, workloads x regions, of the demand whose admissible sites all lie in one region."""
    places = table.groupby(["region", "workload"])["place"].agg(["nunique", "first"])
    own = places.loc[places["nunique"] == 1, "first"]
    demand = p.demand["mean_mw"].reindex(own.index)
    mw = demand.groupby([own.index.get_level_values("workload"), own]).sum().unstack()
    return mw.reindex(p.workloads.index).fillna(0.0)


def _most_power_mw(p: Problem) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Most power of each region by hour without storage, and what storage may add in an hour, MW."""
    regions = p.regions.index
    steady = p.regions["grid_mw"].astype(float)
    received = way_shares(p).mul(p.corridors["most_mw"] * (1 - p.corridors["loss_share"]), axis=0)
    for way, end in (("backward", "from_region"), ("forward", "to_region")):
        steady = steady.add(received[way].groupby(p.corridors[end]).sum(), fill_value=0.0)
    power = pd.DataFrame(np.tile(steady[regions].to_numpy(dtype=float), (p.hours, 1)), columns=regions)
    sources = p.supply["most_mw"]
    for technology, most in sources[sources > 0].groupby(level="technology"):
        mw = most.droplevel("technology").astype(float)
        power[mw.index] += capacity_factor(p, str(technology))[mw.index].to_numpy(dtype=float) * mw.to_numpy()
    storage = p.storage.loc[p.storage["most_mwh"] > 0, "most_mw"].groupby(level="region").sum()
    return power, storage.reindex(regions, fill_value=0.0)
