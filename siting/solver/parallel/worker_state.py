"""State that a worker keeps from one call to the next, such as warm solvers; this is the worker's side."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Key = tuple[str, int]
"""Owner and number of a state."""

_kept: dict[Key, Any] = {}


class StateLostError(Exception):
    """The worker has no state under a key: it was restarted."""


def keep(key: Key, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Keep as state what a function returns."""
    _kept[key] = function(*arguments)


def ask(key: Key, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function with the state and further arguments."""
    if key not in _kept:
        raise StateLostError(key)
    return function(_kept[key], *arguments)


def drop_state_except(owners: Collection[str]) -> None:
    """Drop the state of owners whose drivers are gone."""
    for key in [key for key in _kept if key[0] not in owners]:
        del _kept[key]
