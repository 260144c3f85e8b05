"""Values and column names in another unit than the format's: found by their size or by their name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median

import numpy as np
import pandas as pd

from siting.errors import Fault, Sentence
from siting.physics.distance import great_circle_km

# Dirtiest grids are near 1.2 t/MWh and lignite plants near 1.4: above 2 the figure is in g/kWh or kg/MWh.
MOST_T_PER_MWH = 2.0
# A site belongs to the power system of its region, so it is not farther from it than a large country is wide.
FAR_KM = 3000.0

_UNIT = (
    r"(?:(?:per|in)_)?(?:tw|gw|mw|kw|w|twh|gwh|mwh|kwh|wh|ms|us|s|seconds|minutes|min|h|hours|days|years|year|months|deg|"
    r"degrees|rad|share|percent|pct|t|kg|g|tonnes|c|k|f|km|gb|tb|mb|gbps|mbps|tbps|eflops|pflops)"
)
_TAIL = re.compile(rf"(?:_{_UNIT})+$")
_FACTORS = {
    ("tw", "mw"): "multiply by 1,000,000",
    ("gw", "mw"): "multiply by 1,000",
    ("kw", "mw"): "divide by 1,000",
    ("gwh", "mwh"): "multiply by 1,000",
    ("kwh", "mwh"): "divide by 1,000",
    ("per_mw", "per_kw"): "divide by 1,000",
    ("per_mwh", "per_kwh"): "divide by 1,000",
    ("per_kw", "per_mw"): "multiply by 1,000",
    ("per_kwh", "per_mwh"): "multiply by 1,000",
    ("kg_per_mwh", "t_per_mwh"): "divide by 1,000",
    ("g_per_kwh", "t_per_mwh"): "divide by 1,000",
    ("s", "ms"): "multiply by 1,000",
    ("us", "ms"): "divide by 1,000",
    ("mbps", "gbps"): "divide by 1,000",
    ("tbps", "gbps"): "multiply by 1,000",
    ("percent", "share"): "divide by 100",
    ("pct", "share"): "divide by 100",
    ("months", "years"): "divide by 12",
}


def other_unit(column: str, known: Iterable[str]) -> tuple[str, str] | None:
    """Find the column of the format that a name in another unit stands for.

    Parameters
    ----------
    column : str
        Unknown column, for example ``grid_gw``.
    known : iterable of str
        Columns of the table.

    Returns
    -------
    tuple of str or None
        The right column (``grid_mw``) and what to do with the values.
    """
    name = column.strip().casefold()
    stem = _TAIL.sub("", name)
    for right in known:
        if right != name and stem and _TAIL.sub("", right) == stem and (stem != right or stem != name):
            given, wanted = name[len(stem) + 1 :], right[len(stem) + 1 :]
            how = _FACTORS.get((given, wanted), "convert the values")
            return (
                right,
                Sentence(
                    "The unit is {unit}: {how} and name the column {right!r}.",
                    unit=wanted or Sentence("none"),
                    how=Sentence(how),
                    right=right,
                ),
            )
    return None


def table_faults(name: str, rows: pd.DataFrame, lines: list[int]) -> list[Fault]:
    """Values of one table whose size betrays another unit.

    Parameters
    ----------
    name : str
        Name of the table.
    rows : DataFrame
        Valid rows, columns as in the file.
    lines : list of int
        Line of each row in the file.
    """
    limits = [
        (column, MOST_T_PER_MWH, "CO2 per MWh above 2 t: the value looks like g/kWh or kg/MWh.", "Divide by 1,000.")
        for column in rows.columns
        if column.endswith("factor_t_per_mwh")
    ]
    return [
        Fault(f"{name}.csv", rule, remedy, row=line, column=column, value=f"{value:g}")
        for column, most, rule, remedy in limits
        for line, value in zip(lines, pd.to_numeric(rows[column]), strict=True)
        if value > most
    ]


def swapped_faults(
    regions: pd.DataFrame, region_lines: list[int], sites: pd.DataFrame, site_lines: list[int]
) -> list[Fault]:
    """Places whose latitude and longitude seem to be exchanged: far from where they belong, and near when swapped."""
    faults = []
    wrong = set()
    for i, line in enumerate(region_lines):
        others = regions.drop(index=regions.index[i])
        if others.empty:
            continue
        place = regions.iloc[i]
        if _fits_swapped(place, median(others["latitude_deg"]), median(others["longitude_deg"])):
            wrong.add(place["region"])
            faults.append(_swapped("regions.csv", line, place, Sentence("the other regions")))
    home = regions.drop_duplicates("region").set_index("region")
    for i, line in enumerate(site_lines):
        place = sites.iloc[i]
        if place["region"] in wrong or place["region"] not in home.index:
            continue
        centre = home.loc[place["region"]]
        if _fits_swapped(place, float(centre["latitude_deg"]), float(centre["longitude_deg"])):
            faults.append(_swapped("sites.csv", line, place, Sentence("its region {region}", region=place["region"])))
    return faults


def _fits_swapped(place: pd.Series, latitude: float, longitude: float) -> bool:
    lat, lon = float(place["latitude_deg"]), float(place["longitude_deg"])
    if abs(lon) > 90:
        return False
    there = np.array([lat, lon]), np.array([lon, lat])
    as_given, swapped = great_circle_km(there[0], there[1], np.full(2, latitude), np.full(2, longitude))
    return bool(as_given > FAR_KM and swapped < FAR_KM)


def _swapped(file: str, line: int, place: pd.Series, where: str) -> Fault:
    return Fault(
        file,
        Sentence(
            "The place is more than {km:,.0f} km from {where}, but near it with latitude and longitude exchanged.",
            km=FAR_KM,
            where=where,
        ),
        "Exchange latitude_deg and longitude_deg.",
        row=line,
        column="latitude_deg",
        value=f"{place['latitude_deg']:g}",
    )
