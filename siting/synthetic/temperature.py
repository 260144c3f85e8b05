"""Hourly air temperature from monthly means: season, day and passing weather."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.interpolate import CubicSpline

from siting.errors import UsageError
from siting.synthetic.fields import (
    FloatArray,
    aligned,
    coordinates,
    hour_starts,
    hourly_frame,
    persistent,
    white_field,
)

NOISE_C = 3.0
"""Assumption: standard deviation of the passing weather around the smooth season [K]."""
MEMORY_H = 36.0
"""Assumption: two filters of this memory make a warm or cold spell last three to five days."""
LENGTH_KM = 800.0
"""Assumption: distance at which the correlation of the passing weather is 0.48 [km]."""
WARMEST_SOLAR_HOUR = 14.5
"""Assumption: local solar time of the daily maximum [h]."""
DECIMALS = 1


def temperatures(
    places: pd.DataFrame,
    monthly_mean_c: pd.DataFrame,
    seed: int,
    year: int = 2023,
    diurnal_range_c: pd.Series | float | None = None,
    noise_c: float = NOISE_C,
) -> pd.DataFrame:
    """Hourly air temperature whose monthly means are the given ones.

    Parameters
    ----------
    places : DataFrame
        ``latitude`` and ``longitude`` [deg] by place.
    monthly_mean_c : DataFrame, shape (places, 12)
        Mean temperature of January to December [degC], indexed by place.
    seed, year : int
        Random seed and calendar year.
    diurnal_range_c : Series, float or None
        Difference of the daily maximum and minimum of the mean day [K]; by default :func:`diurnal_range`.
    noise_c : float
        Standard deviation of the passing weather [K] (assumption).

    Returns
    -------
    DataFrame, shape (hours, places)
        Temperature [degC], one decimal. Before rounding the monthly means are exact.

    Raises
    ------
    UsageError
        A mean or a range is missing, or there are not twelve columns of means.
    """
    if monthly_mean_c.shape[1] != 12:
        msg = "monthly_mean_c needs twelve columns, January to December"
        raise UsageError(msg)
    means = np.column_stack([aligned(monthly_mean_c[c], places, "monthly_mean_c") for c in monthly_mean_c.columns]).T
    if diurnal_range_c is None:
        diurnal_range_c = diurnal_range(places)
    elif not isinstance(diurnal_range_c, pd.Series):
        diurnal_range_c = pd.Series(float(diurnal_range_c), index=places.index)
    month = hour_starts(year).month.to_numpy(dtype=np.int64) - 1
    anomaly = noise_c * _passing_weather(places, len(month), seed)
    anomaly += _daily_cycle(places, aligned(diurnal_range_c, places, "diurnal_range_c"), len(month))
    share = np.eye(12)[month] / np.bincount(month)
    return hourly_frame(_season(means - share.T @ anomaly, month) + anomaly, places, DECIMALS)


def diurnal_range(places: pd.DataFrame) -> pd.Series:
    """Assumed daily temperature range [K]: 7 on the humid south-east coast, rising to 14 in the dry north-west.

    The distance inland is measured along the line from (22 N, 120 E) to (42 N, 85 E); the end values are round
    assumptions in the order of what climate atlases show for China.
    """
    latitude, longitude = coordinates(places)
    inland = ((latitude - 22.0) / 20.0 + (120.0 - longitude) / 35.0) / 2.0
    return pd.Series(7.0 + 7.0 * np.clip(inland, 0.0, 1.0), index=places.index)


def _season(monthly: FloatArray, month: npt.NDArray[np.int64]) -> FloatArray:
    """Smooth periodic curve, shape (hours, places), whose mean over each month is the given one (12, places).

    A periodic cubic spline is linear in its knots, one in the middle of each month, so that the knots that give
    the means follow from twelve linear equations.
    """
    hours = len(month)
    length = np.bincount(month)
    middle = np.cumsum(length) - length / 2
    knots = np.append(middle, middle[0] + hours)
    unit = np.vstack([np.eye(12), np.eye(12)[:1]])
    basis = CubicSpline(knots, unit, bc_type="periodic")(np.arange(hours) + 0.5)
    means = np.eye(12)[month].T @ basis / length[:, None]
    return np.asarray(basis @ np.linalg.solve(means, monthly), dtype=np.float64)


def _daily_cycle(places: pd.DataFrame, range_c: FloatArray, hours: int) -> FloatArray:
    """Cosine of the local solar time, zero on the mean of each day [K]."""
    _, longitude = coordinates(places)
    solar = (np.arange(hours) + 0.5)[:, None] + (longitude - 120.0) / 15.0
    return np.asarray(range_c / 2 * np.cos(2 * np.pi * (solar - WARMEST_SOLAR_HOUR) / 24), dtype=np.float64)


def _passing_weather(places: pd.DataFrame, hours: int, seed: int) -> FloatArray:
    """Draw standard normal warm and cold spells, smooth in time."""
    settle = int(10 * MEMORY_H)
    noise = white_field(places, hours + settle, LENGTH_KM, seed, "temperature")
    return persistent(noise, MEMORY_H, order=2)[settle:]
