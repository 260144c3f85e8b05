"""One mutant from its seed: loaded, and if it is sound solved and audited."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import siting
from siting.auditor import audit
from siting.errors import InputError, SitingError, harmless
from siting.instance import load
from siting.instance.plausible import doubts
from siting.model.build import build
from siting.problem import Calendar, Problem

from .mutants import mutate

HOURS, TIME_LIMIT_S = 4, 20.0

GOOD = ("faulted", "solved", "infeasible", "refused", "stopped")
"""Endings that are as they should be; the others are failures of ours."""


@dataclass(frozen=True)
class Verdict:
    """How a mutant ended: one of :data:`GOOD`, or ``traceback``, ``ill-formed``, ``audit``, ``hang``, ``crash``."""

    seed: int
    ending: str
    mutations: tuple[str, ...] = ()
    what: str = ""


def make(seed: int, bases: Sequence[Path], folder: Path) -> list[str]:
    """Write the mutant of a seed; what was done to it."""
    rng = np.random.default_rng(seed)
    # The last of them has every rule on and takes longest.
    base = bases[min(int(rng.integers(3 * len(bases))) // 3 if rng.integers(3) else 1, len(bases) - 1)]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return [base.name, *mutate(folder, rng)]


def attempt(seed: int, bases: Sequence[Path], folder: Path) -> Verdict:
    """Make, load, and solve the mutant of a seed."""
    done = tuple(make(seed, bases, folder))
    try:
        ending, what = _end(folder)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        ending, what = "traceback", traceback.format_exc()
    return Verdict(seed, ending, done, what)


def _end(folder: Path) -> tuple[str, str]:
    try:
        p = load(folder)
    except InputError as error:
        bad = [fault for fault in error.faults if not (fault.file and fault.rule.strip() and fault.remedy.strip())]
        lines = str(error)
        if bad or not error.faults or harmless(lines) != lines:
            return "ill-formed", lines
        return "faulted", lines
    except SitingError as error:
        return "faulted", str(error)
    for doubt in doubts(p):
        str(doubt)
    return solve(p)


def solve(p: Problem) -> tuple[str, str]:
    """A few hours of the year as one period, solved and audited."""
    few = Calendar(hour=np.arange(12, 12 + HOURS)[None, :], weight=np.array([p.hours / HOURS]))
    p = p.replace(calendar=few)
    try:
        solution = siting.solve(build(p), gap=0.005, time_limit=TIME_LIMIT_S, threads=1)
    except SitingError as error:
        return "refused", str(error)
    if solution.status in ("infeasible", "stopped"):
        return solution.status, str(solution.outcome.reason)
    if solution.status not in ("optimal", "feasible"):
        return "solver", f"{solution.status}: {solution.outcome.reason}"
    verdict = audit(p, solution.tables, solution.objective)
    if not verdict.ok:
        return "audit", "; ".join(str(check) for check in verdict.failures)
    return "solved", ""
