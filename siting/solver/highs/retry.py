"""A program to the solver, and once more in another way where the solver crashes or its answer cannot be right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from siting.solver.highs.engine import Progress, Run, Task
from siting.solver.highs.isolated_process import CRASHED, Isolated
from siting.solver.highs.small_coefficients import refuse_lost
from siting.solver.highs.solve import WRONG_SIDE, Watch, solve_here

ISOLATED_ROWS = 1_000
"""From about here a program is solved in a process of its own, which begins in half a second; smaller ones are solved
in a few seconds."""


def run(task: Task, progress: Callable[[Progress], None] | None = None) -> Run:
    """Solve a program; Ctrl-C stops it and keeps what it has.

    Parameters
    ----------
    task : Task
        The program, and how long it may take.
    progress : callable, optional
        Called about twice a second from the main thread.
    """
    # Here the rows and columns still have their names.
    refuse_lost(task.matrix)
    begun, found = time.monotonic(), None
    for options in _ways(task):
        left_s = task.time_left_s - (time.monotonic() - begun)
        if found is not None and left_s <= 0:
            break
        again = replace(task, options={**task.options, **options}, time_left_s=left_s)
        if found is not None:
            again = _from(again, found)
        found = _better(_solve(again, progress), found)
        if found.interrupted or not _doubtful(found):
            break
    assert found is not None
    # What Ctrl-C ended has no other fault.
    return replace(found, status="stopped") if found.interrupted and found.status == "error" else found


def _ways(task: Task) -> Iterator[Mapping[str, Any]]:
    """Options with which a program is tried: as they are, without presolve, by simplex and another seed."""
    yield {}
    yield {"presolve": "off"}
    solver = "mip_lp_solver" if task.matrix.integer.any() else "solver"
    yield {solver: "simplex", "random_seed": task.limits.seed + 1}


def _solve(task: Task, progress: Callable[[Progress], None] | None) -> Run:
    if len(task.matrix.rows) >= ISOLATED_ROWS:
        return Isolated(task).run(progress)
    return solve_here(task, Watch(task.phase, task.time_left_s, progress))


def _from(task: Task, found: Run) -> Task:
    """A task that begins with what is known; a plan is a start for branch and bound alone."""
    if task.matrix.integer.any() and found.values is not None:
        task = replace(task, plan=found.values)
    if found.bound is not None and found.bound > task.bound:
        task = replace(task, bound=found.bound, proof=found.proof)
    return task


def _doubtful(run: Run) -> bool:
    """Whether another way is worth a try."""
    return run.status == "error" or (run.status != "optimal" and run.reason.startswith((WRONG_SIDE, CRASHED)))


def _better(new: Run, old: Run | None) -> Run:
    """The newer run, unless the older one has the better plan."""
    if old is None or old.objective is None or new.status in ("infeasible", "unbounded"):
        return new
    return old if (np.inf if new.objective is None else new.objective) > old.objective else new
