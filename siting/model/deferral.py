"""Work that may wait, until a deadline.

In      p.demand, p.workloads (max_delay_h > 0), latency
Decide  flexible_mw[w,g,s,t]  work of group g run at s in hour t                 MW
        backlog_mwh[w,g,t]    work that has arrived and not run at the hour's end MWh
        moved_mw[w,n,s]       mean over the period of region n's work run at s   MW
        backlog_start_mwh[w,g,d]  work that waits when period d begins           MWh
Ports   period.it_load + flexible
Rules   backlog[t] = backlog[t-1] + arrivals[t] − Σ_s flexible[t]
        0 <= backlog[t] <= arrivals of the last max_delay_h hours: nothing runs before it arrives or after its deadline
        periods in calendar order: before hour 0 of period d is backlog_start[d], and backlog[last] = backlog_start[d+1]
        typical periods wrap: before their first hour is their last
        Σ_s moved[n,s] · hours = share of n in its group · Σ_s,t flexible
        Σ_n moved[n,s] · hours = Σ_t flexible[s,t]
Note    Where work may cross midnight, a period runs more or less than arrives in it; the first that arrived is the
        first served, so that each origin's share of what its group runs is its share of what arrives.
        Origins that reach the same sites share a group and one pooled backlog. Where the work of each origin runs is
        settled period by period, so that no row ties the periods together. The pool keeps every deadline, but not
        whose work of an hour ran where: where moving data costs more than a part of the origin and a part of the
        site, that cost is a lower bound (tests/test_differential_deferral.py compares it with single jobs).
Proof   all-work
          deferrable_demand_met  delayed_demand_met  test_each_origin_has_its_own_work_done_and_no_more
          moved_is_run           moved_as_run        test_a_pool_does_not_send_home_work_abroad_for_free
        work-order
          backlog_balance        backlog             test_the_plan_of_two_hours_delay
          backlog_carried        backlog             test_model_midnight.py::test_evening_work_runs_after_it_arrives
        deadline
          bounds of backlog_mwh  deadline            test_work_follows_the_price_as_far_as_its_deadline
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.midnight import Carried
from siting.problem.arriving import arriving_mw, group_mw, most_run_mw, most_run_of_period_mwh, most_waiting_mwh
from siting.problem.derived import arcs, batches
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add deferrable work."""
    table = batches(p)
    if table.empty:
        return
    group_of = {(w, n): g for w, g, n in table.itertuples(index=False, name=None)}
    rows = [row for row in arcs(p).itertuples(index=False, name=None) if (row[0], row[1]) in group_of]
    m.BATCH = pyo.Set(
        initialize=list(dict.fromkeys((w, group_of[w, n]) for w, n, _ in rows)), dimen=2, doc="workload, group"
    )
    m.BATCH_SITE = pyo.Set(
        initialize=list(dict.fromkeys((w, group_of[w, n], s) for w, n, s in rows)), dimen=3, doc="workload, group, site"
    )
    m.BATCH_ARC = pyo.Set(initialize=rows, dimen=3, doc="workload, region, site")
    waiting = most_waiting_mwh(p)
    before = Carried(
        m,
        p,
        "backlog_start_mwh",
        m.BATCH,
        lambda w, g, d: waiting[w, g][d - 1, -1],
        "Work that waits when the period begins, MWh",
    )
    for d in m.PERIOD:
        _period(m, p, d, group_of, before)


def _period(m: Any, p: Problem, d: int, group_of: dict[tuple[str, str], int], before: Carried) -> None:
    block = m.period[d]
    hours = p.calendar.hours
    demand = p.demand["mean_mw"].to_dict()
    arrivals = {wg: mw[d].tolist() for wg, mw in arriving_mw(p).items()}
    most_waiting = {wg: mwh[d].tolist() for wg, mwh in most_waiting_mwh(p).items()}
    most_run = {wg: mw[d].tolist() for wg, mw in most_run_mw(p).items()}
    most_moved = {wg: float(mwh[d]) / hours for wg, mwh in most_run_of_period_mwh(p).items()}
    share = {(w, n): demand[n, w] / group_mw(p)[w, g] for (w, n), g in group_of.items()}
    reach: dict[tuple[str, str], list[str]] = {}
    origins: dict[tuple[str, int, str], list[str]] = {}
    sites: dict[tuple[str, int], list[str]] = {}
    for w, n, s in m.BATCH_ARC:
        reach.setdefault((w, n), []).append(s)
        origins.setdefault((w, group_of[w, n], s), []).append(n)
    for w, g, s in m.BATCH_SITE:
        sites.setdefault((w, g), []).append(s)

    block.flexible_mw = pyo.Var(
        m.BATCH_SITE, m.HOUR, bounds=lambda block, w, g, s, t: (0.0, most_run[w, g][t]), doc="Deferrable work run, MW"
    )
    block.backlog_mwh = pyo.Var(
        m.BATCH,
        m.HOUR,
        domain=pyo.NonNegativeReals,
        bounds=lambda block, w, g, t: (0.0, most_waiting[w, g][t]),
        doc="Work that waits at the end of the hour, MWh",
    )
    block.moved_mw = pyo.Var(
        m.BATCH_ARC,
        bounds=lambda block, w, n, s: (0.0, share[w, n] * most_moved[w, group_of[w, n]]),
        doc="Mean over the period of an origin's work run at a site, MW",
    )

    @block.Constraint(m.BATCH, m.HOUR, doc="What arrives either runs or waits")
    def backlog_balance(block: Any, w: str, g: int, t: int) -> Any:
        run = sum(block.flexible_mw[w, g, s, t] for s in sites[w, g])
        return block.backlog_mwh[w, g, t] == before.before(d, t, block.backlog_mwh, (w, g)) + arrivals[w, g][t] - run

    before.carry(block, d, "backlog_carried", block.backlog_mwh, "What waits at the end of the period waits after it")

    @block.Constraint(list(reach), doc="All deferrable work of an origin is done")
    def deferrable_demand_met(block: Any, w: str, n: str) -> Any:
        moved, g = sum(block.moved_mw[w, n, s] for s in reach[w, n]), group_of[w, n]
        if before.start is None:
            return moved == share[w, n] * most_moved[w, g]
        run = pyo.quicksum(block.flexible_mw[w, g, s, t] for s in sites[w, g] for t in m.HOUR)
        return moved * hours == share[w, n] * run

    @block.Constraint(m.BATCH_SITE, doc="A site runs what origins send to it")
    def moved_is_run(block: Any, w: str, g: int, s: str) -> Any:
        run = pyo.quicksum(block.flexible_mw[w, g, s, t] for t in m.HOUR)
        return sum(block.moved_mw[w, n, s] for n in origins[w, g, s]) * hours == run

    compute = p.workloads["compute"].to_dict()
    load: dict[tuple[str, str, int], Any] = {}
    for w, g, s in m.BATCH_SITE:
        for t in m.HOUR:
            key = (s, compute[w], t)
            load[key] = load.get(key, 0.0) + block.flexible_mw[w, g, s, t]
    block.it_load.add("flexible", load, "MW")
