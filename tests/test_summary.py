"""The tables for people agree with the tables of the solution."""

from __future__ import annotations

import pandas as pd
import pytest
from tiny import tiny_problem

from siting import build, solve
from siting.locale import messages
from siting.problem import Problem
from siting.report.summary import SUMMARIES, assumptions, synthetic, work


@pytest.fixture(scope="module")
def plan() -> tuple[Problem, dict[str, pd.DataFrame]]:
    problem = tiny_problem()
    rows = [("sites", "*", "assumption", "Here"), ("hourly", "*", "synthetic", ""), ("demand", "*", "measured", "")]
    provenance = pd.DataFrame(rows, columns=["table", "column", "status", "note_zh"])
    provenance = provenance.assign(key="", source="s", year="2023", licence="l", note_en="A note.")
    problem = problem.replace(provenance=provenance.set_index(["table", "column", "key"]))
    return problem, solve(build(problem)).tables


def test_work_is_the_demand(plan: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, tables = plan
    done = work(problem, tables).groupby(["region", "workload"])["mean_mw"].sum()
    # Training runs in the hours of the calendar: what arrives in them, 8 and 4 MW on average.
    assert done.to_dict() == pytest.approx(problem.demand["mean_mw"].to_dict(), rel=1e-6)


def test_sites_add_up(plan: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, tables = plan
    sites = SUMMARIES["sites"](problem, tables, "en")
    assert sites["load_mw"].sum() == pytest.approx(42.0)
    assert sites["energy_gwh"].sum() == pytest.approx(tables["site"]["energy_mwh"].sum() / 1e3)
    assert sites["General MW"].sum() == pytest.approx(tables["site_compute"]["capacity_mw"].sum())
    by_workload = SUMMARIES["workloads"](problem, tables, "zh")
    assert list(by_workload.columns) == ["site", "网络 MW", "训练 MW"]
    assert by_workload["网络 MW"].sum() == pytest.approx(30.0)


def test_equipment_by_type(plan: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    """42 MW of load; 5 MW of the capacity exist, and what is new spreads 500 t a MW over five years."""
    problem, tables = plan
    (row,) = SUMMARIES["compute"](problem, tables, "en").to_dict(orient="records")
    built = float(tables["site_compute"]["capacity_mw"].sum())
    assert (row["equipment"], row["usable_percent"], row["idle_percent"]) == ("General", 95, 20)
    assert row["utilisation_percent"] == pytest.approx(100 * 42 / built)
    assert (row["racks"], row["eflops"]) == (pytest.approx(built / 2.5 * 1000), pytest.approx(0.1 * built))
    assert row["embodied_t"] == pytest.approx(100 * (built - 5))
    carbon = tables["carbon"].set_index("term")["carbon_t"]
    assert row["embodied_t"] == pytest.approx(carbon["compute"].sum())


def test_power_balances_over_the_year(plan: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, tables = plan
    power = SUMMARIES["power"](problem, tables, "en").set_index("region")
    weight = tables["storage_hour"]["period"].map(tables["period"].set_index("period")["weight"])
    lost = ((tables["storage_hour"]["charge_mw"] - tables["storage_hour"]["discharge_mw"]) * weight).sum() / 1e3
    entering = power[["grid_gwh", "solar GWh", "net_import_gwh"]].sum(axis=1)
    assert entering["South"] == pytest.approx(power.at["South", "used_gwh"])
    assert entering["North"] == pytest.approx(power.at["North", "used_gwh"] + lost)
    # The line loses 5 %: what both ends gain together is negative.
    assert power["net_import_gwh"].sum() <= 1e-9


@pytest.mark.parametrize(("name", "column"), [("cost", "cost_million"), ("carbon", "carbon_t")])
def test_shares(plan: tuple[Problem, dict[str, pd.DataFrame]], name: str, column: str) -> None:
    problem, tables = plan
    shown = SUMMARIES[name](problem, tables, "en")
    assert shown[column].sum() == pytest.approx(tables[name][column].sum())
    assert shown["share_percent"].sum() == pytest.approx(100)
    assert shown[column].is_monotonic_decreasing


def test_assumptions_and_synthetic(plan: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, _ = plan
    assert assumptions(problem, "zh")["note"].to_list() == ["Here", "A note."]
    assert messages("zh")["column"]["of_year"] == "年份"
    assert "of_year" in assumptions(problem, "zh")
    assert synthetic(problem) == ["hourly"]
