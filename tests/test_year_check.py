"""A plan from one typical day, held against a year of two: 10 MW of work, wind on the first day alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import optimum, problem

from siting.errors import UsageError
from siting.problem import Calendar, Problem
from siting.problem import problem as year_of
from siting.problem.problem import whole_year
from siting.solver import strategy
from siting.solving.compiled import compile_problem
from siting.study.year_check import YearCheck, check_year, plan_in

WINDY = {"wind": {"a": np.repeat([1.0, 0.0], 24)}}
pytestmark = pytest.mark.usefixtures("days_are_blocks")

FIRST_DAY = Calendar(hour=np.arange(24)[None, :], weight=np.array([2.0]))


@pytest.fixture
def days_are_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of two days would be one block."""
    monkeypatch.setattr(year_of, "BLOCK_H", 24)


def two_days(**rows: Any) -> Problem:
    """A year of two days, seen through its first, on which a MW of wind costs 10 a year and the grid 100 per MWh."""
    given = {"supply": [{"capex_per_kw": 0.01}], "cf": WINDY, "calendar": FIRST_DAY, **rows}
    return problem(48, **given)


def checked(p: Problem, **options: Any) -> YearCheck:
    found = check_year(p, optimum(p).tables, **options)
    assert found.ok
    return found


def error(found: YearCheck, quantity: str, term: str = "") -> tuple[float, float]:
    """What was promised, and what the year makes of it."""
    rows = found.errors.set_index(["quantity", "term"])
    return float(rows.loc[(quantity, term), "promised"]), float(rows.loc[(quantity, term), "year"])


def test_energy_that_the_plan_lacks_is_unserved() -> None:
    """All of the 10 MW come from wind on the first day; on the second the grid gives 5 MW, and 5 MW are missing.

    240 of 480 MWh are wind, 120 grid power and 120 missing. Wind costs 10 · 10, grid power 120 · 100.
    """
    found = checked(two_days(regions=[{"grid_mw": 5.0}]))
    document = found.as_dict()
    assert document["status"] == "missed"
    assert document["unserved"]["energy_mwh"] == pytest.approx(120)
    assert document["unserved"]["energy_share"] == pytest.approx(0.25)
    assert document["unserved"]["work_mwh"] == 0
    assert [day["date"] for day in document["unserved"]["days"]] == ["2023-01-02"]
    assert error(found, "cost_million") == pytest.approx((100e-6, 12_100e-6))
    assert error(found, "cost_million", "supply") == pytest.approx((100e-6, 100e-6))
    assert error(found, "carbon_t", "grid") == pytest.approx((0, 60))
    assert {check.name for check in found.verdict.failures} == {"power_balance", "energy_account"}  # type: ignore[union-attr]


def test_a_plan_that_is_good_enough_is_kept_at_its_true_cost() -> None:
    """With room in the grid the second day buys 240 MWh at 100; promised were 10 MW of wind at 10 alone."""
    found = checked(two_days())
    assert found.kept
    assert found.verdict is not None
    assert found.verdict.ok
    assert error(found, "cost_million") == pytest.approx((100e-6, 24_100e-6))
    row = found.errors.set_index(["quantity", "term"]).loc[("cost_million", "")]
    assert row["error_percent"] == pytest.approx(24_000)
    assert error(found, "green_share") == pytest.approx((1.0, 0.5))


def test_a_plan_of_the_whole_year_has_no_error() -> None:
    p = two_days(calendar=whole_year(48, 24), storage=[{"capex_per_kwh": 0.001}], workloads=[{"max_delay_h": 5}])
    found = checked(p)
    assert found.kept
    assert found.errors["error_percent"].abs().max() < 1e-4


def test_work_that_does_not_fit_is_not_done() -> None:
    """5 MW arrive on the first day and have 5 modules; of the 15 MW of the second 10 MW are not done, 240 MWh."""
    heavy = {"workloads": [{"max_delay_h": 6, "profile": "growing"}], "profile": {"growing": np.repeat([0.5, 1.5], 24)}}
    p = two_days(compute_types=[{"capex_per_kw": 1.0}], **heavy)
    document = checked(p).as_dict()
    assert document["unserved"]["work_mwh"] == pytest.approx(240)
    assert document["unserved"]["work_share"] == pytest.approx(240 / 480)
    assert document["unserved"]["energy_mwh"] == 0
    assert document["broken"] == []


def green(share: float, **more: Any) -> dict[str, Any]:
    return {"green": {"floors": [{"share": share, "region": "a"}], **more}}


def test_a_rule_that_the_plan_cannot_keep_is_broken_by_so_much() -> None:
    """Half of the power is wind, not 80 %: of 10 MW 3 MW lack, mean over the year."""
    found = checked(two_days(settings=green(0.8)))
    (rule,) = found.as_dict()["broken"]
    assert rule["rule"] == "green_floor[0]"
    assert rule["missed"] == pytest.approx(3.0)
    assert not len(found.unserved)
    assert error(found, "green_share") == pytest.approx((1.0, 0.5))


def test_a_rule_is_given_up_before_work_is() -> None:
    """Of 480 MWh 240 are wind, half; 90 % by the hour would hold if work were left undone on the second day."""
    hourly = {"green": {"hourly_floors": [{"share": 0.9, "region": "a"}]}}
    found = checked(two_days(settings=hourly, workloads=[{"max_delay_h": 6, "run_h": 3}]))
    assert not len(found.unserved)
    assert found.broken["rule"].tolist() == ["hourly_floor[0]"]
    assert found.broken["missed"].tolist() == pytest.approx([0.4 * 10])


def test_what_is_no_investment_is_settled_by_the_year() -> None:
    """Certificates at 1 cover the 3 MW, 144 MWh; the highest grid power of the year, 10 MW, is paid twelve times."""
    p = two_days(settings=green(0.8, certificate_price=1.0), regions=[{"demand_charge_per_mw_month": 2.0}])
    found = checked(p)
    assert found.kept
    assert error(found, "cost_million", "certificates") == pytest.approx((0.0, 144e-6))
    assert error(found, "cost_million", "demand charge") == pytest.approx((0.0, 12 * 2 * 10 * 1e-6))


def test_a_connection_is_as_large_as_it_was_planned() -> None:
    """8 MW at PUE 1 on the cold first day; the second needs PUE times as much, and the connection does not grow."""
    p = two_days(
        temperature=np.repeat([0.0, 35.0], 24),
        sites=[{"pue_shift": 0.0, "connection_cost_per_mw_year": 1.0}],
    )
    found = checked(p)
    (rule,) = found.as_dict()["broken"]
    assert rule["rule"].startswith("period[1].power_within_connection[s")
    assert rule["count"] == 24
    assert found.verdict is not None
    power = found.tables["site_hour"]["power_mw"]
    assert rule["missed"] == pytest.approx(power.max() - found.tables["connection"]["connected_mw"].max())


@pytest.mark.parametrize(("length", "periods"), [(24, 2), (48, 1)])
def test_a_battery_carries_wind_over_midnight(length: int, periods: int) -> None:
    """120 MWh of the first day for the second, and none the other way round: the year is in its order."""
    battery = [{"capex_per_kwh": 1e-4, "most_mwh": 200.0}]
    found = checked(two_days(calendar=whole_year(48, length), regions=[{"grid_mw": 5.0}], storage=battery))
    assert found.as_dict()["periods"]["count"] == periods
    assert found.kept


def test_no_work_runs_before_it_arrives() -> None:
    """Evening work of the typical day, planned for its own cheap morning, runs on the next one's: both are dear."""
    p = two_days(
        supply=[],
        price=[*[1.0] * 12, *[100.0] * 12, *[50.0] * 12, *[100.0] * 12],
        workloads=[{"max_delay_h": 6, "profile": "evening"}],
        profile={"evening": [*[0] * 23, 1, *[0] * 23, 3]},
        demand=[{"mean_mw": 10.0}],
    )
    found = checked(p)
    # 120 MWh of the first evening at 50 on the second morning, 360 MWh of the second at 1 on the first of the year.
    assert error(found, "cost_million") == pytest.approx((2 * 120e-6, (120 * 50 + 360) * 1e-6))


def test_period_by_period_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    p = two_days(regions=[{"grid_mw": 5.0, "demand_charge_per_mw_month": 2.0}], settings=green(0.8))
    tables = optimum(p).tables
    whole = check_year(p, tables)
    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 0)
    apart = check_year(p, tables)
    assert (whole.outcome.strategy, apart.outcome.strategy) == ("direct", "decomposed")
    assert apart.unserved["energy_mwh"].sum() == pytest.approx(whole.unserved["energy_mwh"].sum())
    assert apart.broken["missed"].sum() == pytest.approx(whole.broken["missed"].sum(), rel=1e-3)
    assert error(apart, "cost_million") == pytest.approx(error(whole, "cost_million"), rel=1e-3)


def test_without_time_nothing_is_said_of_the_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 0)
    p = two_days()
    found = check_year(p, optimum(p).tables, time_limit=0.0)
    assert found.as_dict().keys() == {"status", "periods", "gap", "seconds"}
    assert found.as_dict()["status"] == "stopped"
    assert not found.kept


def test_what_is_decided_once_is_fixed_and_what_is_settled_is_free() -> None:
    p = two_days(settings=green(0.5))
    compiled = compile_problem(p)
    tables = optimum(p).tables
    value, fixed = plan_in(tables, compiled)
    free = {name for (name, _), is_fixed in zip(compiled.program.first.labels, fixed, strict=True) if not is_fixed}
    assert free == set()
    labels = [name for name, _ in compiled.program.first.labels]
    assert value[labels.index("supply_mw")] == pytest.approx(10.0)
    with pytest.raises(UsageError, match="its tables do not have supply_mw"):
        plan_in({**tables, "supply": pd.DataFrame()}, compiled)


def test_accounts_that_do_not_hold_are_no_good_check() -> None:
    found = checked(two_days(regions=[{"grid_mw": 5.0}]))
    assert found.verdict is not None
    failed = replace(found.verdict.checks[0], name="objective", ok=False)
    assert not replace(found, verdict=replace(found.verdict, checks=(failed,))).ok
