"""One program, solved by HiGHS in this process, in a unit of money that suits it; and what is proven of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np

from siting.errors import SolverError
from siting.solver.compile.matrix import FloatArray, Matrix, pass_to
from siting.solver.duality import dual_bound
from siting.solver.highs.cost_scaling import factor, guessed, paid, well_guessed
from siting.solver.highs.engine import (
    BY_BRANCHING,
    BY_DUALITY,
    BY_HIGHS,
    Progress,
    Run,
    Status,
    Task,
    contradicts,
    judged,
)
from siting.solver.highs.options import accepted, set_option, set_user_option

_MONEY = ("mip_abs_gap", "objective_bound")
"""Options that are amounts of money."""

_TO_RELAX = 0.3
"""Share of the time that the relaxation before branch and bound may take; what it proves is sure."""

WRONG_SIDE = "the bound of HiGHS lies above the cost of its plan"
"""Reason of a run whose bound is no bound."""

_KINDS = highspy.HighsModelStatus
_LIMITS = (_KINDS.kTimeLimit, _KINDS.kInterrupt, _KINDS.kIterationLimit, _KINDS.kSolutionLimit, _KINDS.kObjectiveBound)


@dataclass
class Watch:
    """Looks after a solver that runs: Ctrl-C stops it and keeps what it has, and so does the end of the time.

    Parameters
    ----------
    phase : str
        Shown with the progress.
    time_s : float
        Seconds from now.
    progress : callable, optional
        Called about twice a second from the main thread.
    found : callable, optional
        Gets each better plan.
    """

    phase: str
    time_s: float
    progress: Callable[[Progress], None] | None = None
    found: Callable[[FloatArray], None] | None = None
    begun: float = field(default_factory=time.monotonic)
    interrupted: bool = False
    incumbent: float | None = None
    bound: float | None = None
    running: highspy.Highs | None = None

    @property
    def left_s(self) -> float:
        """Seconds until the end."""
        return self.begun + self.time_s - time.monotonic()

    def stop(self) -> None:
        """Stop what runs, as Ctrl-C does, from any thread."""
        self.interrupted = True
        if self.running is not None:
            self.running.cancelSolve()

    def tell(self) -> None:
        """Show what is known."""
        if self.progress is not None:
            self.progress(Progress(time.monotonic() - self.begun, self.incumbent, self.bound, self.phase))

    def run(self, engine: highspy.Highs, unit: float, most_s: float = np.inf) -> None:
        """Run a solver, for at most so long."""

        def keep(event: Any) -> None:
            data = event.data_out
            self.incumbent, self.bound = _money(data.mip_primal_bound, unit), _money(data.mip_dual_bound, unit)

        def better(event: Any) -> None:
            keep(event)
            if self.found is not None:
                self.found(np.array(event.data_out.mip_solution, dtype=float))

        set_option(engine, "time_limit", engine.getRunTime() + max(min(self.left_s, most_s), 0.1))
        engine.HandleKeyboardInterrupt = True  # so that cancelSolve reaches the simplex, interior-point and MIP loops
        engine.cbMipLogging += keep
        engine.cbMipImprovingSolution += better
        self.running = engine
        if not self.interrupted:
            engine.startSolve()
        now = shown = begun = time.monotonic()
        while True:
            try:
                if not engine.is_solver_running():
                    break
                # Not thread.join: before Python 3.13 a join that Ctrl-C interrupts takes the thread for ended.
                # A twentieth of the time so far: a short run does not wait, and a long one costs nothing to watch.
                time.sleep(min(max((time.monotonic() - begun) / 20, 0.0002), 0.1))
                now = time.monotonic()
                if self.progress is not None and now - shown > 0.5:
                    shown = now
                    self.tell()
            except KeyboardInterrupt:
                self.stop()


def solve_here(task: Task, watch: Watch) -> Run:
    """Solve a program; what it proves is multiplied out, so that no status of HiGHS is taken for a proof.

    A program with whole numbers is relaxed first, unless what that tells is known: its prices prove a bound that holds
    whatever branch and bound does, and its cost is the unit in which the whole is solved.
    """
    if not task.matrix.integer.any():
        return _linear(task, task.matrix, watch)
    if task.size is None:
        relaxed = replace(task.matrix, integer=np.zeros_like(task.matrix.integer))
        root = _linear(task, relaxed, watch, _TO_RELAX * watch.left_s)
        if root.status == "infeasible" or watch.interrupted:
            return replace(root, objective=None, values=None, duals=None, status=_without_plan(root.status))
        bound = task.bound if root.bound is None else max(task.bound, root.bound)
        watch.bound, watch.incumbent = bound if np.isfinite(bound) else None, None
        watch.tell()
        size = None if root.values is None else paid(relaxed, root.values)
        task = replace(task, bound=bound, size=size)
    return _branch_and_bound(task, watch)


def _without_plan(status: Status) -> Status:
    return "stopped" if status in ("optimal", "feasible") else status


def prepared(task: Task, matrix: Matrix, unit: float) -> highspy.Highs:
    """A silent HiGHS that holds a program in some unit of money, and the options."""
    engine, limits = highspy.Highs(), task.limits
    engine.silent()
    base = {"mip_rel_gap": limits.gap, "mip_abs_gap": 0.0, "random_seed": limits.seed, "threads": limits.threads}
    for name, value in {**base, **task.options}.items():
        set_option(engine, name, value * unit if name in _MONEY else value)
    for name, value in limits.highs.items():
        set_user_option(engine, name, float(value) * unit if name in _MONEY else value)
    pass_to(engine, matrix, unit)
    return engine


def _linear(task: Task, matrix: Matrix, watch: Watch, most_s: float = np.inf) -> Run:
    """A linear program, solved once more in another unit of money where the guess was far off."""
    unit = factor(guessed(matrix) if task.size is None else task.size)
    engine = prepared(task, matrix, unit)
    watch.run(engine, unit, most_s)
    found = _read_linear(task, matrix, engine, unit, watch.interrupted)
    if found.values is None or watch.interrupted or found.status not in ("optimal", "feasible"):
        return found
    size = paid(matrix, found.values)
    if (found.proof == BY_DUALITY and found.status == "optimal") or well_guessed(size, unit):
        return found
    unit = factor(size)
    every = np.arange(len(matrix.columns), dtype=np.int32)
    accepted(engine.changeColsCost(len(every), every, matrix.cost * unit), "costs in another unit")
    accepted(engine.changeObjectiveOffset(matrix.offset * unit), "a constant in another unit")
    watch.run(engine, unit, most_s)
    again = _read_linear(task, matrix, engine, unit, watch.interrupted)
    return found if again.values is None else again


def _branch_and_bound(task: Task, watch: Watch) -> Run:
    matrix = task.matrix
    unit = factor(guessed(matrix) if task.size is None else task.size)
    engine = prepared(task, matrix, unit)
    if task.plan is not None:
        start = highspy.HighsSolution()
        start.col_value = task.plan.tolist()
        accepted(engine.setSolution(start), "a plan to start from")
    watch.run(engine, unit)
    status, values, reason = ended(engine)
    # The relaxation proves a bound where branch and bound ended before it had one of its own.
    mine, proof = _money(engine.getInfo().mip_dual_bound, unit), BY_BRANCHING
    if status in ("infeasible", "unbounded", "error"):
        return Run(status, None, None, None, None, watch.interrupted, reason)
    objective = None if values is None else float(matrix.cost @ values + matrix.offset)
    size = abs(matrix.offset) + (0.0 if values is None else paid(matrix, values))
    if contradicts(objective, mine, size):
        mine, reason = None, WRONG_SIDE
    if mine is None or mine <= task.bound:
        mine, proof = task.bound, task.proof
    run = Run(status, objective, mine if np.isfinite(mine) else None, values, None, watch.interrupted, reason, proof)
    return judged(run, task.limits.gap, size)


def _read_linear(task: Task, matrix: Matrix, engine: highspy.Highs, unit: float, interrupted: bool) -> Run:
    status, values, reason = ended(engine)
    if status in ("infeasible", "unbounded", "error"):
        return Run(status, None, None, None, None, interrupted, reason)
    solution = engine.getSolution()
    duals = np.asarray(solution.row_dual, dtype=float) / unit if solution.dual_valid else None
    bound, proof = -np.inf if duals is None else dual_bound(matrix, duals), BY_DUALITY
    if values is None:
        proven = bound if np.isfinite(bound) else None
        return Run(status, None, proven, None, duals, interrupted, reason, proof if proven is not None else "")
    objective = float(matrix.cost @ values + matrix.offset)
    if not np.isfinite(bound) and engine.getModelStatus() == _KINDS.kOptimal:
        bound, proof = objective, BY_HIGHS
    run = Run(status, objective, bound, values, duals, interrupted, reason, proof)
    return judged(run, task.limits.gap, abs(matrix.offset) + paid(matrix, values))


def ended(engine: highspy.Highs) -> tuple[Status, FloatArray | None, str]:
    """How HiGHS ended, with a plan or without; whether that is optimal, others judge."""
    ended, info = engine.getModelStatus(), engine.getInfo()
    reason = str(engine.modelStatusToString(ended))
    has_plan = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    if ended == _KINDS.kInfeasible:
        return "infeasible", None, reason
    if ended == _KINDS.kUnbounded:
        return "unbounded", None, reason
    if ended == _KINDS.kUnboundedOrInfeasible:
        return _infeasible_or_unbounded(engine), None, reason
    if has_plan:
        return "feasible", np.asarray(engine.getSolution().col_value, dtype=float), reason
    return "stopped" if ended in _LIMITS else "error", None, reason


def _infeasible_or_unbounded(engine: highspy.Highs) -> Status:
    """HiGHS may only know that it is one of both: without an objective an unbounded problem is feasible."""
    trial = highspy.Highs()
    trial.silent()
    lp = engine.getLp()
    lp.col_cost_ = np.zeros(lp.num_col_)
    accepted(trial.passModel(lp), "a program without costs")
    set_option(trial, "time_limit", 60.0)
    trial.run()
    verdict = trial.getModelStatus()
    if verdict == _KINDS.kOptimal:
        return "unbounded"
    if verdict == _KINDS.kInfeasible:
        return "infeasible"
    raise SolverError(
        f"HiGHS could not tell an infeasible from an unbounded problem: {trial.modelStatusToString(verdict)}"
    )


def _money(value: float, unit: float) -> float | None:
    """An amount in the unit of the program; None if it is infinite."""
    return float(value) / unit if np.isfinite(value) and abs(value) < 1e30 else None
