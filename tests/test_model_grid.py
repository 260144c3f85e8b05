"""Purchases from the grid, by hand."""

import numpy as np
import pytest
from small import column, cost, optimum, problem

from siting.model.build import build
from siting.problem import Calendar
from siting.solving.solution import solve


def test_headroom_binds():
    p = problem(regions=[{"grid_mw": 8.0}])
    assert solve(build(p)).status == "infeasible"
    local = problem(
        regions=[{"grid_mw": 8.0}],
        supply=[{"existing_mw": 5.0, "most_mw": 5.0, "variable_cost_per_mwh": 300.0}],
        cf={"wind": {"a": 1.0}},
    )
    assert cost(local) == pytest.approx(4 * (8 * 100 + 2 * 300))


def test_headroom_is_shared_by_the_sites_of_a_region():
    p = problem(
        regions=[{"grid_mw": 12.0}, {"region": "b"}],
        sites=[{}, {"site": "t"}, {"site": "u", "region": "b"}],
        demand=[{"mean_mw": 20.0}],
        price={"a": 10.0, "b": 100.0},
    )
    assert cost(p) == pytest.approx(4 * (12 * 10 + 8 * 100))


def test_each_hour_has_its_price_and_each_period_its_weight():
    calendar = Calendar(hour=np.array([[0, 1], [4, 5]]), weight=np.array([3.0, 1.0]))
    p = problem(8, price=[1, 2, 999, 999, 100, 200, 999, 999], calendar=calendar)
    solution = optimum(p)
    assert cost(p) == pytest.approx(3 * 10 * (1 + 2) + 10 * (100 + 200))
    assert column(solution, "site", "energy_mwh") == pytest.approx([80])
    assert column(solution, "period", "weight") == [3, 1]
    assert column(solution, "period", "first_hour") == [0, 4]


def test_location_based_carbon():
    solution = optimum(problem(grid_factor={"a": [0.1, 0.2, 0.3, 0.4]}))
    carbon = solution.tables["carbon"].set_index("term")["carbon_t"]
    assert carbon["grid"] == pytest.approx(10)
