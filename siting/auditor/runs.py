"""Work that is not interrupted: what runs was started and is not broken off, and is done by its deadline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.compute import arrivals_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import carries, earlier
from siting.auditor.tables import Plan, Reader
from siting.problem import Problem
from siting.problem.problem import FloatArray


def check_runs(p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """Load as the sum of runs at constant power, and no start too late to end in time."""
    length = {str(w): int(h) for w, h in p.workloads["run_h"].items() if h > 1}
    batches = [i for i, (w, _) in enumerate(plan.axes.batch[1]) if w in length]
    members = [i for i, (w, _, _) in enumerate(plan.axes.batch_site[1]) if w in length]
    if not members:
        return
    batch: Axis = ("workload/group", [plan.axes.batch[1][i] for i in batches])
    run: Axis = ("workload/group/site", [plan.axes.batch_site[1][i] for i in members])
    reader, period, hour = Reader(tables, ledger), ledger.period, ledger.hour
    started = reader.array("run_hour", "started_mwh", period, run, hour)
    unstarted = reader.array("run_batch_hour", "unstarted_mwh", period, batch, hour)
    ledger.at_most("non_negative", -started, 0.0, [period, run, hour], "MWh", what="started_mwh")
    ledger.at_most("non_negative", -unstarted, 0.0, [period, batch, hour], "MWh", what="unstarted_mwh")

    load = np.zeros_like(started)
    for i, (w, _, _) in enumerate(run[1]):
        for back in range(length[w]):
            load[:, i] += earlier(p, started[:, i], back) / length[w]
    ledger.equal("unbroken_runs", plan.flexible_mw[:, members], load, [period, run, hour], "MW")

    delay = {str(w): int(h) for w, h in p.workloads["max_delay_h"].items()}
    arriving = arrivals_mw(p, plan)[:, batches]
    begun, recent = np.zeros_like(arriving), np.zeros_like(arriving)
    place = {name: i for i, name in enumerate(batch[1])}
    for i, (w, g, _) in enumerate(run[1]):
        begun[:, place[w, g]] += started[:, i]
    for (w, _), i in place.items():
        for back in range(delay[w] - length[w] + 1):
            recent[:, i] += earlier(p, arriving[:, i], back)
    after = earlier(p, unstarted) + arriving - begun
    size = np.maximum(unstarted, np.maximum(arriving, begun))
    ledger.equal("run_starts", unstarted, after, [period, batch, hour], "MWh", scale=size)
    ledger.at_most("run_deadline", unstarted, recent, [period, batch, hour], "MWh")
    if carries(p):
        _check_carried(p, reader, ledger, (batch, unstarted), (run, started))


def _check_carried(
    p: Problem, reader: Reader, ledger: Ledger, waits: tuple[Axis, FloatArray], runs: tuple[Axis, FloatArray]
) -> None:
    """What has not started when a period begins, and what started in the hours before it."""
    (batch, unstarted), (run, started) = waits, runs
    what = "when the period begins"
    start = reader.array("run_batch_start", "unstarted_start_mwh", batch, ledger.period).T
    ledger.equal("run_starts", start, earlier(p, unstarted)[:, :, 0], [ledger.period, batch], "MWh", what=what)
    length = p.workloads["run_h"].to_dict()
    hours_before = [(*row, j) for row in run[1] for j in range(1, int(length[row[0]]))]
    under_way: Axis = ("workload/group/site/hours_before", hours_before)
    found = reader.array("under_way_start", "started_before_mwh", under_way, ledger.period).T
    place = {row: i for i, row in enumerate(run[1])}
    wanted = [earlier(p, started[:, place[w, g, s]], j)[:, 0] for w, g, s, j in hours_before]
    ledger.equal("unbroken_runs", found, np.array(wanted).T, [ledger.period, under_way], "MWh", what=what)
