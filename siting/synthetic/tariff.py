"""Time-of-use tariffs: windows of the day and prices of the bands as one price per hour of the year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.errors import UsageError
from siting.synthetic.fields import FloatArray, hour_starts

_COLUMNS = ("months", "hour_start", "hour_end", "band")


def hourly_price(windows: pd.DataFrame, price_per_mwh: Mapping[str, float], year: int = 2023) -> pd.Series:
    """Price of every hour of the year under a time-of-use tariff.

    Parameters
    ----------
    windows : DataFrame
        One row per window of one tariff area: ``months`` (numbers 1 to 12 separated by spaces), ``hour_start`` and
        ``hour_end`` (0 to 24, fractions allowed) and ``band``. In every month the windows tile the day.
    price_per_mwh : mapping of str to float
        Price of each band; bands that no window uses may be present.
    year : int
        Calendar year.

    Returns
    -------
    Series, shape (hours,)
        Price per MWh, indexed by ``hour``. An hour cut by a boundary has the mean of its bands, weighted by time.

    Raises
    ------
    UsageError
        A column or a price is missing, a number is out of range, or the windows of a month leave a gap or overlap.
    """
    missing = [column for column in _COLUMNS if column not in windows.columns]
    if missing:
        raise UsageError(f"the windows of a tariff need the columns {', '.join(missing)}")
    unpriced = sorted(set(windows["band"]) - set(price_per_mwh))
    if unpriced:
        raise UsageError(f"no price for the bands {', '.join(unpriced)}")
    starts = hour_starts(year)
    days = np.array([_day_prices(_of_month(windows, month), price_per_mwh, month) for month in range(1, 13)])
    prices = days[starts.month.to_numpy() - 1, starts.hour.to_numpy()]
    return pd.Series(prices, index=pd.RangeIndex(len(starts), name="hour"), name="price_per_mwh")


def _of_month(windows: pd.DataFrame, month: int) -> pd.DataFrame:
    """Windows in force in a month, by their beginning."""
    in_force = [month in _months(text) for text in windows["months"]]
    return windows[in_force].sort_values("hour_start")


def _months(text: object) -> set[int]:
    """Read the months of a window, e.g. ``"1 11 12"``."""
    words = str(text).split()
    if not words or not all(word.isdecimal() and 1 <= int(word) <= 12 for word in words):
        raise UsageError(f"months {text!r} must be numbers from 1 to 12 separated by spaces")
    return {int(word) for word in words}


def _day_prices(windows: pd.DataFrame, price_per_mwh: Mapping[str, float], month: int) -> FloatArray:
    """Prices of the 24 hours of a day of a month."""
    prices = np.zeros(24)
    reached = 0.0
    for start, end, band in zip(windows["hour_start"], windows["hour_end"], windows["band"], strict=True):
        if float(start) != reached or float(end) <= float(start):
            raise UsageError(f"month {month}: the window {start} to {end} h ({band}) does not begin at {reached} h")
        prices += _share_of_hours(float(start), float(end)) * price_per_mwh[str(band)]
        reached = float(end)
    if reached != 24.0:
        raise UsageError(f"month {month}: the windows end at {reached} h, not at 24 h")
    return prices


def _share_of_hours(start: float, end: float) -> FloatArray:
    """Measure the part of each of the 24 hours that lies between two times."""
    hours = np.arange(24)
    share = np.clip(np.minimum(end, hours + 1) - np.maximum(start, hours), 0.0, 1.0)
    return np.asarray(share, dtype=np.float64)
