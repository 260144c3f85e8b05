"""Typical periods of a year of 8,760 hours."""

from functools import cache

import numpy as np
import pytest
from small import cost, problem

from siting.errors import UsageError
from siting.periods import aggregation_error, choose, confined
from siting.problem import Calendar
from siting.problem.derived import profiles, pue

YEAR = 8760
PEAK_DAY, CALM_DAY = 211, 17


@cache
def year():
    """A year of random days; day 211 has the highest load, day 17 neither wind nor sun."""
    rng = np.random.default_rng(5)
    hour = np.arange(YEAR)
    shape = 1 + 0.3 * np.sin(hour / 24 * 2 * np.pi) + np.repeat(rng.uniform(0, 0.2, 365), 24)
    shape[PEAK_DAY * 24 + 14] = 3.0
    wind = np.clip(np.repeat(rng.uniform(0.1, 0.7, 365), 24) + rng.uniform(-0.05, 0.05, YEAR), 0, 1)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * np.repeat(rng.uniform(0.3, 1, 365), 24)
    for series in (wind, sun):
        series[CALM_DAY * 24 : CALM_DAY * 24 + 24] = 0.0
    return problem(
        YEAR,
        price=100 + 40 * np.sin(hour / YEAR * 2 * np.pi) + np.repeat(rng.uniform(-30, 30, 365), 24),
        temperature=15 + 12 * np.sin((hour / YEAR - 0.3) * 2 * np.pi),
        sites=[{"pue_shift": 0.0}],
        workloads=[{"profile": "day"}],
        profile={"day": shape},
        supply=[{}, {"technology": "solar"}],
        cf={"wind": {"a": wind}, "solar": {"a": sun}},
    )


@cache
def chosen(count, hours=24):
    return choose(year(), count, hours)


@pytest.mark.parametrize(
    ("count", "hours"), [(1, 24), (2, 24), (3, 24), (4, 24), (12, 24), (30, 24), (4, 168), (6, 48), (52, 168)]
)
def test_as_many_real_days_as_asked_for(count, hours):
    calendar = chosen(count, hours).calendar
    assert calendar.hour.shape == (count, hours)
    assert (calendar.hour[:, 0] % hours == 0).all()
    assert (np.diff(calendar.hour, axis=1) == 1).all()
    assert len(set(calendar.hour[:, 0])) == count
    assert calendar.hour.max() < YEAR
    assert calendar.weight.sum() * hours == pytest.approx(YEAR)
    assert (calendar.weight > 0).all()


@pytest.mark.parametrize(("seed", "count"), [(5, 12), (9, 9), (0, 3), (1, 5), (2, 7)])
def test_the_count_is_kept_when_an_extreme_day_is_a_typical_one(seed, count):
    """Days that repeat exactly make extreme days likely to be medoids already."""
    rng = np.random.default_rng(seed)
    kinds = rng.uniform(0, 1, (rng.integers(4, 12), 24))
    wind = kinds[rng.integers(0, len(kinds), 60)].ravel()
    load = np.clip(0.5 + rng.uniform(0, 1, (5, 24))[rng.integers(0, 5, 60)].ravel(), 0.1, None)
    p = problem(
        60 * 24,
        price=np.repeat(rng.integers(1, 4, 60), 24),
        workloads=[{"profile": "day"}],
        profile={"day": load},
        supply=[{}],
        cf={"wind": {"a": wind}},
    )
    calendar = choose(p, count, 24).calendar
    assert calendar.periods == count
    assert calendar.weight.sum() == pytest.approx(60)
    assert load.argmax() in calendar.hour or load[calendar.hour].max() == load.max()


@pytest.mark.parametrize("count", [3, 6, 12])
def test_the_extreme_days_are_there(count):
    days = set(chosen(count).calendar.hour[:, 0] // 24)
    assert {PEAK_DAY, CALM_DAY} <= days


def test_two_periods_have_the_peak():
    assert PEAK_DAY in set(chosen(2).calendar.hour[:, 0] // 24)


@pytest.mark.parametrize("count", [12, 30])
def test_sums_of_the_year_are_kept(count):
    error = aggregation_error(chosen(count))
    assert set(error.index) == {"wind", "solar", "price", "load", "pue", "peak load"}
    assert error["error_percent"].abs().max() < 1.0
    assert error.loc["peak load", "error_percent"] == pytest.approx(0.0)


def test_the_error_is_what_the_tables_say():
    p = chosen(6)
    error = aggregation_error(p)
    hours, weight = p.calendar.hour, p.calendar.weight
    wind = p.hourly["capacity_factor_wind"]["a"].to_numpy()
    mean = (wind[hours].mean(axis=1) * weight).sum() / weight.sum()
    assert error.loc["wind", "year"] == pytest.approx(wind.mean())
    assert error.loc["wind", "periods"] == pytest.approx(mean)
    assert error.loc["wind", "error_percent"] == pytest.approx(100 * (mean / wind.mean() - 1))
    peak = (profiles(p)["web"].to_numpy() * 10 * pue(p)["s"].to_numpy()).max()
    assert error.loc["peak load", "year"] == pytest.approx(peak)


@pytest.mark.parametrize(
    ("count", "hours", "blocks"), [(365, 24, 73), (53, 168, 73), (73, 120, 73), (1, YEAR, 1), (5, 1752, 5)]
)
def test_all_periods_are_the_exact_calendar(count, hours, blocks):
    p = choose(year(), count, hours)
    assert p.calendar.hour.ravel().tolist() == list(range(YEAR))
    assert p.calendar.periods == blocks
    assert p.calendar.in_order
    assert aggregation_error(p)["error_percent"].abs().max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("count", "hours", "most"), [(0, 24, 365), (366, 24, 365), (54, 168, 53), (-1, 24, 365)])
def test_counts_that_a_year_does_not_have(count, hours, most):
    with pytest.raises(UsageError, match=f"--periods {count}: the year has {most} periods of {hours} h"):
        choose(year(), count, hours)


def test_52_weeks_are_all_whole_weeks_in_order():
    """They count equally, and for the last day too."""
    p = chosen(52, 168)
    assert (p.calendar.hour[:, 0] == np.arange(52) * 168).all()
    assert p.calendar.weight == pytest.approx(np.full(52, 8760 / 8736))
    assert p.calendar.in_order
    assert aggregation_error(p)["error_percent"].abs().max() < 0.3


@pytest.mark.parametrize(("count", "hours"), [(12, 24), (51, 168), (1, 4392)])
def test_typical_periods_are_in_no_order(count, hours):
    assert not choose(year(), count, hours).calendar.in_order


@pytest.mark.parametrize("hours", [0, 7, 25, -24, 8784])
def test_a_period_has_whole_days(hours):
    with pytest.raises(UsageError, match=f"--periods 1x{hours}: a period has whole days: 24 h, a multiple of it"):
        choose(year(), 1, hours)


ORDER = {"typical days": [1, 0], "days in order": [0, 1], "one period": None}
EXPECTED = [("typical days", 240 * 100 + 240 * 10), ("days in order", 480 * 10), ("one period", 480 * 10)]
"""The two days of a year one after the other are its calendar; the other way round they are two that stand for it."""


def in_periods(order, **rows):
    """Two days: 10 MW arrive in every hour, power costs 100 on the first day and 10 after."""
    days = np.arange(48).reshape(2, 24)
    hour = days[ORDER[order]] if ORDER[order] else days.reshape(1, 48)
    calendar = Calendar(hour=hour, weight=np.ones(len(hour)))
    return problem(48, price=np.repeat([100, 10], 24), calendar=calendar, **rows)


@pytest.mark.parametrize(("order", "expected"), EXPECTED)
def test_work_waits_over_midnight_where_it_is_known_what_comes_after(order, expected):
    """With a deadline of 48 h all 480 MWh run on the cheap day, but not where each day stands for itself."""
    p = in_periods(order, workloads=[{"max_delay_h": 48}])
    assert cost(p) == pytest.approx(expected)
    assert confined(p).to_dict() == ({"web": 48} if order == "typical days" else {})


@pytest.mark.parametrize(("order", "expected"), EXPECTED)
def test_storage_carries_over_days_where_it_is_known_what_comes_after(order, expected):
    """240 MWh are charged on the cheap day for the dear one; within a day there is nothing to gain."""
    p = in_periods(order, storage=[{"existing_mw": 100.0, "existing_mwh": 240.0, "most_mwh": 240.0}])
    assert cost(p) == pytest.approx(expected)


def test_the_instance_says_how_many_by_default():
    p = year().replace(periods__count=5)
    assert choose(p).calendar.periods == 5
    assert choose(p).calendar.hours == 24


def test_it_is_deterministic_and_starts_from_the_year():
    again = choose(chosen(30), 6).calendar
    first = chosen(6).calendar
    assert (again.hour == first.hour).all()
    assert again.weight == pytest.approx(first.weight)


def test_a_year_without_wind_sun_and_change():
    p = choose(problem(YEAR), 4)
    assert p.calendar.weight.sum() == pytest.approx(365)
    assert aggregation_error(p)["error_percent"].abs().max() == pytest.approx(0.0, abs=1e-6)
