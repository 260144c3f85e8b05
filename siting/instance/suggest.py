"""Did you mean: the nearest known word, for names that are misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that is most like the given one, whatever the case; None if none is close."""
    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.strip().casefold(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], limit: int = 12) -> str:
    """Write a remedy: the nearest known word if there is one, else the list of what is known."""
    names = list(known)
    best = nearest(word, names)
    if best is not None:
        return f"Did you mean {best!r}?"
    if not names:
        return "There is none to choose from."
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"Use one of {', '.join(names[:limit])}{more}."
