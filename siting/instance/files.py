"""CSV files as text: encoding, header and cells, before any meaning."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from siting.errors import Fault, Sentence
from siting.files.reading import TABLE_MOST
from siting.instance.folder import contents, names_in, stray_faults
from siting.instance.suggest import did_you_mean, nearest
from siting.instance.units import other_unit
from siting.problem.tables import TABLES, Table


@dataclass(frozen=True)
class RawTable:
    """The cells of a CSV file, without spaces around them.

    Parameters
    ----------
    table : Table
        Declaration.
    columns : tuple of str
        Known columns that the file has.
    lines : list of int
        Line of each row, counted as a spreadsheet does.
    cells : list of dict
        Every column of the format for each row; what the file, or a short row, lacks is blank.
    ragged : frozenset of int
        Lines with too many or too few cells; their values are not judged.
    """

    table: Table
    columns: tuple[str, ...]
    lines: list[int]
    cells: list[dict[str, str]]
    ragged: frozenset[int]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.table.name}.csv"

    def keys(self, column: str) -> set[str] | None:
        """Give what stands in a column; None if the file lacks the column, so that nothing can be said of it."""
        if column not in self.columns:
            return None
        return {row[column] for row in self.cells if row[column]}


def decode(data: bytes, file: str) -> str | Fault:
    """Text of a file in UTF-8, with or without byte-order mark, or in GB18030 (of which GBK is a part)."""
    if b"\0" in data:
        return Fault(
            file, "The file is not plain text (UTF-16, a workbook or a compressed file).", "Save it as CSV UTF-8."
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return Fault(file, "The text is neither UTF-8 nor GBK/GB18030.", "Save the file as CSV UTF-8.")


def read_tables(folder: Path, base_map: str = "") -> tuple[dict[str, RawTable], list[Fault]]:
    """Every table of a folder that can be read as text, and the faults of files and headers."""
    faults, mistaken = stray_faults(folder, base_map)
    present = set(names_in(folder))
    raw = {}
    for table in TABLES:
        path = folder / f"{table.name}.csv"
        if path.name not in present:
            if table.required and table.name not in mistaken:
                remedy = Sentence("Add {file}; see the format.", file=path.name)
                faults.append(Fault(path.name, "This table is missing.", remedy))
            continue
        found, wrong = _read(path, table)
        faults += wrong
        if found is not None:
            raw[table.name] = found
    return raw, faults


def _read(path: Path, table: Table) -> tuple[RawTable | None, list[Fault]]:
    data = contents(path.parent, path.name, TABLE_MOST)
    text = data if isinstance(data, Fault) else decode(data, path.name)
    if isinstance(text, Fault):
        return None, [text]
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        rule = Sentence("The file is not well-formed CSV: {error}.", error=error)
        return None, [Fault(path.name, rule, "Close every quotation mark.")]
    lines = [i + 1 for i, record in enumerate(records) if any(cell.strip() for cell in record)]
    if not lines:
        remedy = Sentence("Give it a header: {columns}.", columns=",".join(table.row.model_fields))
        return None, [Fault(path.name, "The file is empty.", remedy)]
    if lines[0] != 1:
        return None, [Fault(path.name, "The first line is blank.", "Begin the file with the header.", row=1)]
    header = [cell.strip() for cell in records[0]]
    while header and not header[-1]:
        header.pop()
    columns, faults = _header(path.name, header, table)
    if columns is None:
        return None, faults
    cells, ragged = [], set()
    for line in lines[1:]:
        record = [cell.strip() for cell in records[line - 1]]
        extra = [cell for cell in record[len(header) :] if cell]
        if extra or len(record) < len(header):
            ragged.add(line)
            rule = Sentence(
                "The row has {cells} cells and the header {columns}.", cells=len(record), columns=len(header)
            )
            faults.append(
                Fault(path.name, rule, "Give every column a cell, and quote text that has a comma.", row=line)
            )
        record += [""] * (len(header) - len(record))
        row = dict(zip(header, record, strict=False))
        cells.append({column: row.get(column, "") if column in columns else "" for column in table.row.model_fields})
    if table.required and not cells:
        faults.append(Fault(path.name, "The table has a header and no rows.", "Add at least one row."))
    return RawTable(table, columns, lines[1:], cells, frozenset(ragged)), faults


def _header(file: str, header: list[str], table: Table) -> tuple[tuple[str, ...] | None, list[Fault]]:
    known = list(table.row.model_fields)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return None, [Fault(file, "The columns are not separated by commas.", "Save it as CSV with commas.", row=1)]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        rule = "The header has this column more than once."
        return None, [Fault(file, rule, "Keep one of them.", row=1, column=name) for name in repeated]
    faults = []
    meant = set()
    for name in header:
        if name not in known:
            right, remedy = _meant(name, [column for column in known if column not in header])
            meant.add(right)
            faults.append(Fault(file, "This column is not in the format.", remedy, row=1, column=name))
    for name, info in table.row.model_fields.items():
        if info.is_required() and name not in header and name not in meant:
            remedy = Sentence("Add it: {about}", about=info.description)
            faults.append(Fault(file, "This required column is missing.", remedy, row=1, column=name))
    return tuple(name for name in header if name in known), faults


def _meant(name: str, free: list[str]) -> tuple[str | None, str]:
    if not name:
        return None, "Give the column a name, or delete it."
    unit = other_unit(name, free)
    if unit is not None:
        return unit
    return nearest(name, free), did_you_mean(name, free)
