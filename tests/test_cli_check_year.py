"""A plan is held against the year after a solve, or later from its run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Cli, Done
from small import optimum, problem
from test_year_check import days_are_blocks, two_days

from siting.cli.check_year import year_parts
from siting.instance import write
from siting.locale import Text
from siting.problem import problem as year_of
from siting.study.year_check import check_year

__all__ = ["days_are_blocks"]


def result_of(folder: Path | str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module", name="simple")
def simple_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One row an hour, so that a year is small; the second half of it buys at twice the price of the first."""
    price = np.where(np.arange(8760) < 4380, 100.0, 200.0)
    return write(problem(8760, price=price), tmp_path_factory.mktemp("instances") / "simple")


def test_a_small_year_is_checked_and_a_run_can_be_checked_again(
    simple: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 MW for 8,760 h at a mean price of 150 cost 13.14 million; one period of 182 days of the year is planned."""
    monkeypatch.setattr(year_of, "BLOCK_H", 120)
    done = cli("solve", simple, "--periods", "1x4368", "--out", "run")
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "held against the whole year: 365 days in calendar order, in 73 blocks of 5 days" in said
    assert "All energy and all work is served." in done.out
    found = result_of("run")
    section = found["year_check"]
    assert section["status"] == "kept"
    assert section["audit"]["ok"]
    assert section["cost_million"] == pytest.approx(13.14, rel=0.01)
    assert found["seconds"]["check_year"] > 0
    cost = next(row for row in section["errors"] if row["quantity"] == "cost_million" and not row["term"])
    assert cost["promised"] == pytest.approx(found["objective"])

    again = cli("check-year", "run", "--json", "--workers", 1)
    assert again.code == 0, again.err
    assert json.loads(again.out)["cost_million"] == pytest.approx(section["cost_million"])
    assert result_of("run")["year_check"] == json.loads(again.out)
    assert "What the plan promised" in cli("show", "run").out
    assert cli("audit", "run").code == 0


def test_a_large_year_is_left_to_its_own_command(run: tuple[Path, Done], cli: Cli) -> None:
    result = result_of(run[0])
    assert result["year_check"] is None
    (note,) = (note for note in result["messages"] if note["code"] == "year_unchecked")
    assert note["values"] == {"folder": str(run[0]), "periods": 1, "year": 365}
    assert f"siting check-year {run[0]}" in cli("show", run[0]).out
    assert cli("check-year", run[0], "--edit", "nowhere.py").code == 2


@pytest.mark.usefixtures("days_are_blocks")
@pytest.mark.parametrize(("lang", "said"), [("en", "NOT SERVED on 1 days: 120.0 MWh"), ("zh", "电量 120.0 MWh")])
def test_what_is_not_served_or_kept_is_said(lang: str, said: str) -> None:
    floor = {"green": {"floors": [{"share": 0.8, "region": "a"}]}}
    p = two_days(regions=[{"grid_mw": 5.0}], settings=floor)
    found = check_year(p, optimum(p).tables).as_dict()
    _, first, unserved, broken = year_parts({"year_check": found}, Text(lang))
    assert "2" in first
    assert said in unserved
    assert "2023-01-02" in unserved
    assert "green_floor[0]" in broken
    assert year_parts({}, Text(lang)) == []
    assert len(year_parts({"year_check": {"status": "stopped"}}, Text(lang))) == 1
