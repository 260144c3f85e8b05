"""What is asked of the solver and what comes back: limits, progress, a plan, and what is proven of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from siting.solver.compile.matrix import FloatArray, Matrix

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "stopped", "error"]
"""optimal: proven to the gap; feasible: a plan, not proven; stopped: a limit came before any plan."""

Strategy = Literal["auto", "whole", "decomposed"]

EXACT = 1e-7
"""A relative gap below this cannot be told from rounding."""

BY_DUALITY, BY_BRANCHING = "weak duality", "branch and bound of HiGHS"
BY_HIGHS = "HiGHS, of a variable without bound"
"""What proves a bound. The first holds whatever the solver did: prices of rows, multiplied out here."""

_SAME = 1e-9
"""A bound is the cost where they are no further apart, relative to all that is paid."""


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
    rounds : int
        How often at most a program is solved again with directions, see :mod:`siting.solver.settle`.
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
    rounds: int = 100


@dataclass(frozen=True)
class Run:
    """What came back: why it stopped, whether there is a plan, and what proves the bound are three things."""

    status: Status
    objective: float | None
    bound: float | None
    values: FloatArray | None
    duals: FloatArray | None
    interrupted: bool
    reason: str
    proof: str = ""
    circles: tuple[Any, ...] = ()
    """What went round (see :mod:`siting.solver.directions`) before the plan was freed of it."""

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound."""
        return relative_gap(self.objective, self.bound)


@dataclass(frozen=True)
class Task:
    """One program to be solved.

    Parameters
    ----------
    matrix : Matrix
        The program.
    limits : Limits
        Gap, seed, threads and options.
    time_left_s : float
        Wall-clock seconds.
    phase : str
        Shown with the progress.
    options : mapping
        Options of HiGHS of our own, by its names; amounts of money in the unit of the program.
    plan : ndarray of float, optional
        From which branch and bound starts.
    bound, proof : float, str
        What is proven already, and by what.
    size : float, optional
        All that is paid in the relaxed plan; None: it is not known.
    """

    matrix: Matrix
    limits: Limits
    time_left_s: float
    phase: str
    options: Mapping[str, Any] = field(default_factory=dict)
    plan: FloatArray | None = None
    bound: float = -np.inf
    proof: str = BY_DUALITY
    size: float | None = None


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """(objective − bound) / |objective|, 0 where they are equal; None if either is unknown.

    A bound above the objective proves nothing, and has no gap.
    """
    if objective is None or bound is None or not np.isfinite(bound):
        return None
    distance = objective - bound
    if distance < -10 * EXACT * max(abs(objective), abs(bound)):
        return None
    return max(distance, 0.0) / (abs(objective) or abs(bound) or 1.0)


def apart(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> bool | None:
    """Whether of two plans, each by its cost and its bound, one is proven to be dearer; None if a cost is unknown.

    If not, the difference of their costs lies within their gaps and may be nothing but that.
    """
    (cost, bound), (other_cost, other_bound) = one, other
    if cost is None or other_cost is None:
        return None
    return (bound is not None and bound > other_cost) or (other_bound is not None and other_bound > cost)


def judged(run: Run, gap: float, size: float) -> Run:
    """A run with a plan, as optimal where what is proven is within the gap and as feasible where it is not.

    Parameters
    ----------
    run : Run
        With the cost of its plan, multiplied out, and its bound.
    gap : float
        Relative gap that counts as optimal.
    size : float
        All that is paid in the plan; next to nothing of it is rounding, also where the cost itself is near zero.
    """
    if run.objective is None:
        return run
    if run.bound is None or not np.isfinite(run.bound):
        return replace(run, status="feasible", bound=None, proof="")
    distance = run.objective - run.bound
    bound = run.objective if abs(distance) <= _SAME * size else min(run.bound, run.objective)
    proven = distance <= max(gap * abs(run.objective), EXACT * size)
    return replace(run, status="optimal" if proven else "feasible", bound=bound)


def contradicts(objective: float | None, bound: float | None, size: float) -> bool:
    """Whether a bound lies above the cost of a plan, beyond rounding: then it is no bound."""
    return objective is not None and bound is not None and bound - objective > 10 * EXACT * max(size, abs(objective))
