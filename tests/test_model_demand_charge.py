"""The demand charge, by hand: 10 MW for 4 hours at 100."""

import pytest
from small import MILLION, broken, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build

PEAKY = {"workloads": [{"profile": "day"}], "profile": {"day": [0.5, 1.5, 0.5, 1.5]}}
BATTERY = [{"existing_mw": 10.0, "existing_mwh": 10.0}]


def test_the_highest_hour_is_paid_twelve_times():
    p = problem(**PEAKY, regions=[{"demand_charge_per_mw_month": 5.0}])
    solution = optimum(p)
    assert column(solution, "region", "peak_grid_mw") == pytest.approx([15])
    assert term(solution, "demand charge") == pytest.approx(12 * 5 * 15)
    assert solution.objective * MILLION == pytest.approx(4000 + 900)
    assert audit(p, solution.tables, solution.objective).ok


def test_a_battery_lowers_the_peak():
    p = problem(**PEAKY, regions=[{"demand_charge_per_mw_month": 5.0}], storage=BATTERY)
    assert cost(p) == pytest.approx(4000 + 12 * 5 * 10)


def test_a_region_without_charge_is_left_alone():
    regions = [{"demand_charge_per_mw_month": 5.0}, {"region": "b"}]
    p = problem(regions=regions, sites=[{}, {"site": "t", "region": "b"}], demand=[{}, {"region": "b"}])
    solution = optimum(p)
    # All work goes to b, where the peak is free.
    assert solution.objective * MILLION == pytest.approx(8000)
    assert column(solution, "region", "peak_grid_mw") == pytest.approx([0, 0])


def test_switched_off_it_adds_nothing():
    assert not hasattr(build(problem()), "peak_grid_mw")
    assert "demand charge" not in build(problem()).cost.parts


def test_the_audit_finds_a_peak_that_is_too_low():
    p = problem(**PEAKY, regions=[{"demand_charge_per_mw_month": 500.0}])
    solution = optimum(p)
    region = solution.tables["region"].copy()
    region["peak_grid_mw"] -= 1.0
    assert broken(audit(p, {**solution.tables, "region": region})) == {"grid_peak", "cost"}
