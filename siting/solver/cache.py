"""A cache by identity, for long lists of labels, which are one object wherever they are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class IdentityCache(Generic[T]):
    """A function that remembers what it made of the same objects; to hash or compare them would take longer.

    Parameters
    ----------
    function : callable
        Of objects that do not change.
    """

    def __init__(self, function: Callable[..., T]) -> None:
        self._function = function
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], T]] = {}

    def __call__(self, *items: Any) -> T:
        """What the function makes of them."""
        key = tuple(map(id, items))
        if key not in self._known:
            # They are kept, lest others get their numbers.
            self._known[key] = items, self._function(*items)
        return self._known[key][1]
