"""Rules of backing up: replicas far enough away, and sites that take over when one is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.auditor.compute import built_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.tables import Plan
from siting.physics.distance import great_circle_km
from siting.problem import Problem, backups, derived
from siting.problem.problem import FloatArray


def check_replicas(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """All work that asks for it has a replica, far enough away, that fits beside the work in every hour."""
    asked = p.workloads["replicas"] > 1
    if not asked.any():
        return
    ledger.good("replicas")
    backed = _grouped(plan.axes.replica, plan.standby_mw, p)
    for workload, group, members in _groups(p, asked):
        work = _work(p, plan, workload, members)
        given = backed.get((workload, group), np.zeros((len(p.sites), len(p.sites))))
        ledger.equal("replicas", given.sum(axis=1), work, [ledger.site], "MW", what=f"workload={workload}")
        latitude, longitude = p.sites["latitude_deg"].to_numpy(), p.sites["longitude_deg"].to_numpy()
        km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None, :], longitude[None, :])
        near = (km < p.workloads["replica_km"].loc[workload] - 1e-6) | np.eye(len(p.sites), dtype=bool)
        close = np.where(near, given, 0.0).sum(axis=1)
        ledger.at_most("replica_distance", close, 0.0, [ledger.site], "MW", what=f"workload={workload}")
    standby: dict[str, FloatArray] = {}
    for (workload, _), given in backed.items():
        standby[workload] = standby.get(workload, np.zeros(len(p.sites))) + given.sum(axis=0)
    over = _load_beyond(p, plan, standby)
    ledger.at_most("replica_room", over, _usable_mw(p, plan), [ledger.site, ledger.compute], "MW")


def check_survival(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Whichever site is lost, all its work that asks for it is taken over and fits beside the work of the others."""
    asked = p.workloads["survives_loss"]
    if not asked.any():
        return
    ledger.good("survival")
    backed = _grouped(plan.axes.takeover, plan.takeover_mw, p)
    for workload, group, members in _groups(p, asked):
        work = _work(p, plan, workload, members)
        given = backed.get((workload, group), np.zeros((len(p.sites), len(p.sites))))
        ledger.equal("survival", given.sum(axis=1), work, [ledger.site], "MW", what=f"workload={workload}")
    usable = _usable_mw(p, plan)
    for lost, site in enumerate(p.sites.index):
        taken: dict[str, FloatArray] = {}
        for (workload, _), given in backed.items():
            taken[workload] = taken.get(workload, np.zeros(len(p.sites))) + given[lost]
        load = _load_beyond(p, plan, taken)
        load[lost] = 0.0
        ledger.at_most("survival_room", load, usable, [ledger.site, ledger.compute], "MW", what=f"lost={site}")


def _groups(p: Problem, asked: pd.Series) -> list[tuple[str, int, list[str]]]:
    """Workload, group and regions of all work that asks to be backed up."""
    table = backups.backed(p)
    table = table[table["workload"].map(asked)]
    members: dict[tuple[str, int], list[str]] = {}
    for workload, group, region in table.itertuples(index=False, name=None):
        members.setdefault((workload, group), []).append(region)
    return [(workload, group, regions) for (workload, group), regions in members.items()]


def _work(p: Problem, plan: Plan, workload: str, members: list[str]) -> FloatArray:
    """Mean work of some regions at each site, MW."""
    regions = p.regions.index.get_indexer(pd.Index(members))
    work: FloatArray = plan.assigned_mw[list(plan.axes.rigid[1]).index(workload)][regions].sum(axis=0)
    return work


def _grouped(axis: Axis, values: FloatArray, p: Problem) -> dict[tuple[str, int], FloatArray]:
    """What each site (rows) has at each other site (columns), MW, by workload and group."""
    place = {name: i for i, name in enumerate(p.sites.index)}
    out: dict[tuple[str, int], FloatArray] = {}
    for (workload, group, site, other), mw in zip(axis[1], values, strict=True):
        square = out.setdefault((workload, group), np.zeros((len(p.sites), len(p.sites))))
        square[place[site], place[other]] += mw
    return out


def _load_beyond(p: Problem, plan: Plan, more_mw: dict[str, FloatArray]) -> FloatArray:
    """Highest load of the year of work that cannot wait and of some more, (sites, compute), MW."""
    names = list(plan.axes.rigid[1])
    placed = plan.assigned_mw.sum(axis=1)
    for workload, mw in more_mw.items():
        placed[names.index(workload)] += mw
    out = np.zeros((len(p.sites), len(p.compute_types)))
    for k, compute in enumerate(p.compute_types.index):
        mine = [i for i, w in enumerate(names) if p.workloads["compute"].loc[w] == compute]
        if mine:
            shape = derived.profiles(p)[[names[i] for i in mine]].to_numpy(dtype=float)
            out[:, k] = (shape @ placed[mine]).max(axis=0)
    return out


def _usable_mw(p: Problem, plan: Plan) -> FloatArray:
    usable: FloatArray = built_mw(p, plan) * p.compute_types["usable_share"].to_numpy(dtype=float)
    return usable
