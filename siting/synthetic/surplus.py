"""Curtailed wind and sun of a province as a supply that a new load could take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.errors import UsageError
from siting.synthetic.fields import FloatArray

_DECIMALS = 4


def surplus_capacity_factor(
    wind_cf: pd.Series,
    solar_cf: pd.Series,
    wind_gw: float,
    solar_gw: float,
    curtailed_wind_twh: float,
    curtailed_solar_twh: float,
) -> tuple[float, pd.Series]:
    """Hours in which a province's wind and sun are curtailed, as a capacity and a capacity factor.

    Curtailment is placed at the top of the output of each source: whatever exceeds a threshold is curtailed, and
    the threshold is the one at which the year's sum is the published energy. An assumption: real curtailment also
    follows load and line outages.

    Parameters
    ----------
    wind_cf, solar_cf : Series, shape (hours,)
        Hourly capacity factors of the existing plants.
    wind_gw, solar_gw : float
        Existing capacity [GW].
    curtailed_wind_twh, curtailed_solar_twh : float
        Published curtailed energy of the year [TWh].

    Returns
    -------
    capacity_mw : float
        Largest curtailed power [MW]; 0 if nothing is curtailed.
    capacity_factor : Series, shape (hours,)
        Curtailed power over that capacity, rounded to 4 decimals. The capacity is adjusted for the rounding: its
        product with the sum of the factors is the published energy.

    Raises
    ------
    UsageError
        A number is negative, or more is curtailed than the plants can generate.
    """
    wind = _above_threshold(wind_cf.to_numpy(dtype=float) * wind_gw * 1e3, curtailed_wind_twh * 1e6, "wind")
    solar = _above_threshold(solar_cf.to_numpy(dtype=float) * solar_gw * 1e3, curtailed_solar_twh * 1e6, "solar")
    total_mw = wind + solar
    peak_mw = float(total_mw.max())
    if peak_mw == 0:
        return 0.0, pd.Series(0.0, index=wind_cf.index)
    factor = np.round(total_mw / peak_mw, _DECIMALS)
    capacity_mw = (curtailed_wind_twh + curtailed_solar_twh) * 1e6 / float(factor.sum())
    return capacity_mw, pd.Series(factor, index=wind_cf.index)


def _above_threshold(power_mw: FloatArray, energy_mwh: float, name: str) -> FloatArray:
    """Cut off the part of the power above the threshold at which that part sums to the energy.

    With the hours sorted by falling power, the ``k`` largest lie above a threshold ``(their sum - energy) / k``;
    the right ``k`` is the first whose threshold is not below the next hour, which solves the equation exactly.
    """
    if energy_mwh < 0 or (power_mw < 0).any():
        raise UsageError(f"{name}: capacity, capacity factors and curtailed energy must not be negative")
    if energy_mwh > power_mw.sum():
        raise UsageError(f"{name}: {energy_mwh:.0f} MWh curtailed, but the plants generate {power_mw.sum():.0f} MWh")
    if energy_mwh == 0:
        return np.zeros_like(power_mw)
    falling = np.sort(power_mw)[::-1]
    thresholds = (np.cumsum(falling) - energy_mwh) / np.arange(1, len(falling) + 1)
    following = np.append(falling[1:], 0.0)
    first = int(np.argmax(thresholds >= following))
    return np.asarray(np.maximum(power_mw - thresholds[first], 0.0), dtype=np.float64)
