"""Sums that many checks take: over the hours of the year, and by region."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.problem import Problem
from siting.problem.problem import FloatArray, IntArray


def floats(frame: pd.DataFrame, column: str) -> FloatArray:
    """A column as an array of floats."""
    return frame[column].to_numpy(dtype=np.float64)


def over_year(p: Problem, hourly: FloatArray) -> FloatArray:
    """Weighted sum over periods and hours; the first axis is the period, the last the hour."""
    result: FloatArray = np.tensordot(p.calendar.weight, hourly.sum(axis=-1), axes=1)
    return result


def earlier(p: Problem, hourly: FloatArray, hours: int = 1) -> FloatArray:
    """What was some hours before, (periods, ..., hours): in calendar order through the year, or wrapped in a period."""
    if not p.calendar.in_order:
        return np.roll(hourly, hours, axis=-1)
    in_a_row = np.moveaxis(hourly, 0, -2)
    year = in_a_row.reshape(*in_a_row.shape[:-2], p.calendar.hour.size)
    return np.moveaxis(np.roll(year, hours, axis=-1).reshape(in_a_row.shape), -2, 0)


def carries(p: Problem) -> bool:
    """Whether something is carried from one period to the next."""
    return p.calendar.in_order and p.calendar.periods > 1


def region_places(p: Problem, names: npt.ArrayLike) -> IntArray:
    """Position of each region named."""
    return np.asarray(p.regions.index.get_indexer(pd.Index(np.asarray(names))), dtype=np.int64)


def gather(values: FloatArray, places: Iterable[int], count: int) -> FloatArray:
    """Sum the second axis by place, (periods, count, hours); what has the place -1 is left out."""
    out = np.zeros((values.shape[0], count, values.shape[2]))
    for i, place in enumerate(places):
        if place >= 0:
            out[:, place] += values[:, i]
    return out
