"""Where the numbers of an instance come from: its provenance rows, and ``SOURCES.md`` made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from siting.problem.tables import TABLES

STATUSES = {
    "measured": "Published figures",
    "derived": "Computed from published figures",
    "assumption": "Assumptions, to be checked",
    "synthetic": "Generated series",
}
_KEYS = {table.name: list(table.key) for table in TABLES}


def provenance(name: str, rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Provenance rows that concern an instance.

    Parameters
    ----------
    name : str
        Name of the instance.
    rows : DataFrame
        Rows of all instances; ``instances`` names those that a row is for (blank: all).
    tables : mapping of str to DataFrame
        Tables of the instance, columns as in the files.

    Returns
    -------
    DataFrame
        Columns as in ``provenance.csv``, in the order of the rows; rows about a key or column that the instance
        lacks are out.
    """
    mine = [
        (not row["instances"] or name in row["instances"].split()) and _present(row, tables)
        for _, row in rows.iterrows()
    ]
    return rows[mine].drop(columns="instances").reset_index(drop=True)


def _present(row: pd.Series, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the column and the key of a row exist; those of series and settings are not looked up."""
    if row["table"] not in tables:
        return True
    table = tables[row["table"]]
    if row["column"] not in ("*", *table.columns):
        return False
    return not row["key"] or row["key"] in set(table[_KEYS[row["table"]]].astype(str).agg("/".join, axis=1))


def sources_md(title: str, prose: str, rows: pd.DataFrame, totals: Iterable[tuple[str, str]]) -> str:
    """Text of ``SOURCES.md``.

    Parameters
    ----------
    title : str
        Heading.
    prose : str
        What the instance is about, in Markdown.
    rows : DataFrame
        Provenance rows of the instance.
    totals : iterable of (str, str)
        Name and value of what the tables sum to.
    """
    lines = [f"# {title}", "", prose.strip(), "", "| total | value |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in totals]
    for status, heading in STATUSES.items():
        chosen = rows[rows["status"] == status]
        if chosen.empty:
            continue
        lines += [
            "",
            f"## {heading}",
            "",
            "| what | source | year | licence | note |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [_line(row) for _, row in chosen.iterrows()]
    return "\n".join(lines) + "\n"


def _line(row: pd.Series) -> str:
    what = f"`{row['table']}.{row['column']}`" + (f" ({row['key']})" if row["key"] else "")
    note = " ".join(part for part in (row["note_en"], row["note_zh"]) if part)
    return "| " + " | ".join([what, row["source"], row["year"], row["licence"], note]) + " |"
