"""When work that may wait arrives, and how much of it can wait or run in each hour."""

from __future__ import annotations

import numpy as np

from siting.problem.derived import batches, profiles
from siting.problem.once import once
from siting.problem.problem import FloatArray, Problem

Batch = tuple[str, int]


@once
def group_mw(p: Problem) -> dict[Batch, float]:
    """Mean of the deferrable work of each workload and group, MW."""
    demand = p.demand["mean_mw"].to_dict()
    mean: dict[Batch, float] = {}
    for w, g, n in batches(p).itertuples(index=False, name=None):
        mean[w, g] = mean.get((w, g), 0.0) + demand[n, w]
    return mean


@once
def arriving_mw(p: Problem) -> dict[Batch, FloatArray]:
    """Deferrable work that arrives, by workload and group, (periods, hours), MW."""
    shape = {w: column.to_numpy(dtype=float)[p.calendar.hour] for w, column in profiles(p).items()}
    return {(w, g): shape[w] * mw for (w, g), mw in group_mw(p).items()}


def recent_mwh(p: Problem, arrivals: FloatArray, hours: int) -> FloatArray:
    """What arrived in the last ``hours`` hours up to each hour, (periods, hours), MWh.

    Before the first hour of a period are the last ones of the period before where the calendar is in order, and else
    the last of the period itself, which wraps round.
    """
    rows = arrivals.reshape(1, -1) if p.calendar.in_order else arrivals
    total = np.zeros_like(rows)
    for back in range(min(hours, rows.shape[1])):
        total += np.roll(rows, back, axis=1)
    return total.reshape(arrivals.shape)


@once
def most_waiting_mwh(p: Problem) -> dict[Batch, FloatArray]:
    """Most that can wait at the end of each hour and still run by its deadline, MWh."""
    delay = p.workloads["max_delay_h"].to_dict()
    return {wg: recent_mwh(p, mw, int(delay[wg[0]])) for wg, mw in arriving_mw(p).items()}


@once
def most_run_mw(p: Problem) -> dict[Batch, FloatArray]:
    """Most that can run in each hour: what may have waited and what arrives, MW."""
    delay = p.workloads["max_delay_h"].to_dict()
    return {wg: recent_mwh(p, mw, int(delay[wg[0]]) + 1) for wg, mw in arriving_mw(p).items()}


@once
def most_run_of_period_mwh(p: Problem) -> dict[Batch, FloatArray]:
    """Most that can run in each period, (periods,), MWh: what arrives in it, and what may wait when it begins."""
    found = {}
    for wg, mw in arriving_mw(p).items():
        found[wg] = mw.sum(axis=1)
        if p.calendar.in_order and p.calendar.periods > 1:
            found[wg] = found[wg] + np.roll(most_waiting_mwh(p)[wg][:, -1], 1)
    return found
