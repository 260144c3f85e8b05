"""Files of hourly series, CSV and Parquet, read before any meaning."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from siting.errors import Fault, Sentence
from siting.files.reading import SERIES_MOST, UnsafeError, gunzip
from siting.files.tables import read_parquet
from siting.instance.clock import TIME
from siting.instance.files import decode
from siting.instance.folder import HOURLY, contents, names_in

ENDINGS = (".csv", ".csv.gz", ".parquet")

MOST_HOURS, MOST_COLUMNS = 9_000, 20_000
"""No series of a year is longer; whatever a file says of itself, no more is read."""


def read_hourly(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str], list[Fault]]:
    """Every file of ``hourly/`` that can be read, with the column ``hour`` still in it.

    Returns
    -------
    tuple
        Series by name, file by name (also of those that could not be read), and faults.
    """
    series: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    faults = []
    if HOURLY in names_in(folder) and not (folder / HOURLY).is_dir():
        return {}, {}, [Fault(HOURLY, "This is not a folder.", "Put the hourly series into a folder of this name.")]
    for path in (folder / HOURLY / name for name in names_in(folder / HOURLY)):
        file = f"{HOURLY}/{path.name}"
        ending = next((end for end in reversed(ENDINGS) if path.name.endswith(end)), None)
        if path.suffix in (".md", ".txt") or path.name.startswith("~$") or (ending is None and path.is_dir()):
            continue
        if ending is None:
            remedy = Sentence("Use {endings}.", endings=", ".join(ENDINGS))
            faults.append(Fault(file, "This is not a file of an hourly series.", remedy))
            continue
        name = path.name.removesuffix(ending)
        if name in files:
            rule = Sentence("The series is also in {file}.", file=files[name])
            faults.append(Fault(file, rule, "Delete one of the files."))
            continue
        files[name] = file
        data = contents(folder, file, SERIES_MOST)
        table = data if isinstance(data, Fault) else _parquet(data, file) if ending == ".parquet" else _csv(data, file)
        if isinstance(table, Fault):
            faults.append(table)
        else:
            series[name] = table
    return series, files, faults


def _parquet(data: bytes, file: str) -> pd.DataFrame | Fault:
    try:
        table = read_parquet(data, file, MOST_HOURS, MOST_COLUMNS)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        return Fault(file, Sentence("The file is not readable Parquet: {why}", why=why), "Write it again.")
    return table.reset_index() if table.index.name in ("hour", TIME) else table


def _csv(data: bytes, file: str) -> pd.DataFrame | Fault:
    if file.endswith(".gz"):
        try:
            data = gunzip(data, SERIES_MOST)
        except UnsafeError as error:
            rule = Sentence("The file is not read: {why}.", why=error)
            return Fault(file, rule, "Give one row for each hour of a year.")
        except ValueError:
            return Fault(file, "The file is not readable gzip.", "Compress it again, or give plain CSV.")
    text = decode(data, file)
    if isinstance(text, Fault):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    records = csv.reader(io.StringIO(text))
    try:
        header, first = [cell.strip() for cell in next(records, [])], next(records, [])
    except csv.Error as error:
        rule = Sentence("The file is not well-formed CSV: {error}.", error=error)
        return Fault(file, rule, "Close every quotation mark.")
    if not any(header):
        return Fault(file, "The file is empty.", "Give it a header (hour and names) and one row for each hour.")
    if len(header) > MOST_COLUMNS:
        rule = Sentence(
            "The header has {count:,} columns; at most {most:,} are read.", count=len(header), most=MOST_COLUMNS
        )
        return Fault(file, rule, "Give a column for each name.", row=1)
    for name, count in Counter(header).items():
        if count > 1:
            return Fault(file, "The header has this column more than once.", "Keep one.", row=1, column=name)
    if len(first) > len(header):
        rule = Sentence("The row has {cells} cells and the header {columns}.", cells=len(first), columns=len(header))
        return Fault(file, rule, "Give every column a name.", row=2)
    if (numbers := _numbers(text, header)) is not None:
        return numbers
    try:
        return pd.read_csv(io.StringIO(text), header=0, names=header, float_precision="round_trip", low_memory=False)
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        rule = Sentence("The rows are not alike: {why}", why=str(error).strip())
        return Fault(file, rule, "Give every row one cell for each column.")


def _numbers(text: str, header: list[str]) -> pd.DataFrame | None:
    """A table of numbers and nothing else, read as exactly and faster; None if it is not one."""
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text.encode()), arrow_csv.ReadOptions(column_names=header, skip_rows=1, use_threads=False)
        )
    except pa.ArrowInvalid:
        return None
    plain = all(pa.types.is_int64(kind) or pa.types.is_float64(kind) for kind in table.schema.types)
    return table.to_pandas() if plain and not any(column.null_count for column in table.columns) else None
