"""Numbers that look odd and are legal: production credits, a grid that is all green, CO2 below zero; by hand.

10 MW for 4 hours at 100 and 0.5 t/MWh, and 5 MW of wind.
"""

import pytest
from small import MILLION, optimum, problem, term

from siting.auditor import audit
from siting.auditor.accounts import TOTAL, carbon_accounts

WIND = {"existing_mw": 5.0, "most_mw": 5.0}


def solved_well(p):
    solution = optimum(p)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    return solution


def test_a_production_credit_is_paid_for_what_is_used() -> None:
    p = problem(
        supply=[{**WIND, "most_mw": 20.0, "existing_mw": 20.0, "variable_cost_per_mwh": -26.0}], cf={"wind": 1.0}
    )
    # 20 MW could run; 10 are used, and what is not used earns nothing.
    solution = solved_well(p)
    assert solution.objective * MILLION == pytest.approx(-40 * 26)
    assert term(solution, "generation") == pytest.approx(-40 * 26)


def test_where_all_of_the_grid_is_green_nothing_of_it_is_left_to_emit() -> None:
    p = problem(regions=[{"grid_green_share": 1.0}], supply=[WIND], cf={"wind": 1.0})
    account = carbon_accounts(p, solved_well(p).tables).loc[TOTAL]
    assert account["location_t"] == pytest.approx(10)
    assert account["market_t"] == 0.0


def test_a_floor_of_claims_on_a_grid_that_is_all_green() -> None:
    p = problem(
        regions=[{"grid_green_share": 1.0}],
        supply=[WIND],
        cf={"wind": 1.0},
        settings={"green": {"floors": [{"share": 0.5}], "certificate_price": 3.0}},
    )
    assert solved_well(p).objective * MILLION == pytest.approx(2000)


def test_factors_may_be_negative() -> None:
    """Grid power takes 0.1 t/MWh out of the air and wind 0.3: the dearer wind pays at a price of 600 on carbon."""
    p = problem(
        regions=[{"grid_factor_t_per_mwh": -0.1, "marginal_factor_t_per_mwh": -0.2}],
        supply=[{**WIND, "variable_cost_per_mwh": 200.0, "factor_t_per_mwh": -0.3}],
        cf={"wind": 1.0},
        settings={"carbon": {"price": 600.0}},
    )
    solution = solved_well(p)
    assert solution.objective * MILLION == pytest.approx(20 * (100 - 60) + 20 * (200 - 180))
    account = carbon_accounts(p, solution.tables).loc[TOTAL]
    assert account[["location_t", "market_t", "marginal_t"]].to_list() == pytest.approx([-8, -8, -10])
