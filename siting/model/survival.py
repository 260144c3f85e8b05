"""Survival: the other sites can take the work of any one site that is lost.

In      p.workloads (survives_loss), reach
Decide  takeover_mw[w,g,f,s]   work of group g at f that s takes over when f is lost        MW
Rules   Σ_s takeover[f,s] = Σ_n assigned[n,f]                              for every site f, over all other sites s
        for every site f that may be lost and every other site s, in every hour of the year:
        peak of the work at s and of what s takes over from f <= usable share · capacity of s
Note    Exact, and linear: what is taken over is decided for each loss by itself, so spare capacity serves any one
        loss and not all at once. Users keep a site within their latency bound and where their data may be. Origins
        that reach the same sites share a group (siting.problem.backups.backed). While a site is lost, work that
        may wait gives way, replicas do too, and neither power nor bandwidth is checked for that time.
        Without such workloads nothing is added.
Proof   survival
          all_work_taken_over       survival       test_only_sites_that_the_users_reach_take_over
          takeover_within_capacity  survival_room  test_spare_capacity_serves_any_one_loss_and_not_all_at_once
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.physics.peaks import undominated
from siting.problem.backups import backed, backup_pairs
from siting.problem.derived import profiles
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add takeovers."""
    asked = set(p.workloads.index[p.workloads["survives_loss"]])
    members: dict[tuple[str, int], list[str]] = {}
    for w, g, n in backed(p).itertuples(index=False, name=None):
        if w in asked:
            members.setdefault((w, g), []).append(n)
    if not members:
        return
    demand = p.demand["mean_mw"].to_dict()
    size = {wg: sum(demand[n, wg[0]] for n in names) for wg, names in members.items()}
    rows = list(backup_pairs(p, "survives_loss").itertuples(index=False, name=None))
    m.TAKEOVER = pyo.Set(initialize=rows, dimen=4, doc="workload, group, site, site")
    m.takeover_mw = pyo.Var(
        m.TAKEOVER,
        bounds=lambda m, w, g, f, s: (0.0, size[w, g]),
        doc="Work at a site that another site takes over when it is lost, MW",
    )
    others: dict[tuple[str, int, str], list[str]] = {}
    taken: dict[tuple[str, str, str], list[Any]] = {}
    for w, g, f, s in rows:
        others.setdefault((w, g, f), []).append(s)
        taken.setdefault((w, f, s), []).append((w, g, f, s))
    placed = [(w, g, s) for (w, g), names in members.items() for v, n, s in m.ARC if v == w and n == names[0]]

    @m.Constraint(placed, doc="Other sites take over all work of a site that is lost")
    def all_work_taken_over(m: Any, w: str, g: int, f: str) -> Any:
        work = sum(m.assigned_mw[w, n, f] for n in members[w, g])
        return work == sum(m.takeover_mw[w, g, f, s] for s in others.get((w, g, f), ()))

    _room(m, p, taken)


def _room(m: Any, p: Problem, taken: dict[tuple[str, str, str], list[Any]]) -> None:
    compute, usable = p.workloads["compute"].to_dict(), p.compute_types["usable_share"].to_dict()
    shape = profiles(p)
    here: dict[tuple[str, str], list[str]] = {}
    for w, s in m.PLACE:
        here.setdefault((s, compute[w]), []).append(w)
    peaks = {names: undominated(shape[list(names)].to_numpy()) for names in {tuple(v) for v in here.values()}}
    losses = dict.fromkeys((f, s, compute[w]) for w, f, s in taken)

    @m.Constraint(
        [(f, s, k, i) for f, s, k in losses for i in range(len(peaks[tuple(here[s, k])]))],
        doc="What a site takes over fits beside its own work in every hour of the year",
    )
    def takeover_within_capacity(m: Any, f: str, s: str, k: str, i: int) -> Any:
        load = sum(
            float(x) * (m.placed_mw[w, s] + sum(m.takeover_mw[index] for index in taken.get((w, f, s), ())))
            for x, w in zip(peaks[tuple(here[s, k])][i], here[s, k], strict=True)
        )
        return load <= usable[k] * m.capacity_mw[s, k]
