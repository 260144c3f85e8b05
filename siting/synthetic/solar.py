"""Hourly capacity factors of photovoltaics: the clear sky of each place, and clouds that move over all of them."""

from __future__ import annotations

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
    persistent,
    white_field,
    with_sum,
)

TILT_PER_LATITUDE = 0.85
"""Assumption: modules face south, tilted by this share of the latitude."""
PERFORMANCE_RATIO = 0.84
"""Assumption: AC output over what the modules' rating promises for the irradiance."""
INVERTER_LIMIT = 0.95
"""Assumption: largest output over the capacity."""
CONCENTRATION = 6.0
"""Sum of the two Beta parameters of the clear-sky index; the smaller, the more overcast and clear days differ."""
DAILY_SHARE = 0.93
"""Weight of the day's cloudiness in the latent field; the rest is the hour's."""
DAILY_MEMORY_D = 2.1
HOURLY_MEMORY_H = 9.5
DAILY_LENGTH_KM = 600.0
HOURLY_LENGTH_KM = 300.0
SEASON = 0.5
"""Amplitude of the season of clearness in the south, in standard deviations."""
DECIMALS = 4


def solar_capacity_factors(
    places: pd.DataFrame, full_load_hours: pd.Series, seed: int, year: int = 2023
) -> pd.DataFrame:
    """Hourly photovoltaic capacity factors with the given full-load hours.

    Clear-sky output (Ineichen and Perez with the Linke turbidity of the place and month, Hay and Davies on the tilted
    plane; pvlib) times a Beta-distributed clear-sky index that follows a field correlated in space and time.
    The mean of the index is solved for so that the year has the full-load hours.

    Parameters
    ----------
    places : DataFrame
        ``latitude`` and ``longitude`` [deg] by place.
    full_load_hours : Series
        Year's sum of the capacity factors by place [h].
    seed, year : int
        Random seed and calendar year.

    Returns
    -------
    DataFrame, shape (hours, places)
        Capacity factors, four decimals; the full-load hours are exact before rounding.

    Raises
    ------
    UsageError
        A target is missing, or more than the clear sky gives.
    """
    target = aligned(full_load_hours, places, "full_load_hours")
    clearness = _cloud_field(places, year, seed)
    clear = clear_sky_output(places, year)
    columns = [
        _output(clear[:, column], clearness[:, column], target[column], str(name))
        for column, name in enumerate(places.index)
    ]
    return hourly_frame(np.column_stack(columns), places, DECIMALS)


def clear_sky_output(places: pd.DataFrame, year: int = 2023) -> FloatArray:
    """Output over capacity of south-facing modules under a cloudless sky, shape (hours, places).

    The sun stands where it is in the middle of the hour.
    """
    latitude, longitude = coordinates(places)
    middle = hour_starts(year) + pd.Timedelta(minutes=30)
    extra = pvlib.irradiance.get_extra_radiation(middle)
    columns = []
    for lat, lon in zip(latitude, longitude, strict=True):
        place = pvlib.location.Location(lat, lon, altitude=pvlib.location.lookup_altitude(lat, lon))
        sun = place.get_solarposition(middle)
        sky = place.get_clearsky(middle, model="ineichen", solar_position=sun)
        plane = pvlib.irradiance.get_total_irradiance(
            TILT_PER_LATITUDE * lat,
            180,
            sun["apparent_zenith"],
            sun["azimuth"],
            sky["dni"],
            sky["ghi"],
            sky["dhi"],
            dni_extra=extra,
            model="haydavies",
        )["poa_global"]
        columns.append(plane.fillna(0.0).to_numpy() / 1000.0 * PERFORMANCE_RATIO)
    return np.asarray(np.clip(np.column_stack(columns), 0.0, INVERTER_LIMIT), dtype=np.float64)


def _cloud_field(places: pd.DataFrame, year: int, seed: int) -> FloatArray:
    """Field of clearness, shape (hours, places): one value a day, changes within the day, and a season."""
    hours = len(hour_starts(year))
    settle = 20
    daily = persistent(white_field(places, hours // 24 + settle, DAILY_LENGTH_KM, seed, "solar daily"), DAILY_MEMORY_D)
    hourly = persistent(
        white_field(places, hours + 24 * settle, HOURLY_LENGTH_KM, seed, "solar hourly"), HOURLY_MEMORY_H
    )
    within = np.sqrt(1 - DAILY_SHARE**2)
    weather = DAILY_SHARE * np.repeat(daily[settle:], 24, axis=0) + within * hourly[24 * settle :]
    return np.asarray(weather + _season(places, year), dtype=np.float64)


def _season(places: pd.DataFrame, year: int) -> FloatArray:
    """Give the clearness through the year: in the south-east clearest in August, in the south-west before the monsoon.

    Full south of 28 N, none from 36 N on; the west turns into the east from 103 E to 109 E.
    """
    latitude, longitude = coordinates(places)
    day = (hour_starts(year).dayofyear.to_numpy(dtype=float) - 0.5)[:, None]
    south = np.clip((36.0 - latitude) / 8.0, 0.0, 1.0)
    east = np.clip((longitude - 103.0) / 6.0, 0.0, 1.0)
    august = np.cos(2 * np.pi * (day - 225.0) / 365.25)
    february = np.cos(2 * np.pi * (day - 50.0) / 365.25)
    return np.asarray(SEASON * south * (east * august + (1 - east) * february), dtype=np.float64)


def _output(clear: FloatArray, clearness: FloatArray, target: float, name: str) -> FloatArray:
    """Clear-sky output times the Beta index whose mean makes the year's sum the target."""

    def output(mean: float) -> FloatArray:
        day = clear > 0
        result = np.zeros_like(clear)
        result[day] = clear[day] * beta_distributed(clearness[day], mean, CONCENTRATION)
        return result

    return with_sum(output, target, 0.02, 0.99, name)
