"""Siting: plan data centers and their power together.

The names below are imported when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from siting.version import __version__

if TYPE_CHECKING:
    from siting.auditor import audit
    from siting.auditor.pathway import audit_pathway
    from siting.instance import load, write
    from siting.maps import draw
    from siting.model.build import COMPONENTS, build, build_pathway
    from siting.options import SolveOptions
    from siting.periods import choose
    from siting.problem import make
    from siting.problem.problem import Problem
    from siting.problem.stages import stage_problem
    from siting.runs.journal import Message
    from siting.runs.pipeline import resume, run
    from siting.runs.result import RunResult
    from siting.solving.solution import Solution, solve, solve_model
    from siting.study.front import front
    from siting.study.year_check import check_year

_WHERE = {
    "COMPONENTS": "siting.model.build",
    "Message": "siting.runs.journal",
    "Problem": "siting.problem.problem",
    "RunResult": "siting.runs.result",
    "Solution": "siting.solving.solution",
    "SolveOptions": "siting.options",
    "audit": "siting.auditor",
    "audit_pathway": "siting.auditor.pathway",
    "build": "siting.model.build",
    "build_pathway": "siting.model.build",
    "check_year": "siting.study.year_check",
    "choose": "siting.periods",
    "draw": "siting.maps",
    "front": "siting.study.front",
    "load": "siting.instance",
    "load_run": "siting.runs.solution",
    "make": "siting.problem",
    "resume": "siting.runs.pipeline",
    "run": "siting.runs.pipeline",
    "solve": "siting.solving.solution",
    "solve_model": "siting.solving.solution",
    "stage_problem": "siting.problem.stages",
    "write": "siting.instance",
}

__all__ = [
    "COMPONENTS",
    "Message",
    "Problem",
    "RunResult",
    "Solution",
    "SolveOptions",
    "__version__",
    "audit",
    "audit_pathway",
    "build",
    "build_pathway",
    "check_year",
    "choose",
    "draw",
    "front",
    "load",
    "make",
    "resume",
    "run",
    "solve",
    "solve_model",
    "stage_problem",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'siting' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
