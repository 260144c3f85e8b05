"""What a notebook shows of an object: a title, a few facts, a small table."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd

MOST_ROWS = 15
"""Rows of a table that are shown; it has them all."""


def as_html(title: str, facts: Mapping[str, str], table: pd.DataFrame | None = None) -> str:
    """Compose a fragment of HTML.

    Parameters
    ----------
    title : str
        In one line.
    facts : mapping of str to str
        What is told in two columns.
    table : DataFrame, optional
        Shown below, at most :data:`MOST_ROWS` rows of it.

    Returns
    -------
    str
        Texts are escaped: names of an instance are not markup.
    """
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in facts.items()
    )
    parts = [f"<div><strong>{escape(title)}</strong>", f"<table>{rows}</table>"]
    if table is not None and len(table):
        parts.append(table.head(MOST_ROWS).to_html(float_format="{:,.4g}".format, notebook=True))
        if len(table) > MOST_ROWS:
            parts.append(f"<p>… {len(table)} rows in all</p>")
    return "".join([*parts, "</div>"])
