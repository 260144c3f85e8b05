"""What a worker keeps from one call to the next, such as solvers that stay warm; this is the worker's side."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Key = tuple[str, int]
"""Whose it is, and its number."""

_kept: dict[Key, Any] = {}


class StateLostError(Exception):
    """The worker knows of nothing under a key: it is another one than before."""


def keep(key: Key, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Keep what a function returns."""
    _kept[key] = function(*arguments)


def ask(key: Key, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function with what is kept, and more."""
    if key not in _kept:
        raise StateLostError(key)
    return function(_kept[key], *arguments)


def drop_state_except(owners: Collection[str]) -> None:
    """Forget what belongs to others, whose drivers are gone."""
    for key in [key for key in _kept if key[0] not in owners]:
        del _kept[key]
