"""Files of hourly series, CSV and Parquet, read before any meaning."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from siting.errors import Fault
from siting.instance.files import decode

ENDINGS = (".csv", ".csv.gz", ".parquet")


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
    for path in sorted((folder / "hourly").glob("*")):
        file = f"hourly/{path.name}"
        ending = next((end for end in reversed(ENDINGS) if path.name.endswith(end)), None)
        if path.name.startswith(".") or path.suffix in (".md", ".txt") or path.is_dir():
            continue
        if ending is None:
            faults.append(Fault(file, "This is not a file of an hourly series.", f"Use {', '.join(ENDINGS)}."))
            continue
        name = path.name.removesuffix(ending)
        if name in files:
            faults.append(Fault(file, f"The series is also in {files[name]}.", "Delete one of the files."))
            continue
        files[name] = file
        table = _parquet(path, file) if ending == ".parquet" else _csv(path, file)
        if isinstance(table, Fault):
            faults.append(table)
        else:
            series[name] = table
    return series, files, faults


def _parquet(path: Path, file: str) -> pd.DataFrame | Fault:
    try:
        table = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        return Fault(file, f"The file is not readable Parquet: {str(error).splitlines()[0]}", "Write it again.")
    return table.reset_index() if table.index.name == "hour" else table


def _csv(path: Path, file: str) -> pd.DataFrame | Fault:
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return Fault(file, "The file is not readable gzip.", "Compress it again, or give plain CSV.")
    text = decode(data, file)
    if isinstance(text, Fault):
        return text
    records = csv.reader(io.StringIO(text))
    header = [cell.strip() for cell in next(records, [])]
    if not any(header):
        return Fault(file, "The file is empty.", "Give it a header (hour and names) and one row for each hour.")
    for name in header:
        if header.count(name) > 1:
            return Fault(file, "The header has this column more than once.", "Keep one.", row=1, column=name)
    first = next(records, header)
    if len(first) > len(header):
        rule = f"The row has {len(first)} cells and the header {len(header)}."
        return Fault(file, rule, "Give every column a name.", row=2)
    if (numbers := _numbers(text, header)) is not None:
        return numbers
    try:
        return pd.read_csv(io.StringIO(text), header=0, names=header, float_precision="round_trip", low_memory=False)
    except pd.errors.ParserError as error:
        return Fault(file, f"The rows are not alike: {str(error).strip()}", "Give every row one cell for each column.")


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
