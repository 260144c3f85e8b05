"""The rest of the power system of China's provinces: fleets, load and exchange, true to the published year 2023.

Generation less consumption of the published year is what a province sends. Load is a shape with the season, the day
and the weekend of a real series, scaled to the published consumption; wind and sun are the synthetic hours of the
instance on the mean capacity of the year. What plants that can be dispatched have to give follows the rest of the
load (load less wind and sun), but exchange with other provinces takes up an assumed part of its swings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.synthetic.facts import Facts
from siting.synthetic.fields import FloatArray, hour_starts

VARIABLE = ("wind", "solar")
DISPATCHED = ("thermal", "hydro", "nuclear")


def fleet(facts: Facts, chosen: list[str]) -> pd.DataFrame:
    """Rows of ``fleet.csv``: thermal plants in classes of efficiency, hydro and nuclear power, wind and sun.

    Parameters
    ----------
    facts : Facts
        Published figures of the system and assumptions.
    chosen : list of str
        Provinces.
    """
    rows = [row for region in chosen for row in (*_thermal(facts, region), *_others(facts, region))]
    columns = ["region", "technology", "existing_mw", "variable_cost_per_mwh", "factor_t_per_mwh", "green"]
    columns += ["available_share", "capacity_factor", "least_share", "most_mwh", "group", "published_mwh"]
    table = pd.DataFrame(rows)
    return table[table["existing_mw"] > 0][columns].reset_index(drop=True)


def _thermal(facts: Facts, region: str) -> list[dict[str, object]]:
    """Large and small coal units, whose mean is the national factor of fossil power, and gas."""
    own, values = figures(facts, region), facts.parameters
    small, gas = values["coal_small_share"], own["gas_share"]
    worse = values["coal_small_benchmark_t_per_mwh"] / values["coal_large_benchmark_t_per_mwh"]
    large_t = values["fossil_2023_t_per_mwh"] / (1 - small + small * worse)
    fuel = float(facts.provinces["coal_benchmark_yuan_per_mwh"][region]) * values["fuel_share_of_benchmark"]
    classes = (
        ("coal_large", (1 - gas) * (1 - small), fuel, large_t),
        ("coal_small", (1 - gas) * small, fuel * worse, large_t * worse),
        ("gas", gas, values["gas_cost_per_mwh"], values["gas_t_per_mwh"]),
    )
    shares = {
        "region": region,
        "group": "thermal",
        "green": False,
        "capacity_factor": None,
        "available_share": values["thermal_available_share"],
        "least_share": values["thermal_least_share"],
    }
    rows = [
        {"technology": name, "existing_mw": round(own["thermal_2023_mw"] * share, 1)}
        | {"variable_cost_per_mwh": round(cost, 1), "factor_t_per_mwh": round(factor, 4), **shares}
        for name, share, cost, factor in classes
        if share > 0
    ]
    # The published year does not tell classes apart: the first stands for the group.
    rows[0]["published_mwh"] = round(own["thermal_2023_twh"] * 1e6)
    return rows


def _others(facts: Facts, region: str) -> list[dict[str, object]]:
    own, values = figures(facts, region), facts.parameters
    rows = []
    for name in ("hydro", "nuclear", *VARIABLE):
        energy = round(own[f"{name}_2023_twh"] * 1e6)
        row: dict[str, Any] = {
            "region": region,
            "technology": name,
            "group": None,
            "published_mwh": energy,
            "factor_t_per_mwh": 0.0,
        }
        row |= {"green": name != "nuclear", "capacity_factor": None, "available_share": 1.0, "least_share": 0.0}
        row["variable_cost_per_mwh"] = values.get(f"{name}_cost_per_mwh", 0.0)
        if name in VARIABLE:
            # Published hours are of what is used, so that no curtailment is left in them.
            row |= {"existing_mw": round(mean_mw(facts, region, name), 1), "capacity_factor": name}
        else:
            row["existing_mw"] = float(own[f"{name}_2023_mw"])
        if name == "hydro":
            row["most_mwh"] = energy
        if name == "nuclear" and row["existing_mw"]:
            share = energy / (row["existing_mw"] * 8760)
            row |= {"available_share": round(min(1.0, share), 4), "least_share": 1.0}
        rows.append(row)
    return rows


def figures(facts: Facts, region: str) -> dict[str, float]:
    """Figures of a province's system by name."""
    return {str(name): float(column[region]) for name, column in facts.system.astype(float).items()}


def green_share(facts: Facts) -> pd.Series[float]:
    """Green share of what a province uses: hydro, wind and sun of its own generation and of what it receives.

    A province that generates more than it uses keeps its own mix. One that generates less receives the rest, by
    assumption at the mean mix of all that is sent.
    """
    data = facts.system.astype(float)
    made = sum(data[f"{name}_2023_twh"] for name in (*DISPATCHED, *VARIABLE))
    own = sum(data[f"{name}_2023_twh"] for name in ("hydro", *VARIABLE)) / made
    used = data["consumption_2023_twh"]
    sent, received = (made - used).clip(lower=0.0), (used - made).clip(lower=0.0)
    pool = (sent * own).sum() / sent.sum() if sent.any() else 0.0
    return ((used - received) * own + received * pool) / used


def mean_mw(facts: Facts, region: str, source: str) -> float:
    """Mean capacity of wind or sun in the published year, MW: its generation over its hours."""
    hours = facts.provinces[f"{source}_hours_2023"].astype(float)
    return figures(facts, region)[f"{source}_2023_twh"] * 1e6 / hours[region]


def system_series(facts: Facts, wind: pd.DataFrame, solar: pd.DataFrame, year: int) -> dict[str, pd.DataFrame]:
    """Load and net import of the provinces, hours x provinces, MW.

    Parameters
    ----------
    facts : Facts
        Provinces and the figures of their system.
    wind, solar : DataFrame
        Capacity factors, hours x provinces.
    year : int
        Gives months and weekends.
    """
    load, net = {}, {}
    part = facts.parameters["exchange_share_of_swings"]
    for region in facts.provinces.index:
        own = figures(facts, region)
        load[region] = load_shape(own, year) * own["consumption_2023_twh"] * 1e6 / len(wind)
        variable = sum(
            factor[region].to_numpy(dtype=float) * mean_mw(facts, region, name)
            for name, factor in zip(VARIABLE, (wind, solar), strict=True)
        )
        rest = load[region] - variable
        given = sum(own[f"{name}_2023_twh"] for name in DISPATCHED) * 1e6 / len(wind)
        net[region] = rest - given * (1 + part * (rest / rest.mean() - 1))
    return {"system_load_mw": pd.DataFrame(load), "net_import_mw": pd.DataFrame(net)}


def load_shape(statistics: Mapping[str, float], year: int) -> FloatArray:
    """Load of a year with a mean of one.

    Parameters
    ----------
    statistics : mapping
        ``load_peak_month``, ``load_season_ratio`` (largest over smallest monthly mean), ``load_day_amplitude`` (range
        of the mean day over the mean), ``load_peak_hour``, ``load_valley_hour``, ``load_weekend_ratio``.
    year : int
        Calendar.
    """
    starts = hour_starts(year)
    ratio = statistics["load_season_ratio"]
    month = starts.dayofyear.to_numpy() / len(starts) * 24 * 12 + 0.5
    season = 1 + (ratio - 1) / (ratio + 1) * np.cos(2 * np.pi * (month - statistics["load_peak_month"]) / 12)
    since = (starts.hour.to_numpy() - statistics["load_valley_hour"]) % 24
    rise = (statistics["load_peak_hour"] - statistics["load_valley_hour"]) % 24
    phase = np.where(since <= rise, since / rise, 2 - (since - rise) / (24 - rise))
    day = 1 - statistics["load_day_amplitude"] / 2 * np.cos(np.pi * phase)
    shape = season * day * np.where(starts.dayofweek.to_numpy() >= 5, statistics["load_weekend_ratio"], 1.0)
    result: FloatArray = np.asarray(shape / shape.mean(), dtype=np.float64)
    return result
