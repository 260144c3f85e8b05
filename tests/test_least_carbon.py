"""The least carbon: reachable, not beaten."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest
from tiny import tiny_problem

from siting import COMPONENTS, Problem, solve
from siting.study.least_carbon import least_carbon


def test_a_cap_at_the_least_can_be_kept_and_one_below_cannot() -> None:
    problem = tiny_problem()
    least = least_carbon(problem.replace(carbon__cap_t=1.0), gap=1e-6)
    assert least.status == "optimal"
    assert least.carbon_t is not None
    assert least.bound_t == pytest.approx(least.carbon_t, rel=1e-5)
    above = solve(problem.replace(carbon__cap_t=least.carbon_t * 1.0001), gap=0.001)
    assert above.status == "optimal"
    assert above.tables["carbon"]["carbon_t"].sum() <= least.carbon_t * 1.0001 + 1e-3
    below = solve(problem.replace(carbon__cap_t=least.carbon_t * 0.999))
    assert below.status == "infeasible"


def test_other_rules_without_a_plan_are_not_blamed_on_carbon() -> None:
    least = least_carbon(tiny_problem(), [*COMPONENTS, three_sites])
    assert least.status == "infeasible"
    assert least.carbon_t is None


def three_sites(m: Any, p: Problem) -> None:
    m.impossible = pyo.Constraint(expr=sum(m.open[s] for s in m.SITE) >= 3)
