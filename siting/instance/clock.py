"""Times in an hourly file, converted to the hours of the instance: one clock for all regions, no summer time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.errors import Fault, Sentence
from siting.problem.settings import Settings

TIME = "time"
"""Column in the place of ``hour``."""

_MOST_H = 26
"""So many hours may the years of two clocks lie apart."""


def hours_of(times: pd.Series, file: str, settings: Settings) -> npt.NDArray[np.int64] | Fault:
    """Hour of the year of each row, or the first row that is wrong.

    A file in another zone begins some hours before or after the year of the instance; what is beyond one end of the
    year stands for the hours that are missing at the other.

    Parameters
    ----------
    times : Series
        ISO 8601, with a zone or in the clock of the instance; one for each hour of a year.
    file : str
        Name of the file.
    settings : Settings
        Start and zone of the instance.
    """
    start, offset = settings.instance.start, settings.instance.utc_offset_h
    begin = dt.datetime(start.year, start.month, start.day)
    found: list[float] = []
    zoned = False
    for i, given in enumerate(times):
        when, row = _time(given), i + 2
        if when is None:
            rule = "This is not a time in the form of ISO 8601."
            return Fault(file, rule, "Write it as in 2023-01-01T00:00+08:00.", row, TIME, str(given))
        if when.tzinfo is not None:
            if offset is None:
                rule = "The times have a zone, and the instance does not say in which its clock is."
                return Fault(file, rule, "Set instance.utc_offset_h, 8 for UTC+8.", row, TIME, str(given))
            zoned = True
            when = when.astimezone(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=offset)
        found.append((when - begin) / dt.timedelta(hours=1))
        if not found[-1].is_integer():
            rule = "This is not a full hour of the clock of the instance."
            return Fault(file, rule, "Give the mean of each full hour.", row, TIME, str(given))
        if i and found[-1] != found[-2] + 1:
            rule = "Hours follow one another, none missing and none twice; the clock has no summer time."
            remedy = Sentence("Write the hour after {before} here.", before=str(times.iloc[i - 1]))
            return Fault(file, rule, remedy, row, TIME, str(given))
    most = _MOST_H if zoned else 0
    if abs(found[0]) > most:
        late = Sentence("The series does not begin with the year of the instance, {start}.", start=str(start))
        return Fault(file, late, "Give the year that instance.start names, or change it.", 2, TIME, str(times.iloc[0]))
    return np.asarray(found, dtype=np.int64) % len(times)


def _time(given: Any) -> dt.datetime | None:
    if isinstance(given, dt.datetime):
        return None if pd.isna(given) else pd.Timestamp(given).to_pydatetime()
    try:
        return dt.datetime.fromisoformat(given.strip())
    except (AttributeError, ValueError, OverflowError):
        return None
