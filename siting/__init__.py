"""Siting: plan data centers and their power together.

The names below are imported when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_WHERE = {
    "COMPONENTS": "siting.model.build",
    "Problem": "siting.problem.problem",
    "Solution": "siting.solving.solution",
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
    "solve": "siting.solving.solution",
    "stage_problem": "siting.problem.stages",
    "write": "siting.instance",
}

__all__ = sorted([*_WHERE, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'siting' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
