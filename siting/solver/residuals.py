"""What a solver leaves undone: periods whose rows are off by more than rounding are dispatched again, tighter.

A row holds for HiGHS if it is off by 1e-7 in units that it scales as it likes, and a mean of plans or a plan without a
crossover adds to that; in a year of rows the worst may be a thousand times as far off. The plan stays; its dispatch of
such a period is the cheapest one that keeps all rows to a hundredth of that, and where rounding of the plan itself
leaves no room, the one that misses least.
"""

from __future__ import annotations

import time

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack, vstack

from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import Period, Plan, TwoStage
from siting.solver.highs.linear import new_linear, pass_arrays

SEEN, LEAST = 5e-7, 20.0
"""A row is off if it is by more than this share of its largest term, and at least of so much in its own unit: a tenth
of what the audit of a plan allows."""
_TIGHT = 1e-9
"""Tolerance of the second dispatch."""
_DEAR = 1e3
"""Price of what is missed, in units of the dearest column."""
_SIZE = 100.0


def without_residues(program: TwoStage, plan: Plan, deadline: float) -> Plan:
    """A plan whose periods keep their rows, if there is time; the same object if they do.

    Parameters
    ----------
    program : TwoStage
        Whose plan it is.
    plan : Plan
        Within all bounds.
    deadline : float
        On the monotonic clock, seconds.
    """
    periods: dict[int, FloatArray] = {}
    for d, (period, y) in enumerate(zip(program.periods, plan.periods, strict=True)):
        now = off(period, plan.first, y)
        if now <= SEEN:
            continue
        if time.monotonic() > deadline:
            break
        # What is at zero stays there if it can: a battery that charges does not discharge as well.
        for idle in (y == 0, np.zeros(len(y), dtype=bool)):
            again = _dispatched(period, plan.first, y, idle)
            then = np.inf if again is None else off(period, plan.first, again)
            if again is not None and then < now:
                periods[d], now = again, then
            if now <= SEEN:
                break
    if not periods:
        return plan
    return Plan(plan.first, tuple(periods.get(d, y) for d, y in enumerate(plan.periods)))


def off(period: Period, x: FloatArray, y: FloatArray) -> float:
    """How far the worst row of a period is off, as a share of what it is about and at least of ``LEAST``."""
    moved, done = period.T @ x, period.W @ y
    size = np.maximum(np.abs(moved), abs(period.W.multiply(y)).max(axis=1).toarray().ravel())
    apart = np.maximum(period.rows.least - moved - done, moved + done - period.rows.most)
    return float((apart / (LEAST + size)).max(initial=0.0))


def _dispatched(period: Period, x: FloatArray, y: FloatArray, idle: npt.NDArray[np.bool_]) -> FloatArray | None:
    """The cheapest dispatch with the same use of coupling constraints, some columns idle; what it must miss is dear."""
    moved, used = period.T @ x, period.coupling @ y
    columns, count = period.columns, len(period.rows)
    size = abs(period.coupling).max(axis=1).toarray().ravel() if period.coupling.shape[0] else np.zeros(0)
    some = np.flatnonzero(size > 0)
    unit = size[some]
    usage = csr_array(csr_array(period.coupling[some]).multiply(1 / unit[:, None]))
    both = vstack([period.W, usage])
    ways = np.concatenate([np.arange(count), np.arange(count)])
    missed = csr_array(
        (np.repeat([1.0, -1.0], count), (ways, np.arange(2 * count))), shape=(count + len(some), 2 * count)
    )
    dearest = float(np.abs(columns.cost).max(initial=0.0)) or 1.0
    price = np.full(2 * count, _DEAR * dearest)
    cost = np.concatenate([columns.cost, price]) * (_SIZE / dearest)
    lower = np.concatenate([np.where(idle, y, columns.lower), np.zeros(2 * count)])
    upper = np.concatenate([np.where(idle, y, columns.upper), np.full(2 * count, np.inf)])
    least = np.concatenate([period.rows.least - moved, used[some] / unit])
    most = np.concatenate([period.rows.most - moved, used[some] / unit])
    engine = new_linear(primal_feasibility_tolerance=_TIGHT, dual_feasibility_tolerance=_TIGHT)
    slack = _TIGHT * (1 + np.abs(used[some] / unit))
    least[count:], most[count:] = least[count:] - slack, most[count:] + slack
    pass_arrays(engine, csc_array(hstack([both, missed])), cost, (lower, upper), (least, most))
    engine.run()
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = np.asarray(engine.getSolution().col_value, dtype=float)[: len(columns)]
    within: FloatArray = np.clip(values, columns.lower, columns.upper)
    return within
