"""Seeded Gaussian fields on the globe: correlated in space, with a memory in time, the same for any set of places."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.stats import beta, norm

from siting.errors import UsageError

FloatArray = npt.NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0
WAVES = 512
"""Plane waves of a field; a correlation is off by about ``1 / sqrt(2 * WAVES)`` = 0.03."""

_SCORES = np.linspace(-6.0, 6.0, 1201)


def hours_of(year: int) -> int:
    """Count the hours of a calendar year."""
    return 24 * (366 if pd.Timestamp(year=year, month=1, day=1).is_leap_year else 365)


def hour_starts(year: int) -> pd.DatetimeIndex:
    """Beginnings of the hours of a year in Beijing time."""
    return pd.date_range(f"{year}-01-01", periods=hours_of(year), freq="h", tz="Asia/Shanghai")


def hourly_frame(values: FloatArray, places: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """Hours x places as the table that every generator returns, rounded."""
    index = pd.RangeIndex(len(values), name="hour")
    return pd.DataFrame(np.round(values, decimals), index=index, columns=places.index)


def coordinates(places: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude of the places in degrees.

    Raises
    ------
    UsageError
        A column is missing, a place is named twice, or a coordinate is outside the globe.
    """
    if not {"latitude", "longitude"} <= set(places.columns):
        msg = "places need the columns latitude and longitude"
        raise UsageError(msg)
    if not places.index.is_unique:
        msg = "a place is named twice"
        raise UsageError(msg)
    latitude = places["latitude"].to_numpy(dtype=float)
    longitude = places["longitude"].to_numpy(dtype=float)
    if not ((np.abs(latitude) <= 90).all() and (np.abs(longitude) <= 180).all()):
        msg = "latitude must lie within -90 to 90 and longitude within -180 to 180 degrees"
        raise UsageError(msg)
    return latitude, longitude


def aligned(values: pd.Series, places: pd.DataFrame, name: str) -> FloatArray:
    """Values in the order of the places.

    Raises
    ------
    UsageError
        A place has no finite value.
    """
    chosen = values.reindex(places.index).to_numpy(dtype=float)
    if not np.isfinite(chosen).all():
        raise UsageError(f"{name} is missing for {', '.join(map(str, places.index[~np.isfinite(chosen)]))}")
    return chosen


def beta_distributed(latent: FloatArray, mean: float, size: float) -> FloatArray:
    """Map standard normal values to the Beta distribution of a mean and a sum of its two parameters.

    The quantiles are interpolated between 1,201 normal scores, to about 1e-5: ten times as fast as one by one.
    """
    table = beta.ppf(norm.cdf(_SCORES), mean * size, (1 - mean) * size)
    return np.asarray(np.interp(latent, _SCORES, table), dtype=np.float64)


def with_sum(output: Callable[[float], FloatArray], target: float, low: float, high: float, name: str) -> FloatArray:
    """Find the output whose sum is the target; it grows with its parameter, which is sought between two bounds.

    Parameters
    ----------
    output : callable
        Series of the year for a value of the parameter.
    target : float
        Sum wanted, e.g. full-load hours; met to 1e-4.
    low, high : float
        Bounds of the parameter.
    name : str
        Place, for the message.

    Raises
    ------
    UsageError
        The target lies outside what the bounds give.
    """

    @cache
    def excess(parameter: float) -> float:
        return float(output(parameter).sum()) - target

    if not excess(low) < 0 < excess(high):
        least, most = excess(low) + target, excess(high) + target
        raise UsageError(f"{name}: {target:.0f} full-load hours lie outside the possible {least:.0f} to {most:.0f}")
    return output(float(brentq(excess, low, high, xtol=1e-9)))


def _points_km(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Points of the sphere in space, shape (places, 3)."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    axes = (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    return np.asarray(EARTH_RADIUS_KM * np.column_stack(axes), dtype=np.float64)


def white_field(places: pd.DataFrame, steps: int, length_km: float, seed: int, name: str) -> FloatArray:
    """Draw a standard normal field, independent from step to step, smooth and correlated in space.

    The correlation at a distance ``d`` is ``(1 + x) exp(-x)`` with ``x = sqrt(3) d / length_km`` (Matern 3/2).

    A sum of plane waves with random amplitudes (random Fourier features): the waves belong to the seed and the
    name, not to the places, so that a place sees the same field whatever other places are asked for.

    Parameters
    ----------
    places : DataFrame
        ``latitude`` and ``longitude`` [deg] by place.
    steps : int
        Time steps.
    length_km : float
        Distance at which the correlation is 0.48 (chord of the sphere; within 3 % of the arc up to 5,000 km).
    seed, name : int, str
        Each name has its own random stream.

    Returns
    -------
    ndarray, shape (steps, places)

    Notes
    -----
    Rahimi and Recht, "Random features for large-scale kernel machines", NIPS 2007. The spectral density of the
    Matern 3/2 covariance is the multivariate t density with three degrees of freedom.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))
    wavenumber = rng.standard_normal((WAVES, 3)) / np.sqrt(rng.chisquare(3, (WAVES, 1)) / 3) / length_km
    phase = _points_km(*coordinates(places)) @ wavenumber.T
    waves = np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / np.sqrt(WAVES)
    amplitudes = rng.standard_normal((steps, 2 * WAVES))
    return np.asarray(amplitudes @ waves.T, dtype=np.float64)


def persistent(noise: FloatArray, memory: FloatArray | float, order: int = 1) -> FloatArray:
    """White noise with a memory: ``order`` equal AR(1) filters in a row, scaled to variance one.

    With one filter the correlation after a lag ``k`` is ``exp(-k / memory)``; two make the series smooth, with
    about ``(1 + k / memory) exp(-k / memory)``.

    Parameters
    ----------
    noise : ndarray, shape (steps, places)
        Independent standard normal steps.
    memory : float or ndarray, shape (places,)
        Memory in steps.
    order : int
        1 or 2.

    Returns
    -------
    ndarray, shape (steps, places)
        The first steps are not yet in the steady state; callers drop some memories' worth of them.
    """
    r = np.broadcast_to(np.exp(-1.0 / np.asarray(memory, dtype=float)), (noise.shape[1],))
    out = np.empty_like(noise)
    for column, coefficient in enumerate(r):
        one = np.array([1.0, -coefficient])
        square = coefficient**2
        variance = 1 / (1 - square) if order == 1 else (1 + square) / (1 - square) ** 3
        denominator = one if order == 1 else np.convolve(one, one)
        out[:, column] = lfilter([1.0], denominator, noise[:, column]) / np.sqrt(variance)
    return out
