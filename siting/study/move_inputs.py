"""Which numbers a judgement of a move rests on, and how good each is, by the provenance of the instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from siting.problem import Problem
from siting.problem.derived import grid_factor_t_per_mwh, marginal_factor_t_per_mwh
from siting.study.move import End, Move

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Input:
    """A number, or a series, and where it comes from.

    Parameters
    ----------
    table, column, key : str
        As in ``provenance.csv``; for a series ``hourly`` and its name.
    value : float or None
        The number; of a series its mean over the year; None where there are several.
    status, year, source : str
        Of the provenance; status :data:`UNKNOWN` if it says nothing.
    """

    table: str
    column: str
    key: str
    value: float | None
    status: str
    year: str
    source: str


def inputs(p: Problem, what: Move, origin: End, target: End) -> tuple[Input, ...]:
    """Numbers of a move.

    Parameters
    ----------
    p : Problem
        The problem.
    what : Move
        What moves.
    origin, target : End
        Both ends.
    """
    found: list[Input] = []
    for end in (origin, target):
        found += _of_end(p, end)
    kind = str(p.workloads["compute"].to_dict()[what.workload])
    found += _own(p, "workloads", "data_gb_per_mwh", what.workload)
    found += _own(p, "compute_types", "idle_share", kind)
    return tuple(found)


def _of_end(p: Problem, end: End) -> Iterator[Input]:
    n = end.region
    yield from _factor(p, n, "grid_factor_t_per_mwh", float(grid_factor_t_per_mwh(p)[n].mean()))
    yield from _own(p, "regions", "grid_green_share", n)
    fleet = p.fleet[p.fleet.index.get_level_values("region") == n]
    if fleet.empty:
        if pd.notna(marginal_factor_t_per_mwh(p)[n]).all():
            yield from _factor(p, n, "marginal_factor_t_per_mwh", float(marginal_factor_t_per_mwh(p)[n].mean()))
    else:
        for column in ("existing_mw", "variable_cost_per_mwh", "factor_t_per_mwh"):
            yield from _rows(p, "fleet", column, n, None)
        for series in ("system_load_mw", "net_import_mw"):
            if n in p.hourly.get(series, ()):
                yield from _rows(p, "hourly", series, n, float(p.hourly[series][n].mean()))
    for site in end.share:
        yield from _own(p, "sites", "pue_shift", site)
    temperature = p.hourly["temperature_c"]
    for place in dict.fromkeys(site if site in temperature else n for site in end.share):
        yield from _number(p, "hourly", "temperature_c", str(place), float(temperature[place].mean()))
    yield from _number(p, "hourly", "price_per_mwh", n, float(p.hourly["price_per_mwh"][n].mean()))


def _factor(p: Problem, region: str, column: str, value: float) -> Iterator[Input]:
    """A column of the regions, or its hourly series where that has the region."""
    hourly = region in p.hourly.get(column, ()) and bool(_about(p, "hourly", column))
    yield from _number(p, "hourly" if hourly else "regions", column, region, value)


def _own(p: Problem, table: str, column: str, key: str) -> Iterator[Input]:
    """A number of a table."""
    yield from _number(p, table, column, key, float(getattr(p, table)[column].to_dict()[key]))


def _number(p: Problem, table: str, column: str, key: str, value: float) -> Iterator[Input]:
    """One number: the row about its key, else about its column, else about its table."""
    yield from list(_rows(p, table, column, key, value))[:1]


def _rows(p: Problem, table: str, column: str, key: str, value: float | None) -> Iterator[Input]:
    """Rows about a key or what begins with it, and the row about the whole column; nothing known is said, too."""
    rows = _about(p, table, column) or _about(p, table, "*")
    mine = [row for row in rows if row["key"] == key or row["key"].startswith(f"{key}/")]
    for row in [*mine, *(row for row in rows if not row["key"])]:
        yield Input(table, column, row["key"] or key, value, row["status"], row["year"], row["source"])
        if row in mine and row["key"] == key:
            return
    if not mine and all(row["key"] for row in rows):
        yield Input(table, column, key, value, UNKNOWN, "", "")


def _about(p: Problem, table: str, column: str) -> list[dict[str, str]]:
    rows = p.provenance.reset_index()
    chosen = rows[(rows["table"] == table) & (rows["column"] == column)]
    return [{str(name): str(value) for name, value in row.items()} for row in chosen.to_dict("records")]
