"""Statistics by which a synthetic series is compared with a real one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from siting.errors import UsageError
from siting.synthetic.fields import EARTH_RADIUS_KM, FloatArray, coordinates


def statistics(frame: pd.DataFrame, year: int = 2023) -> pd.DataFrame:
    """Level, spread, memory and cycles of hourly capacity factors.

    Parameters
    ----------
    frame : DataFrame, shape (hours, places)
        Hourly capacity factors of the year.
    year : int
        Gives the months.

    Returns
    -------
    DataFrame
        One row per place: ``mean_cf``, ``flh_h`` (full-load hours), ``std``, quantiles ``p05``, ``p50``, ``p95``,
        ``max``, correlations with the series 1 h and 24 h before (``autocorr_1h``, ``autocorr_24h``), of daily means
        with the day before (``daily_autocorr_1d``), standard deviation over mean of the daily means (``daily_cv``),
        range of the mean day over its mean (``diurnal_amp``) and its hour of the maximum (``diurnal_peak_hour``),
        month of the largest mean (``seasonal_max_month``) and largest over smallest monthly mean
        (``seasonal_ratio``).
    """
    hours = np.arange(len(frame))
    daily = frame.groupby(hours // 24).mean()
    by_hour = frame.groupby(hours % 24).mean()
    monthly = frame.groupby(pd.date_range(f"{year}-01-01", periods=len(frame), freq="h").month).mean()
    mean = frame.mean()
    columns = {
        "mean_cf": mean,
        "flh_h": frame.sum(),
        "std": frame.std(),
        **{f"p{quantile:02d}": frame.quantile(quantile / 100) for quantile in (5, 50, 95)},
        "max": frame.max(),
        "autocorr_1h": _lagged(frame, 1),
        "autocorr_24h": _lagged(frame, 24),
        "daily_autocorr_1d": _lagged(daily, 1),
        "daily_cv": daily.std() / mean,
        "diurnal_amp": (by_hour.max() - by_hour.min()) / mean,
        "diurnal_peak_hour": by_hour.idxmax(),
        "seasonal_max_month": monthly.idxmax(),
        "seasonal_ratio": monthly.max() / monthly.min(),
    }
    return pd.DataFrame(columns)


def _lagged(frame: pd.DataFrame, lag: int) -> pd.Series:
    return pd.Series({name: frame[name].autocorr(lag) for name in frame.columns}, dtype=float)


def great_circle_km(places: pd.DataFrame) -> FloatArray:
    """Distances between all pairs of places on the sphere (haversine), shape (places, places) [km]."""
    latitude, longitude = coordinates(places)
    phi, lam = np.radians(latitude), np.radians(longitude)
    half = np.sin((phi[:, None] - phi) / 2) ** 2
    half = half + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))), dtype=np.float64)


def correlation_by_distance(frame: pd.DataFrame, places: pd.DataFrame, edges_km: Sequence[float]) -> pd.Series:
    """Mean correlation of daily means between pairs of places, by class of distance.

    The season (a centred 31-day mean) is taken out first, so that only the weather is compared.

    Parameters
    ----------
    frame : DataFrame, shape (hours, places)
        Hourly values.
    places : DataFrame
        ``latitude`` and ``longitude`` of the columns of the frame.
    edges_km : sequence of float
        Edges of the classes.

    Returns
    -------
    Series
        Indexed by class; classes without a pair are left out.

    Raises
    ------
    UsageError
        The places are not the columns of the frame.
    """
    if not frame.columns.equals(places.index):
        msg = "the places must be the columns of the frame, in the same order"
        raise UsageError(msg)
    daily = frame.groupby(np.arange(len(frame)) // 24).mean()
    weather = daily - daily.rolling(31, center=True, min_periods=10).mean()
    upper = np.triu_indices(len(places), 1)
    correlation = pd.Series(weather.corr().to_numpy()[upper])
    classes = pd.cut(pd.Series(great_circle_km(places)[upper]), list(edges_km))
    return correlation.groupby(classes, observed=True).mean()
