"""Sources that are connected directly to the data centers of their region: what the model and the audit start from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem.derived import capacity_factor
from siting.problem.designs import design_pue
from siting.problem.problem import Problem


def direct_supply(p: Problem) -> pd.DataFrame:
    """Rows of ``supply`` that are connected directly and can hold something."""
    return p.supply[p.supply["direct"].to_numpy(dtype=bool) & (p.supply["most_mw"] > 0).to_numpy()]


def exporting(p: Problem) -> pd.DataFrame:
    """Rows of ``supply`` that may export to the grid: direct ones with a price, unless no export is allowed."""
    rows = direct_supply(p)
    return rows[rows["export_price_per_mwh"].notna() & (p.settings.direct.exported_share_max > 0)]


def available_h(p: Problem) -> pd.Series:
    """Energy that a MW of each direct row could generate in the year, curtailed included, MWh (full-load hours)."""
    rows = direct_supply(p)
    hours = [
        float(p.calendar.weight @ capacity_factor(p, g)[n].to_numpy(dtype=float)[p.calendar.hour].sum(axis=1))
        for n, g in rows.index
    ]
    return pd.Series(hours, index=rows.index, dtype=float)


def most_used_mwh(p: Problem) -> pd.Series:
    """More electricity than the sites of a region can use in the year, by region, MWh: all full, at the worst PUE."""
    worst = design_pue(p).T.groupby(level=0).max().T.to_numpy(dtype=float)[p.calendar.hour]
    hours = np.tensordot(p.calendar.weight, worst.sum(axis=1), axes=1)
    sites = design_pue(p).columns.get_level_values(0).unique().sort_values()
    most = p.sites["most_mw"] * pd.Series(hours, index=sites)
    return most.groupby(p.sites["region"]).sum().reindex(p.regions.index).fillna(0.0)
