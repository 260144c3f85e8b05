"""Which way to the optimum: chosen by the size of the problem, the same answer within the gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.errors import SolverError
from siting.solver.benders.solve import solve_decomposed, warm, why_not
from siting.solver.compile.matrix import FloatArray, Matrix, ProvenInfeasibleError, compile_model
from siting.solver.compile.two_stage import Plan, Rows, TwoStage, impossible_row, join, plan_of, split
from siting.solver.extensive_form.solve import Report, search
from siting.solver.highs.engine import EXACT, Limits, Run
from siting.solver.highs.options import check_options, require_highs
from siting.solver.outcome import Outcome, cheaper, of_both
from siting.solver.residuals import without_residues
from siting.solver.settle import Again, cost_of, settle
from siting.solver.warm_start import Start, remember

DECOMPOSED_ROWS = 15_000
"""From about here interior point takes longer for the root LP than the decomposition for all (measured)."""

_BY_PERIOD = 0.7
"""Share of the time after which a small program that was decomposed is solved as a whole instead."""

_TO_SETTLE, _LEAST_TO_SETTLE_S = 0.05, 2.0
"""Share of the time limit, and least time, for what a solver has left undone."""


def optimize(
    model: Any,
    limits: Limits,
    progress: Report | None = None,
    *,
    start: Start | None = None,
    keep_start: bool = False,
) -> Outcome:
    """Solve a linear (mixed-integer) Pyomo model with HiGHS and load the plan into its variables.

    Small problems go to HiGHS as they are. Large ones are first relaxed and solved by interior point, which gives a
    proven bound; rounding it by its own prices gives a plan. Only if the gap between both is too wide does
    branch-and-bound follow, started from that plan. Still larger ones are decomposed by period.

    With the start of a similar model the integers of its plan are tried first, all else chosen anew. That they are
    within the gap is not enough: they must leave no more open than they did there (and a tenth of the gap), or the
    model's own roundings are tried too. Where the old prices prove that what is new cannot matter, by the same tenth,
    the old plan is the answer. Where a start is given or wanted, nothing is decomposed unless that was asked for; the
    decomposition takes no start and leaves none.
    """
    check_options(limits.highs)
    begun = time.monotonic()
    try:
        matrix = compile_model(model)
    except ProvenInfeasibleError as error:
        return _no_plan(str(error), limits, time.monotonic() - begun)
    started = start is not None or keep_start
    program = split(matrix) if matrix.legs or _asked(limits, len(matrix.rows), started) else None
    spent = time.monotonic() - begun
    order = np.argsort(matrix.block, kind="stable")
    if program is not None and _asked(limits, len(matrix.rows), started) and _decomposes(program, limits):
        outcome, values = _optimize_by_period(program, limits, spent, progress)
    else:
        outcome, values = optimize_matrix(matrix, limits, spent, progress, start=start, keep_start=keep_start)
        values = None if values is None else values[order]
    if values is not None:
        program = split(matrix) if program is None else program
        again = _again(progress, keep_start)
        deadline = begun + spent + limits.time_limit_s
        outcome, plan = _tidied(program, outcome, plan_of(program, values))
        outcome, best = settle(program, limits, deadline, outcome, plan, again)
        values = None if best is None else np.concatenate([best.first, *best.periods])
    if values is not None:
        values = values[np.argsort(order)]
        for column, value in zip(matrix.columns, values.tolist(), strict=True):
            column.set_value(value, skip_validation=True)
        _fill_unused(model)
    return outcome


def optimize_program(
    program: TwoStage,
    limits: Limits,
    seconds_handover: float = 0.0,
    progress: Report | None = None,
    *,
    start: Start | None = None,
    keep_start: bool = False,
) -> tuple[Outcome, Plan | None]:
    """Solve a two-stage program; the same ways as for a model.

    Parameters
    ----------
    program : TwoStage
        The program.
    limits, progress, start, keep_start
        As of :func:`optimize`.
    seconds_handover : float
        What it took to compile the program.
    """
    check_options(limits.highs)
    if wrong := impossible_row(program):
        return _no_plan(f"{wrong} has no variables and does not hold", limits, seconds_handover), None
    deadline = time.monotonic() + limits.time_limit_s
    outcome, plan = _relaxed(program, limits, seconds_handover, progress, start, keep_start)
    return settle(program, limits, deadline, outcome, plan, _again(progress, keep_start))


def _again(progress: Report | None, keep_start: bool) -> Again:
    """Solves programs with directions; small ones as a whole, which proves sooner that there is no plan at all."""

    def again(program: TwoStage, limits: Limits, told: bool) -> tuple[Outcome, Plan | None]:
        small = _rows(program) < DECOMPOSED_ROWS
        limits = replace(limits, strategy="whole") if small else limits
        return _relaxed(program, limits, 0.0, progress if told else None, None, keep_start)

    return again


def _relaxed(
    program: TwoStage,
    limits: Limits,
    seconds_handover: float,
    progress: Report | None,
    start: Start | None,
    keep_start: bool,
) -> tuple[Outcome, Plan | None]:
    """Solve a program as it is, whatever goes round in circles."""
    started = start is not None or keep_start
    if decomposes(program, limits, started):
        outcome, values = _optimize_by_period(program, limits, seconds_handover, progress)
        return (outcome, None) if values is None else _tidied(program, outcome, plan_of(program, values))
    outcome, values = _as_whole(program, limits, seconds_handover, progress, start=start, keep_start=keep_start)
    return (outcome, None) if values is None else _tidied(program, outcome, plan_of(program, values))


def decomposes(program: TwoStage, limits: Limits, started: bool = False) -> bool:
    """Whether a program is decomposed: asked for, or long enough and nothing is in the way."""
    return _asked(limits, _rows(program), started) and _decomposes(program, limits)


@contextmanager
def optimize_series(
    program: TwoStage, limits: Limits, progress: Report | None = None
) -> Iterator[Callable[[Rows], tuple[Outcome, Plan | None]]]:
    """Decompose programs that differ in the sides of their coupling constraints; each knows what those before found.

    Parameters
    ----------
    program, limits, progress
        As of :func:`optimize_program`; the limits are those of each solve.

    Yields
    ------
    callable
        Solves with other coupling constraints of the same labels.
    """
    check_options(limits.highs)
    with warm(program, _by_period(program, limits), progress) as solve:

        def optimize(coupling: Rows) -> tuple[Outcome, Plan | None]:
            if wrong := impossible_row(program):
                return _no_plan(f"{wrong} has no variables and does not hold", limits, 0.0), None
            changed = replace(program, coupling=coupling)
            deadline = time.monotonic() + limits.time_limit_s
            outcome, values = _optimize_by_period(changed, limits, 0.0, progress, lambda: solve(coupling))
            if values is None:
                return outcome, None
            outcome, plan = _tidied(changed, outcome, plan_of(program, values))
            return settle(changed, limits, deadline, outcome, plan, _again(progress, False))

        yield optimize


def optimize_matrix(
    matrix: Matrix,
    limits: Limits,
    seconds_handover: float,
    progress: Report | None,
    *,
    start: Start | None = None,
    keep_start: bool = False,
) -> tuple[Outcome, FloatArray | None]:
    """Solve a matrix; values are within their bounds, and integers whole."""
    require_highs()
    begun = time.monotonic()
    deadline = begun + limits.time_limit_s
    result, strategy, duals = search(matrix, limits, deadline, progress, start)
    size = len(matrix.rows), len(matrix.columns), int(matrix.integer.sum())
    outcome = _outcome(result, strategy, limits, (seconds_handover, time.monotonic() - begun), size)
    if result.values is None:
        return outcome, None
    if keep_start:
        outcome = replace(outcome, start=remember(matrix, result.values, duals))
    return outcome, _tidy(matrix, result.values)


def _optimize_by_period(
    program: TwoStage,
    limits: Limits,
    seconds_handover: float,
    progress: Report | None,
    solve: Callable[[], Run] | None = None,
) -> tuple[Outcome, FloatArray | None]:
    """Decompose a program, by default from the beginning."""
    require_highs()
    begun = time.monotonic()
    try:
        result = solve() if solve is not None else solve_decomposed(program, _by_period(program, limits), progress)
    except SolverError as error:
        if limits.strategy == "decomposed" and _rows(program) >= DECOMPOSED_ROWS:
            raise
        # A master that HiGHS cannot decide is no verdict on the program: what is left of the time is for the whole.
        return _rest_as_whole(program, limits, begun, progress, str(error))
    columns = len(program.first) + sum(len(period.columns) for period in program.periods)
    size = _rows(program), columns, int(program.first.integer.sum())
    outcome = _outcome(result, "decomposed", limits, (seconds_handover, time.monotonic() - begun), size)
    decided = result.status in ("optimal", "infeasible") or result.interrupted
    if decided or size[0] >= DECOMPOSED_ROWS or time.monotonic() - begun >= limits.time_limit_s:
        return outcome, result.values
    rest, values = _rest_as_whole(program, limits, begun, progress, result.reason)
    rest = replace(rest, seconds_handover=seconds_handover)
    return of_both(outcome, rest), values if cheaper(rest, outcome) else result.values


def _by_period(program: TwoStage, limits: Limits) -> Limits:
    """Limits of the decomposition: where the whole is small, it may be solved in the last part of the time."""
    if _rows(program) >= DECOMPOSED_ROWS:
        return limits
    return replace(limits, time_limit_s=_BY_PERIOD * limits.time_limit_s)


def _rest_as_whole(
    program: TwoStage, limits: Limits, begun: float, progress: Report | None, why: str
) -> tuple[Outcome, FloatArray | None]:
    """Solve the whole in what is left of the time, since periods by themselves came to no end; the reason says so."""
    spent = time.monotonic() - begun
    left = replace(limits, strategy="whole", time_limit_s=max(0.0, limits.time_limit_s - spent), checkpoint=None)
    outcome, values = _as_whole(program, left, 0.0, progress)
    reason = f"{outcome.reason} as a whole, after the decomposition ended without a verdict ({why})"
    return replace(outcome, limits=limits, reason=reason, seconds_solve=outcome.seconds_solve + spent), values


def _as_whole(
    program: TwoStage,
    limits: Limits,
    seconds_handover: float,
    progress: Report | None,
    *,
    start: Start | None = None,
    keep_start: bool = False,
) -> tuple[Outcome, FloatArray | None]:
    """Solve the whole as one matrix; variables that no row and no cost mentions are as near to zero as they may be."""
    begun = time.monotonic()
    matrix = join(program)
    spent = seconds_handover + time.monotonic() - begun
    outcome, values = optimize_matrix(matrix, limits, spent, progress, start=start, keep_start=keep_start)
    unused = (np.diff(matrix.start) == 0) & (matrix.cost == 0)
    nearest = np.clip(0.0, matrix.lower, matrix.upper)
    return outcome, None if values is None else np.where(unused, nearest, values)


def _tidied(program: TwoStage, outcome: Outcome, plan: Plan) -> tuple[Outcome, Plan]:
    """The plan without what the solver has left undone, at what it then costs."""
    begun = time.monotonic()
    tidy = without_residues(program, plan, begun + max(_LEAST_TO_SETTLE_S, _TO_SETTLE * outcome.limits.time_limit_s))
    if tidy is plan:
        return outcome, plan
    objective = cost_of(program, tidy)
    bound = None if outcome.bound is None else min(outcome.bound, objective)
    seconds = outcome.seconds_solve + time.monotonic() - begun
    outcome = replace(outcome, objective=objective, bound=bound, seconds_solve=seconds)
    proven = outcome.gap is not None and outcome.gap <= max(outcome.limits.gap, EXACT)
    return replace(outcome, status="optimal" if proven else "feasible"), tidy


def _asked(limits: Limits, rows: int, started: bool) -> bool:
    return limits.strategy == "decomposed" or (limits.strategy == "auto" and rows >= DECOMPOSED_ROWS and not started)


def _decomposes(program: TwoStage, limits: Limits) -> bool:
    """Whether a program is decomposed; where that was asked for and cannot be, it is refused with the reason."""
    # A single period leaves nothing to share out: branch and bound sees what cuts tell the master one by one.
    return limits.strategy == "decomposed" or (len(program.periods) > 1 and why_not(program) is None)


def _rows(program: TwoStage) -> int:
    return len(program.own) + len(program.coupling) + sum(len(period.rows) for period in program.periods)


def _outcome(
    result: Run, strategy: str, limits: Limits, seconds: tuple[float, float], size: tuple[int, int, int]
) -> Outcome:
    return Outcome(
        status=result.status,
        objective=result.objective,
        bound=result.bound,
        has_plan=result.values is not None,
        interrupted=result.interrupted,
        reason=result.reason,
        version=require_highs(),
        limits=limits,
        strategy=strategy,
        seconds_handover=seconds[0],
        seconds_solve=seconds[1],
        rows=size[0],
        columns=size[1],
        integers=size[2],
        proof=result.proof,
        circles=result.circles,
    )


def _no_plan(reason: str, limits: Limits, seconds: float) -> Outcome:
    version = require_highs()
    return Outcome("infeasible", None, None, False, False, reason, version, limits, "compile", seconds, 0.0, 0, 0, 0)


def _fill_unused(model: Any) -> None:
    """Variables that no row and no cost mentions may take any value: the one nearest to zero."""
    for variable in model.component_data_objects(pyo.Var, descend_into=True):
        if variable.value is None:
            low, up = variable.bounds
            variable.set_value(max(low or 0.0, 0.0) if up is None or up >= 0 else up, skip_validation=True)


def _tidy(matrix: Matrix, values: FloatArray) -> FloatArray:
    """Values inside their bounds and integers whole; what is left of the tolerances is for the audit to judge."""
    return np.clip(np.where(matrix.integer, np.round(values), values), matrix.lower, matrix.upper)
