"""From a :class:`Problem` to a folder, and the fingerprint of a folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from siting.errors import Sentence, UsageError
from siting.files.atomic import replaced
from siting.files.reading import MAP_MOST, SERIES_MOST, read_bytes
from siting.instance.configuration import base_map_path
from siting.instance.folder import FILE, is_own
from siting.instance.rows import numeric
from siting.problem import TABLES, Problem
from siting.problem.tables import Table

UNSOURCED = {
    "status": "assumption",
    "source": "Set in memory, not read from an instance folder",
    "year": "not stated",
    "licence": "not stated",
}
"""Provenance of numbers that have none when a problem is written, so that the folder can be read again."""


def write(problem: Problem, folder: str | Path, source: str | Path | None = None) -> Path:
    """Write a problem as an instance folder, so that :func:`load` reads the same problem again.

    The folder appears complete or not at all. Series become Parquet, also those that came from a package; optional
    columns that hold nothing but the default are left out; the calendar is not part of an instance.

    Parameters
    ----------
    problem : Problem
        What to write.
    folder : str or Path
        New, or empty.
    source : str or Path, optional
        Folder that the problem was read from; its own base map is copied. Without it, a base map that is not bundled
        is left out.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        If the folder exists and has something in it.
    """
    target = Path(folder)
    with new_folder(target) as draft:
        _fill(problem, draft, None if source is None else Path(source))
    return target


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Open a draft folder that becomes the target when the block ends well, and vanishes when it does not.

    Raises
    ------
    UsageError
        If the target exists and has something in it.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            Sentence("{target!r} exists already. Choose a new folder, or empty this one.", target=str(target))
        )
    with replaced(target, durable=False) as draft:
        yield draft


def digest(folder: str | Path) -> str:
    """SHA-256 of an instance: the names and bytes of its settings, tables and series, in order.

    Parameters
    ----------
    folder : str or Path
        Folder of the instance; notes such as SOURCES.md and hidden files do not count.

    Returns
    -------
    str
        Hexadecimal.
    """
    root, total = Path(folder), hashlib.sha256()
    for name in _files(root):
        content = read_bytes(root / name, SERIES_MOST)
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of one file, hexadecimal."""
    return hashlib.sha256(read_bytes(path, MAP_MOST)).hexdigest()


def copy(problem: Problem, source: Path, folder: Path) -> None:
    """Copy the folder of an instance, with its own base map, so that its digest is the same.

    Parameters
    ----------
    problem : Problem
        What was read from it.
    source, folder : Path
        From where, and to a new folder.
    """
    name = problem.settings.instance.base_map
    own = [name] if name and base_map_path(name, source) == source / name else []
    for file in (*_files(source), *own):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, folder / file)


def _files(root: Path) -> list[str]:
    """Files of an instance by their names in its folder, in order."""
    paths = [root / FILE, *root.glob("*.csv"), *root.glob("hourly/*")]
    own = (p for p in paths if not p.name.startswith(".") and is_own(root, p) and p.is_file())
    return sorted(p.relative_to(root).as_posix() for p in own)


def _fill(problem: Problem, folder: Path, source: Path | None) -> None:
    document = problem.settings.model_dump(mode="python", exclude_none=True)
    document["instance"]["hourly"] = "folder"
    name = problem.settings.instance.base_map
    base = base_map_path(name, source) if name else None
    if base is None:
        document["instance"]["base_map"] = ""
    elif source is not None and base == source / name:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(base, folder / name)
    (folder / FILE).write_text(_toml(document), encoding="utf-8", newline="\n")
    columns: dict[str, list[str]] = {}
    for table in TABLES:
        rows = getattr(problem, table.name).reset_index()
        if table.name == "provenance":
            rows = _sourced(rows, columns, list(problem.hourly))
        rows = rows[_worth_writing(table, rows)]
        columns[table.name] = [column for column in numeric(table) if column in rows and rows[column].notna().any()]
        if table.required or len(rows):
            rows.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    (folder / "hourly").mkdir()
    for name, series in problem.hourly.items():
        series.reset_index(drop=True).rename_axis("hour").reset_index().to_parquet(
            folder / "hourly" / f"{name}.parquet", index=False
        )


def _worth_writing(table: Table, rows: pd.DataFrame) -> list[str]:
    """Columns of a table but those that are all default."""
    kept = []
    for name, info in table.row.model_fields.items():
        if info.is_required() or not _all_default(rows[name], info.default):
            kept.append(name)
    return kept


def _all_default(values: pd.Series, default: Any) -> bool:
    same = values.isna() | (values == "") if default in (None, "") else values == default
    return bool(same.all())


def _sourced(provenance: pd.DataFrame, columns: dict[str, list[str]], series: list[str]) -> pd.DataFrame:
    """Provenance with a row for each numeric column and series that has none."""
    given = set(zip(provenance["table"], provenance["column"], strict=True))
    wanted = [(table, column) for table, names in columns.items() for column in names]
    wanted += [("hourly", name) for name in series]
    new = [
        {"table": table, "column": column, "key": "", **UNSOURCED, "note_en": "", "note_zh": ""}
        for table, column in wanted
        if (table, column) not in given and (table, "*") not in given
    ]
    return pd.concat([provenance, pd.DataFrame(new)], ignore_index=True) if new else provenance


def _toml(document: dict[str, Any]) -> str:
    """TOML of the settings: sections of scalars and lists of scalars, and after them arrays of tables."""
    lines: list[str] = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        many = {key: value for key, value in values.items() if isinstance(value, (list, tuple))}
        lists = {key: value for key, value in many.items() if not value or isinstance(value[0], dict)}
        lines += [f"{key} = {_scalar(value)}" for key, value in values.items() if key not in lists]
        for key, items in lists.items():
            for item in items:
                lines += ["", f"[[{section}.{key}]]"]
                lines += [f"{name} = {_scalar(value)}" for name, value in item.items()]
        lines.append("")
    return "\n".join(lines)


def _scalar(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_scalar, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
