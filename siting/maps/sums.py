"""Yearly sums over the tidy tables of a solution, as the maps need them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.problem import Problem
from siting.problem.derived import capacity_factor

Tables = Mapping[str, pd.DataFrame]

LEAST_FLOW_MW = 0.01
"""Smaller flows of work are no lines: an interior-point plan leaves thousands of such traces."""

LEAST_GWH = 1e-3
"""Flows below a megawatt-hour a year are the solver's rounding."""


def table(tables: Tables, name: str, *columns: str) -> pd.DataFrame:
    """A table, or an empty one with these columns where the solution has none."""
    return tables[name] if name in tables else pd.DataFrame({column: [] for column in columns})


def weighted(p: Problem, tables: Tables, name: str, keys: list[str], value: str) -> pd.Series:
    """Sum over the year of an hourly table, each period counted by its weight.

    Parameters
    ----------
    p : Problem
        With the calendar that was solved.
    tables : mapping of str to DataFrame
        The solution.
    name, value : str
        Table, and its column in MW.
    keys : list of str
        Index of the result.

    Returns
    -------
    Series
        MWh a year.
    """
    rows = table(tables, name, "period", *keys, value)
    weight = p.calendar.weight[rows["period"].to_numpy(dtype=int)]
    yearly: pd.Series = (rows[value].astype(float) * weight).groupby([rows[key] for key in keys]).sum()
    return yearly


def work(p: Problem, tables: Tables) -> pd.DataFrame:
    """Who works for whom: columns workload, region, site, mean_mw (mean IT load over the year).

    Rigid work is assigned once; delay-tolerant work is the mean of its periods by weight.
    """
    rigid = table(tables, "arc", "workload", "region", "site", "assigned_mw").rename(columns={"assigned_mw": "mean_mw"})
    keys = ["workload", "region", "site"]
    moved = weighted(p, tables, "batch_arc", keys, "moved_mw") / float(p.calendar.weight.sum())
    both = pd.concat([rigid[[*keys, "mean_mw"]], moved.rename("mean_mw").reset_index()], ignore_index=True)
    flows = both.astype({"mean_mw": float}).groupby(keys, as_index=False, sort=False)["mean_mw"].sum()
    flows = flows[flows["mean_mw"] > LEAST_FLOW_MW]
    order = pd.DataFrame(
        {
            "workload": p.workloads.index.get_indexer(flows["workload"]),
            "region": p.regions.index.get_indexer(flows["region"]),
            "site": p.sites.index.get_indexer(flows["site"]),
        },
        index=flows.index,
    ).sort_values(keys)
    ordered: pd.DataFrame = flows.loc[order.index].reset_index(drop=True)
    return ordered


def available_mwh(p: Problem, tables: Tables) -> pd.Series:
    """What the supply in the plan could have generated, index (region, technology), MWh a year."""
    rows = table(tables, "supply", "region", "technology", "supply_mw")
    hours = p.calendar.hour
    result = pd.Series(0.0, index=pd.MultiIndex.from_frame(rows[["region", "technology"]]))
    for region, technology, mw in rows[["region", "technology", "supply_mw"]].itertuples(index=False):
        factor = capacity_factor(p, technology)[region].to_numpy(dtype=float)
        result[region, technology] = mw * float(p.calendar.weight @ factor[hours].sum(axis=1))
    return result
