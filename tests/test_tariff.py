"""Time-of-use windows as hourly prices, against days written out by hand."""

import pandas as pd
import pytest

from siting.errors import UsageError
from siting.synthetic.tariff import hourly_price

ALL_YEAR = "1 2 3 4 5 6 7 8 9 10 11 12"
PRICES = {"valley": 100.0, "flat": 200.0, "peak": 400.0}


def windows(*rows: tuple[str, float, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["months", "hour_start", "hour_end", "band"])


def test_a_day_of_three_bands() -> None:
    table = windows((ALL_YEAR, 8, 22, "peak"), (ALL_YEAR, 0, 8, "valley"), (ALL_YEAR, 22, 24, "flat"))
    price = hourly_price(table, PRICES)
    assert price.index.name == "hour"
    assert len(price) == 8760
    day = [100.0] * 8 + [400.0] * 14 + [200.0] * 2
    assert price.tolist() == day * 365


def test_half_hours_are_averaged() -> None:
    table = windows((ALL_YEAR, 0, 6.5, "valley"), (ALL_YEAR, 6.5, 6.75, "peak"), (ALL_YEAR, 6.75, 24, "flat"))
    price = hourly_price(table, PRICES)
    assert price[5] == 100.0
    assert price[6] == 0.5 * 100.0 + 0.25 * 400.0 + 0.25 * 200.0
    assert price[7] == 200.0


def test_months_have_their_own_windows() -> None:
    summer, rest = "6 7 8", "1 2 3 4 5 9 10 11 12"
    price = hourly_price(windows((summer, 0, 24, "peak"), (rest, 0, 24, "flat")), PRICES)
    june, september = 24 * (31 + 28 + 31 + 30 + 31), 24 * (31 + 28 + 31 + 30 + 31 + 30 + 31 + 31)
    assert price[june - 1] == 200.0
    assert price[june] == 400.0
    assert price[september - 1] == 400.0
    assert price[september] == 200.0
    assert (price == 400.0).sum() == 92 * 24


def test_a_leap_year_has_its_day() -> None:
    assert len(hourly_price(windows((ALL_YEAR, 0, 24, "flat")), PRICES, year=2024)) == 8784


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(ALL_YEAR, 0, 8, "flat"), (ALL_YEAR, 9, 24, "flat")], "month 1: the window 9 to 24 h"),
        ([(ALL_YEAR, 0, 8, "flat"), (ALL_YEAR, 7, 24, "flat")], "month 1: the window 7 to 24 h"),
        ([(ALL_YEAR, 0, 23.5, "flat")], "month 1: the windows end at 23.5 h"),
        ([(ALL_YEAR, 0, 25, "flat")], "month 1: the windows end at 25.0 h"),
        ([("1 2 3", 0, 24, "flat")], "month 4: the windows end at 0.0 h"),
        ([(ALL_YEAR, 0, 24, "tip")], "no price for the bands tip"),
        ([("1 13", 0, 24, "flat")], "months '1 13'"),
    ],
)
def test_windows_that_do_not_tile_the_day(rows: list[tuple[str, float, float, str]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        hourly_price(windows(*rows), PRICES)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UsageError, match="band"):
        hourly_price(windows((ALL_YEAR, 0, 24, "flat")).drop(columns="band"), PRICES)
