"""What the tiers of sites (hub, city, edge) say of modules and sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem.once import once
from siting.problem.problem import Problem


def of_tier(p: Problem, column: str, compute: str = "") -> pd.Series:
    """A column of ``tiers.csv`` by site, for a compute type or (blank) for all types together; NaN: not said.

    Parameters
    ----------
    p : Problem
        The problem.
    column : str
        ``module_mw``, ``least_mw`` or ``most_mw``.
    compute : str
        Compute type.
    """
    rows = p.tiers[p.tiers.index.get_level_values("compute") == compute]
    if not len(rows):
        return pd.Series(np.nan, index=p.sites.index)
    return p.sites["tier"].map(rows[column].droplevel("compute").to_dict()).astype(float)


@once
def module_mw(p: Problem) -> pd.DataFrame:
    """Smallest step of building, sites x compute types, MW: the tier's where it says so."""
    own = p.compute_types["module_mw"]
    return pd.DataFrame({k: of_tier(p, "module_mw", str(k)).fillna(float(own[k])) for k in own.index})


@once
def site_most_mw(p: Problem) -> pd.Series:
    """Most IT power of each site, all types together: its own and its tier's limit."""
    return pd.Series(np.fmin(p.sites["most_mw"], of_tier(p, "most_mw")), index=p.sites.index)


def least_mw(p: Problem) -> dict[tuple[str, str], float]:
    """Least IT power of an open site by (site, compute), compute blank for all types; only where it is positive."""
    return {
        (str(s), k): float(value)
        for k in ("", *map(str, p.compute_types.index))
        for s, value in of_tier(p, "least_mw", k).items()
        if value > 0
    }
