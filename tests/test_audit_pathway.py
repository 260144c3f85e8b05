"""The audit of a pathway finds each fault between stages."""

from __future__ import annotations

import pytest
from small import problem, solved

from siting.auditor.pathway import audit_pathway
from siting.model.build import build_pathway
from siting.problem.stages import stage_problem
from siting.runs.folder import with_first_hour


@pytest.fixture(scope="module")
def plan():
    """Servers that get dearer and wind, two years."""
    names = [("demand", "mean_mw", 1.5), ("compute_types", "capex_per_kw", 2.0), ("supply", "embodied_t_per_mw", 0.5)]
    p = problem(
        cf={"wind": 1.0},
        supply=[{"capex_per_kw": 0.1, "embodied_t_per_mw": 1.0, "lifetime_years": 9, "most_mw": 12.0}],
        compute_types=[{"capex_per_kw": 1.0}],
        stages=[{}, {"year": 2026}],
        stage_factors=[{"year": 2026, "table": t, "column": c, "factor": f} for t, c, f in names],
        settings={"policy": {"capital_budget": 1e6}},
    )
    solution = solved(build_pathway(p))
    tables = {year: with_first_hour(stage_problem(p, year), rows) for year, rows in solution.stages.items()}
    return p, tables, solution.objective


def with_value(tables, year, table, column, change, **where):
    frame = tables[year][table].copy()
    rows = (frame[list(where)] == list(where.values())).all(axis=1) if where else frame.index == frame.index
    assert rows.any()
    frame.loc[rows, column] = change(frame.loc[rows, column])
    return {**tables, year: {**tables[year], table: frame}}


def failing(plan, tables, objective=None):
    verdict = audit_pathway(plan[0], tables, plan[2] if objective is None else objective)
    assert verdict.ok == (not verdict.failures)
    assert verdict.as_dict()["ok"] == verdict.ok
    return {check.name for check in verdict.failures}


def test_the_plan_itself_is_good(plan):
    verdict = audit_pathway(plan[0], plan[1], plan[2])
    assert verdict.ok
    names = [check.name for check in verdict.links.checks]
    assert names == ["tables", "built_stays", "vintages", "capital_budget", "discounted_cost"]
    assert set(verdict.stages) == {2025, 2026}


def test_what_shrinks_is_found(plan):
    """Wind of 10 MW in 2025 and 9 in 2026, and a site that closes."""
    assert "built_stays" in failing(plan, with_value(plan[1], 2026, "supply", "supply_mw", lambda mw: mw - 3))
    assert "built_stays" in failing(plan, with_value(plan[1], 2026, "site", "open", lambda x: 0 * x))


@pytest.mark.parametrize("table", ["cost", "carbon"])
def test_wrong_vintages_are_found(plan, table):
    column = {"cost": "cost_million", "carbon": "carbon_t"}[table]
    changed = with_value(plan[1], 2026, table, column, lambda x: x + 1, term="vintages")
    assert "vintages" in failing(plan, changed)


def test_vintages_that_are_missing_are_found(plan):
    frame = plan[1][2026]["cost"]
    assert "vintages" in failing(plan, {**plan[1], 2026: {**plan[1][2026], "cost": frame[frame["term"] != "vintages"]}})


def test_a_wrong_sum_is_found(plan):
    assert failing(plan, plan[1], plan[2] + 0.01) == {"discounted_cost"}


def test_too_much_capital_is_found(plan):
    """2025 spends 10 MW · 1000 + 10 MW · 100 = 11000 and 2026, in which servers cost twice, 5 · 2000 + 2 · 100."""
    poor = (plan[0].replace(policy__capital_budget=9000), *plan[1:])
    assert failing(poor, plan[1]) == {"capital_budget"}


def test_a_stage_that_is_missing_or_wrong_in_itself_is_found(plan):
    assert "tables" in failing(plan, {2025: plan[1][2025]})
    assert "grid_headroom" in failing(plan, with_value(plan[1], 2025, "region_hour", "grid_mw", lambda x: x + 1e5))
