"""Exit codes: what a status comes to, for every command that solves."""

from __future__ import annotations

from collections.abc import Collection, Iterable

SOLVED, FAULT, BAD_INPUT, LIMIT, INFEASIBLE, NO_PLAN = 0, 1, 2, 3, 4, 5
"""Solved to the gap (or done), a fault of ours, bad input or usage, stopped with a plan, infeasible, stopped without a
plan."""

_CODES = {"optimal": SOLVED, "feasible": LIMIT, "infeasible": INFEASIBLE, "stopped": NO_PLAN}


def of_run(status: str) -> int:
    """The exit code of one solve; what has no code of its own is a fault of ours."""
    return _CODES.get(status, FAULT)


def of_study(needed: Collection[str], others: Iterable[str] = (), faults: bool = False) -> int:
    """The exit code of many solves.

    Parameters
    ----------
    needed : collection of str
        Statuses of the solves without which the study says nothing; the gravest counts.
    others : iterable of str
        Statuses of the rest: what is not proven there is a limit.
    faults : bool
        Whether a plan failed its audit.
    """
    rest = set(others)
    if faults or FAULT in map(of_run, {*needed, *rest}):
        return FAULT
    for grave in ("infeasible", "stopped"):
        if grave in needed:
            return of_run(grave)
    return SOLVED if {*needed, *rest} <= {"optimal"} else LIMIT
