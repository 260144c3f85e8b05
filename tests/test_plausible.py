"""Values that are possible and hardly meant are said and stop nothing; money is judged without its currency."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import Cli, command_line  # noqa: F401 - a fixture
from small import problem
from test_broken_inputs import append, cell, faults_of
from tiny import tiny_problem

from siting.instance import load, write
from siting.instance.plausible import FAR_KM, MOST_MWH_PER_KW, RANGES, doubts
from siting.problem import TABLES, Problem

MONEY = ("_per_kw", "capex", "cost", "price", "charge", "_per_mwh")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny_problem(), tmp_path_factory.mktemp("instances") / "tiny")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "tiny"))


def told(p: Problem) -> list[tuple[str, str | None]]:
    return [(doubt.file, doubt.column) for doubt in doubts(p)]


def test_a_sound_problem_has_no_doubts() -> None:
    assert told(tiny_problem()) == []


def test_ranges_are_of_columns_that_exist() -> None:
    rows = {table.name: table.row.model_fields for table in TABLES}
    assert all(column in rows[table] and low < high for table, column, low, high in RANGES)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"demand": [{"mean_mw": 1e6}]}, ("demand.csv", "mean_mw")),
        ({"compute_types": [{"rack_kw": 5000.0}]}, ("compute_types.csv", "rack_kw")),
        ({"sites": [{"lifetime_years": 0.5}]}, ("sites.csv", "lifetime_years")),
        ({"sites": [{"longitude_deg": 20.0}]}, ("sites.csv", "region")),
        ({"sites": [{"longitude_deg": 10.0}], "links": [{"latency_ms": 0.01}]}, ("links.csv", "latency_ms")),
        ({"settings": {"finance": {"discount_rate": 0.6}}}, ("instance.toml", "finance.discount_rate")),
        ({"temperature": 59.0}, ("hourly/temperature_c", "a")),
        ({"compute_types": [{"capex_per_kw": 4e7}]}, ("compute_types.csv", "capex_per_kw")),
        (
            {"compute_types": [{"capex_per_kw": 800.0, "fixed_om_per_kw_year": 4e4}]},
            ("compute_types.csv", "fixed_om_per_kw_year"),
        ),
    ],
)
def test_absurd_values_are_said(rows: dict[str, object], expected: tuple[str, str]) -> None:
    usual = {"sites": [{"pue_shift": 0.0}]} if "sites" not in rows else {}
    assert expected in told(problem(**usual | rows))


@pytest.mark.parametrize("factor", [1.0, 1e-3, 1e4])
def test_money_of_any_currency(folder: Path, factor: float) -> None:
    """Won and rupiah, or yuan: the doubts are the same, and nothing is refused."""
    p = load(folder)
    money = {
        table.name: getattr(p, table.name).assign(
            **{
                name: getattr(p, table.name)[name] * factor
                for name in table.row.model_fields
                if any(word in name for word in MONEY) and name in getattr(p, table.name) and "_t_" not in name
            }
        )
        for table in TABLES
        if table.name in ("sites", "compute_types", "supply", "storage", "corridors", "links")
    }
    hourly = {**p.hourly, "price_per_mwh": p.hourly["price_per_mwh"] * factor}
    other = write(p.replace(**money, hourly=hourly), folder.parent / "other")
    assert told(load(other)) == []


def test_a_price_per_kwh(folder: Path) -> None:
    p = load(folder)
    price = p.hourly["price_per_mwh"]
    assert told(p.replace(hourly={**p.hourly, "price_per_mwh": price / 1000})) == [
        ("compute_types.csv", "capex_per_kw"),
        ("sites.csv", "capex_per_kw"),
        ("supply.csv", "capex_per_kw"),
    ]
    one = price.assign(north=price["north"] / 1000)
    assert ("hourly/price_per_mwh", "north") in told(p.replace(hourly={**p.hourly, "price_per_mwh": one}))
    assert MOST_MWH_PER_KW > 20000 / 400


def test_a_far_site_is_said_and_solved(folder: Path, cli: Cli) -> None:
    cell("sites", 3, "longitude_deg", "140")(folder)
    cell("workloads", 2, "latency_ms", "100")(folder)
    checked = cli("check", folder)
    assert checked.code == 0
    assert checked.err.count("Warning: ") == 1
    assert "3 of 4 pairs" in checked.err
    assert "beta" in checked.err
    assert FAR_KM < 2400


def test_of_a_file_full_of_faults_the_first_are_shown(folder: Path, cli: Cli) -> None:
    for number in range(60):
        append("demand.csv", f"nowhere{number},web,3")(folder)
    assert len(faults_of(folder)) == 60
    done = cli("check", folder)
    assert done.code == 2
    assert done.err.count("demand.csv") == 21
    assert "and 40 more" in done.err
    assert np.all([len(line) < 300 for line in done.err.splitlines()])
