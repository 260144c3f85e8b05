"""Least share of the work of one zone that is done in another.

In      p.settings.policy.relocation, p.regions.zone
Tells   relocated_mw[i]   work of rule i done where it asks for, mean over the year   MW
Rules   Σ work of regions of from_zone done at sites of to_zone >= share · Σ work of regions of from_zone
Note    Work is mean IT load, rigid and deferrable alike; a site is in the zone of its region. Without rules nothing is
        added.
Proof   relocation
          relocation_share  relocation  test_the_share_is_met_and_no_more
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.derived import profiles
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the rules on work that moves between zones."""
    wanted = {rule: _work_mw(m, p, rule.from_zone) for rule in p.settings.policy.relocation if rule.share > 0}
    rules = [rule for rule, mw in wanted.items() if mw > 0]
    if not rules:
        return
    zone = p.regions["zone"].to_dict()
    place = p.sites["region"].map(p.regions["zone"]).to_dict()
    m.RELOCATION = pyo.Set(initialize=range(len(rules)), doc="relocation")

    def moved(m: Any, i: int) -> Any:
        here = (rules[i].from_zone, rules[i].to_zone)
        rigid = [arc for arc in getattr(m, "ARC", ()) if (zone[arc[1]], place[arc[2]]) == here]
        late = [arc for arc in getattr(m, "BATCH_ARC", ()) if (zone[arc[1]], place[arc[2]]) == here]
        share = {d: m.period[d].weight * p.calendar.hours / m.year_h for d in m.PERIOD}
        return sum(m.assigned_mw[arc] for arc in rigid) + sum(
            share[d] * m.period[d].moved_mw[arc] for arc in late for d in m.PERIOD
        )

    m.relocated_mw = pyo.Expression(m.RELOCATION, rule=moved, doc="Work done in the other zone, mean of the year, MW")

    @m.Constraint(m.RELOCATION, doc="Least share of a zone's work done in another")
    def relocation_share(m: Any, i: int) -> Any:
        return m.relocated_mw[i] >= rules[i].share * wanted[rules[i]]


def _work_mw(m: Any, p: Problem, zone: str) -> float:
    """Mean load of the work that regions of a zone ask for, as the periods see it."""
    shape, total = profiles(p), 0.0
    zones, delay = p.regions["zone"].to_dict(), p.workloads["max_delay_h"].to_dict()
    demand: dict[Any, float] = p.demand["mean_mw"].to_dict()
    for (n, w), mw in demand.items():
        if zones[n] == zone:
            seen = float(p.calendar.weight @ shape[w].to_numpy()[p.calendar.hour].sum(axis=1)) / m.year_h
            total += mw * (seen if delay[w] > 0 else 1.0)
    return total
