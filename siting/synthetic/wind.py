"""Hourly capacity factors of wind: weather systems that pass over the places, a season and a daily cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pvlib

from siting.synthetic.fields import (
    FloatArray,
    aligned,
    beta_distributed,
    coordinates,
    hour_starts,
    hourly_frame,
    hours_of,
    persistent,
    white_field,
    with_sum,
)

DECIMALS = 4
_SETTLE_H = 240


@dataclass(frozen=True)
class WindClimate:
    """The numbers that shape a wind series.

    They were chosen once so that the medians over the provinces come near the statistics of a reanalysis year
    (ERA5, 2020), from which they take nothing else. "North" means from 34 N on, "south" up to 24 N; between them
    numbers change linearly.

    Parameters
    ----------
    memory_north_h, memory_south_h : float
        Memory of each of the two filters of the passing weather [h]: storms in the north, longer monsoon spells.
    length_km : float
        Distance at which the correlation of the passing weather is 0.48.
    local_share : float
        Share of the variance in local winds.
    local_memory_h, local_length_km : float
        Memory and length of the local winds.
    season_north, season_south : float
        Amplitude of the season in standard deviations; the north peaks in spring, the south in early winter.
    night, plateau : float
        Amplitude of the night-time maximum of the plains, and of the afternoon maximum of places at 4,500 m, in
        standard deviations; between 1,000 m and 4,500 m one gives way to the other.
    dispersion : float
        Variance over ``mean * (1 - mean)`` of the Beta distribution.
    most : float
        Largest capacity factor (availability and wake losses).

    Notes
    -----
    Single provinces differ from the reanalysis where the terrain or the monsoon rules: the afternoon wind of Tibet and
    Yunnan and the autumn maximum of Guangdong and Hainan are weaker here.
    """

    memory_north_h: float = 9.0
    memory_south_h: float = 17.0
    length_km: float = 540.0
    local_share: float = 0.09
    local_memory_h: float = 6.0
    local_length_km: float = 150.0
    season_north: float = 0.50
    season_south: float = 0.60
    night: float = 0.22
    plateau: float = 0.75
    dispersion: float = 0.17
    most: float = 1.0


ONSHORE = WindClimate()
OFFSHORE = WindClimate(
    memory_north_h=8.0, memory_south_h=16.0, local_share=0.06, night=0.10, plateau=0.0, dispersion=0.38, most=0.886
)
OFFSHORE_CORRELATION = 0.9
"""Correlation of the passing weather at sea with that on land of the same province."""


def wind_capacity_factors(
    places: pd.DataFrame, full_load_hours: pd.Series, seed: int, year: int = 2023, climate: WindClimate = ONSHORE
) -> pd.DataFrame:
    """Hourly onshore wind capacity factors with the given full-load hours.

    A Gaussian field (passing weather, local winds, season, time of day) is mapped to a Beta distribution whose mean
    is solved for so that the year has the full-load hours.

    Parameters
    ----------
    places : DataFrame
        ``latitude`` and ``longitude`` [deg] by place.
    full_load_hours : Series
        Year's sum of the capacity factors by place [h].
    seed, year : int
        Random seed and calendar year.
    climate : WindClimate
        Memory, distances, cycles and spread.

    Returns
    -------
    DataFrame, shape (hours, places)
        Capacity factors, four decimals; the full-load hours are exact before rounding.

    Raises
    ------
    UsageError
        A target is missing or outside what the distribution can give.
    """
    noise = white_field(places, hours_of(year) + _SETTLE_H, climate.length_km, seed, "wind")
    return _capacity_factors(noise, places, full_load_hours, seed, year, climate, "wind local")


def offshore_capacity_factors(
    places: pd.DataFrame, full_load_hours: pd.Series, seed: int, year: int = 2023, climate: WindClimate = OFFSHORE
) -> pd.DataFrame:
    """Hourly offshore wind capacity factors, correlated with :func:`wind_capacity_factors` of the same seed.

    Parameters and errors are those of the onshore series; give the coastal provinces only.
    """
    steps = hours_of(year) + _SETTLE_H
    land = white_field(places, steps, climate.length_km, seed, "wind")
    sea = white_field(places, steps, climate.length_km, seed, "offshore")
    noise = OFFSHORE_CORRELATION * land + np.sqrt(1 - OFFSHORE_CORRELATION**2) * sea
    return _capacity_factors(noise, places, full_load_hours, seed, year, climate, "offshore local")


def _capacity_factors(
    noise: FloatArray,
    places: pd.DataFrame,
    full_load_hours: pd.Series,
    seed: int,
    year: int,
    climate: WindClimate,
    local_name: str,
) -> pd.DataFrame:
    target = aligned(full_load_hours, places, "full_load_hours")
    memory = _by_latitude(places, climate.memory_south_h, climate.memory_north_h)
    passing = persistent(noise, memory, order=2)
    local_noise = white_field(places, len(noise), climate.local_length_km, seed, local_name)
    local = persistent(local_noise, climate.local_memory_h)
    weather = np.sqrt(1 - climate.local_share) * passing + np.sqrt(climate.local_share) * local
    latent = weather[_SETTLE_H:] + _season(places, year, climate) + _time_of_day(places, year, climate)
    scores = (latent - latent.mean(axis=0)) / latent.std(axis=0)
    columns = [
        _output(scores[:, column], target[column], climate, str(name)) for column, name in enumerate(places.index)
    ]
    return hourly_frame(np.column_stack(columns), places, DECIMALS)


def _by_latitude(places: pd.DataFrame, south: float, north: float) -> FloatArray:
    latitude, _ = coordinates(places)
    return south + (north - south) * np.clip((latitude - 24.0) / 10.0, 0.0, 1.0)


def _season(places: pd.DataFrame, year: int, climate: WindClimate) -> FloatArray:
    """Spring maximum in the north, early-winter maximum (north-east monsoon) in the south."""
    day = (hour_starts(year).dayofyear.to_numpy(dtype=float) - 0.5)[:, None]
    spring = np.cos(2 * np.pi * (day - 105.0) / 365.25)
    winter = np.cos(2 * np.pi * (day - 345.0) / 365.25)
    north = _by_latitude(places, 0.0, climate.season_north)
    south = _by_latitude(places, climate.season_south, 0.0)
    return np.asarray(spring * north + winter * south, dtype=np.float64)


def _time_of_day(places: pd.DataFrame, year: int, climate: WindClimate) -> FloatArray:
    """Night-time maximum of the low-level jet over plains, afternoon maximum over high plateaus, in solar time."""
    latitude, longitude = coordinates(places)
    altitude = np.array(
        [pvlib.location.lookup_altitude(lat, lon) for lat, lon in zip(latitude, longitude, strict=True)]
    )
    high = np.clip((altitude - 1000.0) / 3500.0, 0.0, 1.0)
    solar = (np.arange(hours_of(year)) + 0.5)[:, None] + (longitude - 120.0) / 15.0
    night = np.cos(2 * np.pi * (solar - 22.0) / 24)
    afternoon = np.cos(2 * np.pi * (solar - 15.0) / 24)
    return np.asarray(climate.night * (1 - high) * night + climate.plateau * high * afternoon, dtype=np.float64)


def _output(scores: FloatArray, target: float, climate: WindClimate, name: str) -> FloatArray:
    """Quantiles of the Beta distribution whose mean makes the year's sum the target."""
    size = 1 / climate.dispersion - 1

    def output(mean: float) -> FloatArray:
        return climate.most * beta_distributed(scores, mean, size)

    guess = target / len(scores) / climate.most
    return with_sum(output, target, 0.8 * guess, min(1.2 * guess, 0.97), name)
