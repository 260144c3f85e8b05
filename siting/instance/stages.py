"""Stages of a pathway: years that leave gaps, factors of what is not there, and stages that cannot be planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from siting.errors import Fault, Sentence
from siting.instance.feasible import power_faults, reach_faults, room_faults
from siting.instance.files import RawTable
from siting.instance.folder import FILE
from siting.instance.rows import Rows, explain
from siting.instance.sites import size_faults
from siting.instance.suggest import did_you_mean
from siting.instance.system import fleet_faults
from siting.instance.work import backup_faults, bandwidth_faults
from siting.problem import TABLES, Problem
from siting.problem.stages import matching, may_change, stage_problem
from siting.problem.tables import Table

STAGES, FACTORS = "stages.csv", "stage_factors.csv"
_CHECKS: tuple[Callable[[Problem, Mapping[str, list[int]]], list[Fault]], ...] = (
    reach_faults,
    size_faults,
    backup_faults,
    partial(room_faults, hourly=True),
    bandwidth_faults,
    power_faults,
    fleet_faults,
)


def stage_faults(rows: Mapping[str, Rows], raw: Mapping[str, RawTable]) -> list[Fault]:
    """Stages that leave gaps or overlap, and factors of stages, tables or columns that there are not.

    Parameters
    ----------
    rows : mapping of str to Rows
        Valid rows of each table.
    raw : mapping of str to RawTable
        Tables as read.
    """
    faults = []
    if "stage_factors" in raw and "stages" not in raw:
        rule = "There are factors of stages and no stages."
        faults.append(
            Fault(
                FACTORS,
                rule,
                Sentence("Add {stages} with the years, or delete {factors}.", stages=STAGES, factors=FACTORS),
            )
        )
    if "stages" in rows and {"year", "years"} <= set(rows["stages"].data.columns):
        faults += _gaps(rows["stages"])
    if "stage_factors" in rows and {"table", "column"} <= set(rows["stage_factors"].data.columns):
        data = rows["stage_factors"]
        for line, table, column in zip(data.lines, data.data["table"], data.data["column"], strict=True):
            faults += _unknown(line, str(table), str(column))
    return faults


def _gaps(rows: Rows) -> list[Fault]:
    lines = dict(zip(rows.data["year"], rows.lines, strict=True))
    given = sorted(zip(rows.data["year"], rows.data["years"], strict=True))
    faults = []
    for (year, years), (following, _) in pairwise(given):
        if year < following != year + years:
            known = {"last": year + years - 1, "following": following}
            rule = Sentence("The stage ends with {last} and the next begins with {following}: it overlaps.", **known)
            if year + years < following:
                gap = "The stage ends with {last} and the next begins with {following}: it leaves a gap."
                rule = Sentence(gap, **known)
            remedy = Sentence("Write {year}, or another first year of the next stage.", year=following - year)
            faults.append(Fault(STAGES, rule, remedy, lines[year], "years", str(years)))
    return faults


def _unknown(line: int, table: str, column: str) -> list[Fault]:
    tables = [known.name for known in TABLES if may_change(known.name)]
    if table not in (*tables, "hourly", "instance"):
        rule, remedy = "A stage cannot multiply such a table.", did_you_mean(table, [*tables, "hourly", "instance"])
        return [Fault(FACTORS, rule, remedy, line, "table", table)]
    if column not in may_change(table):
        rule = Sentence("A stage cannot multiply this column of {table}.", table=table)
        return [Fault(FACTORS, rule, did_you_mean(column, may_change(table), limit=40), line, "column", column)]
    return []


def pathway_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Factors that multiply nothing, and stages whose numbers are out of bounds or that no plan could meet.

    Parameters
    ----------
    p : Problem
        Complete and without faults as a problem of one year.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    faults = _idle(p, lines)
    if faults:
        return faults
    for year in sorted(p.stages.index):
        own = stage_problem(p, year)
        wrong = _out_of_bounds(p, own, lines)
        for check in () if wrong else _CHECKS:
            wrong = check(own, lines)
            if wrong:
                break
        faults += [
            replace(fault, rule=Sentence("In the stage {year}: {rule}", year=year, rule=fault.rule)) for fault in wrong
        ]
    return faults


def _idle(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    faults = []
    for line, (_, table, column, key) in zip(lines.get("stage_factors", []), p.stage_factors.index, strict=True):
        if table == "instance":
            section, name = column.split(".")
            if key or getattr(getattr(p.settings, section), name) is None:
                where, value = ("key", key) if key else ("column", column)
                rule = "instance.toml has no rows." if key else Sentence("{file} does not set this number.", file=FILE)
                faults.append(Fault(FACTORS, rule, "Leave the key blank and set the number.", line, where, value))
            continue
        if table == "hourly":
            known: Iterable[str] = p.hourly[column].columns if column in p.hourly else ()
            hit = bool(list(known)) and key in ("", *known)
        else:
            frame = getattr(p, table)
            known = dict.fromkeys(part for index in frame.index for part in _parts(index))
            hit = bool(frame.loc[matching(frame, key), column].notna().any())
        if not hit:
            rule = Sentence("This multiplies nothing: no row of {table} with a value matches.", table=table)
            faults.append(Fault(FACTORS, rule, did_you_mean(key, list(known)), line, "key", key))
    return faults


def _parts(index: object) -> tuple[str, ...]:
    return tuple(map(str, index)) if isinstance(index, tuple) else (str(index),)


def _out_of_bounds(p: Problem, own: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Values of a stage that the format does not allow, or that are less than what exists."""
    faults = []
    for table in TABLES:
        before, now = getattr(p, table.name), getattr(own, table.name)
        if now is before or table.name in ("stages", "stage_factors"):
            continue
        for line, (key, row) in zip(lines[table.name], now.iterrows(), strict=True):
            if not row.equals(before.loc[key]):
                faults += _row(table, line, {**dict(zip(table.key, _parts(key), strict=True)), **row.dropna()})
    return faults


def _row(table: Table, line: int, values: dict[str, Any]) -> list[Fault]:
    file, faults = f"{table.name}.csv", []
    try:
        table.row.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            rule, remedy = explain(problem, table.row)
            faults.append(Fault(file, rule, remedy, line, str(problem["loc"][0]), f"{problem['input']:g}"))
    for name, most in values.items():
        least = values.get(name.replace("most_", "existing_"))
        if name.startswith("most_") and least is not None and most < least:
            rule, remedy = (
                Sentence("What exists, {least:g}, exceeds it.", least=least),
                Sentence("Raise the factor in {factors}.", factors=FACTORS),
            )
            faults.append(Fault(file, rule, remedy, line, name, f"{most:g}"))
    return faults
