"""Forgotten links, constant series, amounts of money, and faults that name their reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from small import cost, optimum, problem
from test_broken_inputs import cell, faults_of, swap
from tiny import tiny_problem

from siting.auditor import audit
from siting.cli.money import amount, unit_of
from siting.cli.tables import as_table
from siting.instance import load, write
from siting.locale import Text
from siting.maps.words import money, tonnes
from siting.problem import Problem
from siting.problem.derived import arcs, linked


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny_problem(), tmp_path_factory.mktemp("instances") / "tiny")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "tiny"))


def two_sites(per_gb: float = 0.0, how: str = "priced", fare: float | None = 3.0) -> Problem:
    """Work at one place, a site beside it with a row in links.csv and a cheaper one without."""
    return problem(
        sites=[{"fixed_cost_per_year": 100.0}, {"site": "t"}],
        links=[{"cost_per_mwh": fare}],
        settings={"network": {"cost_per_gb_1000km": per_gb, "missing_links": how}},
    )


@pytest.mark.parametrize(
    ("per_gb", "how", "fare", "reached"),
    [
        (0.0, "priced", 3.0, ["s"]),  # t would be free, which no one meant
        (0.0, "priced", None, ["s", "t"]),
        (0.1, "priced", 3.0, ["s", "t"]),
        (0.0, "computed", 3.0, ["s", "t"]),
        (0.1, "forbidden", 3.0, ["s"]),
    ],
)
def test_a_pair_without_a_row(per_gb: float, how: str, fare: float | None, reached: list[str]) -> None:
    p = two_sites(per_gb, how, fare)
    assert arcs(p)["site"].tolist() == reached
    assert linked(p).loc["a"].tolist() == [True, "t" in reached]


def test_without_links_all_are_computed() -> None:
    assert linked(problem(sites=[{}, {"site": "t"}])).to_numpy().all()


def test_a_forgotten_row_is_not_free() -> None:
    """40 MWh at 100 for power and 3 for data, and the fixed cost; or at t for power alone."""
    assert cost(two_sites()) == pytest.approx(40 * 103 + 100)
    assert cost(two_sites(how="computed")) == pytest.approx(40 * 100)


def test_the_audit_refuses_work_without_a_link() -> None:
    free = two_sites(how="computed")
    solution = optimum(free)
    assert audit(free, solution.tables, solution.objective).ok
    verdict = audit(two_sites(how="forbidden"), solution.tables, solution.objective)
    assert "admissible_arcs" in {check.name for check in verdict.failures}


def test_a_constant_series_is_one_row_without_an_hour(folder: Path) -> None:
    (folder / "hourly/price_per_mwh.parquet").unlink()
    path = folder / "hourly/price_per_mwh.csv"
    path.write_text("north,south\n300,500\n", encoding="utf-8")
    price = load(folder).hourly["price_per_mwh"]
    assert price.drop_duplicates().to_numpy().tolist() == [[300.0, 500.0]]
    assert len(price) == 8760
    path.write_text("hour,north,south\n0,300,500\n", encoding="utf-8")
    assert "1 rows" in faults_of(folder)[0].rule


def test_amounts_are_told_in_a_unit_in_which_they_can_be_read() -> None:
    say = Text("en")
    assert [amount(value, say) for value in (1234.56, 0.0, 0.032, 0.00005)] == [
        "1,234.6 million",
        "0.0 million",
        "32.0 thousand",
        "50.0",
    ]
    assert amount(0.001, say, 5.0) == "0.0 million"
    assert unit_of(0.0) == ("million", 1.0)
    assert amount(0.032, Text("zh")) == "32.0 千"
    assert [money(value, "CNY", "en") for value in (0.05, 5e-4)] == ["50 thousand CNY", "500 CNY"]
    assert [money(value, "CNY", "zh") for value in (0.05, 5e-4)] == ["5 万元", "500 元"]
    assert [tonnes(12.0, lang) for lang in ("en", "zh")] == ["12 t", "12 吨"]


def test_a_table_of_small_amounts() -> None:
    table = as_table(pd.DataFrame({"term": ["grid"], "cost_million": [0.002]}), "cost", Text("en"))
    assert str(table.columns[1].header) == "thousand a year"
    assert [str(cell) for cell in table.columns[1].cells] == ["2"]


def test_whole_modules_are_named_where_they_are_the_reason(folder: Path) -> None:
    """At 40 MW three modules of 13 MW and the 5 that exist are too few for what alpha and beta have to hold."""
    cell("compute_types", 2, "module_mw", "34")(folder)
    cell("sites", 2, "most_mw", "30")(folder)
    cell("sites", 3, "most_mw", "33")(folder)
    faults = faults_of(folder)
    assert "whole modules" in faults[0].rule
    assert "module_mw" in faults[0].remedy


def test_pue_is_named_where_it_is_the_reason(folder: Path) -> None:
    for file in ("supply.csv", "storage.csv", "corridors.csv", "hourly/capacity_factor_solar.parquet"):
        (folder / file).unlink()
    cell("sites", 3, "most_mw", "60")(folder)
    cell("regions", 3, "grid_mw", "30.5")(folder)
    faults = [fault for fault in faults_of(folder) if fault.file == "regions.csv"]
    assert "30 MW of IT load at a PUE of 1.2" in faults[0].rule
    assert "lower PUE" in faults[0].remedy


@pytest.mark.parametrize(
    ("old", "new", "says"), [('"CNY"', '"yuan"', "three capital letters"), ('"tiny"', '"Tiny 1"', "short name")]
)
def test_patterns_are_told_in_words(folder: Path, old: str, new: str, says: str) -> None:
    swap("instance.toml", old, new)(folder)
    assert says in faults_of(folder)[0].rule
    assert "^" not in str(faults_of(folder)[0])
