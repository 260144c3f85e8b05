"""Mutants of an instance folder: mistakes that people and programs make, and some that only an enemy makes."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Rng = np.random.Generator
Mutation = Callable[[Path, Rng], str]

NUMBERS = (
    "0", "-1", "1", "0.5", "1e-300", "1e-12", "1e-9", "1e9", "1e18", "1e300", "1e308", "1e309", "-1e18", "nan", "inf",
    "-inf", "9" * 400, "9" * 5000, "0x10", "1_000", "1,5", "1 000", "5 %", "١٢", "１２", "1e", "--", "1e3", "01", "-0",
)  # fmt: skip
TEXTS = (
    "", " ", "x", "true", "FALSE", "null", "None", "=1+1", "@x", "[red]x[/red]", "$x_ to $", "\x1b[2J", "\u202eabc",
    "a" * 3000, "深圳", "a,b", 'a"b', "a\nb", "a:b", "../../x", "%s%n", "{x}", "\ufeff", "hub", "open", "CON", "hour",
)  # fmt: skip


def pick(rng: Rng, choices: Iterable[Any]) -> Any:
    """One of some things."""
    every = list(choices)
    return every[int(rng.integers(len(every)))] if every else None


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.csv") if path.is_file())


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace"), newline="")))


def _save(path: Path, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", errors="replace")


def cell(folder: Path, rng: Rng) -> str:
    """Another value in a cell of a table."""
    path = pick(rng, _tables(folder))
    rows = _rows(path) if path else []
    if len(rows) < 2:
        return "nothing"
    at = int(rng.integers(1, len(rows)))
    column = int(rng.integers(len(rows[0])))
    if column >= len(rows[at]):
        return "nothing"
    old = rows[at][column]
    kind = int(rng.integers(6))
    if kind == 0:
        new = pick(rng, [row[column] for row in rows[1:] if column < len(row)])
    elif kind == 1:
        new = pick(rng, rows[at])
    elif kind == 2:
        try:
            new = f"{float(old) * pick(rng, (1000, 0.001, 10, 0.1, -1, 1.5)):g}"
        except ValueError:
            new = old + pick(rng, ("x", " ", "-2", old))
    else:
        new = pick(rng, NUMBERS if kind < 5 else TEXTS)
    rows[at][column] = new
    _save(path, rows)
    return f"{path.name} row {at + 1} {rows[0][column]}: {old[:20]!r} -> {new[:20]!r}"


def row(folder: Path, rng: Rng) -> str:
    """Rows dropped, doubled, exchanged, too short, too long, or all."""
    path = pick(rng, _tables(folder))
    rows = _rows(path) if path else []
    if len(rows) < 2:
        return "nothing"
    one, other = (int(i) for i in rng.integers(1, len(rows), 2))
    kind = pick(rng, ("drop", "double", "swap", "short", "long", "none", "blank", "header"))
    if kind == "drop":
        del rows[one]
    elif kind == "double":
        rows.insert(other, list(rows[one]))
    elif kind == "swap":
        rows[one], rows[other] = rows[other], rows[one]
    elif kind == "short":
        rows[one] = rows[one][: int(rng.integers(len(rows[one])))]
    elif kind == "long":
        rows[one] = [*rows[one], pick(rng, TEXTS)]
    elif kind == "none":
        del rows[1:]
    elif kind == "blank":
        rows.insert(one, [""] * len(rows[0]))
    else:
        rows.insert(one, rows[0])
    _save(path, rows)
    return f"{path.name} rows: {kind} {one + 1}"


def column(folder: Path, rng: Rng) -> str:
    """Columns dropped, misspelt, exchanged, doubled, unknown."""
    path = pick(rng, _tables(folder))
    rows = _rows(path) if path else []
    if not rows or not rows[0]:
        return "nothing"
    one, other = (int(i) for i in rng.integers(len(rows[0]), size=2))
    name = rows[0][one]
    kind = pick(rng, ("drop", "misspell", "swap", "double", "unknown", "blank", "values"))
    if kind == "drop":
        rows = [[value for i, value in enumerate(each) if i != one] for each in rows]
    elif kind == "misspell":
        rows[0][one] = pick(rng, (name.upper(), name[:-1], name + "s", name.replace("_mw", "_gw"), f" {name} "))
    elif kind == "swap":
        rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    elif kind == "double":
        rows = [[*each, each[one] if one < len(each) else ""] for each in rows]
    elif kind == "unknown":
        rows = [[*each, "x"] for each in rows]
    elif kind == "blank":
        rows[0][one] = ""
    else:
        new = pick(rng, (*NUMBERS, *TEXTS))
        rows = [rows[0], *([*each[:one], new, *each[one + 1 :]] for each in rows[1:])]
    _save(path, rows)
    return f"{path.name} column {name}: {kind}"


def _any_file(folder: Path, rng: Rng) -> Path | None:
    found: Path | None = pick(rng, sorted(path for path in folder.rglob("*") if path.is_file()))
    return found


def file(folder: Path, rng: Rng) -> str:
    """Files that are missing, elsewhere, or something else."""
    path = _any_file(folder, rng)
    if path is None:
        return "nothing"
    kind = pick(
        rng,
        ("delete", "upper", "xlsx", "misspell", "folder", "loop", "dangling", "link", "pipe", "move", "copy", "hourly"),
    )
    if kind == "upper":
        path.rename(path.with_name(path.name.upper()))
    elif kind == "xlsx":
        path.rename(path.with_suffix(".xlsx"))
    elif kind == "misspell":
        path.rename(path.with_name(path.name[1:]))
    elif kind == "move":
        path.rename(folder / "hourly" / path.name if path.parent == folder else folder / path.name)
    elif kind == "copy":
        shutil.copyfile(path, path.with_name(f"{path.stem}2{path.suffix}"))
    elif kind == "hourly":
        shutil.rmtree(folder / "hourly", ignore_errors=True)
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "loop":
            path.symlink_to(path.name)
        elif kind == "dangling":
            path.symlink_to("nowhere")
        elif kind == "link":
            path.symlink_to(pick(rng, ("/dev/zero", "/etc/passwd", "..", "/dev/null")))
        elif kind == "pipe":
            os.mkfifo(path)
    return f"{path.name}: {kind}"


def content(folder: Path, rng: Rng) -> str:
    """Bytes that are no text, other encodings and ends of lines, cut and doubled files."""
    path = _any_file(folder, rng)
    if path is None:
        return "nothing"
    data = path.read_bytes()
    at = int(rng.integers(len(data) + 1))
    text = data.decode("utf-8", errors="replace")
    changes: dict[str, Callable[[], bytes]] = {
        "empty": lambda: b"",
        "cut": lambda: data[:at],
        "noise": lambda: rng.bytes(200),
        "flip": lambda: data[:at] + rng.bytes(1) + data[at + 1 :],
        "nul": lambda: data[:at] + b"\0" + data[at:],
        "BOM": lambda: b"\xef\xbb\xbf" + data,
        "BOM twice": lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + data,
        "UTF-16": lambda: text.encode("utf-16"),
        "GB18030": lambda: text.encode("gb18030", errors="replace"),
        "latin": lambda: text.encode("latin-1", errors="replace"),
        "CR": lambda: data.replace(b"\n", b"\r"),
        "CRLF": lambda: data.replace(b"\n", b"\r\n"),
        "no end": lambda: data.rstrip(b"\n"),
        "twice": lambda: data + data,
        "gzip": lambda: gzip.compress(data),
        "semicolons": lambda: data.replace(b",", b";"),
        "tabs": lambda: data.replace(b",", b"\t"),
        "quote": lambda: data[:at] + b'"' + data[at:],
        "blank lines": lambda: data.replace(b"\n", b"\n\n"),
        "commas": lambda: data.replace(b"\n", b",,,\n"),
    }
    kind = pick(rng, changes)
    path.write_bytes(changes[kind]())
    return f"{path.name}: {kind} at {at}"


def settings(folder: Path, rng: Rng) -> str:
    """Lines of instance.toml with other values, dropped, doubled, in the wrong place."""
    path = folder / "instance.toml"
    if not path.is_file():
        return "nothing"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    places = [i for i, line in enumerate(lines) if "=" in line]
    if not places:
        return "nothing"
    at = pick(rng, places)
    key = lines[at].partition("=")[0].strip()
    kind = pick(rng, ("value", "value", "value", "drop", "double", "misspell", "move", "section", "preset"))
    if kind == "value":
        plain = [value for value in NUMBERS if re.fullmatch(r"[-+.\w]+", value)]
        quoted = [f'"{value}"' for value in ("", "x", "hub", "2023-01-01", "../x", "\\u001b[2J")]
        lines[at] = (
            f"{key} = {pick(rng, [*plain, *quoted, '[]', '[1]', '{}', '{a = 1}', 'true', '2024-01-01', '[[[[]]]]'])}"
        )
    elif kind == "drop":
        del lines[at]
    elif kind == "double":
        lines.insert(at, lines[at])
    elif kind == "misspell":
        lines[at] = lines[at].replace(key, pick(rng, (key[:-1], key.upper(), f"{key}s", f'"{key} "')), 1)
    elif kind == "move":
        lines.append(lines.pop(at))
    elif kind == "section":
        lines.insert(at, pick(rng, ("[x]", "[[green]]", "[carbon]", "[policy.x]", "[[policy.pue_caps]]", "]")))
    else:
        names = pick(rng, ('["shanghai-2023"]', '["x"]', "3", "[3]", '["all"]', "[[]]"))
        lines += ["[policy]", f"presets = {names}"]
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    return f"instance.toml: {kind} {key}"


def _parquet(folder: Path, rng: Rng) -> Path | None:
    found: Path | None = pick(rng, sorted(path for path in folder.glob("hourly/*.parquet") if path.is_file()))
    return found


def series(folder: Path, rng: Rng) -> str:
    """Series of the wrong length, with other columns, types and values; sometimes as CSV."""
    path = _parquet(folder, rng)
    if path is None:
        return "nothing"
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError):
        return "nothing"
    if not len(table) or not len(table.columns):
        return "nothing"
    name = pick(rng, table.columns)
    at = int(rng.integers(len(table)))
    values = (0.0, -1.0, 1e-300, 1e9, 1e300, np.inf, -np.inf, np.nan)
    changes: dict[str, Callable[[], pd.DataFrame]] = {
        "short": lambda: table.iloc[:at],
        "leap": lambda: pd.concat([table, table.iloc[:24]], ignore_index=True),
        "twice": lambda: pd.concat([table, table], ignore_index=True),
        "none": lambda: table.iloc[:0],
        "one": lambda: table.iloc[:1],
        "value": lambda: table.assign(**{name: table[name].where(table.index != at, pick(rng, values))}),
        "constant": lambda: table.assign(**{name: pick(rng, values)}),
        "scaled": lambda: table.assign(**{name: pd.to_numeric(table[name]) * pick(rng, (1000, 0.001, -1, 1e12))}),
        "text": lambda: table.astype({name: str}),
        "word": lambda: table.assign(**{name: pick(rng, TEXTS)}),
        "category": lambda: table.astype({name: "category"}),
        "date": lambda: table.assign(**{name: pd.Timestamp("2023-01-01")}),
        "bool": lambda: table.assign(**{name: True}),
        "rename": lambda: table.rename(columns={name: pick(rng, (*TEXTS, "7"))}),
        "drop": lambda: table.drop(columns=name),
        "extra": lambda: table.assign(extra=1.0),
        "shuffle": lambda: table.sample(frac=1.0, random_state=at),
        "no hour": lambda: table.drop(columns="hour", errors="ignore"),
        "object": lambda: table.assign(**{name: [[1.0]] * len(table)}),
        "float32": lambda: table.astype({name: "float32"}),
    }
    kind = pick(rng, changes)
    changed = changes[kind]()
    as_csv = bool(rng.integers(4) == 0)
    path.unlink()
    if as_csv:
        changed.to_csv(path.with_suffix(".csv"), index=False)
    else:
        changed.to_parquet(path, index=False)
    return f"{path.name}: {kind} {name}{' as CSV' if as_csv else ''}"


MUTATIONS: dict[Mutation, int] = {cell: 8, row: 3, column: 3, file: 2, content: 3, settings: 3, series: 3}
"""Mutations and how often each is chosen."""


def mutate(folder: Path, rng: Rng) -> list[str]:
    """One to three mutations of a folder; what was done."""
    every = [mutation for mutation, weight in MUTATIONS.items() for _ in range(weight)]
    done = []
    for _ in range(pick(rng, (1, 1, 1, 2, 3))):
        mutation = pick(rng, every)
        try:
            done.append(mutation(folder, rng))
        except (OSError, ValueError, IndexError, TypeError, KeyError, OverflowError) as error:
            done.append(f"{mutation.__name__} came to nothing: {type(error).__name__}")
    return done
