"""Capital spread over a life, and over the stages of a pathway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

_NOTHING = 1e-100
"""Rates below are none: numbers so small have no digits to calculate with."""


@overload
def annuity(rate: float, years: float) -> float: ...
@overload
def annuity(rate: float, years: pd.Series) -> pd.Series: ...
def annuity(rate: float, years: float | pd.Series) -> float | pd.Series:
    """Yearly payment for one unit of capital: r (1 + r)^n / ((1 + r)^n - 1), or 1 / n without interest.

    It is due at the end of each year, so that n payments are worth the capital when it is bought.

    Parameters
    ----------
    rate : float
        Discount rate per year, 0 <= rate.
    years : float or Series
        Life in years, above 0.

    Returns
    -------
    float or Series
        Share of the capital paid each year.
    """
    if rate < _NOTHING:
        return 1 / years
    # A rate of a billionth vanishes beside one: its logarithm does not.
    payment: float | pd.Series = rate / -np.expm1(-years * np.log1p(rate))
    return payment


def discounted_years(ahead: float, years: int, rate: float) -> float:
    """What one unit of money in each year of a span is worth at the start of a pathway.

    The sum of (1 + r)^-(ahead + i + 1) over the years i = 0, 1, ... of the span: each year is paid at its end, as an
    annuity is, so that the payments for what is bought at the start of a year are worth its capital then.

    Parameters
    ----------
    ahead : float
        Years from the start of the pathway to the first year of the span.
    years : int
        Length of the span.
    rate : float
        Discount rate per year, 0 <= rate.

    Returns
    -------
    float
        Years, each worth as much as one at the start.
    """
    return float(np.sum((1 + rate) ** -(ahead + 1 + np.arange(years))))


def share_after(left: float, years: int, rate: float) -> float:
    """Share of the years of a span, by their discounted value, that begin when some years have passed.

    Parameters
    ----------
    left : float
        Years from the start of the span, for example those that are left of a life.
    years : int
        Length of the span.
    rate : float
        Discount rate per year, 0 <= rate.
    """
    year = np.arange(years)
    value = (1 + rate) ** -year.astype(float)
    return float(value[year + 1e-9 >= left].sum() / value.sum())


def purchase_shares(starts: Sequence[int], lengths: Sequence[int], life: float, rate: float) -> FloatArray:
    """When what is in use was bought: at first, or at the end of the last life before.

    Parameters
    ----------
    starts, lengths : sequence of int, length S
        First year and number of years of each stage, in order.
    life : float
        Life of the equipment, years.
    rate : float
        Discount rate per year; a year of a stage counts by its discounted value.

    Returns
    -------
    ndarray of float, shape (S, S, S)
        ``[v, s, q]``: share of the years of stage s in which equipment that was first built at the start of stage v
        dates from stage q. Each row ``[v, s]`` with v <= s sums to one; without v <= s it is zero.
    """
    count = len(starts)
    shares = np.zeros((count, count, count))
    for s, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        year = np.arange(length)
        value = (1 + rate) ** -year.astype(float)
        for v in range(s + 1):
            lives = np.floor((start + year - starts[v]) / life + 1e-9)
            bought = starts[v] + lives * life
            stage = np.searchsorted(np.asarray(starts), bought + 1e-9, side="right") - 1
            np.add.at(shares[v, s], stage, value / value.sum())
    return shares
