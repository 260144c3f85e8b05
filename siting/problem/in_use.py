"""Which sites a plan uses: the one definition for tables, results, layers and pictures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.problem.problem import Problem


def sites_in_use(p: Problem, tables: Mapping[str, pd.DataFrame]) -> pd.Series[bool]:
    """Whether a plan opens each site of the problem; an open site has equipment, and a site without it is not open.

    Parameters
    ----------
    p : Problem
        What was solved.
    tables : mapping of str to DataFrame
        Tables of the plan; a site that ``site`` does not name is not in use.
    """
    frame = tables.get("site")
    if frame is None or not {"site", "open"} <= set(frame.columns):
        return pd.Series(False, index=p.sites.index)
    opened = pd.to_numeric(frame["open"], errors="coerce").to_numpy() > 0.5
    return pd.Series(p.sites.index.isin(frame.loc[opened, "site"]), index=p.sites.index)
