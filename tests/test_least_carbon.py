"""The least carbon: reachable, not beaten, and the model as it was."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest
from tiny import tiny_problem

from siting import build, solve
from siting.study.least_carbon import least_carbon


def test_a_cap_at_the_least_can_be_kept_and_one_below_cannot() -> None:
    problem = tiny_problem()
    m = build(problem.replace(carbon__cap_t=1.0))
    least = least_carbon(m, gap=1e-6)
    assert least.status == "optimal"
    assert least.carbon_t is not None
    assert least.bound_t == pytest.approx(least.carbon_t, rel=1e-5)
    above = solve(build(problem.replace(carbon__cap_t=least.carbon_t * 1.0001)), gap=0.001)
    assert above.status == "optimal"
    assert above.tables["carbon"]["carbon_t"].sum() <= least.carbon_t * 1.0001 + 1e-3
    below = solve(build(problem.replace(carbon__cap_t=least.carbon_t * 0.999)))
    assert below.status == "infeasible"


def test_the_model_is_left_as_it_was() -> None:
    m = build(tiny_problem())
    before = solve(m, gap=1e-6).objective
    least_carbon(m, gap=1e-6)
    assert m.total_cost.active
    assert m.carbon_within_cap.active
    assert solve(m, gap=1e-6).objective == pytest.approx(before, rel=1e-5)


def test_other_rules_without_a_plan_are_not_blamed_on_carbon() -> None:
    m = build(tiny_problem())
    m.impossible = pyo.Constraint(expr=sum(m.open[s] for s in m.SITE) >= 3)
    least = least_carbon(m)
    assert least.status == "infeasible"
    assert least.carbon_t is None
