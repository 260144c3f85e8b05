"""What is carried from a period to the next one, by hand: two days of four hours, in calendar order."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.periods import choose
from siting.problem import Calendar, Problem
from siting.solving.solution import Solution, solve

DAYS = np.arange(8).reshape(2, 4)
IN_ORDER = Calendar(hour=DAYS, weight=np.ones(2))
TYPICAL = Calendar(hour=DAYS[::-1], weight=np.ones(2))
ONE = Calendar(hour=DAYS.reshape(1, 8), weight=np.ones(1))

# 40 MWh arrive in the last hour of the first day, and 80 in that of the second.
EVENING = {"profile": "evening", "max_delay_h": 2}
ARRIVES = {"evening": [0, 0, 0, 1, 0, 0, 0, 2]}
PRICE = [1, 50, 100, 100, 90, 20, 100, 100]


def evening(calendar: Calendar, **changes: Any) -> Problem:
    """15 MW in the mean, 40 and 80 MWh in two evenings, that may wait two hours."""
    rows: dict[str, Any] = {"workloads": [EVENING], "profile": ARRIVES, "price": PRICE, "demand": [{"mean_mw": 15.0}]}
    return problem(8, calendar=calendar, **rows | changes)


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        # The first evening's work runs at 20 the next day, the second one's at 1 on the first morning of the year.
        (IN_ORDER, 40 * 20 + 80 * 1),
        (ONE, 40 * 20 + 80 * 1),
        # A day that wraps runs it on the morning before it arrives: at 1, and at 20.
        (TYPICAL, 40 * 1 + 80 * 20),
    ],
    ids=["in order", "one period", "typical"],
)
def test_evening_work_runs_after_it_arrives(calendar: Calendar, expected: float) -> None:
    p = evening(calendar)
    solution = optimum(p)
    assert cost(p) == pytest.approx(expected)
    assert audit(p, solution.tables, solution.objective).ok


def test_the_tables_show_what_is_carried() -> None:
    solution = optimum(evening(IN_ORDER))
    assert column(solution, "batch_start", "backlog_start_mwh") == pytest.approx([80, 40])
    assert column(solution, "batch_hour", "backlog_mwh") == pytest.approx([0, 0, 0, 40, 40, 0, 0, 80])
    assert column(solution, "batch_site_hour", "flexible_mw") == pytest.approx([80, 0, 0, 0, 0, 40, 0, 0])
    # The first day runs 80 MWh and the second 40.
    assert column(solution, "batch_arc", "moved_mw") == pytest.approx([20, 10])


def failures(p: Problem, tables: dict[str, pd.DataFrame]) -> set[str]:
    return {check.name for check in audit(p, tables).failures}


def test_a_plan_that_runs_work_before_it_arrives_fails() -> None:
    """The plan of typical days, told as if they were the calendar."""
    tables = dict(optimum(evening(TYPICAL)).tables)
    swapped = {
        name: table.assign(period=1 - table["period"]).sort_values("period", kind="stable")
        for name, table in tables.items()
        if "period" in table
    }
    start = pd.DataFrame({"workload": "web", "group": 0, "period": [0, 1], "backlog_start_mwh": [80.0, 40.0]})
    assert {"backlog"} <= failures(evening(IN_ORDER), {**tables, **swapped, "batch_start": start})


@pytest.mark.parametrize(
    ("table", "name", "check"),
    [
        ("batch_start", "backlog_start_mwh", "backlog"),
        ("batch_hour", "backlog_mwh", "backlog"),
        ("storage_start", "stored_start_mwh", "storage_balance"),
        ("storage_start", "green_start_mwh", "green_storage"),
        ("run_batch_start", "unstarted_start_mwh", "run_starts"),
        ("under_way_start", "started_before_mwh", "unbroken_runs"),
    ],
)
def test_the_audit_finds_another_state(table: str, name: str, check: str) -> None:
    p, tables = plan_of_everything()
    tables = dict(tables)
    tables[table] = tables[table].assign(**{name: tables[table][name] + 0.5})
    assert check in failures(p, tables)
    del tables[table]
    assert "tables" in failures(p, tables)


@cache
def plan_of_everything() -> tuple[Problem, dict[str, pd.DataFrame]]:
    p = everything()
    tables = optimum(p).tables
    assert audit(p, tables).ok
    return p, tables


def everything(calendar: Calendar = IN_ORDER) -> Problem:
    """Work that waits, jobs, a battery and a floor hour by hour."""
    return problem(
        8,
        calendar=calendar,
        price=PRICE,
        profile=ARRIVES,
        workloads=[EVENING, {"workload": "jobs", "max_delay_h": 3, "run_h": 2, "profile": "evening"}],
        demand=[{"mean_mw": 15.0}, {"workload": "jobs", "mean_mw": 5.0}],
        storage=[{"existing_mw": 20.0, "existing_mwh": 40.0, "round_trip_efficiency": 0.81}],
        supply=[{"existing_mw": 20.0}],
        cf={"wind": {"a": [0, 0, 1, 1, 0, 0, 0, 1]}},
        settings={"green": {"hourly_floors": [{"share": 0.4, "region": "a"}]}},
    )


def test_a_battery_carries_energy_over_midnight() -> None:
    """Charged at 10 in the last hour of each day, it saves 100 in the first of the next; the second gives the more."""
    rows = {"storage": [{"existing_mw": 10.0, "existing_mwh": 10.0, "most_mwh": 10.0, "most_mw": 10.0}]}
    price = [100, 50, 50, 10, 60, 50, 50, 20]
    p = problem(8, price=price, calendar=IN_ORDER, **rows)
    solution = optimum(p)
    assert column(solution, "storage_start", "stored_start_mwh") == pytest.approx([10, 10])
    # What costs 20 saves 100, what costs 10 saves 60.
    assert cost(p) == pytest.approx(10 * sum(price) - 10 * (80 + 50))
    assert cost(p) == pytest.approx(cost(p.replace(calendar=ONE)))
    # A day for itself: 90 and 40, as if the dear hour were known to be the same day's.
    assert audit(p, solution.tables, solution.objective).ok


def test_nothing_is_thrown_away_at_midnight_where_power_has_a_negative_price() -> None:
    """A lossless battery cannot burn: what it takes at -100 it gives back at -100, or at 50 instead of grid power."""
    rows = {"storage": [{"existing_mw": 10.0, "existing_mwh": 10.0, "most_mwh": 10.0, "most_mw": 10.0}]}
    price = [-100] * 4 + [-100, -100, 50, -100]
    p = problem(8, price=price, calendar=IN_ORDER, **rows)
    assert cost(p) == pytest.approx(10 * sum(price) - 10 * 150)


def test_a_job_runs_over_midnight() -> None:
    """It runs two hours and must end three after it arrives: from the first hour after midnight, or over midnight."""
    rows = {
        "workloads": [{"max_delay_h": 2, "run_h": 2, "profile": "late"}],
        "profile": {"late": [0, 0, 0, 1, 0, 0, 0, 1]},
        "demand": [{"mean_mw": 5.0}],
    }
    price = [10, 90, 100, 20, 10, 20, 100, 90]
    p = problem(8, price=price, calendar=IN_ORDER, **rows)
    solution = optimum(p)
    # The first evening's runs at 20 and 10 (hours 3 and 4) or at 10 and 20 (4 and 5); the second one's at 90 and 10.
    assert cost(p) == pytest.approx(10 * (20 + 10) + 10 * (90 + 10))
    assert cost(p) == pytest.approx(cost(p.replace(calendar=ONE)))
    assert audit(p, solution.tables, solution.objective).ok


def test_green_power_is_carried() -> None:
    """The wind of the year's last hour is matched there, 10 MWh, and 20 MWh in the two dear hours that come next."""
    p = problem(
        8,
        calendar=IN_ORDER,
        price=[200, 200, *[100] * 6],
        supply=[{"existing_mw": 40.0, "most_mw": 40.0}],
        cf={"wind": {"a": [0, 0, 0, 0, 0, 0, 0, 1]}},
        storage=[{"existing_mw": 20.0, "existing_mwh": 20.0, "most_mwh": 20.0, "most_mw": 20.0}],
        settings={"green": {"hourly_floors": [{"share": 3 / 8, "region": "a"}]}},
    )
    solution = optimum(p)
    assert column(solution, "storage_start", "green_start_mwh") == pytest.approx([20, 0])
    assert cost(p) == pytest.approx(10 * 5 * 100)
    found = audit(p, solution.tables, solution.objective)
    assert found.ok
    assert found.totals["matched_share"] == pytest.approx(3 / 8)


LIGHT = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 0] * 2)
"""Days whose grid is lighter by a third; their jobs are three times as large."""
JOB_MWH = 4800 * (1 + 2 * LIGHT) / (1 + 2 * LIGHT).sum()


@cache
def twenty_days() -> Problem:
    """A job at 17:00 of each day of a year of twenty, that may wait 16 h; emissions cost 1 a tonne."""
    hour = np.arange(480) % 24
    factor = (0.6 + 0.2 * np.cos((hour - 17) / 24 * 2 * np.pi)) * np.repeat(1 - LIGHT / 3, 24)
    return problem(
        480,
        price=0.0,
        grid_factor=factor,
        workloads=[{"max_delay_h": 16, "profile": "job"}],
        profile={"job": np.where(hour == 17, np.repeat(JOB_MWH, 24), 0.0)},
        sites=[{"most_mw": 1000.0}],
        settings={"carbon": {"price": 1.0}},
    )


def emitted_t(hours: list[int]) -> float:
    """Emissions if each job runs at the best of some hours, counted from its day's midnight on, t."""
    factor = twenty_days().hourly["grid_factor_t_per_mwh"]["a"].to_numpy()
    return float(sum(JOB_MWH[day] * factor[(24 * day + np.array(hours)) % 480].min() for day in range(20)))


ALLOWED = list(range(17, 34))


@pytest.mark.parametrize(("count", "hours"), [(20, 24), (3, 168), (4, 120), (2, 240), (1, 480)])
def test_the_year_is_the_same_however_it_is_cut(count: int, hours: int) -> None:
    """Each job runs at the lightest hour from 17:00 to 9:00, as it can be found for each by itself."""
    p = choose(twenty_days(), count, hours)
    assert p.calendar.in_order
    assert cost(p) == pytest.approx(emitted_t(ALLOWED), rel=1e-6)


def test_the_year_is_the_same_period_by_period() -> None:
    p = choose(twenty_days(), 20)
    assert p.calendar.hour.shape == (4, 120)
    solution = solve(p, gap=1e-3, threads=1, strategy="decomposed", workers=1)
    assert solution.outcome.strategy == "decomposed"
    assert solution.objective * 1e6 == pytest.approx(emitted_t(ALLOWED), rel=1e-3)
    assert audit(p, solution.tables, solution.objective).ok


def test_days_that_wrap_would_promise_too_much() -> None:
    """Typical days run a job on the morning before it arrives, which is light when the job is large."""
    days = Calendar(hour=np.arange(480).reshape(20, 24)[::-1], weight=np.ones(20))
    wrapped = emitted_t([*range(10), *range(17, 24)])
    assert cost(twenty_days().replace(calendar=days)) == pytest.approx(wrapped)
    at_once, truth = emitted_t([17]), emitted_t(ALLOWED)
    assert 100 * (1 - wrapped / at_once) == pytest.approx(50)
    assert 100 * (1 - truth / at_once) == pytest.approx(41.111111)


def test_typical_periods_have_no_states() -> None:
    m = build(everything(TYPICAL))
    assert not hasattr(m, "START")
    assert not hasattr(m.period[0], "backlog_carried")
    solution: Solution = optimum(everything(TYPICAL))
    assert audit(everything(TYPICAL), solution.tables, solution.objective).ok
