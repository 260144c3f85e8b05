"""A table on the disk, twice: as Parquet, which is read again, and as CSV, which people open."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from siting.files.reading import MIB, UnsafeError, read_bytes

COPY_MOST, UNPACKED_MOST, TEXT_MOST = 2048 * MIB, 4096 * MIB, 10_000
"""Most bytes of the CSV copy of a table and of a table in memory, and most characters of a text in it."""


def write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write ``<name>.parquet`` and ``<name>.csv``."""
    rows = pa.Table.from_pandas(_one_type(table), preserve_index=False)
    parquet.write_table(rows, folder / f"{name}.parquet")
    _write_csv(rows, folder / f"{name}.csv")


def read_parquet(content: bytes, name: str, most_rows: int, most_columns: int) -> pd.DataFrame:
    """A Parquet file, as pandas reads it; a few bytes of it can stand for any number of rows, so these are limited.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file, for what is said of it.
    most_rows, most_columns : int
        What is read at most.

    Raises
    ------
    ValueError
        If it cannot be read, or is larger.
    """
    file = pa.BufferReader(content)
    about = parquet.read_metadata(file)
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    if about.num_rows > most_rows or sum(group.num_rows for group in groups) > most_rows:
        raise UnsafeError(f"{name} has {about.num_rows:,} rows; at most {most_rows:,} are read")
    if about.num_columns > most_columns:
        raise UnsafeError(f"{name} has {about.num_columns:,} columns; at most {most_columns:,} are read")
    if max(sum(group.total_byte_size for group in groups), about.num_rows * about.num_columns * 8) > UNPACKED_MOST:
        raise UnsafeError(f"{name} unpacks to more than {UNPACKED_MOST // MIB:,} MiB")
    schema = parquet.read_schema(file)
    if len(set(schema.names)) < len(schema.names):
        raise UnsafeError(f"{name} has a column twice")
    if any(pa.types.is_nested(kind) for kind in schema.types):
        raise UnsafeError(f"{name} has lists in its cells")
    texts = [word for word, kind in zip(schema.names, schema.types, strict=True) if _is_text(kind)]
    table = parquet.read_table(file, read_dictionary=texts)
    for place, kind in enumerate(table.schema.types):
        # A text that is there once and meant a million times stays there once until its length is known.
        if pa.types.is_dictionary(kind):
            table = table.set_column(place, schema.names[place], _unpacked(table.column(place), kind, name))
    frame: pd.DataFrame = table.replace_schema_metadata(schema.metadata).to_pandas()
    return frame


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _unpacked(column: pa.ChunkedArray, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    """A column of which each value was there once."""
    words = (word for chunk in column.chunks for word in chunk.dictionary.to_pylist())
    if any(len(word) > TEXT_MOST for word in words if isinstance(word, (str, bytes))):
        raise UnsafeError(f"{name} has a text of more than {TEXT_MOST:,} characters")
    return column.cast(kind.value_type)


def says_the_same(path: Path, table: pd.DataFrame) -> bool:
    """Whether a CSV file holds a table.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    content = io.BytesIO(read_bytes(path, COPY_MOST))
    # Keys such as 01001 and 1e3 are texts, whatever they look like.
    texts = {name: str for name, column in table.items() if not pd.api.types.is_numeric_dtype(column)}
    copy = pd.read_csv(content, dtype=texts, keep_default_na=False, na_values=[""], float_precision="round_trip")
    return list(copy.columns) == list(table.columns) and _same(copy, table)


def _one_type(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed types as text: Parquet has one type in a column."""
    mixed = [
        name
        for name, column in table.items()
        if column.dtype == object and len({type(value) for value in column.dropna()}) > 1
    ]
    return table.astype(dict.fromkeys(mixed, str))


def _write_csv(rows: pa.Table, path: Path) -> None:
    """Write a CSV file, in a tenth of the time that pandas takes."""
    try:
        _write_quoted(rows, path, "none")
    except pa.ArrowInvalid:  # a text holds a comma, a quote or a new line
        _write_quoted(rows, path, "needed")


def _write_quoted(rows: pa.Table, path: Path, quotes: str) -> None:
    with path.open("wb") as file:
        # Arrow would put quotes around every name of a column.
        names = io.StringIO()
        csv.writer(names, lineterminator="\n").writerow(rows.column_names)
        file.write(names.getvalue().encode())
        arrow_csv.write_csv(rows, file, arrow_csv.WriteOptions(include_header=False, quoting_style=quotes))


def _same(copy: pd.DataFrame, table: pd.DataFrame) -> bool:
    if len(copy) != len(table):
        return False
    for name in table:
        left, right = copy[name], table[name]
        if pd.api.types.is_float_dtype(right):
            equal = np.array_equal(left.to_numpy(dtype=float), right.to_numpy(dtype=float), equal_nan=True)
        else:
            equal = left.astype(str).to_list() == right.astype(str).to_list()
        if not equal:
            return False
    return True
