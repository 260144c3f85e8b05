"""Capital spread over a life."""

from __future__ import annotations

from typing import overload

import pandas as pd


@overload
def annuity(rate: float, years: float) -> float: ...
@overload
def annuity(rate: float, years: pd.Series) -> pd.Series: ...
def annuity(rate: float, years: float | pd.Series) -> float | pd.Series:
    """Yearly payment for one unit of capital: r (1 + r)^n / ((1 + r)^n - 1), or 1 / n without interest.

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
    if rate == 0:
        return 1 / years
    growth = (1 + rate) ** years
    return rate * growth / (growth - 1)
