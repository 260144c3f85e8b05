"""Work that may wait but not be interrupted: once started, it runs at constant power until it is done.

In      p.workloads (run_h > 1), arrivals
Decide  started_mwh[w,g,s,t]     work of group g that starts at s in hour t                    MWh
        unstarted_mwh[w,g,t]     work that has arrived and not started at the hour's end       MWh
Rules   flexible[t] = Σ started[t − j] / run_h over the last run_h hours j = 0 … run_h − 1     (wraps as deferral does)
        unstarted[t] = unstarted[t-1] + arrivals[t] − Σ_s started[t]
        0 <= unstarted[t] <= arrivals of the last max_delay_h − run_h + 1 hours: done, not only started, by the deadline
Note    A class of work is many small pieces, each of which runs run_h hours without a break; what is started in an
        hour is shared among pieces freely, so the convolution is exact for the class: no piece needs a variable of its
        own. Each row sums over consecutive hours, and the matrix of such rows is totally unimodular where nothing
        wraps, so whole pieces come out by themselves where arrivals and capacity are whole
        (tests/test_model_runs.py compares with a search over single jobs). Without such work nothing is added.
Proof   run-length
          run_without_break        unbroken_runs  test_a_run_is_not_broken_and_ends_by_its_deadline
          start_balance            run_starts     test_the_plan_of_a_run_of_two_hours
          bounds of unstarted_mwh  run_deadline   test_the_audit_finds_a_run_that_ends_too_late
Source  Fulkerson and Gross, Incidence matrices and interval graphs, Pacific Journal of Mathematics 15, 1965
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.arriving import arriving_mw, recent_mwh
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add runs without a break."""
    length = {str(w): int(h) for w, h in p.workloads["run_h"].items()}
    rows = [(w, g, s) for w, g, s in getattr(m, "BATCH_SITE", ()) if length[w] > 1]
    if not rows:
        return
    m.RUN = pyo.Set(initialize=rows, dimen=3, doc="workload, group, site")
    m.RUN_BATCH = pyo.Set(initialize=list(dict.fromkeys(row[:2] for row in rows)), dimen=2, doc="workload, group")
    for d in m.PERIOD:
        _period(m, p, d, length)


def _period(m: Any, p: Problem, d: int, length: dict[str, int]) -> None:
    block, hours = m.period[d], p.calendar.hours
    arrivals, delay = arriving_mw(p, d), p.workloads["max_delay_h"].to_dict()
    latest = {(w, g): delay[w] - length[w] + 1 for w, g in m.RUN_BATCH}
    waiting = {wg: recent_mwh(arrivals[wg], latest[wg]) for wg in m.RUN_BATCH}
    startable = {wg: recent_mwh(arrivals[wg], latest[wg] + 1) for wg in m.RUN_BATCH}
    sites: dict[tuple[str, int], list[str]] = {}
    for w, g, s in m.RUN:
        sites.setdefault((w, g), []).append(s)

    block.started_mwh = pyo.Var(
        m.RUN,
        m.HOUR,
        bounds=lambda block, w, g, s, t: (0.0, startable[w, g][t]),
        doc="Work that starts and then runs without a break, MWh",
    )
    block.unstarted_mwh = pyo.Var(
        m.RUN_BATCH,
        m.HOUR,
        bounds=lambda block, w, g, t: (0.0, waiting[w, g][t]),
        doc="Work that has not started at the end of the hour, MWh",
    )

    @block.Constraint(m.RUN, m.HOUR, doc="What runs was started in the last hours and not interrupted")
    def run_without_break(block: Any, w: str, g: int, s: str, t: int) -> Any:
        started = sum(block.started_mwh[w, g, s, (t - j) % hours] for j in range(length[w]))
        return block.flexible_mw[w, g, s, t] == started / length[w]

    @block.Constraint(m.RUN_BATCH, m.HOUR, doc="What arrives either starts or waits")
    def start_balance(block: Any, w: str, g: int, t: int) -> Any:
        started = sum(block.started_mwh[w, g, s, t] for s in sites[w, g])
        before = block.unstarted_mwh[w, g, (t - 1) % hours]
        return block.unstarted_mwh[w, g, t] == before + float(arrivals[w, g][t]) - started
