"""Rows against their declarations: types, bounds, choices, blanks, repeated keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from siting.errors import Fault, Sentence
from siting.instance.files import RawTable
from siting.instance.folder import text_faults
from siting.instance.suggest import did_you_mean
from siting.problem.columns import CURRENCY_PATTERN, KEY_PATTERN, SHORT_NAME_PATTERN
from siting.problem.tables import Table

_MISSING = frozenset(
    {"nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "nil", "#div/0!", "#value!", "#ref!", "缺", "无"}
)


@dataclass(frozen=True)
class Rows:
    """The valid rows of a table: ``data`` has the columns of the file and all required ones, ``lines`` their lines."""

    data: pd.DataFrame
    lines: list[int]


def numeric(table: Table) -> list[str]:
    """Return the columns of a table that hold numbers."""
    return [name for name, kind in kinds(table).items() if kind in ("number", "integer")]


@cache
def kinds(table: Table) -> dict[str, str]:
    """Say what each column holds, by JSON type: number, integer, string or boolean (blank cells aside)."""
    properties = table.row.model_json_schema()["properties"]
    return {name: kind_of(schema) for name, schema in properties.items()}


def kind_of(schema: dict[str, Any]) -> str:
    """JSON type of a property, whether or not it may be null."""
    if "anyOf" in schema:
        return next(kind_of(part) for part in schema["anyOf"] if part.get("type") != "null")
    return str(schema["type"])


def check_rows(raw: RawTable) -> tuple[Rows, list[Fault]]:
    """Validate each row by itself, and that no key comes twice.

    Returns
    -------
    tuple of Rows and list of Fault
        The rows without fault, as numbers and text, and what is wrong with the others.
    """
    row_type = raw.table.row
    numbers = set(numeric(raw.table))
    faults: list[Fault] = []
    valid, lines = [], []
    for line, cells in zip(raw.lines, raw.cells, strict=True):
        if line in raw.ragged:
            continue
        wrong = [
            Fault(
                raw.file,
                "This is not a number.",
                "Give the number, or leave an optional cell blank.",
                line,
                name,
                value,
            )
            for name, value in cells.items()
            if name in numbers and value.casefold() in _MISSING
        ]
        wrong += text_faults(raw.file, line, ((n, v) for n, v in cells.items() if n not in numbers and v))
        bad = {fault.column for fault in wrong}
        try:
            row = row_type.model_validate({name: value for name, value in cells.items() if value})
        except ValidationError as error:
            for problem in error.errors():
                name = str(problem["loc"][0])
                if name in raw.columns and name not in bad:
                    rule, remedy = explain(problem, row_type)
                    wrong.append(Fault(raw.file, rule, remedy, line, name, cells[name] or None))
        else:
            if not wrong:
                valid.append(row.model_dump(include=set(raw.columns)))
                lines.append(line)
        faults += wrong
    faults += _repeated(raw)
    # Without a required column no row is valid; whoever looks at the table finds it all the same.
    lost = [name for name, info in row_type.model_fields.items() if info.is_required() and name not in raw.columns]
    return Rows(pd.DataFrame(valid, columns=[*raw.columns, *lost]), lines), faults


def explain(error: Any, row_type: type[BaseModel]) -> tuple[str, str]:
    """Rule and remedy, in the words of the format, for an error of pydantic."""
    kind, limits = error["type"], error.get("ctx", {})
    name = str(error["loc"][-1])
    info = row_type.model_fields.get(name)
    about = (info.description or name) if info is not None else name
    if kind == "missing":
        return "A value is required and the cell is blank.", Sentence("Fill it in: {about}", about=about)
    if kind in ("float_parsing", "float_type", "int_parsing", "int_type"):
        return (
            "This is not a number.",
            "Write digits with a decimal point, without unit, percent sign or thousands mark.",
        )
    if kind in ("int_from_float",):
        return "This must be a whole number.", Sentence("Round it: {about}", about=about)
    if kind in ("bool_parsing", "bool_type"):
        return "This must be true or false.", "Write true or false."
    if kind == "finite_number":
        return (
            "The number must be finite.",
            "Give a large number instead, or leave an optional cell blank for no limit.",
        )
    if kind == "literal_error":
        choices = [choice.strip(" '") for choice in limits["expected"].replace(" or ", ", ").split(",")]
        choices = [choice for choice in choices if choice]
        return Sentence("This must be one of {choices}.", choices=", ".join(choices)), did_you_mean(
            str(error["input"]), choices
        )
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(limits["pattern"], _PATTERNS[KEY_PATTERN])
    if kind in _BOUNDS:
        return _bound(error, name)
    remedy = Sentence("Correct it: {about}", about=about)
    return _KINDS.get(kind) or Sentence("This is not valid: {what}.", what=error["msg"]), remedy


_KINDS = {
    "tuple_type": "This must be a list.",
    "list_type": "This must be a list.",
    "model_type": "This must be a section with keys.",
    "dict_type": "This must be a section with keys.",
    "string_type": "This must be text, in quotation marks.",
    "string_too_short": "This must not be blank.",
    "date_type": "This must be a date, as in 2023-01-01.",
    "date_parsing": "This must be a date, as in 2023-01-01.",
    "date_from_datetime_parsing": "This must be a date, as in 2023-01-01.",
    "date_from_datetime_inexact": "This must be a date, as in 2023-01-01.",
    "multiple_of": "This must be a whole number of days, in hours.",
}
"""Rules by the kind of error of pydantic."""


_PATTERNS = {
    CURRENCY_PATTERN: ("A currency has three capital letters.", "Write its ISO code, for example CNY, USD or KRW."),
    SHORT_NAME_PATTERN: (
        "This is no short name: it has a capital letter, a space or a sign.",
        "Use small letters, digits and hyphens, for example my-plan.",
    ),
    KEY_PATTERN: (
        "A key has no space, colon, comma, semicolon or bar.",
        "Use letters, digits and hyphens; no space, colon, comma or bar.",
    ),
}
"""Rule and remedy of each pattern of the format."""

_BOUNDS = {
    "greater_than_equal": ("ge", "The value must be at least {limit:g}."),
    "greater_than": ("gt", "The value must be more than {limit:g}."),
    "less_than_equal": ("le", "The value must be at most {limit:g}."),
    "less_than": ("lt", "The value must be less than {limit:g}."),
}


def _bound(error: Any, name: str) -> tuple[str, str]:
    key, words = _BOUNDS[error["type"]]
    limit = error["ctx"][key]
    rule = Sentence(words, limit=limit)
    if name == "latitude_deg":
        return rule, "Give degrees north; latitude and longitude may be exchanged."
    if key in ("le", "lt") and limit == 1:
        return rule, "Write a share between 0 and 1: 0.8 for 80 %."
    if key in ("ge", "gt") and limit == 0:
        return rule, "Give a positive number; this amount cannot be negative."
    return rule, "Check the value and its unit."


def _repeated(raw: RawTable) -> list[Fault]:
    key = raw.table.key
    optional = {name for name in key if not raw.table.row.model_fields[name].is_required()}
    if any(name not in raw.columns for name in key if name not in optional):
        return []
    seen: dict[tuple[str, ...], int] = {}
    faults = []
    for line, cells in zip(raw.lines, raw.cells, strict=True):
        values = tuple(cells.get(name, "") for name in key)
        if not all(value for name, value in zip(key, values, strict=True) if name not in optional):
            continue
        first = seen.setdefault(values, line)
        if first != line:
            column, value = "+".join(key), "/".join(values)
            rule = Sentence("The key is already in row {first}.", first=first)
            faults.append(Fault(raw.file, rule, "Keep one row for each key.", line, column, value))
    return faults
