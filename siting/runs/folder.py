"""The run folder: what a solve leaves behind, so that audits, maps and tables need neither model nor solver.

``result.json`` (how the solve ended, options, totals, audit), ``tables/<name>.csv`` and ``.parquet``, ``instance/``
(the problem as solved), ``maps/``, ``log.txt``. A run without a plan has ``result.json`` and the log only. A pathway
has tables and maps of each stage in ``stages/<year>/``; the problem of a stage is made from ``instance/``.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import InputError, Sentence, UsageError, sentences
from siting.files.atomic import draft_prefix, replaced
from siting.files.reading import RESULT_MOST, SERIES_MOST, UnsafeError, parse_json, read_bytes
from siting.files.tables import read_parquet, says_the_same, write_table
from siting.instance import digest, load
from siting.problem import Calendar, Problem
from siting.problem.stages import stage_problem
from siting.runs.seal import sealed
from siting.runs.stages import Result, own_place, plan_folder, stage_result, stage_years
from siting.runs.unfinished import is_unfinished

SCHEMA = "siting-run"
VERSION = 1
RESULT, LOG, TABLES, MAPS, INSTANCE = "result.json", "log.txt", "tables", "maps", "instance"
KEYS = (
    "status", "objective", "bound", "gap", "currency", "instance", "periods", "options", "solver", "seconds", "totals",
    "audit", "aggregation_error", "warnings", "messages", "tables",
)  # fmt: skip
"""What every ``result.json`` says."""

_PLANS = ("optimal", "feasible")

MOST_COLUMNS = 1_000
"""No table of a plan is wider."""

Tables = Mapping[str, pd.DataFrame]


def target_of(folder: str | Path) -> Path:
    """The place of a run folder, if a run may be written there.

    Parameters
    ----------
    folder : str or Path
        New, empty, or an earlier run folder (which is replaced), finished or not.

    Raises
    ------
    UsageError
        If there is something else, or nothing can be written there.
    """
    target = Path(folder).resolve()
    ours = target.is_dir() and (not any(target.iterdir()) or is_run(target) or is_unfinished(target))
    if target.exists() and not ours:
        raise UsageError(
            Sentence(
                "{folder!r} exists and is not a run folder of siting, so it is left alone. Choose another --out.",
                folder=str(folder),
            )
        )
    if Path.cwd().is_relative_to(target):
        # It is replaced as a whole: whoever stands in it would be left in a folder that is gone.
        raise UsageError(
            Sentence(
                "{folder!r} is the folder you are in. Choose a folder inside it, as in --out run.", folder=str(folder)
            )
        )
    above = next(place for place in target.parents if place.exists())
    try:
        # Tried and not asked: permissions do not tell of disks that are read-only.
        # Named as a draft, so that the next run deletes it if this one is killed just here.
        tempfile.TemporaryDirectory(dir=above, prefix=draft_prefix(target)).cleanup()
    except OSError as error:
        raise UsageError(
            Sentence(
                "{folder!r} cannot be written: {above!r}: {strerror}. Choose another --out.",
                folder=str(folder),
                above=str(above),
                strerror=error.strerror,
            )
        ) from error
    return target


def is_run(folder: str | Path) -> bool:
    """Whether a folder is a run folder, with or without a plan."""
    try:
        return bool(_parse(Path(folder)).get("schema") == SCHEMA)
    except UsageError:
        return False


def holds_plan(folder: Path) -> bool:
    """Whether a run folder has a plan that passed its audit: such a one is replaced only by another plan."""
    return is_run(folder) and _parse(folder).get("status") in _PLANS


@contextmanager
def new_run(target: Path) -> Iterator[Path]:
    """A draft of a run folder that replaces the target when the block ends well.

    See :func:`siting.files.atomic.replaced`.
    """
    with replaced(target) as draft:
        yield draft


def save_tables(folder: Path, problem: Problem, tables: Tables) -> None:
    """Write the tables of a plan into its folder, that of the run or of a stage, which is made."""
    place = folder / TABLES
    place.mkdir(parents=True)
    for name, table in with_first_hour(problem, tables).items():
        write_table(table, place, _stem(name))


def encode(result: Result, tables: Tables, draft: Path | None) -> bytes:
    """``result.json`` as it is written: with the marker, the rows of every table, the fingerprint of ``instance/``.

    Parameters
    ----------
    result : dict
        From :func:`siting.runs.document.document`.
    tables : mapping of str to DataFrame
        The tables of the solution; empty without a plan.
    draft : Path or None
        Folder of the run, where the file is written; None: nowhere.
    """
    document: Result = {"schema": SCHEMA, "schema_version": VERSION, **result}
    document["tables"] = listed(tables)
    saved = None if draft is None else draft / INSTANCE
    document["saved_instance_sha256"] = digest(saved) if saved is not None and saved.is_dir() else None
    content = as_text(document)
    if draft is not None:
        (draft / RESULT).write_bytes(content)
    return content


def as_text(document: Result) -> bytes:
    """``result.json`` as text, with its fingerprint."""
    text = json.dumps(sealed(plain(document)), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return text.encode("utf-8")


def listed(tables: Tables) -> dict[str, int]:
    """Rows of every table, by the name of its file."""
    return {_stem(name): len(table) for name, table in tables.items()}


def with_first_hour(problem: Problem, tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables with the first hour of the year of each period beside its weight."""
    if "period" not in tables:
        return dict(tables)
    return {**tables, "period": tables["period"].assign(first_hour=problem.calendar.hour[:, 0])}


def read_result(folder: str | Path) -> Result:
    """``result.json`` of a run folder.

    Raises
    ------
    UsageError
        If there is no such folder, it is not a run folder, or the file is damaged or of a newer version.
    """
    result = _parse(Path(folder))
    if result.get("schema") != SCHEMA:
        raise UsageError(
            Sentence(
                "{folder!r} is not a run folder: its {result} is not one of siting.", folder=str(folder), result=RESULT
            )
        )
    if result.get("schema_version") != VERSION:
        raise UsageError(
            Sentence(
                "{folder!r} was written by another version of siting (format {schema_version!r}, this is "
                "{version}). Solve again.",
                folder=str(folder),
                schema_version=result.get("schema_version"),
                version=VERSION,
            )
        )
    missing = [key for key in KEYS if key not in result]
    if missing:
        raise _damaged(Path(folder), f"{RESULT} lacks {', '.join(missing)}")
    return result


def read_run(folder: str | Path, stage: int | None = None) -> tuple[Problem, dict[str, pd.DataFrame], Result]:
    """The problem with its calendar, the tables and the result of a run folder, or of one stage of a pathway.

    The tables are read from Parquet; :func:`check_copies` compares them with their CSV twins.

    Raises
    ------
    UsageError
        If the folder is no run folder, has no plan, or something in it is missing or damaged; if it is a pathway and
        no stage is named, or there is no such stage.
    """
    problem, plans, result = read_plans(folder, stage)
    own = stage_result(folder, result, stage)
    return (problem if stage is None else stage_problem(problem, stage)), plans[stage], own


def read_plans(
    folder: str | Path, stage: int | None = None
) -> tuple[Problem, dict[int | None, dict[str, pd.DataFrame]], Result]:
    """The problem as solved, the tables of each stage by its year (of a plan of one year: by None), and the result.

    Parameters
    ----------
    folder : str or Path
        Run folder.
    stage : int, optional
        Only this stage of a pathway.

    Raises
    ------
    UsageError
        As of :func:`read_run`.
    """
    place = Path(folder)
    result = read_result(place)
    every: list[int | None] = [*stage_years(result)] or [None]
    plans: dict[int | None, dict[str, pd.DataFrame]] = {}
    for year in every if stage is None else [stage]:
        names = stage_result(place, result, year).get("tables")
        if not isinstance(names, dict):
            raise _damaged(place, Sentence("{file} does not list the tables", file=RESULT))
        if not names:
            raise UsageError(
                Sentence(
                    "The run in {folder!r} has no plan (status {status!r}).",
                    folder=str(folder),
                    status=result.get("status"),
                )
            )
        plans[year] = {name: _read_table(plan_folder(place, year), name, rows) for name, rows in names.items()}
    saved = own_place(place, INSTANCE)
    if not saved.is_dir():
        raise _damaged(place, Sentence("the folder {folder} is missing", folder=INSTANCE))
    if digest(saved) != result.get("saved_instance_sha256"):
        raise _damaged(place, Sentence("the folder {folder} is not the one that was solved", folder=INSTANCE))
    try:
        problem = load(saved)
    except InputError as error:
        raise _damaged(
            place, Sentence("the folder {folder} cannot be read: {error}", folder=INSTANCE, error=error)
        ) from error
    return problem.replace(calendar=_calendar(place, next(iter(plans.values())), result)), plans, result


def check_copies(folder: str | Path, tables: Tables) -> None:
    """Compare the CSV files with the tables that were read.

    Raises
    ------
    UsageError
        If a file is missing or says something else.
    """
    place = Path(folder)
    for name, table in tables.items():
        path = own_place(place, TABLES, f"{name}.csv")
        try:
            same = says_the_same(path, table)
        except (OSError, ValueError) as error:
            raise _damaged(
                place, Sentence("{file} cannot be read ({error})", file=f"{TABLES}/{path.name}", error=error)
            ) from error
        if not same:
            raise _damaged(place, Sentence("{file}.csv and {file}.parquet differ", file=f"{TABLES}/{name}"))


def plain(value: Any) -> Any:
    """A value in types that JSON knows; what is not a finite number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def _parse(folder: Path) -> Result:
    try:
        document = parse_json(read_bytes(own_place(folder, RESULT), RESULT_MOST).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        rule = Sentence("{folder!r} is not a run folder: it is not a folder.", folder=str(folder))
        if folder.is_dir():
            rule = Sentence("{folder!r} is not a run folder: it has no {file}.", folder=str(folder), file=RESULT)
        remedy = "Go on with siting resume." if is_unfinished(folder) else "Make one with siting solve --out."
        raise UsageError(sentences(rule, remedy)) from error
    except ValueError as error:
        raise _damaged(folder, Sentence("{file} is not valid JSON ({error})", file=RESULT, error=error)) from error
    if not isinstance(document, dict):
        raise _damaged(folder, Sentence("{file} is not an object", file=RESULT))
    return document


def _read_table(folder: Path, name: str, rows: Any) -> pd.DataFrame:
    if _stem(name) != name or not isinstance(rows, int):
        raise _damaged(folder, Sentence("{file} names a table that cannot be one", file=RESULT))
    path = own_place(folder, TABLES, f"{name}.parquet")
    if not path.is_file():
        raise _damaged(folder, Sentence("{file} is missing", file=f"{TABLES}/{path.name}"))
    try:
        table = read_parquet(read_bytes(path, SERIES_MOST), path.name, rows, MOST_COLUMNS)
    except UnsafeError as error:
        raise _damaged(folder, f"{TABLES}: {error}") from error
    except (OSError, ValueError) as error:
        raise _damaged(
            folder, Sentence("{file} cannot be read ({error})", file=f"{TABLES}/{path.name}", error=error)
        ) from error
    if len(table) != rows:
        raise _damaged(
            folder,
            Sentence(
                "{file} has {count} rows instead of {rows}", file=f"{TABLES}/{path.name}", count=len(table), rows=rows
            ),
        )
    return table


def _calendar(folder: Path, tables: Tables, result: Result) -> Calendar:
    try:
        period, hours = tables["period"], int(result["periods"]["hours"])
        first = period["first_hour"].to_numpy(dtype=np.int64)
        weight = period["weight"].to_numpy(dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, Sentence("the calendar cannot be restored ({error})", error=error)) from error
    return Calendar(hour=first[:, None] + np.arange(hours)[None, :], weight=weight)


def _damaged(folder: Path, what: str) -> UsageError:
    return UsageError(
        Sentence("The run folder {folder!r} is damaged: {what}. Solve again.", folder=str(folder), what=what)
    )


def _stem(name: str) -> str:
    """File name of a table: a user's sets may have names that no file can have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)
