"""Did you mean: the nearest known word, for names that are misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from siting.errors import Sentence


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Find the known word that is most like the given one, whatever the case; None if none is close."""
    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.strip().casefold(), list(by_fold), n=1, cutoff=cutoff)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], limit: int = 12) -> str:
    """Write a remedy: the nearest known word if there is one, else the list of what is known."""
    names = list(known)
    best = nearest(word, names)
    if best is not None:
        return Sentence("Did you mean {best!r}?", best=best)
    if not names:
        return "There is none to choose from."
    listed = ", ".join(names[:limit])
    if len(names) <= limit:
        return Sentence("Use one of {names}.", names=listed)
    return Sentence("Use one of {names} and {count} more.", names=listed, count=len(names) - limit)
