"""Carbon price, cap and what counts, by hand."""

import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.model.build import build
from siting.solving.solution import solve

CLEAN = {
    "regions": [{"grid_factor_t_per_mwh": 1.0}, {"region": "b", "grid_factor_t_per_mwh": 0.0}],
    "sites": [{}, {"site": "t", "region": "b"}],
    "price": {"a": 10.0, "b": 100.0},
}


def tonnes(solution):
    return solution.tables["carbon"].groupby("term")["carbon_t"].sum().to_dict()


def test_each_tonne_has_its_price():
    solution = optimum(problem(settings={"carbon": {"price": 30.0}}))
    assert term(solution, "carbon") == pytest.approx(20 * 30)
    assert solution.objective * MILLION == pytest.approx(4000 + 600)


@pytest.mark.parametrize(("price", "expected"), [(0.0, 400), (89.0, 400 + 89 * 40), (91.0, 4000)])
def test_the_price_moves_work_where_power_is_clean(price, expected):
    assert cost(problem(**CLEAN, settings={"carbon": {"price": price}})) == pytest.approx(expected)


def test_the_cap_moves_just_enough():
    p = problem(**CLEAN, settings={"carbon": {"cap_t": 20.0}})
    solution = optimum(p)
    assert cost(p) == pytest.approx(20 * 10 + 20 * 100)
    assert column(solution, "place", "placed_mw") == pytest.approx([5, 5])
    assert sum(tonnes(solution).values()) == pytest.approx(20)


def test_a_cap_below_what_is_possible():
    assert solve(build(problem(settings={"carbon": {"cap_t": 19.0}}))).status == "infeasible"


def test_generation_has_its_own_factor():
    p = problem(
        supply=[{"existing_mw": 10.0, "most_mw": 10.0, "factor_t_per_mwh": 0.2, "green": False}],
        cf={"wind": {"a": [1, 1, 0, 0]}},
    )
    assert tonnes(optimum(p)) == pytest.approx({"grid": 10, "generation": 4, "building": 0, "compute": 0, "supply": 0})


EMBODIED = {
    "compute_types": [{"embodied_t_per_mw": 50.0, "lifetime_years": 5.0}],
    "sites": [{"embodied_t_per_mw": 200.0, "lifetime_years": 20.0}],
    "supply": [{"embodied_t_per_mw": 100.0, "lifetime_years": 25.0, "most_mw": 6.0, "existing_mw": 1.0}],
    "storage": [{"embodied_t_per_mwh": 60.0, "lifetime_years": 15.0, "most_mwh": 3.0, "existing_mwh": 1.0}],
    "cf": {"wind": {"a": [1, 0, 1, 0]}},
    "price": [0.0, 100.0, 0.0, 100.0],
    "regions": [{"grid_factor_t_per_mwh": 0.0, "grid_mw": 8.0}],
}


def test_embodied_carbon_of_what_is_new():
    """All 3 MWh of storage pay at once; to fill them the windy hours need 5 MW of wind beside the 8 MW of the grid."""
    p = problem(**EMBODIED, capacity=[{"existing_mw": 3.0}], settings={"carbon": {"price": 1.0}})
    assert tonnes(optimum(p)) == pytest.approx(
        {"grid": 0, "generation": 0, "compute": 7 * 10, "building": 7 * 10, "supply": 4 * 4, "storage": 2 * 4}
    )


def test_embodied_carbon_can_be_left_out():
    p = problem(**EMBODIED, settings={"carbon": {"price": 1.0, "embodied": False}})
    assert tonnes(optimum(p)) == pytest.approx({"grid": 0, "generation": 0})
