"""One run of HiGHS on a matrix: options, limits, Ctrl-C, progress, and what came back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import highspy
import numpy as np

from siting.errors import SolverError, UsageError
from siting.solver.handover import FloatArray, Matrix, pass_to

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "stopped", "error"]
"""optimal: proven to the gap; feasible: a plan, not proven; stopped: a limit came before any plan."""

Strategy = Literal["auto", "whole", "decomposed"]

OLDEST_HIGHS = (1, 15, 1)
"""HiGHS 1.14 returned wrong optima for binaries with big-M rows (HiGHS issue 2975)."""


_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


@dataclass(frozen=True)
class Progress:
    """What is known while the solver runs.

    Parameters
    ----------
    seconds : float
        Since its beginning.
    incumbent, bound : float or None
        Cost of the best plan, and what is proven.
    phase : str
        What it is doing.
    passes, workers : int
        Passes over all periods, and how many solve them; 0 where the whole is solved.
    left_s : float
        Seconds until the time limit, where there are passes.
    """

    seconds: float
    incumbent: float | None
    bound: float | None
    phase: str
    passes: int = 0
    workers: int = 0
    left_s: float = 0.0

    @property
    def gap(self) -> float | None:
        """Relative distance of incumbent and bound."""
        return relative_gap(self.incumbent, self.bound)


@dataclass(frozen=True)
class Limits:
    """When a run may stop.

    Parameters
    ----------
    gap : float
        Relative gap that counts as optimal.
    time_limit_s : float
        Wall-clock seconds.
    seed, threads : int
        Random seed; threads (0: HiGHS decides).
    highs : mapping
        Any option of HiGHS by its own name.
    strategy : str
        ``whole``: one matrix; ``decomposed``: period by period; ``auto``: by the size of the program.
    workers : int
        Processes that solve periods; 1: no other than this one. Of a cluster: how many of its workers; 0: all.
    cluster : str
        Address of a Dask scheduler; empty: this machine.
    checkpoint : Path or None
        File where a decomposition keeps what it needs to go on, and from which it goes on if it is there; removed once
        the gap is proven.
    """

    gap: float = 0.005
    time_limit_s: float = 600.0
    seed: int = 0
    threads: int = 0
    highs: Mapping[str, Any] = field(default_factory=dict)
    strategy: Strategy = "auto"
    workers: int = 1
    cluster: str = ""
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Run:
    """What came back: why it stopped is one thing, whether there is a plan another."""

    status: Status
    objective: float | None
    bound: float | None
    values: FloatArray | None
    duals: FloatArray | None
    interrupted: bool
    reason: str

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """|objective − bound| / |objective|; None if either is unknown."""
    if objective is None or bound is None or not np.isfinite(bound):
        return None
    return abs(objective - bound) / max(abs(objective), 1e-9)


def require_highs() -> str:
    """The version of HiGHS.

    Raises
    ------
    UsageError
        If it is one that is known to return wrong optima.
    """
    version = str(highspy.Highs().version())
    if tuple(int(x) for x in version.split(".")[:3]) < OLDEST_HIGHS:
        raise UsageError(
            f"HiGHS {version} is installed; versions before 1.15.1 can return wrong optima (HiGHS issue 2975). "
            'Install a newer one: pip install "highspy>=1.15.1".'
        )
    return version


RESERVED = {"time_limit": "time limit", "mip_rel_gap": "gap", "random_seed": "seed", "threads": "threads"}
"""Options of HiGHS that have a word of their own here."""


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what HiGHS would refuse, before a model is built.

    Raises
    ------
    UsageError
        If HiGHS has no such option, refuses the value, or the option is set in another way here.
    """
    engine = highspy.Highs()
    engine.silent()
    for name, value in options.items():
        if name in RESERVED:
            raise UsageError(f"HiGHS option {name}: set the {RESERVED[name]} of the solve instead.")
        _set_user_option(engine, name, value)


def new_engine(matrix: Matrix, limits: Limits, time_left_s: float, **options: Any) -> highspy.Highs:
    """A silent HiGHS that holds the matrix and the options.

    Raises
    ------
    UsageError
        If HiGHS does not know an option of the user or refuses its value.
    """
    engine = highspy.Highs()
    engine.silent()
    base = {"mip_rel_gap": limits.gap, "mip_abs_gap": 0.0, "random_seed": limits.seed, "threads": limits.threads}
    for name, value in {**base, **options}.items():
        engine.setOptionValue(name, value)
    for name, value in limits.highs.items():
        _set_user_option(engine, name, value)
    engine.setOptionValue("time_limit", max(time_left_s, 0.1))
    pass_to(engine, matrix)
    return engine


def _set_user_option(engine: highspy.Highs, name: str, value: Any) -> None:
    status, current = engine.getOptionValue(name)
    if status != highspy.HighsStatus.kOk:
        raise UsageError(f"HiGHS has no option {name!r}; its documentation lists them.")
    try:
        typed = _SWITCH[str(value).lower()] if isinstance(current, bool) else type(current)(value)
    except (KeyError, TypeError, ValueError):
        typed = None
    if typed is None or engine.setOptionValue(name, typed) != highspy.HighsStatus.kOk:
        raise UsageError(f"HiGHS option {name}: the value {value!r} is refused (now {current!r}).")


def run(
    engine: highspy.Highs,
    gap: float,
    phase: str,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Run HiGHS; Ctrl-C stops it and keeps what it has.

    Parameters
    ----------
    engine : Highs
        With model and options.
    gap : float
        Relative gap that counts as optimal.
    phase : str
        Shown with the progress.
    progress : callable, optional
        Called about once a second from the main thread.
    """
    begun = time.monotonic()
    latest: dict[str, float | None] = {"incumbent": None, "bound": None}

    def keep(event: Any) -> None:
        data = event.data_out
        latest["incumbent"] = _finite(data.mip_primal_bound)
        latest["bound"] = _finite(data.mip_dual_bound)

    engine.HandleKeyboardInterrupt = True  # so that cancelSolve reaches the simplex, interior-point and MIP loops
    engine.cbMipLogging += keep
    engine.cbMipImprovingSolution += keep
    engine.startSolve()
    interrupted = False
    shown = begun
    while True:
        try:
            if not engine.is_solver_running():
                break
            # Not thread.join: before Python 3.13 a join that Ctrl-C interrupts takes the thread for ended.
            # A twentieth of the time so far: a short run is not kept waiting, and a long one costs nothing to watch.
            time.sleep(min(max((time.monotonic() - begun) / 20, 0.0002), 0.1))
            if progress is not None and time.monotonic() - shown > 0.5:
                shown = time.monotonic()
                progress(Progress(shown - begun, latest["incumbent"], latest["bound"], phase))
        except KeyboardInterrupt:
            interrupted = True
            engine.cancelSolve()
    return _read(engine, gap, interrupted)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) and abs(value) < 1e30 else None


def _read(engine: highspy.Highs, gap: float, interrupted: bool) -> Run:
    model_status, info = engine.getModelStatus(), engine.getInfo()
    kinds = highspy.HighsModelStatus
    reason = engine.modelStatusToString(model_status)
    whole = any(kind == highspy.HighsVarType.kInteger for kind in engine.getLp().integrality_)
    solution = engine.getSolution()
    has_plan = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    values = np.asarray(solution.col_value, dtype=float) if has_plan else None
    duals = np.asarray(solution.row_dual, dtype=float) if solution.dual_valid else None
    objective = float(info.objective_function_value) if has_plan else None
    proven = objective if model_status == kinds.kOptimal else None
    bound = _finite(info.mip_dual_bound) if whole else proven
    status: Status
    if model_status == kinds.kInfeasible:
        status = "infeasible"
    elif model_status in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
        status = "unbounded" if model_status == kinds.kUnbounded else _infeasible_or_unbounded(engine)
    elif has_plan:
        distance = relative_gap(objective, bound)
        within = model_status == kinds.kOptimal or (distance is not None and distance <= gap)
        status = "optimal" if within else "feasible"
    elif model_status in (
        kinds.kTimeLimit,
        kinds.kInterrupt,
        kinds.kIterationLimit,
        kinds.kSolutionLimit,
    ):
        status = "stopped"
    else:
        status = "error"
    if status in ("infeasible", "unbounded", "error"):
        # A point on the way to infinity is no plan.
        objective, bound, values, duals = None, None, None, None
    return Run(status, objective, bound, values, duals, interrupted, reason)


def _infeasible_or_unbounded(engine: highspy.Highs) -> Status:
    """HiGHS may only know that it is one of both: without an objective an unbounded problem is feasible."""
    trial = highspy.Highs()
    trial.silent()
    lp = engine.getLp()
    lp.col_cost_ = np.zeros(lp.num_col_)
    trial.passModel(lp)
    trial.setOptionValue("time_limit", 60.0)
    trial.run()
    verdict = trial.getModelStatus()
    if verdict == highspy.HighsModelStatus.kOptimal:
        return "unbounded"
    if verdict == highspy.HighsModelStatus.kInfeasible:
        return "infeasible"
    raise SolverError(
        f"HiGHS could not tell an infeasible from an unbounded problem: {trial.modelStatusToString(verdict)}"
    )
