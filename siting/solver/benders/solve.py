"""Entry points: what can be decomposed, and the plan in terms of the extensive form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from siting.errors import UsageError
from siting.solver.benders.decomposition import Decomposition
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.phases import run_phases
from siting.solver.compile.two_stage import Columns, Rows, TwoStage, name_of
from siting.solver.compressed import View
from siting.solver.duality import least_sum
from siting.solver.highs.engine import EXACT, Limits, Progress, Run, Status, contradicts, judged
from siting.solver.highs.small_coefficients import refuse_lost_of
from siting.solver.memory import give_back

_HIGHEST_COST = 1e4
"""Costs are scaled so that no plan costs more; most cost a hundredth of it or less, far above all tolerances. With a
thousand times that HiGHS failed at one master of some runs in ten, or gave it a wrong bound (random problems)."""


def why_not(program: TwoStage) -> str | None:
    """Why a program cannot be decomposed, naming the column that is in the way; None if it can."""
    if not program.periods or not any(period.T.nnz for period in program.periods):
        return "The model has no periods that depend on first-stage decisions, so there is nothing to decompose."
    for name, columns in _blocks(program):
        open_ended = ~np.isfinite(columns.lower) | ~np.isfinite(columns.upper)
        if open_ended.any():
            column = name_of(columns.labels[int(open_ended.argmax())], name)
            return f"To decompose a model every variable needs both bounds; {column} has not. Add bounds to it."
        if name and columns.integer.any():
            column = name_of(columns.labels[int(columns.integer.argmax())], name)
            return f"To decompose a model nothing in a period may be integer; {column} is. Solve it as a whole."
    return None


def solve_decomposed(
    program: TwoStage,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
    parameters: Parameters = DEFAULT,
) -> Run:
    """Solve a two-stage program by decomposition.

    Parameters
    ----------
    program : TwoStage
        Whose columns have bounds and whose periods decide nothing whole.
    limits : Limits
        Gap, time and workers.
    progress : callable, optional
        Told after every iteration.
    parameters : Parameters
        Of the decomposition.

    Returns
    -------
    Run
        Its values in the order of :func:`siting.solver.compile.two_stage.join`; with the best plan and its bound if a
        limit or Ctrl-C ended it.

    Raises
    ------
    UsageError
        If the program cannot be decomposed; the message names the column.
    """
    with warm(program, limits, progress, parameters) as solve:
        return solve(program.coupling)


@contextmanager
def warm(
    program: TwoStage,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
    parameters: Parameters = DEFAULT,
) -> Iterator[Callable[[Rows], Run]]:
    """Solve programs that differ in the sides of their coupling constraints, each with what is known of those before.

    Cuts, evaluated plans and the solvers of the periods do not depend on these sides.

    Parameters
    ----------
    program, limits, progress, parameters
        As of :func:`solve_decomposed`; the limits are those of each solve. Only the first keeps a checkpoint.

    Yields
    ------
    callable
        Solves with other coupling constraints of the same labels.

    Raises
    ------
    UsageError
        If the program cannot be decomposed; the message names the column.
    """
    reason = why_not(program)
    if reason is not None:
        raise UsageError(reason)
    ceiling = program.offset + sum(
        -least_sum(-columns.cost, columns.lower, columns.upper) for _, columns in _blocks(program)
    )
    factor = _HIGHEST_COST / max(abs(ceiling), 1e-9)
    refuse_lost_of(program, factor)
    decomposition = Decomposition(_scaled(program, factor), ceiling * factor, factor, limits, progress, parameters)
    # Every period was opened several times.
    give_back()

    def solve(coupling: Rows) -> Run:
        if coupling is not program.coupling or decomposition.context.iterations:
            decomposition.restart(coupling)
        interrupted = False
        try:
            run_phases(decomposition)
        except KeyboardInterrupt:
            interrupted = True
        result = _result(program, decomposition, factor, max(limits.gap, EXACT), interrupted)
        if result.status in ("optimal", "infeasible"):
            decomposition.keeper.remove()
        return result

    try:
        yield solve
    finally:
        decomposition.pool.close()


def _result(program: TwoStage, decomposition: Decomposition, factor: float, gap: float, interrupted: bool) -> Run:
    state = decomposition.state
    bound = float(state.lower_bound / factor) if np.isfinite(state.lower_bound) else None
    passes = f"{decomposition.context.iterations} passes"
    if state.incumbent is None:
        status: Status = "infeasible" if state.infeasible else "stopped"
        return Run(status, None, None if state.infeasible else bound, None, None, interrupted, passes)
    x = np.where(program.first.integer, np.round(state.incumbent.x), state.incumbent.x)
    shares, circles = decomposition.dispatch(state.incumbent)
    values = np.concatenate([x, *shares])
    cost = np.concatenate([columns.cost for _, columns in _blocks(program)])
    objective = float(cost @ values + program.offset)
    size = abs(program.offset) + float(np.abs(cost * values).sum())
    run = Run("feasible", objective, bound, values, None, interrupted, passes, state.proof, circles)
    if contradicts(objective, bound, size):
        run = replace(run, bound=None, reason=f"{passes}; the bound lies above the cost of the plan")
    return judged(run, gap, size)


def _blocks(program: TwoStage) -> Iterator[tuple[str, Columns]]:
    yield "", program.first
    for period in program.periods:
        yield period.name, period.columns


def _scaled(program: TwoStage, factor: float) -> TwoStage:
    def scaled(columns: Columns) -> Columns:
        return replace(columns, cost=columns.cost * factor)

    periods = View(program.periods, lambda period: replace(period, columns=scaled(period.columns)))
    return replace(program, first=scaled(program.first), offset=program.offset * factor, periods=periods)
