"""Grid power stays where it is bought, by hand: 10 MW in b for 4 hours; power at 10 in a and at 100 in b."""

import numpy as np
import pytest
from small import MILLION, column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.problem import Calendar
from siting.solving.solution import solve

WIND = {"existing_mw": 4.0, "most_mw": 4.0}
ROWS = {
    "regions": [{}, {"region": "b"}],
    "sites": [{"region": "b"}],
    "demand": [{"region": "b"}],
    "price": {"a": 10.0, "b": 100.0},
    "cf": {"wind": {"a": 1.0}},
    "corridors": [{"existing_mw": 50.0}],
}
STAYS = {"grid": {"sent_on": False}}
BATTERY = {"existing_mw": 50.0, "existing_mwh": 50.0}


def checked(p):
    solution = optimum(p)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    return solution


def test_grid_power_is_not_sent_on() -> None:
    p = problem(**ROWS, settings=STAYS)
    assert checked(p).objective * MILLION == pytest.approx(4 * 10 * 100)
    assert cost(p.replace(grid__sent_on=True)) == pytest.approx(4 * 10 * 10)


@pytest.mark.parametrize("green", [True, False])
def test_own_power_is_sent_and_sent_on(green) -> None:
    """What arrives in b from a goes on to c; the grid of neither does."""
    rows = ROWS | {
        "regions": [{}, {"region": "b"}, {"region": "c"}],
        "sites": [{"region": "c"}],
        "demand": [{"region": "c"}],
        "price": {"a": 10.0, "b": 10.0, "c": 100.0},
        "corridors": [
            {"existing_mw": 50.0},
            {"corridor": "on", "from_region": "c", "to_region": "b", "existing_mw": 50.0},
        ],
    }
    p = problem(**rows, supply=[{**WIND, "green": green}], settings=STAYS)
    assert checked(p).objective * MILLION == pytest.approx(4 * 6 * 100)


def test_grid_power_is_not_sent_on_by_way_of_a_battery() -> None:
    p = problem(**ROWS, storage=[BATTERY], settings=STAYS)
    assert checked(p).objective * MILLION == pytest.approx(4 * 10 * 100)


def test_own_power_is_sent_from_a_battery() -> None:
    """Wind of two hours, 20 MW: 10 are used at once, and 81 % of the rest later."""
    rows = ROWS | {"cf": {"wind": {"a": [1, 1, 0, 0]}}}
    wind = {"existing_mw": 20.0, "most_mw": 20.0}
    p = problem(**rows, supply=[wind], storage=[{**BATTERY, "round_trip_efficiency": 0.81}], settings=STAYS)
    solution = checked(p)
    assert solution.objective * MILLION == pytest.approx((20 - 16.2) * 100)
    assert sum(column(solution, "own_storage_hour", "own_discharge_mw")) == pytest.approx(16.2)


def test_a_battery_does_not_turn_grid_power_of_another_hour_into_own_power() -> None:
    """a uses 10 MW of its own too: its wind serves it by day, and what its battery holds of the grid stays there."""
    rows = ROWS | {
        "sites": [{"site": "r", "region": "a"}, {"region": "b"}],
        "demand": [{}, {"region": "b"}],
        "links": [{"region": "a", "site": "s", "latency_ms": 9.0}, {"region": "b", "site": "r", "latency_ms": 9.0},
                  {"region": "a", "site": "r", "latency_ms": 0.0}, {"region": "b", "site": "s", "latency_ms": 0.0}],
        "workloads": [{"latency_ms": 5.0}],
        "cf": {"wind": {"a": [1, 1, 0, 0]}},
    }  # fmt: skip
    p = problem(**rows, supply=[WIND], storage=[BATTERY], settings=STAYS)
    # 4 MW of wind in two hours save 100 each in b; a buys all it uses at 10.
    assert checked(p).objective * MILLION == pytest.approx(40 * 10 + (40 - 8) * 100)


def test_direct_power_is_not_sent() -> None:
    rows = ROWS | {
        "sites": [{"site": "r", "region": "a"}, {"region": "b"}],
        "demand": [{"mean_mw": 5.0}, {"region": "b"}],
    }
    p = problem(**rows, supply=[{**WIND, "direct": True}], settings=STAYS)
    assert max(column(checked(p), "corridor_hour", "forward_mw")) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("strategy", ["whole", "decomposed"])
def test_own_power_is_carried_to_the_next_period(strategy) -> None:
    """The year in two periods in order: wind of the first serves the second by way of the battery."""
    rows = ROWS | {"cf": {"wind": {"a": [1, 1, 0, 0]}}}
    wind = {"existing_mw": 20.0, "most_mw": 20.0}
    days = Calendar(hour=np.arange(4).reshape(2, 2), weight=np.ones(2))
    p = problem(**rows, calendar=days, supply=[wind], storage=[BATTERY], settings=STAYS)
    solution = solve(p, gap=1e-6, strategy=strategy)
    assert solution.objective * MILLION == pytest.approx(0, abs=1e-3)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures


@pytest.mark.parametrize(
    ("table", "name", "amount"),
    [
        ("own_storage_hour", "own_charge_mw", 1.0),
        ("own_storage_hour", "own_discharge_mw", 30.0),
        ("own_storage_hour", "own_stored_mwh", 200.0),
        ("corridor_hour", "forward_mw", 1.0),
    ],
)
def test_the_audit_finds_grid_power_that_is_sent_on(table, name, amount) -> None:
    rows = ROWS | {"cf": {"wind": {"a": [1, 1, 0, 0]}}}
    p = problem(**rows, supply=[WIND], storage=[BATTERY], settings=STAYS)
    tables = dict(checked(p).tables)
    tables[table] = tables[table].assign(**{name: tables[table][name] + amount})
    assert "own_power" in {check.name for check in audit(p, tables).failures}


def test_a_plan_that_sends_grid_power_is_found() -> None:
    p = problem(**ROWS, settings=STAYS)
    sends = optimum(p.replace(grid__sent_on=True))
    assert {check.name for check in audit(p, sends.tables).failures} == {"own_power"}


def test_switched_on_it_adds_nothing() -> None:
    on = {c.name for c in build(problem(**ROWS, storage=[BATTERY])).component_objects()}
    off = {c.name for c in build(problem(**ROWS, storage=[BATTERY], settings=STAYS)).component_objects()}
    assert not any("own_" in name for name in on)
    assert any("own_" in name for name in off)
