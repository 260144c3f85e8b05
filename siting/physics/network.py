"""Data rates."""

from __future__ import annotations

from typing import TypeVar

import pandas as pd

BITS_PER_BYTE = 8.0
SECONDS_PER_HOUR = 3600.0

Amount = TypeVar("Amount", float, pd.Series)


def gbps_per_mw(gb_per_mwh: Amount) -> Amount:
    """Rate at which work moves data while it runs.

    A megawatt does 1 MWh in an hour, so it moves ``gb_per_mwh`` gigabytes (1e9 bytes) in 3,600 s.

    Parameters
    ----------
    gb_per_mwh : float or Series
        Data moved per MWh of IT energy, GB/MWh.

    Returns
    -------
    float or Series
        Gbit/s per MW of IT load: ``gb_per_mwh * 8 / 3600``.
    """
    return gb_per_mwh * (BITS_PER_BYTE / SECONDS_PER_HOUR)
