"""A table without one of its required columns: a fault that names it, never a traceback."""

from pathlib import Path

import pytest
from full import full_problem

from siting.errors import InputError
from siting.instance import load, write
from siting.problem.tables import TABLES

TABLE_OF = {table.name: table for table in TABLES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "full"
    write(full_problem(), path)
    return path


def without(text: str, column: str) -> str:
    lines = [line.split(",") for line in text.splitlines()]
    at = lines[0].index(column)
    return "\n".join(",".join(cells[:at] + cells[at + 1 :]) for cells in lines if len(cells) == len(lines[0])) + "\n"


@pytest.mark.parametrize("name", sorted(TABLE_OF))
def test_a_missing_column_is_named(folder: Path, name: str) -> None:
    path = folder / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the problem with all rules has no such table")
    text = path.read_text(encoding="utf-8")
    required = {column for column, info in TABLE_OF[name].row.model_fields.items() if info.is_required()}
    try:
        for column in sorted(required):
            path.write_text(without(text, column), encoding="utf-8")
            with pytest.raises(InputError) as caught:
                load(folder)
            assert any(fault.file == path.name and fault.column == column for fault in caught.value.faults), column
    finally:
        path.write_text(text, encoding="utf-8")
