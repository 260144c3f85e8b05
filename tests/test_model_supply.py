"""Sources of power, by hand: 10 MW for 4 hours at a grid price of 100, wind at 1, 0.5, 0 and 0 of its capacity."""

import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.auditor import audit

WIND = {"wind": {"a": [1.0, 0.5, 0.0, 0.0]}}


@pytest.mark.parametrize(
    ("capex_per_kw", "built_mw", "expected"),
    [
        (0.20, 0, 4000),  # 200 per MW are more than it saves: 100 and 50
        (0.10, 10, 1000 + 500 + 2000),  # from 10 MW on the first hour is full, and only 50 are saved
        (0.04, 20, 800 + 2000),
    ],
)
def test_wind_is_built_while_it_pays(capex_per_kw, built_mw, expected):
    solution = optimum(problem(supply=[{"capex_per_kw": capex_per_kw}], cf=WIND))
    assert solution.objective * MILLION == pytest.approx(expected)
    assert column(solution, "supply", "supply_mw") == pytest.approx([built_mw])
    assert term(solution, "supply") == pytest.approx(built_mw * capex_per_kw * 1000)


def test_what_is_too_much_is_curtailed():
    solution = optimum(problem(supply=[{"existing_mw": 30.0, "most_mw": 30.0}], cf=WIND))
    assert column(solution, "supply_hour", "generation_mw") == pytest.approx([10, 10, 0, 0])
    assert column(solution, "region_hour", "grid_mw") == pytest.approx([0, 0, 10, 10])


def test_given_capacity_is_not_exceeded():
    solution = optimum(problem(supply=[{"existing_mw": 5.0, "most_mw": 5.0}], cf=WIND))
    assert column(solution, "supply_hour", "generation_mw") == pytest.approx([5, 2.5, 0, 0])


def test_existing_capital_is_sunk_but_upkeep_is_not():
    supply = [
        {"existing_mw": 8.0, "most_mw": 10.0, "capex_per_kw": 0.12, "lifetime_years": 2.0, "fixed_om_per_kw_year": 0.01}
    ]
    solution = optimum(problem(supply=supply, cf=WIND))
    assert column(solution, "supply", "supply_mw") == pytest.approx([10])
    assert term(solution, "supply") == pytest.approx(2 * 60 + 10 * 10)


def test_a_source_runs_only_below_the_price_of_the_grid():
    supply = [{"existing_mw": 10.0, "most_mw": 10.0, "variable_cost_per_mwh": 50.0}]
    p = problem(price=[100, 40, 100, 100], supply=supply, cf={"wind": {"a": 1.0}})
    solution = optimum(p)
    assert column(solution, "supply_hour", "generation_mw") == pytest.approx([10, 0, 10, 10])
    assert term(solution, "generation") == pytest.approx(30 * 50)
    assert cost(p) == pytest.approx(30 * 50 + 10 * 40)


def test_a_source_serves_its_own_region_only():
    p = problem(regions=[{}, {"region": "b"}], supply=[{"region": "b"}], cf={"wind": {"b": 1.0}})
    assert cost(p) == pytest.approx(4000)


@pytest.mark.parametrize("direct", [False, True])
def test_own_power_pays_the_network_charge_of_its_region(direct):
    """5 MW of wind for 4 hours at a charge of 30; at 101 the grid's 100 are cheaper."""
    wind = {"existing_mw": 5.0, "most_mw": 5.0, "direct": direct}
    p = problem(regions=[{"own_network_charge_per_mwh": 30.0}], supply=[wind], cf={"wind": 1.0})
    solution = optimum(p)
    assert term(solution, "own network charge") == pytest.approx(600)
    assert solution.objective * MILLION == pytest.approx(2000 + 600)
    assert audit(p, solution.tables, solution.objective).ok
    dear = problem(regions=[{"own_network_charge_per_mwh": 101.0}], supply=[wind], cf={"wind": 1.0})
    assert cost(dear) == pytest.approx(4000)
