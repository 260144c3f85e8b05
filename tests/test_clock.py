"""Whose clock hour 0 is, and times that are converted to it; a year may begin on any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import Fault, InputError
from siting.instance import load, write
from siting.instance.clock import hours_of
from siting.problem import Settings
from siting.problem.problem import day

YEAR = {"name": "a", "title_en": "a", "title_zh": "a", "currency": "USD"}


def settings(start: str, offset: float | None = None) -> Settings:
    instance = {**YEAR, "start": start, "utc_offset_h": offset}
    return Settings.model_validate({"instance": instance, "finance": {"discount_rate": 0.05}})


def times(start: str, count: int = 8760) -> pd.Series:
    first = dt.datetime.fromisoformat(start)
    return pd.Series([(first + dt.timedelta(hours=i)).isoformat() for i in range(count)])


@pytest.mark.parametrize(
    ("start", "hours"),
    [("2023-01-01", 8760), ("2024-01-01", 8784), ("2023-07-01", 8784), ("2024-03-01", 8760), ("2024-02-29", 8784)],
)
def test_hours_of_a_year_that_begins_on_any_day(start: str, hours: int) -> None:
    assert settings(start).instance.hours == hours


@pytest.mark.parametrize(
    ("first", "offset", "hour"),
    [
        ("2023-01-01T00:00:00", None, 0),
        ("2023-01-01T00:00:00+08:00", 8, 0),
        ("2022-12-31T16:00:00+00:00", 8, 0),
        ("2023-01-01T00:00:00+00:00", 8, 8),
        ("2023-01-01T00:00:00+05:30", 0.5, 8755),
        ("2022-12-31T19:00:00-05:00", 0, 0),
    ],
)
def test_times_with_a_zone_are_converted(first: str, offset: float | None, hour: int) -> None:
    """Midnight in Greenwich is 8 o'clock in Beijing, and what is beyond the year is at its other end."""
    found = hours_of(times(first), "f", settings("2023-01-01", offset))
    assert not isinstance(found, Fault)
    assert found[0] == hour
    assert sorted(found) == list(range(8760))


@pytest.mark.parametrize(
    ("change", "offset", "row", "says"),
    [
        (lambda t: t.mask(t.index == 5, "noon"), 0, 7, "not a time"),
        (lambda t: t.mask(t.index == 5, np.nan), 0, 7, "not a time"),
        (lambda t: t.mask(t.index == 5, t[4]), 0, 7, "summer time"),
        (lambda t: t.mask(t.index == 5, t[6]), 0, 7, "summer time"),
        (lambda t: t + "+00:30", 0, 2, "full hour"),
        (lambda t: t + "Z", None, 2, "utc_offset_h"),
        (lambda t: t.str.replace("2023", "2021"), 0, 2, "does not begin"),
    ],
)
def test_wrong_times(change: Callable[[pd.Series], pd.Series], offset: float | None, row: int, says: str) -> None:
    found = hours_of(change(times("2023-01-01T00:00:00")), "f", settings("2023-01-01", offset))
    assert isinstance(found, Fault)
    assert found.row == row
    assert says in str(found)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_series_with_times(kind: str, instance: Path, tmp_path: Path) -> None:
    """A price file of the UTC year is turned by eight hours for a clock that is eight hours ahead."""
    folder = write(load(instance), tmp_path / "times")
    path = folder / "hourly/price_per_mwh.parquet"
    before = pd.read_parquet(path)
    column = before.columns[1]
    given = before.assign(**{column: np.arange(8760.0)}).drop(columns="hour")
    given.insert(0, "time", pd.date_range("2023-01-01", periods=8760, freq="h", tz="UTC"))
    path.unlink()
    if kind == "csv":
        given["time"] = given["time"].map(lambda when: when.isoformat())
        given.to_csv(path.with_suffix(".csv"), index=False)
    else:
        given.to_parquet(path, index=False)
    with pytest.raises(InputError, match="utc_offset_h"):
        load(folder)
    price = load(folder, {"instance.utc_offset_h": "8"}).hourly["price_per_mwh"][column].to_numpy()
    assert price[:10].tolist() == [*range(8752, 8760), 0, 1]


def test_a_year_that_begins_in_april(instance: Path) -> None:
    p = load(instance, {"instance.start": "2022-04-01"})
    assert (day(p, 0), day(p, 8759)) == (dt.date(2022, 4, 1), dt.date(2023, 3, 31))
    with pytest.raises(InputError, match="8,784 rows"):
        load(instance, {"instance.start": "2023-04-01"})
