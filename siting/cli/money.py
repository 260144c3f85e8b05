"""Amounts of money in the unit in which they can be read: millions, thousands, or one by one."""

from __future__ import annotations

from siting.locale import Text

_UNITS = (("million", 1.0), ("thousand", 1e3), ("one", 1e6))
_LEAST = 0.1
"""In millions: what is less is told in smaller units."""


def unit_of(largest_million: float) -> tuple[str, float]:
    """Name of the unit for amounts up to so many millions, and how many of it are a million."""
    for name, factor in _UNITS[:-1]:
        if largest_million * factor >= _LEAST or largest_million == 0:
            return name, factor
    return _UNITS[-1]


def word_of(name: str, say: Text) -> str:
    """The word for a unit; money that is told one by one needs none."""
    return "" if name == "one" else say(f"money.{name}")


def amount(million: float, say: Text, *others: float) -> str:
    """An amount with the name of its unit, which is the same for others beside it."""
    name, factor = unit_of(max(map(abs, (million, *others))))
    word = word_of(name, say)
    return f"{million * factor:,.1f}{' ' if word else ''}{word}"
