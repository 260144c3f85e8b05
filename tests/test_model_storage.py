"""Batteries, by hand: 10 MW for 4 hours, cheap and dear in turn."""

import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build

PRICE = [10, 100, 10, 100]
LOSSY = {"round_trip_efficiency": 0.64}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # 10 MWh out need 15.625 in (a root of 0.8 each way).
        ({}, 2 * (10 * 10 + 15.625 * 10)),
        ({"most_mw": 5.0}, 2 * (10 * 10 + 5 * 10 + (10 - 3.2) * 100)),
        ({"most_mwh": 4.0}, 2 * (10 * 10 + 5 * 10 + (10 - 3.2) * 100)),
        ({"round_trip_efficiency": 0.1}, 2 * (100 + 1000)),  # no gain at exactly the ratio of the prices
        ({"most_mwh": 0.0}, 2 * (100 + 1000)),
    ],
)
def test_arbitrage(row, expected):
    assert cost(problem(price=PRICE, storage=[{**LOSSY, **row}])) == pytest.approx(expected)


def test_what_is_stored():
    """Room for what an hour charges: each dear hour gets what the cheap one before it bought."""
    solution = optimum(problem(price=PRICE, storage=[{**LOSSY, "most_mw": 5.0, "most_mwh": 4.0}]))
    assert column(solution, "storage_hour", "charge_mw") == pytest.approx([5, 0, 5, 0])
    assert column(solution, "storage_hour", "discharge_mw") == pytest.approx([0, 3.2, 0, 3.2])
    assert column(solution, "storage_hour", "stored_mwh") == pytest.approx([4, 0, 4, 0])


def test_the_last_hour_feeds_the_first():
    rows = [{"most_mwh": 9.0, "most_mw": 10.0, "round_trip_efficiency": 0.81}]
    solution = optimum(problem(price=[100, 50, 50, 10], storage=rows))
    assert column(solution, "storage_hour", "charge_mw") == pytest.approx([0, 0, 0, 10])
    assert column(solution, "storage_hour", "discharge_mw") == pytest.approx([8.1, 0, 0, 0])


@pytest.mark.parametrize(
    ("per_kw", "per_kwh", "mw", "mwh"), [(0.05, 0.1, 10, 10), (0.05, 0.2, 0, 0), (0.2, 0.05, 0, 0), (0.1, 0.07, 10, 10)]
)
def test_a_battery_is_built_while_it_pays(per_kw, per_kwh, mw, mwh):
    # A MW with its MWh saves 90 twice a year of four hours; it costs 1000 (per_kw + per_kwh).
    p = problem(price=PRICE, storage=[{"capex_per_kw": per_kw, "capex_per_kwh": per_kwh}])
    solution = optimum(p)
    assert column(solution, "storage", "storage_mw") == pytest.approx([mw], abs=1e-6)
    assert column(solution, "storage", "storage_mwh") == pytest.approx([mwh], abs=1e-6)
    assert solution.objective * MILLION == pytest.approx(2200 - mw * (180 - 1000 * (per_kw + per_kwh)))


def test_existing_capital_is_sunk_but_upkeep_is_not():
    row = {"existing_mw": 10.0, "existing_mwh": 10.0, "most_mw": 10.0, "most_mwh": 10.0, "capex_per_kw": 9.0}
    solution = optimum(problem(price=PRICE, storage=[{**row, "capex_per_kwh": 9.0, "fixed_om_per_kw_year": 0.003}]))
    assert term(solution, "storage") == pytest.approx(30)
    assert solution.objective * MILLION == pytest.approx(400 + 30)


def test_a_battery_burns_no_power():
    """At a negative price a battery would burn power by doing both at once."""
    solution = optimum(problem(1, price=-100.0, storage=[{**LOSSY, "most_mw": 8.0}]))
    assert column(solution, "storage_hour", "charge_mw") == pytest.approx([0], abs=1e-5)
    assert column(solution, "storage_hour", "discharge_mw") == pytest.approx([0], abs=1e-5)
    assert solution.objective * MILLION == pytest.approx(-10 * 100)


def test_power_bounds_charging_and_discharging():
    solution = optimum(problem(2, price=[10, 100], storage=[{"round_trip_efficiency": 1.0, "most_mw": 8.0}]))
    assert column(solution, "storage_hour", "charge_mw") == pytest.approx([8, 0])
    assert column(solution, "storage_hour", "discharge_mw") == pytest.approx([0, 8])
    assert solution.objective * MILLION == pytest.approx(18 * 10 + 2 * 100)


def test_the_audit_finds_a_battery_that_does_both():
    p = problem(2, price=[10, 100], storage=[{"round_trip_efficiency": 1.0, "most_mw": 8.0}])
    tables = dict(optimum(p).tables)
    hour = tables["storage_hour"]
    tables["storage_hour"] = hour.assign(charge_mw=hour["charge_mw"] - 1, discharge_mw=hour["discharge_mw"] + [1, 0])
    (check,) = (c for c in audit(p, tables).failures if c.name == "storage_one_direction")
    assert check.worst == pytest.approx(1)


@pytest.mark.parametrize(
    ("hours", "mw", "mwh", "expected"),
    [
        # Two cheap hours before two dear ones: 10 MW with 20 MWh save 1,800, and a MW costs 100.
        (None, 10, 20, 4 * 10 * 10 + 1000),
        (2.0, 10, 20, 4 * 10 * 10 + 1000),
        # One hour a MW: a MW saves 90.
        (1.0, 0, 0, 2 * 100 + 2 * 1000),
        (4.0, 10, 40, 4 * 10 * 10 + 1000),
    ],
)
def test_energy_follows_from_power_where_the_duration_is_given(hours, mw, mwh, expected):
    p = problem(price=[10, 10, 100, 100], storage=[{"capex_per_kw": 0.1, "most_mwh": 40.0, "duration_h": hours}])
    if hours is None:
        p = p.replace(storage=p.storage.assign(most_mwh=20.0))
        assert not hasattr(build(p), "energy_of_duration")
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(expected)
    assert column(solution, "storage", "storage_mw") == pytest.approx([mw])
    if hours is not None:
        assert column(solution, "storage", "storage_mwh") == pytest.approx([mwh])
    result = audit(p, solution.tables, solution.objective)
    assert result.ok
    assert ("storage_duration" in {check.name for check in result.checks}) == (hours is not None)


def test_the_audit_finds_another_duration():
    p = problem(price=[10, 10, 100, 100], storage=[{"capex_per_kw": 0.1, "duration_h": 2.0}])
    tables = dict(optimum(p).tables)
    tables["storage"] = tables["storage"].assign(storage_mwh=25.0)
    assert "storage_duration" in {check.name for check in audit(p, tables).failures}
