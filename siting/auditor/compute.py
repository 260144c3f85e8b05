"""Rules of sites, capacity and work, and the IT load that follows from where the work is placed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import carries, earlier
from siting.auditor.tables import Plan, once_per_plan
from siting.problem import Problem, ages, derived
from siting.problem.once import once
from siting.problem.problem import FloatArray
from siting.problem.tiers import module_mw, site_most_mw


def check_sites(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Integers, locked-in and closed sites, what is built, and what a site and a type may hold."""
    sites, pairs = [ledger.site], [ledger.site, ledger.compute]
    ledger.equal("integrality", plan.open, np.round(plan.open), sites, "1", what="open")
    ledger.equal("integrality", plan.modules, np.round(plan.modules), pairs, "1", what="modules")
    existing, most = capacity_bounds(p)
    old = ended_mw(p)
    ledger.at_most("renewed", 0.0, plan.renewed_mw, pairs, "MW", what="at least nothing")
    ledger.at_most("renewed", plan.renewed_mw, old, pairs, "MW", what="at most what has ended")
    ledger.at_most("renewed", plan.renewed_mw, old * plan.open[:, None], pairs, "MW", what="where the site is open")
    must = (p.sites["decision"] == "open").to_numpy(dtype=bool) | (existing.sum(axis=1) > 0)
    may = (p.sites["decision"] != "closed").to_numpy(dtype=float)
    ledger.at_most("open_sites", plan.open, may, sites, "1", what="open at most")
    ledger.at_most("open_sites", must.astype(float), plan.open, sites, "1", what="open at least")
    built = built_mw(p, plan)
    ledger.equal("capacity_built", plan.capacity_mw, built, pairs, "MW")
    empty = (existing.sum(axis=1) == 0) & (built.sum(axis=1) < 1e-6)
    ledger.at_most("open_sites", np.where(empty, plan.open, 0.0), 0.0, sites, "1", what="open and empty")
    least = p.sites["least_mw"].to_numpy(dtype=float) * plan.open
    ledger.at_most("site_least", least, built.sum(axis=1), sites, "MW")
    limit = site_most_mw(p).to_numpy(dtype=float) * plan.open
    ledger.at_most("capacity_of_site", built.sum(axis=1), limit, sites, "MW")
    ledger.at_most("capacity_of_type", built, most, pairs, "MW")
    _check_tiers(p, plan, built, ledger)


def check_work(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Demand, admissible arcs, placement, and the peak of rigid work over every hour of the year."""
    rigid = plan.axes.rigid
    names = list(rigid[1])
    demand = demand_mw(p)
    by_rigid = demand[p.workloads.index.get_indexer(pd.Index(names))]
    served = plan.assigned_mw.sum(axis=2)
    ledger.equal("demand_met", served, by_rigid, [rigid, ledger.region], "MW")
    _check_arcs(p, plan, ledger)
    ledger.equal("placed", plan.placed_mw, plan.assigned_mw.sum(axis=1), [rigid, ledger.site], "MW")
    usable = _usable_mw(p, plan)
    for k, compute in enumerate(p.compute_types.index):
        mine = [i for i, w in enumerate(names) if p.workloads["compute"].loc[w] == compute]
        shape = derived.profiles(p)[[names[i] for i in mine]].to_numpy(dtype=float)
        peak = (shape @ plan.assigned_mw.sum(axis=1)[mine]).max(axis=0) if mine else np.zeros(len(p.sites))
        ledger.at_most("peak_load", peak, usable[:, k], [ledger.site], "MW", what=f"compute={compute}")
    axes = [ledger.period, ledger.site, ledger.compute, ledger.hour]
    ledger.at_most("hourly_load", load_mw(p, plan), usable[None, :, :, None], axes, "MW")


def check_delay(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Work that may wait: backlog, deadline, and that what moves between places is what runs there."""
    batch, delayed = plan.axes.batch, plan.axes.delayed
    arriving, places = arrivals_mw(p, plan), _batch_places(p, plan)
    run = np.zeros_like(arriving)
    for i, (group, _) in enumerate(places):
        run[:, group] += plan.flexible_mw[:, i]
    before = earlier(p, plan.backlog_mwh)
    rows = [ledger.period, batch, ledger.hour]
    size = np.maximum(before, np.maximum(arriving, run))
    ledger.equal("backlog", plan.backlog_mwh, before + arriving - run, rows, "MWh", scale=size)
    recent = np.zeros_like(arriving)
    for i, (workload, _) in enumerate(batch[1]):
        for back in range(int(p.workloads["max_delay_h"].loc[workload])):
            recent[:, i] += earlier(p, arriving[:, i], back)
    ledger.at_most("deadline", plan.backlog_mwh, recent, rows, "MWh")
    if carries(p):
        start = plan.backlog_start_mwh.T
        ledger.equal("backlog", start, before[:, :, 0], [ledger.period, batch], "MWh", what="when the period begins")

    hours, moved, origins = p.calendar.hours, plan.moved_mw.sum(axis=3), [delayed, ledger.region]
    index = p.workloads.index.get_indexer(pd.Index(list(delayed[1])))
    mean = derived.profiles(p).to_numpy(dtype=float)[p.calendar.hour].mean(axis=1)[:, index]
    wanted = mean[:, :, None] * demand_mw(p)[index][None]
    if carries(p):
        # A period runs more or less than arrives in it, of each origin of a group as much as of the others.
        year = "over the year"
        ledger.equal("delayed_demand_met", moved.mean(axis=0), wanted.mean(axis=0), origins, "MW", what=year)
        wanted = _share_mw(p, plan, run.sum(axis=2) / hours)
    ledger.equal("delayed_demand_met", moved, wanted, [ledger.period, *origins], "MW")
    grouped = moved_by_batch(p, plan)
    ran = np.zeros_like(grouped)
    for i, (group, site) in enumerate(places):
        ran[:, group, site] += plan.flexible_mw[:, i].sum(axis=1)
    ledger.equal("moved_as_run", grouped * hours, ran, [ledger.period, batch, ledger.site], "MWh")


def _share_mw(p: Problem, plan: Plan, run: FloatArray) -> FloatArray:
    """Each origin's share of what its group runs, (periods, delayed workloads, regions), MW; of (periods, batches)."""
    members, demand, names = derived.batches(p), demand_mw(p), list(plan.axes.delayed[1])
    out = np.zeros((len(run), len(names), len(p.regions)))
    for i, (workload, group) in enumerate(plan.axes.batch[1]):
        mine = members[(members["workload"] == workload) & (members["group"] == group)]
        region = p.regions.index.get_indexer(pd.Index(mine["region"]))
        mw = demand[p.workloads.index.get_loc(workload), region]
        out[:, names.index(workload), region] = run[:, i, None] * mw / mw.sum()
    return out


@once
def ended_mw(p: Problem) -> FloatArray:
    """IT power that exists and whose life has ended, (sites, compute), MW."""
    rows = derived.site_compute(p)["ended_mw"]
    wide = rows.unstack() if len(rows) else pd.DataFrame()
    return wide.reindex(p.sites.index, columns=p.compute_types.index).fillna(0.0).to_numpy(dtype=np.float64)


@once
def capacity_bounds(p: Problem) -> tuple[FloatArray, FloatArray]:
    """Existing and most IT power, each (sites, compute), MW; zero where a site cannot hold a type."""
    rows = derived.site_compute(p)
    out = np.zeros((2, len(p.sites), len(p.compute_types)))
    site = p.sites.index.get_indexer(rows.index.get_level_values("site"))
    compute = p.compute_types.index.get_indexer(rows.index.get_level_values("compute"))
    out[0, site, compute] = rows["existing_mw"].to_numpy(dtype=float)
    out[1, site, compute] = rows["most_mw"].to_numpy(dtype=float)
    return out[0], out[1]


@once_per_plan
def built_mw(p: Problem, plan: Plan) -> FloatArray:
    """IT power that exists, is renewed and is built, (sites, compute), MW, from the modules."""
    built: FloatArray = capacity_bounds(p)[0] + plan.renewed_mw + new_mw(p, plan)
    return built


def new_mw(p: Problem, plan: Plan) -> FloatArray:
    """IT power of new modules, (sites, compute), MW."""
    new: FloatArray = module_mw(p).to_numpy(dtype=float) * plan.modules
    return new


@once_per_plan
def bought_mw(p: Problem, plan: Plan) -> tuple[FloatArray, FloatArray]:
    """IT power whose building, and whose equipment, is bought, each (sites, compute), MW.

    Both are new in new modules; of what is renewed it is what has reached the end of its life.
    """
    new, shells = new_mw(p, plan), ages.ended(p, "sites").to_numpy(dtype=bool)
    servers = ages.ended(p, "capacity").reindex(
        pd.MultiIndex.from_product([p.sites.index, p.compute_types.index]), fill_value=False
    )
    old = servers.to_numpy(dtype=bool).reshape(new.shape)
    return new + np.where(shells[:, None], plan.renewed_mw, 0.0), new + np.where(old, plan.renewed_mw, 0.0)


@once
def demand_mw(p: Problem) -> FloatArray:
    """Mean IT load asked for, (workloads, regions), MW."""
    out = np.zeros((len(p.workloads), len(p.regions)))
    workload = p.workloads.index.get_indexer(p.demand.index.get_level_values("workload"))
    region = p.regions.index.get_indexer(p.demand.index.get_level_values("region"))
    out[workload, region] = p.demand["mean_mw"].to_numpy(dtype=float)
    return out


def arrivals_mw(p: Problem, plan: Plan) -> FloatArray:
    """Delayed work that arrives, (periods, batches, hours), MW."""
    profile, demand, members = derived.profiles(p), demand_mw(p), derived.batches(p)
    out = np.zeros((p.calendar.periods, len(plan.axes.batch[1]), p.calendar.hours))
    for i, (workload, group) in enumerate(plan.axes.batch[1]):
        mine = members[(members["workload"] == workload) & (members["group"] == group)]
        region = p.regions.index.get_indexer(pd.Index(mine["region"]))
        mean_mw = demand[p.workloads.index.get_loc(workload), region].sum()
        out[:, i] = profile[workload].to_numpy(dtype=float)[p.calendar.hour] * mean_mw
    return out


def moved_by_batch(p: Problem, plan: Plan) -> FloatArray:
    """Delayed work of each group run at each site, (periods, batches, sites), mean MW of the period."""
    members = derived.batches(p)
    out = np.zeros((p.calendar.periods, len(plan.axes.batch[1]), len(p.sites)))
    names = list(plan.axes.delayed[1])
    for i, (workload, group) in enumerate(plan.axes.batch[1]):
        mine = members[(members["workload"] == workload) & (members["group"] == group)]
        region = p.regions.index.get_indexer(pd.Index(mine["region"]))
        out[:, i] = plan.moved_mw[:, names.index(workload)][:, region].sum(axis=1)
    return out


@once_per_plan
def load_mw(p: Problem, plan: Plan) -> FloatArray:
    """IT load, (periods, sites, compute, hours), MW: rigid work by its profile and delayed work as it runs."""
    calendar = p.calendar
    out = np.zeros((calendar.periods, len(p.sites), len(p.compute_types), calendar.hours))
    profile = derived.profiles(p)
    placed = plan.assigned_mw.sum(axis=1)
    types = p.compute_types.index.get_indexer(pd.Index(p.workloads["compute"]))
    type_of = {workload: int(k) for workload, k in zip(p.workloads.index, types, strict=True)}
    for i, workload in enumerate(plan.axes.rigid[1]):
        shape = profile[workload].to_numpy(dtype=float)[calendar.hour]
        out[:, :, type_of[workload]] += shape[:, None, :] * placed[i][None, :, None]
    for i, (workload, _, site) in enumerate(plan.axes.batch_site[1]):
        out[:, p.sites.index.get_loc(site), type_of[workload]] += plan.flexible_mw[:, i]
    return out


def _check_arcs(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Nothing is served where latency is too long, the site is closed or cannot hold the type."""
    ledger.good("admissible_arcs")
    latency, linked = derived.latency_ms(p).to_numpy(dtype=float), derived.linked(p).to_numpy(dtype=bool)
    most = capacity_bounds(p)[1]
    both = ((plan.axes.rigid, plan.assigned_mw), (plan.axes.delayed, plan.moved_mw.max(axis=0, initial=0.0)))
    for axis, served in both:
        rows = p.workloads.loc[list(axis[1])]
        near = linked[None] & (latency[None] <= rows["latency_ms"].to_numpy(dtype=float)[:, None, None] + 1e-9)
        able = most[:, p.compute_types.index.get_indexer(pd.Index(rows["compute"]))].T > 0
        beyond = np.where(near & able[:, None, :], 0.0, served)
        ledger.at_most("admissible_arcs", beyond, 0.0, [axis, ledger.region, ledger.site], "MW")


def _check_tiers(p: Problem, plan: Plan, built: FloatArray, ledger: Ledger) -> None:
    """Least size of open sites and most size of all, by tier, of one type or of all together."""
    for row in p.tiers.reset_index().to_dict(orient="records"):
        tier, compute = str(row["tier"]), str(row["compute"])
        mine = (p.sites["tier"] == tier).to_numpy(dtype=bool)
        if not mine.any():
            continue
        of_type = p.compute_types.index == compute if compute else np.ones(len(p.compute_types), dtype=bool)
        size = built[mine][:, of_type].sum(axis=1)
        axis: Axis = ("site", list(p.sites.index[mine]))
        what = f"tier={tier}" + (f", compute={compute}" if compute else "")
        ledger.at_most("tier_least", row["least_mw"] * plan.open[mine], size, [axis], "MW", what=what)
        if np.isfinite(row["most_mw"]):
            ledger.at_most("tier_most", size, row["most_mw"], [axis], "MW", what=what)


def _usable_mw(p: Problem, plan: Plan) -> FloatArray:
    usable: FloatArray = built_mw(p, plan) * p.compute_types["usable_share"].to_numpy(dtype=float)
    return usable


def _batch_places(p: Problem, plan: Plan) -> list[tuple[int, int]]:
    """Position of the batch and of the site of each member of ``batch_site``."""
    batch = {member: i for i, member in enumerate(plan.axes.batch[1])}
    site = {name: i for i, name in enumerate(p.sites.index)}
    return [(batch[workload, group], site[name]) for workload, group, name in plan.axes.batch_site[1]]
