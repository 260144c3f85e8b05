"""Computed once for each problem, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from siting.problem.problem import Problem

T = TypeVar("T")


def once(function: Callable[[Problem], T]) -> Callable[[Problem], T]:
    """A function of a problem that keeps its answer in the problem's cache, under its full name."""

    @wraps(function)
    def cached(p: Problem) -> T:
        key = f"{function.__module__}.{function.__qualname__}"
        if key not in p.cache:
            p.cache[key] = function(p)
        result: T = p.cache[key]
        return result

    return cached
