"""Work that is not interrupted: what runs was started and is not broken off, and is done by its deadline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.compute import arrivals_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.tables import Plan, Reader
from siting.problem import Problem


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
            load[:, i] += np.roll(started[:, i], back, axis=1) / length[w]
    ledger.equal("unbroken_runs", plan.flexible_mw[:, members], load, [period, run, hour], "MW")

    delay = {str(w): int(h) for w, h in p.workloads["max_delay_h"].items()}
    arriving = arrivals_mw(p, plan)[:, batches]
    begun, recent = np.zeros_like(arriving), np.zeros_like(arriving)
    place = {name: i for i, name in enumerate(batch[1])}
    for i, (w, g, _) in enumerate(run[1]):
        begun[:, place[w, g]] += started[:, i]
    for (w, _), i in place.items():
        for back in range(delay[w] - length[w] + 1):
            recent[:, i] += np.roll(arriving[:, i], back, axis=1)
    after = np.roll(unstarted, 1, axis=2) + arriving - begun
    size = np.maximum(unstarted, np.maximum(arriving, begun))
    ledger.equal("run_starts", unstarted, after, [period, batch, hour], "MWh", scale=size)
    ledger.at_most("run_deadline", unstarted, recent, [period, batch, hour], "MWh")
