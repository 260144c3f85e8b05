"""Replicas: work that a second site, far enough away, holds ready.

In      p.workloads (replicas = 2, replica_km), reach, distances between sites
Decide  standby_mw[w,g,f,s]   work of group g that runs at f and whose replica is at s       MW
Rules   Σ_s standby[f,s] = Σ_n assigned[n,f]                for every site f, over the sites s at least replica_km away
        peak of the work at s and of all replicas at s <= usable share · capacity of s, in every hour of the year
Note    Work may be split over sites, and then rules on the sums of single sites prove nothing: with half the work at
        each of two near sites, and half the replicas at one of them and half far away, work + near replicas is within
        the demand at every site, and yet half the replicas are near all the work. The variables therefore name the
        pair. Each MW of work is in exactly one standby[f,s], which exists only where s is far enough from f and the
        users reach both, so a plan that keeps the rows states a valid replica for each MW, and every valid choice
        of replicas keeps the rows. Origins that reach the same sites share a group (siting.problem.backups.backed).
        A replica reserves equipment, which draws its idle power; it does no work, and moving its data costs nothing.
        Work that may wait may use the equipment meanwhile. Without such workloads nothing is added.
Proof   replicas
          replica_of_all_work       replicas          test_work_that_is_split_has_replicas_far_from_each_part
          replicas_within_capacity  replica_room      test_a_replica_reserves_the_peak_and_draws_idle_power_only
        replica-distance
          index of standby_mw       replica_distance  test_the_second_site_is_far_enough_away
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.physics.peaks import undominated
from siting.problem.backups import backed, backup_pairs
from siting.problem.derived import profiles
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add replicas."""
    asked = set(p.workloads.index[p.workloads["replicas"] > 1])
    members: dict[tuple[str, int], list[str]] = {}
    for w, g, n in backed(p).itertuples(index=False, name=None):
        if w in asked:
            members.setdefault((w, g), []).append(n)
    if not members:
        return
    demand = p.demand["mean_mw"].to_dict()
    size = {wg: sum(demand[n, wg[0]] for n in names) for wg, names in members.items()}
    rows = list(backup_pairs(p, "replicas").itertuples(index=False, name=None))
    m.REPLICA = pyo.Set(initialize=rows, dimen=4, doc="workload, group, site, site")
    m.standby_mw = pyo.Var(
        m.REPLICA,
        bounds=lambda m, w, g, f, s: (0.0, size[w, g]),
        doc="Work at a site whose replica is at another site, MW",
    )
    replicas: dict[tuple[str, int, str], list[str]] = {}
    at: dict[tuple[str, str], list[Any]] = {}
    for w, g, f, s in rows:
        replicas.setdefault((w, g, f), []).append(s)
        at.setdefault((w, s), []).append((w, g, f, s))
    placed = [(w, g, s) for (w, g), names in members.items() for v, n, s in m.ARC if v == w and n == names[0]]

    @m.Constraint(placed, doc="All work has a replica far enough away")
    def replica_of_all_work(m: Any, w: str, g: int, f: str) -> Any:
        work = sum(m.assigned_mw[w, n, f] for n in members[w, g])
        return work == sum(m.standby_mw[w, g, f, s] for s in replicas.get((w, g, f), ()))

    _room(m, p, at)


def _room(m: Any, p: Problem, at: dict[tuple[str, str], list[Any]]) -> None:
    compute, usable = p.workloads["compute"].to_dict(), p.compute_types["usable_share"].to_dict()
    shape = profiles(p)
    here: dict[tuple[str, str], list[str]] = {}
    for w, s in m.PLACE:
        here.setdefault((s, compute[w]), []).append(w)
    here = {(s, k): names for (s, k), names in here.items() if any((w, s) in at for w in names)}
    peaks = {names: undominated(shape[list(names)].to_numpy()) for names in {tuple(v) for v in here.values()}}

    @m.Constraint(
        [(s, k, i) for (s, k), names in here.items() for i in range(len(peaks[tuple(names)]))],
        doc="Work that cannot wait and replicas fit into the capacity in every hour of the year",
    )
    def replicas_within_capacity(m: Any, s: str, k: str, i: int) -> Any:
        held = sum(
            float(x) * (m.placed_mw[w, s] + sum(m.standby_mw[index] for index in at.get((w, s), ())))
            for x, w in zip(peaks[tuple(here[s, k])][i], here[s, k], strict=True)
        )
        return held <= usable[k] * m.capacity_mw[s, k]
