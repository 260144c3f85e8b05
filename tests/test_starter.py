"""The starter is complete, sound, marked as made up, and the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting.errors import UsageError
from siting.instance import digest, load
from siting.instance.starter import starter_series, write_starter
from siting.problem import TABLES
from siting.problem.derived import arcs


def test_starter_loads_and_shows_every_kind_of_table(tmp_path: Path) -> None:
    problem = load(write_starter(tmp_path / "mine", "my-case"))
    assert problem.settings.instance.name == "my-case"
    assert (len(problem.regions), len(problem.sites), len(problem.workloads)) == (3, 4, 3)
    assert (problem.workloads["max_delay_h"] > 0).sum() == 1
    assert set(problem.supply.index.get_level_values("technology")) == {"wind", "solar"}
    rules = {"bandwidth", "cooling_options", "fleet", "tiers", "stages", "stage_factors"}  # what is off without them
    assert all(len(getattr(problem, table.name)) for table in TABLES if table.name not in rules)
    assert set(problem.provenance["status"]) == {"assumption", "synthetic"}


def test_work_has_a_choice_of_sites_and_interactive_work_has_not(tmp_path: Path) -> None:
    problem = load(write_starter(tmp_path / "mine", "mine"))
    reach = arcs(problem).groupby(["workload", "region"])["site"].agg(set)
    assert reach["training", "coast"] == {"coast-city", "coast-park", "plain-city", "steppe-hub"}
    assert reach["interactive", "coast"] == {"coast-city", "coast-park"}


def test_same_bytes_every_time(tmp_path: Path) -> None:
    assert digest(write_starter(tmp_path / "a", "x")) == digest(write_starter(tmp_path / "b", "x"))


def test_series_are_plausible() -> None:
    series = starter_series()
    sun = series["capacity_factor_solar"]
    assert (sun.loc[0] == 0).all()
    assert sun.mean().between(0.10, 0.25).all()
    assert series["capacity_factor_wind"].mean().between(0.2, 0.45).all()
    warm = series["temperature_c"]
    assert warm.loc[200 * 24 + 15, "coast"] > 25 > 10 > warm.loc[15 * 24, "coast"]


def test_opening_a_site_costs_millions_and_less_than_its_buildings(tmp_path: Path) -> None:
    sites = load(write_starter(tmp_path / "mine", "mine")).sites
    assert sites["fixed_cost_per_year"].between(1e6, 1e8).all()
    free = sites[sites["decision"] == "free"]
    buildings = 1000 * free["capex_per_kw"] * free["most_mw"]
    assert free["opening_capex"].between(0.01 * buildings, 0.1 * buildings).all()


@pytest.mark.parametrize("name", ["", "My Case", "../x", "a_b"])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="lower-case"):
        write_starter(tmp_path / "mine", name)
    assert list(tmp_path.iterdir()) == []


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="exists already"):
        write_starter(tmp_path, "mine")
