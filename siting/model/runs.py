"""Work that may wait but not be interrupted: once started, it runs at constant power until it is done.

In      p.workloads (run_h > 1), arrivals
Decide  started_mwh[w,g,s,t]     work of group g that starts at s in hour t                    MWh
        unstarted_mwh[w,g,t]     work that has arrived and not started at the hour's end       MWh
        unstarted_start_mwh[w,g,d]    the same when period d begins                            MWh
        started_before_mwh[w,g,s,j,d] work that started j hours before period d, 0 < j < run_h  MWh
Rules   flexible[t] = Σ started[t − j] / run_h over the last run_h hours j = 0 … run_h − 1
        periods in calendar order: started and unstarted of the hours before a period are those of the period before it
        typical periods wrap, as deferral does
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
          unstarted_carried        run_starts     test_model_midnight.py::test_a_job_runs_over_midnight
          started_carried          unbroken_runs  test_model_midnight.py::test_a_job_runs_over_midnight
          bounds of unstarted_mwh  run_deadline   test_the_audit_finds_a_run_that_ends_too_late
Source  Fulkerson and Gross, Incidence matrices and interval graphs, Pacific Journal of Mathematics 15, 1965
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.midnight import Carried
from siting.problem.arriving import Batch, arriving_mw, recent_mwh
from siting.problem.problem import FloatArray, Problem


def add(m: Any, p: Problem) -> None:
    """Add runs without a break."""
    length = {str(w): int(h) for w, h in p.workloads["run_h"].items()}
    rows = [(w, g, s) for w, g, s in getattr(m, "BATCH_SITE", ()) if length[w] > 1]
    if not rows:
        return
    m.RUN = pyo.Set(initialize=rows, dimen=3, doc="workload, group, site")
    m.RUN_BATCH = pyo.Set(initialize=list(dict.fromkeys(row[:2] for row in rows)), dimen=2, doc="workload, group")
    m.UNDER_WAY = pyo.Set(
        initialize=[(*row, j) for row in rows for j in range(1, length[row[0]])],
        dimen=4,
        doc="workload, group, site, hours_before",
    )
    arrivals, delay = arriving_mw(p), p.workloads["max_delay_h"].to_dict()
    latest = {(w, g): delay[w] - length[w] + 1 for w, g in m.RUN_BATCH}
    waiting = {wg: recent_mwh(p, arrivals[wg], latest[wg]) for wg in m.RUN_BATCH}
    startable = {wg: recent_mwh(p, arrivals[wg], latest[wg] + 1) for wg in m.RUN_BATCH}
    unstarted = Carried(
        m,
        p,
        "unstarted_start_mwh",
        m.RUN_BATCH,
        lambda w, g, d: waiting[w, g][d - 1, -1],
        "Work that has not started when the period begins, MWh",
    )
    started = Carried(
        m,
        p,
        "started_before_mwh",
        m.UNDER_WAY,
        lambda w, g, s, j, d: startable[w, g].flat[d * p.calendar.hours - j],
        "Work that started some hours before the period begins, MWh",
    )
    for d in m.PERIOD:
        _period(m, p, d, length, (waiting, startable), (unstarted, started))


def _period(
    m: Any,
    p: Problem,
    d: int,
    length: dict[str, int],
    most: tuple[dict[Batch, FloatArray], dict[Batch, FloatArray]],
    carried: tuple[Carried, Carried],
) -> None:
    block, hours = m.period[d], p.calendar.hours
    waiting, startable = ({wg: mwh[d].tolist() for wg, mwh in each.items()} for each in most)
    arrivals = {wg: mw[d].tolist() for wg, mw in arriving_mw(p).items()}
    before, under_way = carried
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

    def started_in(w: str, g: int, s: str, t: int) -> Any:
        """What started in an hour of the period or before it."""
        if t >= 0 or under_way.start is None:
            return block.started_mwh[w, g, s, t % hours]
        return under_way.start[w, g, s, -t, d]

    @block.Constraint(m.RUN, m.HOUR, doc="What runs was started in the last hours and not interrupted")
    def run_without_break(block: Any, w: str, g: int, s: str, t: int) -> Any:
        started = sum(started_in(w, g, s, t - j) for j in range(length[w]))
        return block.flexible_mw[w, g, s, t] == started / length[w]

    @block.Constraint(m.RUN_BATCH, m.HOUR, doc="What arrives either starts or waits")
    def start_balance(block: Any, w: str, g: int, t: int) -> Any:
        started = sum(block.started_mwh[w, g, s, t] for s in sites[w, g])
        waited = before.before(d, t, block.unstarted_mwh, (w, g))
        return block.unstarted_mwh[w, g, t] == waited + arrivals[w, g][t] - started

    before.carry(block, d, "unstarted_carried", block.unstarted_mwh, "What has not started at the end starts after it")
    if under_way.start is not None:

        @block.Constraint(m.UNDER_WAY, doc="What is under way at the end of the period goes on after it")
        def started_carried(block: Any, w: str, g: int, s: str, j: int) -> Any:
            return block.started_mwh[w, g, s, hours - j] == under_way.start[w, g, s, j, (d + 1) % p.calendar.periods]
