"""Profiles in the local time of regions whose clocks are not that of the instance.

The instance has one clock, whose hour 0 begins the year. A profile is the day of the people who send the work, so where
``regions.clock_shift_h`` says that their clock is ahead or behind, it is read that many hours later or earlier. A
workload whose regions have several clocks becomes one workload for each, alike in all but its profile: what follows
knows workloads and profiles only, and no clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.problem.problem import FloatArray, Problem, as_given, frame
from siting.problem.settings import Settings
from siting.problem.tables import TABLES

_DECLARED = {table.name: table for table in TABLES}


def make(
    settings: Settings | Mapping[str, Any],
    hourly: Mapping[str, pd.DataFrame],
    **tables: pd.DataFrame,
) -> Problem:
    """A problem from tables in memory, with the whole year as one calendar of days and profiles in its clock.

    Parameters
    ----------
    settings : Settings or mapping
        As in ``instance.toml``.
    hourly : mapping of str to DataFrame
        Series by name, one row per hour of the year.
    **tables : DataFrame
        Tables by name, columns as in the files; optional columns may be missing.

    Raises
    ------
    KeyError
        If there is no table of that name, or a table lacks a required column or has an unknown one.
    """
    return as_local(as_given(settings, hourly, **tables))


def as_local(p: Problem) -> Problem:
    """The problem with the profiles of all regions in its own clock, and no shifts any more.

    The first clock of a workload keeps its name; others have the shift in theirs, as in ``web@-12h``. Rows of demand
    keep their order, and new workloads come last.
    """
    shift = p.regions["clock_shift_h"]
    if not (shift != 0).any():
        return p
    demand = p.demand.reset_index()
    demand["shift"] = demand["region"].map(shift.to_dict()).to_numpy(dtype=float)
    names: dict[tuple[str, float], str] = {}
    profiles: dict[tuple[str, float], str] = {}
    known, columns = set(p.workloads.index), set(p.hourly["profile"].columns) if "profile" in p.hourly else set()
    for workload, profile in p.workloads["profile"].items():
        clocks: list[float] = demand.loc[demand["workload"] == workload, "shift"].unique().tolist() if profile else []
        for number, hours in enumerate(clocks):
            key = str(workload), hours
            names[key] = str(workload) if number == 0 else _new(f"{workload}@{hours:+g}h", known)
            if hours and (profile, hours) not in profiles:
                profiles[profile, hours] = _new(f"{profile}@{hours:+g}h", columns)
    demand["workload"] = [names.get((w, h), w) for w, h in zip(demand["workload"], demand["shift"], strict=True)]
    changed: dict[str, Any] = {
        "regions": p.regions.assign(clock_shift_h=0.0),
        "workloads": _workloads(p, names, profiles),
        "demand": frame(_DECLARED["demand"], demand.drop(columns="shift")),
    }
    if "profile" in p.hourly:
        changed["hourly"] = {**p.hourly, "profile": _shifted(p.hourly["profile"], profiles)}
    split = {w: [new for (old, _), new in names.items() if old == w] for w, _ in names}
    more = {name: [name, *(new for (old, _), new in profiles.items() if old == name)] for name, _ in profiles}
    places = {
        f"{n}/{w}": f"{n}/{names[w, float(shift[n])]}" for n, w in p.demand.index if (w, float(shift[n])) in names
    }
    for table in ("stage_factors", "provenance"):
        changed[table] = _said_of_all(getattr(p, table), table, split, more, places)
    return p.replace(**changed)


def _new(name: str, known: set[str]) -> str:
    """A name that is not taken yet."""
    while name in known:
        name += "'"
    known.add(name)
    return name


def _workloads(
    p: Problem, names: Mapping[tuple[str, float], str], profiles: Mapping[tuple[str, float], str]
) -> pd.DataFrame:
    """The workloads, and behind them those with another clock, each with its profile."""
    rows = p.workloads.reset_index()
    old = dict(zip(rows["workload"], rows.to_dict(orient="records"), strict=True))
    found = dict(old)
    for (workload, hours), name in names.items():
        row = dict(old[workload])
        row["workload"], row["profile"] = name, profiles.get((row["profile"], hours), row["profile"])
        if name != workload:
            row["name_en"] = f"{row['name_en']} (clock {hours:+g} h)"
            row["name_zh"] = f"{row['name_zh']}（时钟 {hours:+g} 小时）"
        found[name] = row
    return frame(_DECLARED["workloads"], pd.DataFrame(list(found.values()), columns=rows.columns))


def _shifted(series: pd.DataFrame, profiles: Mapping[tuple[str, float], str]) -> pd.DataFrame:
    """The profiles, and behind them those of other clocks."""
    new = {
        name: ahead(series[old].to_numpy(dtype=float), hours)
        for (old, hours), name in profiles.items()
        if old in series
    }
    return pd.concat([series, pd.DataFrame(new, index=series.index)], axis=1) if new else series


def ahead(profile: FloatArray, hours: float) -> FloatArray:
    """A profile by the hours of the instance, of people whose clock is so many hours ahead of it; the year wraps.

    Of a part of an hour, each hour gets its share of the two that it lies in.
    """
    whole = int(np.floor(hours))
    part = hours - whole
    found: FloatArray = (1 - part) * np.roll(profile, -whole) + part * np.roll(profile, -whole - 1)
    return found


def _said_of_all(
    rows: pd.DataFrame,
    table: str,
    split: Mapping[str, list[str]],
    profiles: Mapping[str, list[str]],
    places: Mapping[str, str],
) -> pd.DataFrame:
    """Rows of stage factors or of provenance, so that what was said of a workload is said of it under every clock."""

    def keys(about: str, column: str, key: str) -> Iterable[str]:
        if about in ("workloads", "demand") and key in split:
            return split[key]
        if about == "hourly" and column == "profile" and key in profiles:
            return profiles[key]
        return [places.get(key, key)] if about == "demand" else [key]

    every = rows.reset_index()
    repeated = [
        {**row, "key": key}
        for row in every.to_dict(orient="records")
        for key in keys(row["table"], row["column"], row["key"])
    ]
    return frame(_DECLARED[table], pd.DataFrame(repeated, columns=every.columns)) if repeated else rows
