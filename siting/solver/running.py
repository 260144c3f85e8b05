"""A program to the solver, and to the solver once more in another way where its answer cannot be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from siting.solver.engine import Progress, Run, Task
from siting.solver.highs import WRONG_SIDE, Watch, solve_here

_OTHERWISE: tuple[Mapping[str, Any], ...] = ({}, {"presolve": "off"})
"""Ways in which a program is tried."""


def run(task: Task, progress: Callable[[Progress], None] | None = None) -> Run:
    """Solve a program; Ctrl-C stops it and keeps what it has.

    Parameters
    ----------
    task : Task
        The program, and how long it may take.
    progress : callable, optional
        Called about twice a second from the main thread.
    """
    watch = Watch(task.phase, task.time_left_s, progress)
    found: Run | None = None
    for options in _OTHERWISE:
        found = _better(solve_here(replace(task, options={**task.options, **options}), watch), found)
        if watch.interrupted or watch.left_s <= 0 or not _doubtful(found):
            break
    assert found is not None
    return found


def _doubtful(run: Run) -> bool:
    """Whether another way is worth a try."""
    return run.status == "error" or (run.reason == WRONG_SIDE and run.status != "optimal")


def _better(new: Run, old: Run | None) -> Run:
    if old is None or old.objective is None:
        return new
    return old if new.objective is None or new.objective > old.objective else new
