"""Typical periods of a year of 8,760 hours."""

from functools import cache

import numpy as np
import pytest
from small import cost, problem

from siting.errors import UsageError
from siting.periods import aggregation_error, choose, confined
from siting.problem.derived import profiles, pue
from siting.problem.problem import whole_year

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


@pytest.mark.parametrize(("count", "hours"), [(365, 24), (53, 168), (1, YEAR), (5, 1752)])
def test_all_periods_are_the_exact_calendar(count, hours):
    p = choose(year(), count, hours)
    assert sorted(set(p.calendar.hour.ravel())) == list(range(YEAR))
    assert p.calendar.weight.sum() * hours == pytest.approx(YEAR)
    if YEAR % hours == 0:
        assert aggregation_error(p)["error_percent"].abs().max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("count", "hours", "most"), [(0, 24, 365), (366, 24, 365), (54, 168, 53), (-1, 24, 365)])
def test_counts_that_a_year_does_not_have(count, hours, most):
    with pytest.raises(UsageError, match=f"--periods {count}: the year has {most} periods of {hours} h"):
        choose(year(), count, hours)


def test_the_last_week_overlaps_and_both_count_less():
    """52 weeks and a day: weeks 52 and 53 cover 192 hours, 8/7 of a week, and share 6 days; each counts 4/7."""
    calendar = chosen(53, 168).calendar
    assert calendar.hour[-2:, 0].tolist() == [51 * 168, YEAR - 168]
    assert calendar.weight == pytest.approx([*[1.0] * 51, 4 / 7, 4 / 7])


def test_52_weeks_are_all_whole_weeks():
    p = chosen(52, 168)
    assert (p.calendar.hour[:, 0] == np.arange(52) * 168).all()
    assert p.calendar.weight == pytest.approx(np.full(52, 8760 / 8736), rel=0.05)
    assert aggregation_error(p)["error_percent"].abs().max() < 0.1


@pytest.mark.parametrize("hours", [0, 7, 25, -24, 8784])
def test_a_period_has_whole_days(hours):
    with pytest.raises(UsageError, match=f"--periods 1x{hours}: a period has whole days: 24 h, a multiple of it"):
        choose(year(), 1, hours)


def in_periods(hours, **rows):
    """Two days in periods of some hours: 10 MW arrive in every hour, power costs 100 on the first day and 10 after."""
    calendar = whole_year(48, hours)
    return problem(48, price=np.repeat([100, 10], 24), calendar=calendar, **rows)


@pytest.mark.parametrize(("hours", "expected"), [(24, 240 * 100 + 240 * 10), (48, 480 * 10)])
def test_work_waits_over_midnight_where_the_period_is_longer_than_a_day(hours, expected):
    """With a deadline of 48 h all 480 MWh run on the cheap day, but not where each day is a period of its own."""
    p = in_periods(hours, workloads=[{"max_delay_h": 48}])
    assert cost(p) == pytest.approx(expected)
    assert confined(p).to_dict() == ({"web": 48} if hours == 24 else {})


@pytest.mark.parametrize(("hours", "expected"), [(24, 240 * 100 + 240 * 10), (48, 480 * 10)])
def test_storage_carries_over_days_where_the_period_is_longer_than_a_day(hours, expected):
    """240 MWh are charged on the cheap day for the dear one; within a day there is nothing to gain."""
    p = in_periods(hours, storage=[{"existing_mw": 100.0, "existing_mwh": 240.0, "most_mwh": 240.0}])
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
