"""Faults of stages: each in its place, with a remedy, before anything is solved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny import tiny_problem

from siting.errors import Fault, InputError
from siting.instance import load, write

STAGE_TABLES = ("stages", "stage_factors")
GOOD = "year,years\n2025,5\n2030,5\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny_problem(), tmp_path_factory.mktemp("instances") / "tiny")


def faults(plain: Path, place: Path, stages: str | None, *factors: str) -> list[Fault]:
    """What is said of an instance with these stages and rows of factors."""
    folder = Path(shutil.copytree(plain, place / "tiny"))
    path = folder / "provenance.csv"
    names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    known = {"column": "*", "status": "assumption", "source": "test", "year": "2025", "licence": "ours"}
    lines = [",".join({**known, "table": table}.get(name, "") for name in names) for table in STAGE_TABLES]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    if stages is not None:
        (folder / "stages.csv").write_text(stages, encoding="utf-8")
    if factors:
        rows = "\n".join(("year,table,column,key,factor", *factors))
        (folder / "stage_factors.csv").write_text(rows + "\n", encoding="utf-8")
    try:
        load(folder, pathway=True)
    except InputError as error:
        return list(error.faults)
    return []


def test_good_stages_have_no_fault(plain: Path, tmp_path: Path) -> None:
    assert faults(plain, tmp_path, GOOD, "2030,demand,mean_mw,north/web,1.1", "2030,instance,carbon.price,,2") == []


@pytest.mark.parametrize(
    ("stages", "row", "column", "value", "says"),
    [
        (
            "year,years\n2025,4\n2030,5\n",
            2,
            "years",
            "4",
            "the next begins with 2030: it leaves a gap",
        ),
        ("year,years\n2030,5\n2025,9\n", 3, "years", "9", "overlaps"),
        ("year,years\n2025,5\n2025,5\n", 3, "year", "2025", "already in row 2"),
        ("year,years\n2025,0\n", 2, "years", "0", "at least 1"),
        ("year\n2025\n", 1, "years", None, "required column is missing"),
    ],
)
def test_wrong_years(
    plain: Path, tmp_path: Path, stages: str, row: int, column: str, value: str | None, says: str
) -> None:
    found = faults(plain, tmp_path, stages)
    assert [(f.file, f.row, f.column, f.value) for f in found] == [("stages.csv", row, column, value)]
    assert says in found[0].rule


WRONG = (
    ("2031,demand,mean_mw,,2", "year", "2031", "stages.csv has no such year"),
    ("2030,demands,mean_mw,,2", "table", "demands", "Did you mean 'demand'?"),
    ("2030,supply,capex_per_kwh,,2", "column", "capex_per_kwh", "Did you mean 'capex_per_kw'?"),
    ("2030,supply,lifetime_years,,2", "column", "lifetime_years", "cannot multiply"),
    ("2030,instance,carbon.cost,,2", "column", "carbon.cost", "cannot multiply"),
    ("2030,demand,mean_mw,,0", "factor", "0", "more than 0"),
)
IDLE = (
    ("2030,instance,policy.capital_budget,,2", "column", "policy.capital_budget", "does not set this number"),
    ("2030,instance,carbon.price,north,2", "key", "north", "has no rows"),
    ("2030,demand,mean_mw,west,2", "key", "west", "multiplies nothing"),
    ("2030,hourly,price_per_mwh,nroth,2", "key", "nroth", "Did you mean 'north'?"),
    ("2030,hourly,system_load_mw,,2", "key", "", "multiplies nothing"),
)


@pytest.mark.parametrize("cases", [WRONG, IDLE])
def test_wrong_factors_come_all_at_once(plain: Path, tmp_path: Path, cases: tuple[tuple[str, ...], ...]) -> None:
    found = faults(plain, tmp_path, GOOD, *(row for row, *_ in cases))
    by_line = {fault.row: fault for fault in found if fault.file == "stage_factors.csv"}
    assert sorted(by_line) == list(range(2, 2 + len(cases)))
    for line, (_, column, value, says) in enumerate(cases, start=2):
        assert (by_line[line].column, by_line[line].value or "") == (column, value)
        assert says in str(by_line[line])


@pytest.mark.parametrize(
    ("factor", "file", "column", "says"),
    [
        ("2030,storage,round_trip_efficiency,,2", "storage.csv", "round_trip_efficiency", "at most 1"),
        ("2030,supply,most_mw,solar,0.05", "supply.csv", "most_mw", "What exists, 10, exceeds it"),
        ("2030,demand,mean_mw,,9", "demand.csv", "mean_mw", "MW"),
    ],
)
def test_a_stage_that_cannot_be(plain: Path, tmp_path: Path, factor: str, file: str, column: str, says: str) -> None:
    found = faults(plain, tmp_path, GOOD, factor)
    load(tmp_path / "tiny")  # the year that is planned without stages is sound
    assert found
    assert (found[0].file, found[0].column) == (file, column)
    assert found[0].rule.startswith("In the stage 2030: ")
    assert says in found[0].rule


def test_factors_without_stages(plain: Path, tmp_path: Path) -> None:
    found = faults(plain, tmp_path, None, "2030,demand,mean_mw,,2")
    assert "There are factors of stages and no stages." in {fault.rule for fault in found}
