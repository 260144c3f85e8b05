"""The extensive form: branch and bound, or for large ones a relaxation that is rounded by its own duals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from siting.solver.compile.matrix import FloatArray, Matrix
from siting.solver.duality import dual_bound
from siting.solver.extensive_form.crossover import polish
from siting.solver.extensive_form.rounding import fixed, lagrangian, near, wider
from siting.solver.highs.cost_scaling import paid
from siting.solver.highs.engine import BY_DUALITY, Limits, Progress, Run, Task, judged
from siting.solver.highs.options import interior_point
from siting.solver.highs.retry import run
from siting.solver.warm_start import Start, as_before, integers_of, is_as_good, plan_for

LARGE_ROWS = 10_000
"""From about here the simplex method does not end the root LP in useful time, and interior point does (measured)."""

ROUNDINGS = ((0.02, 0.0), (0.003, 0.0), (0.02, 1.0), (0.05, 2.0))
"""Weights of nearness and of rounding up, tried in this order until the gap is proven."""

STEPS = (0, 1, 3)
"""How far above its neighbours an integer may go, tried in this order until there is a plan."""

Report = Callable[[Progress], None]


def search(
    matrix: Matrix, limits: Limits, deadline: float, progress: Report | None, start: Start | None
) -> tuple[Run, str, FloatArray | None]:
    """The optimum of a matrix: how it ended, in which way, and the prices of the relaxation where they are known.

    Parameters
    ----------
    matrix, limits
        What to solve, and to what gap.
    deadline : float
        On the monotonic clock, seconds.
    progress : callable or None
        Gets the progress of the solver.
    start : Start or None
        What the solve of a similar matrix left.
    """
    plan = None if start is None else plan_for(matrix, start)
    if plan is not None and start is not None:
        known = as_before(matrix, start, plan, limits.gap)
        if known is not None:
            return known, "as before", None
    duals = None
    if matrix.integer.any() and len(matrix.rows) >= LARGE_ROWS:
        result, strategy, duals = _relax_and_round(matrix, limits, deadline, progress, start)
    else:
        task = Task(matrix, limits, deadline - time.monotonic(), "branch and bound", _lp_options(matrix))
        result, strategy = run(task, progress), "direct"
    if plan is not None:
        result = _no_worse(matrix, result, plan, limits.gap, deadline)
    return result, strategy, duals


def _lp_options(matrix: Matrix) -> dict[str, Any]:
    """Interior point where simplex does not end; HiPO (highspy-extras) needs about half the time of ipx."""
    if len(matrix.rows) < LARGE_ROWS:
        return {}
    name = "mip_lp_solver" if matrix.integer.any() else "solver"
    return {name: interior_point()}


def _relax_and_round(
    matrix: Matrix, limits: Limits, deadline: float, progress: Report | None, start: Start | None
) -> tuple[Run, str, FloatArray | None]:
    """How it ended, in which way, and the prices of the relaxation."""
    relaxed = replace(matrix, integer=np.zeros_like(matrix.integer))
    root = _interior_point(relaxed, limits, deadline, "relaxation", progress)
    # A relaxed plan is no plan: whatever ends here, only the verdict is kept.
    verdict = replace(root, objective=None, bound=None, values=None)
    if root.status in ("infeasible", "unbounded"):
        return verdict, "relaxation", None
    if root.interrupted or time.monotonic() > deadline:
        return replace(verdict, status="stopped"), "relaxation", None
    best, bound = None, -np.inf
    if root.duals is not None:
        bound = dual_bound(matrix, root.duals)
        best, interrupted = _best_rounding(matrix, root, bound, limits, deadline, progress, start)
        if best is not None and best.status == "optimal":
            return best, "relax and round", root.duals
        if interrupted or time.monotonic() > deadline:
            stopped = replace(verdict, status="stopped", bound=bound if np.isfinite(bound) else None)
            return replace(best or stopped, interrupted=interrupted), "relax and round", root.duals
    task = Task(
        matrix,
        limits,
        deadline - time.monotonic(),
        "branch and bound",
        _lp_options(matrix),
        plan=None if best is None else best.values,
        bound=bound,
        size=None if root.values is None else paid(relaxed, root.values),
    )
    final = _better(matrix, run(task, progress), best, bound, limits.gap)
    return final, "branch and bound from a rounded relaxation", root.duals


def _feasible(matrix: Matrix, plan: FloatArray, bound: float | None) -> Run:
    return Run("feasible", _cost(matrix, plan), bound, plan, None, False, "from a start")


def _no_worse(matrix: Matrix, result: Run, plan: FloatArray, gap: float, deadline: float) -> Run:
    """The result, or the plan of the start where that is as good, at a vertex of each period."""
    if result.status in ("infeasible", "unbounded"):
        return result
    started = _feasible(matrix, plan, result.bound)
    if result.objective is not None and started.objective is not None and result.objective < started.objective:
        return result
    polished = polish(fixed(matrix, np.round(plan[matrix.integer])), plan, deadline)
    better = replace(result, objective=_cost(matrix, polished), values=polished)
    return judged(better, gap, _size(matrix, polished))


def _best_rounding(
    matrix: Matrix,
    root: Run,
    bound: float,
    limits: Limits,
    deadline: float,
    progress: Report | None,
    start: Start | None,
) -> tuple[Run | None, bool]:
    """The best plan with the integers of a start and with rounded ones, and whether Ctrl-C came.

    It is optimal if it is within the gap; one of the start must also leave no more open than it did before.
    """
    best: Run | None = None
    for integers, enough in _candidates(matrix, root, limits.gap, deadline, start):
        found = _with_integers(matrix, integers, limits, deadline, progress)
        if found.objective is not None and (best is None or found.objective < (best.objective or np.inf)):
            best = replace(found, bound=bound, proof=BY_DUALITY)
        if best is not None and best.values is not None and enough(best):
            return judged(best, limits.gap, _size(matrix, best.values)), found.interrupted
        if found.interrupted or time.monotonic() > deadline:
            return best, found.interrupted
    return best, False


def _candidates(
    matrix: Matrix, root: Run, gap: float, deadline: float, start: Start | None
) -> Iterator[tuple[FloatArray, Callable[[Run], bool]]]:
    """Integers to try, and whether the best plan so far is enough."""
    if start is not None:
        yield integers_of(matrix, start), lambda best: is_as_good(best, start, gap)
    if root.values is not None and root.duals is not None:
        for integers in _roundings(matrix, root.values, root.duals, deadline):
            yield integers, lambda best: best.gap is not None and best.gap <= gap


def _with_integers(
    matrix: Matrix, integers: FloatArray, limits: Limits, deadline: float, progress: Report | None
) -> Run:
    """The best plan with given integers; without values if there is none."""
    rest = fixed(matrix, integers)
    found = _interior_point(rest, limits, deadline, "rounded plan", progress)
    if found.values is None:
        return replace(found, objective=None)
    values = polish(rest, found.values, deadline)
    return replace(found, status="feasible", values=values, objective=_cost(matrix, values))


def _cost(matrix: Matrix, values: FloatArray) -> float:
    return float(matrix.cost @ values + matrix.offset)


def _size(matrix: Matrix, values: FloatArray) -> float:
    return abs(matrix.offset) + paid(matrix, values)


def _interior_point(matrix: Matrix, limits: Limits, deadline: float, phase: str, progress: Report | None) -> Run:
    """A linear program to a relative accuracy far below any gap, without a crossover to a vertex."""
    options: dict[str, Any] = {"ipm_optimality_tolerance": 1e-5, "run_crossover": "off"}
    options |= _lp_options(matrix)
    return run(Task(matrix, limits, deadline - time.monotonic(), phase, options), progress)


def _roundings(matrix: Matrix, values: FloatArray, duals: FloatArray, deadline: float) -> Iterator[FloatArray]:
    """Integers near the relaxed plan, by the prices of the periods; the decisions of the periods must be continuous."""
    if matrix.integer[~matrix.first].any():
        return
    program = lagrangian(matrix, duals)
    tried: list[FloatArray] = []
    for weight, upward in ROUNDINGS:
        integers = _rounded(program, matrix.cost[matrix.first], values[matrix.first], weight, upward, deadline)
        if integers is not None and not any(np.array_equal(integers, other) for other in tried):
            tried.append(integers)
            yield integers


def _rounded(
    program: Matrix, cost: FloatArray, relaxed: FloatArray, weight: float, upward: float, deadline: float
) -> FloatArray | None:
    """Neighbours of the relaxed plan, or where no such plan exists a few steps above them."""
    candidate = near(program, cost, relaxed, weight, upward)
    for steps in STEPS:
        wide, first = wider(program, candidate, cost, weight, steps)
        result = run(Task(wide, Limits(gap=1e-3), min(30.0, deadline - time.monotonic()), "rounding"))
        if result.values is not None:
            values = result.values[: len(cost)]
            np.add.at(values, first, result.values[len(cost) :])
            return np.round(values[candidate.integer])
        if result.status != "infeasible":
            return None
    return None


def _better(matrix: Matrix, final: Run, best: Run | None, bound: float, gap: float) -> Run:
    """The better plan of both with the better bound."""
    # A plan in hand outlives whatever branch-and-bound ends with.
    if best is None and final.status in ("infeasible", "unbounded", "error"):
        return final
    if best is not None and (final.objective is None or final.objective > (best.objective or np.inf)):
        final = replace(final, objective=best.objective, values=best.values)
    if final.bound is None or bound > final.bound:
        final = replace(final, bound=bound, proof=BY_DUALITY)
    return final if final.values is None else judged(final, gap, _size(matrix, final.values))
