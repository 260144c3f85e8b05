"""Tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text as Line

from siting.cli.money import unit_of, word_of
from siting.errors import harmless
from siting.locale import Text

_WORDS = {"term": "term", "quantity": "quantity", "tier": "tier", "move": "move", "status": "provenance"}
_WORDS |= {"what": "system", "default": "default"}
"""Columns whose values are translated, and the section of the words."""

_MONEY = ("cost_million", "bound_million", "cost_without")
"""Columns in millions, which may be shown in a smaller unit."""

_ROUNDING = 5e-3
"""What is smaller is shown as zero: an interior-point plan leaves such traces."""


def as_table(data: pd.DataFrame, title: str, say: Text, **values: Any) -> Table:
    """A frame as a table with a title, headings in the language and numbers to the right.

    Parameters
    ----------
    data : DataFrame
        Columns by the names of the section ``column``; others are shown as they are.
    title : str
        Name of the title.
    say : Text
        The language.
    **values
        What the title needs.
    """
    table = Table(title=say(f"title.{title}", **values), box=box.SIMPLE, title_justify="left", title_style="bold")
    money = [name for name in _MONEY if name in data.columns]
    largest = float(data[money].astype(float).abs().max().max()) if money and len(data) else 0.0
    unit, factor = unit_of(0.0 if pd.isna(largest) else largest)
    if unit != "million":
        data = data.assign(**{name: data[name].astype(float) * factor for name in money})
    for name in data.columns:
        numeric = pd.api.types.is_numeric_dtype(data[name]) and not pd.api.types.is_bool_dtype(data[name])
        heading = harmless(say.name("column", str(name)))
        if name in money:
            heading = heading.replace(say("money.million"), word_of(unit, say))
        table.add_column(Line(heading), justify="right" if numeric else "left", overflow="fold")
    for row in data.itertuples(index=False):
        cells = zip(data.columns, row, strict=True)
        table.add_row(*(Line(_cell(value, _WORDS.get(str(name)), say)) for name, value in cells))
    return table


def facts(data: Mapping[str, str], title: str, say: Text, **values: Any) -> Table:
    """Facts by the names of the section ``fact``, one to a line."""
    table = Table(
        title=say(f"title.{title}", **values),
        box=box.SIMPLE,
        title_justify="left",
        title_style="bold",
        show_header=False,
    )
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in data.items():
        table.add_row(Line(say(f"fact.{name}")), Line(value))
    return table


def _cell(value: Any, words: str | None, say: Text) -> str:
    if isinstance(value, str):
        return say.name(words, value) if words else harmless(value)
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, float):
        if abs(value) < _ROUNDING:
            return "0"
        value = settled(value)
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def settled(value: float) -> float:
    """The value without its last digits, which differ between machines: a half is rounded the same way on all."""
    return float(f"{value:.12g}")
