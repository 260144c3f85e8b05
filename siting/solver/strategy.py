"""Which way to the optimum: chosen by the size of the problem, the same answer within the gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo

from siting.solver.decomposed.driver import solve_decomposed, why_not
from siting.solver.engine import (
    Limits,
    Progress,
    Run,
    Status,
    check_options,
    new_engine,
    relative_gap,
    require_highs,
    run,
)
from siting.solver.handover import FloatArray, Matrix, ProvenInfeasibleError, compile_model
from siting.solver.polish import polish
from siting.solver.rounding import dual_bound, fixed, lagrangian, near
from siting.solver.two_stage import Plan, TwoStage, impossible_row, join, plan_of, split

LARGE_ROWS = 10_000
"""From about here the simplex method does not end the root LP in useful time, and interior point does (measured)."""

DECOMPOSED_ROWS = 15_000
"""From about here interior point takes longer for the root LP than the decomposition for all (measured)."""

ROUNDINGS = ((0.02, 0.0), (0.003, 0.0), (0.02, 1.0), (0.05, 2.0))
"""Weights of nearness and of rounding up, tried in this order until the gap is proven."""

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """How a solve ended."""

    status: Status
    objective: float | None
    bound: float | None
    has_plan: bool
    interrupted: bool
    reason: str
    version: str
    limits: Limits
    strategy: str
    seconds_handover: float
    seconds_solve: float
    rows: int
    columns: int
    integers: int

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound."""
        return relative_gap(self.objective, self.bound)


def optimize(model: Any, limits: Limits, progress: Report | None = None) -> Outcome:
    """Solve a linear (mixed-integer) Pyomo model with HiGHS and load the plan into its variables.

    Small problems go to HiGHS as they are. Large ones are first relaxed and solved by interior point, which gives a
    proven bound; rounding it by its own prices gives a plan. Only if the gap between both is too wide does
    branch-and-bound follow, started from that plan. Still larger ones are decomposed by period.
    """
    check_options(limits.highs)
    begun = time.monotonic()
    try:
        matrix = compile_model(model)
    except ProvenInfeasibleError as error:
        return _no_plan(str(error), limits, time.monotonic() - begun)
    program = split(matrix) if _asked(limits, len(matrix.rows)) else None
    seconds = time.monotonic() - begun
    if program is not None and _decomposes(program, limits):
        outcome, values = _optimize_by_period(program, limits, seconds, progress)
        if values is not None:
            values = values[np.argsort(np.argsort(matrix.block, kind="stable"))]
    else:
        outcome, values = optimize_matrix(matrix, limits, seconds, progress)
    if values is not None:
        for column, value in zip(matrix.columns, values.tolist(), strict=True):
            column.set_value(value, skip_validation=True)
        _fill_unused(model)
    return outcome


def optimize_program(
    program: TwoStage, limits: Limits, seconds_handover: float = 0.0, progress: Report | None = None
) -> tuple[Outcome, Plan | None]:
    """Solve a two-stage program; the same ways as for a model.

    Parameters
    ----------
    program : TwoStage
        The program.
    limits, progress
        As of :func:`optimize`.
    seconds_handover : float
        What it took to compile the program.
    """
    check_options(limits.highs)
    if wrong := impossible_row(program):
        return _no_plan(f"{wrong} has no variables and does not hold", limits, seconds_handover), None
    if _asked(limits, _rows(program)) and _decomposes(program, limits):
        outcome, values = _optimize_by_period(program, limits, seconds_handover, progress)
        return outcome, None if values is None else plan_of(program, values)
    begun = time.monotonic()
    matrix = join(program)
    outcome, values = optimize_matrix(matrix, limits, seconds_handover + time.monotonic() - begun, progress)
    if values is None:
        return outcome, None
    unused = (np.diff(matrix.start) == 0) & (matrix.cost == 0)
    nearest = np.clip(0.0, matrix.lower, matrix.upper)
    return outcome, plan_of(program, np.where(unused, nearest, values))


def optimize_matrix(
    matrix: Matrix, limits: Limits, seconds_handover: float, progress: Report | None
) -> tuple[Outcome, FloatArray | None]:
    """Solve a matrix; values are within their bounds, and integers whole."""
    require_highs()
    begun = time.monotonic()
    deadline = begun + limits.time_limit_s
    if matrix.integer.any() and len(matrix.rows) >= LARGE_ROWS:
        result, strategy = _relax_and_round(matrix, limits, deadline, progress)
    else:
        engine = new_engine(matrix, limits, deadline - time.monotonic(), **_lp_options(matrix))
        result, strategy = run(engine, limits.gap, "branch and bound", progress), "direct"
    size = len(matrix.rows), len(matrix.columns), int(matrix.integer.sum())
    outcome = _outcome(result, strategy, limits, (seconds_handover, time.monotonic() - begun), size)
    return outcome, None if result.values is None else _tidy(matrix, result.values)


def _optimize_by_period(
    program: TwoStage, limits: Limits, seconds_handover: float, progress: Report | None
) -> tuple[Outcome, FloatArray | None]:
    require_highs()
    begun = time.monotonic()
    result = solve_decomposed(program, limits, progress)
    columns = len(program.first) + sum(len(period.columns) for period in program.periods)
    size = _rows(program), columns, int(program.first.integer.sum())
    return _outcome(result, "decomposed", limits, (seconds_handover, time.monotonic() - begun), size), result.values


def _asked(limits: Limits, rows: int) -> bool:
    return limits.strategy == "decomposed" or (limits.strategy == "auto" and rows >= DECOMPOSED_ROWS)


def _decomposes(program: TwoStage, limits: Limits) -> bool:
    """Whether a program is decomposed; where that was asked for and cannot be, it is refused with the reason."""
    return limits.strategy == "decomposed" or why_not(program) is None


def _rows(program: TwoStage) -> int:
    return len(program.own) + len(program.yearly) + sum(len(period.rows) for period in program.periods)


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
    )


def _no_plan(reason: str, limits: Limits, seconds: float) -> Outcome:
    version = require_highs()
    return Outcome("infeasible", None, None, False, False, reason, version, limits, "compile", seconds, 0.0, 0, 0, 0)


def _lp_options(matrix: Matrix) -> dict[str, Any]:
    """Interior point where simplex does not end; HiPO (highspy-extras) needs about half the time of ipx."""
    if len(matrix.rows) < LARGE_ROWS:
        return {}
    name = "mip_lp_solver" if matrix.integer.any() else "solver"
    return {name: "hipo" if find_spec("highspy_extras") else "ipx"}


def _relax_and_round(matrix: Matrix, limits: Limits, deadline: float, progress: Report | None) -> tuple[Run, str]:
    relaxed = replace(matrix, integer=np.zeros_like(matrix.integer))
    root = _interior_point(relaxed, limits, deadline, "relaxation", progress)
    # A relaxed plan is no plan: whatever ends here, only the verdict is kept.
    verdict = replace(root, objective=None, bound=None, values=None)
    if root.status in ("infeasible", "unbounded"):
        return verdict, "relaxation"
    if root.interrupted or time.monotonic() > deadline:
        return replace(verdict, status="stopped"), "relaxation"
    best, bound = None, -np.inf
    if root.status == "optimal" and root.values is not None and root.duals is not None:
        bound = dual_bound(matrix, root.duals)
        best, interrupted = _best_rounding(matrix, root.values, root.duals, bound, limits, deadline, progress)
        if best is not None and best.status == "optimal":
            return best, "relax and round"
        if interrupted or time.monotonic() > deadline:
            stopped = replace(verdict, status="stopped", bound=bound)
            return replace(best or stopped, interrupted=interrupted), "relax and round"
    engine = new_engine(matrix, limits, deadline - time.monotonic(), **_lp_options(matrix))
    if best is not None and best.values is not None:
        start = highspy.HighsSolution()
        start.col_value = best.values.tolist()
        engine.setSolution(start)
    final = run(engine, limits.gap, "branch and bound", progress)
    return _better(final, best, bound, limits.gap), "branch and bound from a rounded relaxation"


def _best_rounding(
    matrix: Matrix,
    values: FloatArray,
    duals: FloatArray,
    bound: float,
    limits: Limits,
    deadline: float,
    progress: Report | None,
) -> tuple[Run | None, bool]:
    """The best rounded plan, optimal if it is within the gap of the bound, and whether Ctrl-C came."""
    best: Run | None = None
    for integers in _roundings(matrix, values, duals, deadline):
        rest = fixed(matrix, integers)
        found = _interior_point(rest, limits, deadline, "rounded plan", progress)
        if found.values is not None:
            plan = polish(rest, found.values, deadline)
            objective = float(matrix.cost @ plan + matrix.offset)
            if best is None or best.objective is None or objective < best.objective:
                best = replace(found, status="feasible", values=plan, objective=objective, bound=bound)
        if best is not None and best.gap is not None and best.gap <= limits.gap:
            return replace(best, status="optimal"), found.interrupted
        if found.interrupted or time.monotonic() > deadline:
            return best, found.interrupted
    return best, False


def _interior_point(matrix: Matrix, limits: Limits, deadline: float, phase: str, progress: Report | None) -> Run:
    """A linear program to a relative accuracy far below any gap, without a crossover to a vertex."""
    options: dict[str, Any] = {"ipm_optimality_tolerance": 1e-5, "run_crossover": "off"}
    engine = new_engine(matrix, limits, deadline - time.monotonic(), **_lp_options(matrix), **options)
    return run(engine, limits.gap, phase, progress)


def _roundings(matrix: Matrix, values: FloatArray, duals: FloatArray, deadline: float) -> Iterator[FloatArray]:
    """Integers near the relaxed plan, by the prices of the periods; the decisions of the periods must be continuous."""
    if matrix.integer[~matrix.first].any():
        return
    program = lagrangian(matrix, duals)
    tried: list[FloatArray] = []
    for weight, upward in ROUNDINGS:
        candidate = near(program, matrix.cost[matrix.first], values[matrix.first], weight, upward)
        engine = new_engine(candidate, Limits(gap=1e-3), min(30.0, deadline - time.monotonic()))
        result = run(engine, 1e-3, "rounding")
        if result.values is None:
            continue
        integers = np.round(result.values[candidate.integer])
        if not any(np.array_equal(integers, other) for other in tried):
            tried.append(integers)
            yield integers


def _better(final: Run, best: Run | None, bound: float, gap: float) -> Run:
    """The better plan of both with the better bound."""
    # A plan in hand outlives whatever branch-and-bound ends with.
    if best is None and final.status in ("infeasible", "unbounded", "error"):
        return final
    if best is not None and (final.objective is None or final.objective > (best.objective or np.inf)):
        final = replace(final, objective=best.objective, values=best.values)
    if final.bound is None or bound > final.bound:
        final = replace(final, bound=bound)
    if final.values is None:
        return final
    proven = final.gap is not None and final.gap <= gap
    return replace(final, status="optimal" if proven else "feasible")


def _fill_unused(model: Any) -> None:
    """Variables that no row and no cost mentions may take any value: the one nearest to zero."""
    for variable in model.component_data_objects(pyo.Var, descend_into=True):
        if variable.value is None:
            low, up = variable.bounds
            variable.set_value(max(low or 0.0, 0.0) if up is None or up >= 0 else up, skip_validation=True)


def _tidy(matrix: Matrix, values: FloatArray) -> FloatArray:
    """Values inside their bounds and integers whole; what is left of the tolerances is for the audit to judge."""
    return np.clip(np.where(matrix.integer, np.round(values), values), matrix.lower, matrix.upper)
