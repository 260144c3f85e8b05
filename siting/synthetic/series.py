"""Hourly series of the Chinese instances: prices, temperature, shapes of work, wind, sun and surplus."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.synthetic.facts import Facts
from siting.synthetic.fields import hour_starts
from siting.synthetic.system import system_series
from siting.synthetic.tariff import hourly_price
from siting.synthetic.technologies import regions
from siting.synthetic.weather import (
    offshore_capacity_factors,
    solar_capacity_factors,
    surplus_capacity_factor,
    temperatures,
    wind_capacity_factors,
)

YEAR = 2026
"""Calendar of the series: the year of the tariffs; weather and work are synthetic."""
SEED = 20260301
BANDS = ("tip", "peak", "flat", "valley", "deep")
MONTHS = [f"m{month:02d}" for month in range(1, 13)]
DECIMALS = {"price_per_mwh": 2, "temperature_c": 1, "profile": 4, "capacity_factor_surplus": 4}
DECIMALS |= {"system_load_mw": 0, "net_import_mw": 0}
"""Decimals kept; 3 where not named."""


def hourly(facts: Facts) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """All series of all places.

    Parameters
    ----------
    facts : Facts
        Provinces, tariffs, climate, profiles.

    Returns
    -------
    series : dict of str to DataFrame
        By name, hours x places (or profiles), rounded.
    surplus_mw : Series
        Largest curtailed power by province, MW.
    """
    provinces = facts.provinces
    centres = provinces[["centre_latitude_deg", "centre_longitude_deg"]].set_axis(["latitude", "longitude"], axis=1)
    wind = wind_capacity_factors(centres, provinces["wind_hours_2023"], SEED, YEAR)
    solar = solar_capacity_factors(centres, provinces["solar_hours_2023"], SEED, YEAR)
    surplus_mw, surplus = _surplus(provinces, wind, solar)
    series = {
        "price_per_mwh": _prices(facts),
        "temperature_c": _temperatures(facts),
        "profile": _profiles(facts.profiles),
        "capacity_factor_wind": wind,
        "capacity_factor_solar": solar,
        "capacity_factor_surplus": surplus,
        **system_series(facts, wind, solar, YEAR),
    }
    if coast := regions(facts, "offshore"):
        sea = pd.Series(facts.parameters["offshore_hours"], index=coast)
        series["capacity_factor_offshore"] = offshore_capacity_factors(centres.loc[coast], sea, SEED, YEAR)
    return {name: frame.round(DECIMALS.get(name, 3)) for name, frame in series.items()}, surplus_mw


def _surplus(provinces: pd.DataFrame, wind: pd.DataFrame, solar: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Curtailed energy: what is used, times the curtailed over the used share (capacity x hours is what is used)."""
    capacity, factors = {}, {}
    for region, row in provinces.iterrows():
        lost = {
            source: row[f"{source}_2024_mw"]
            * row[f"{source}_hours_2023"]
            / 1e6
            * (100 / row[f"{source}_use_2024_pct"] - 1)
            for source in ("wind", "solar")
        }
        capacity[region], factors[region] = surplus_capacity_factor(
            wind[region],
            solar[region],
            row["wind_2024_mw"] / 1000,
            row["solar_2024_mw"] / 1000,
            lost["wind"],
            lost["solar"],
        )
    return pd.Series(capacity), pd.DataFrame(factors)


def _prices(facts: Facts) -> pd.DataFrame:
    """Price per MWh by province; a band that the tariff table lacks has the price of the nearest band that it has."""
    columns = {}
    for region, area in facts.provinces["tariff_area"].items():
        price = facts.tariffs.loc[area, [f"{band}_yuan_per_kwh" for band in BANDS]].set_axis(BANDS).astype(float)
        price["tip"] = price["tip"] if np.isfinite(price["tip"]) else price["peak"]
        price["deep"] = price["deep"] if np.isfinite(price["deep"]) else price["valley"]
        windows = facts.windows[facts.windows["tariff_area"] == area]
        columns[region] = hourly_price(windows, (price * 1000).to_dict(), YEAR)
    return pd.DataFrame(columns)


def _temperatures(facts: Facts) -> pd.DataFrame:
    """Temperature of each place with a climate: the provinces, and sites that differ from theirs."""
    coordinates = pd.concat([facts.provinces, facts.sites])[["latitude_deg", "longitude_deg"]]
    places = coordinates.loc[facts.climate.index].set_axis(["latitude", "longitude"], axis=1)
    return temperatures(places, facts.climate[MONTHS], SEED, YEAR)


def _profiles(days: pd.DataFrame) -> pd.DataFrame:
    """Make a year of workdays and weekends, each profile with a mean of one."""
    starts = hour_starts(YEAR)
    weekend = starts.dayofweek.to_numpy() >= 5
    hour = starts.hour.to_numpy()
    columns = {}
    for name in dict.fromkeys(str(column).rsplit("_", 1)[0] for column in days.columns):
        workday, rest = (days[f"{name}_{kind}"].to_numpy()[hour] for kind in ("workday", "weekend"))
        shape = np.where(weekend, rest, workday)
        columns[name] = shape / shape.mean()
    return pd.DataFrame(columns, index=pd.RangeIndex(len(starts), name="hour"))
