"""Connections of sites, by hand: 10 MW for 4 hours at 100."""

import pytest
from small import MILLION, broken, column, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

PEAKY = {"workloads": [{"profile": "day"}], "profile": {"day": [0.5, 1.5, 0.5, 1.5]}}


def test_the_limit_sends_work_elsewhere():
    alone = problem(sites=[{"connection_mw": 8.0}])
    assert solve(build(alone)).status == "infeasible"
    p = problem(
        regions=[{}, {"region": "b"}],
        sites=[{"connection_mw": 8.0}, {"site": "t", "region": "b"}],
        price={"a": 10.0, "b": 100.0},
    )
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(4 * (8 * 10 + 2 * 100))
    assert column(solution, "connection", "connected_mw") == pytest.approx([8])
    assert audit(p, solution.tables, solution.objective).ok


def test_the_highest_power_is_paid_for():
    p = problem(**PEAKY, sites=[{"connection_cost_per_mw_year": 7.0}])
    solution = optimum(p)
    assert column(solution, "connection", "connected_mw") == pytest.approx([15])
    assert term(solution, "connection") == pytest.approx(7 * 15)
    assert solution.objective * MILLION == pytest.approx(4000 + 105)
    assert audit(p, solution.tables, solution.objective).ok


def test_own_supply_goes_through_the_connection_too():
    wind = {"existing_mw": 10.0, "most_mw": 10.0}
    p = problem(sites=[{"connection_mw": 8.0}], supply=[wind], cf={"wind": {"a": 1.0}})
    assert solve(build(p)).status == "infeasible"


def test_switched_off_it_adds_nothing():
    assert not hasattr(build(problem()), "CONNECTION")
    assert "connection" not in build(problem()).cost.parts


def test_the_audit_finds_a_connection_that_is_too_small_or_too_large():
    p = problem(**PEAKY, sites=[{"connection_mw": 15.0, "connection_cost_per_mw_year": 5000.0}])
    solution = optimum(p)
    for amount, wrong in ((-1.0, "power"), (1.0, "limit")):
        table = solution.tables["connection"].copy()
        table["connected_mw"] += amount
        verdict = audit(p, {**solution.tables, "connection": table})
        assert broken(verdict) == {"connection", "cost"}
        assert any(c.where.startswith(wrong) for c in verdict.failures)
