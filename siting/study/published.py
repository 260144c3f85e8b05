"""A plan of the whole system beside a published year: generation, consumption and net export, by region.

Load, exchange and the energy of hydro power are taken from the published year, so that they can only differ by what
the typical periods make of the year and by the data centers. What is found out is the generation by technology.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.power import reconciliation
from siting.auditor.system import system_account
from siting.auditor.tables import planned
from siting.problem import Calendar, Problem
from siting.problem.system import dispatched, fleet, need_mw, reference


def compare(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The plan, the same hours without data centers, and the published year.

    Parameters
    ----------
    problem : Problem
        What was solved, with its calendar; ``fleet.published_mwh`` and the yearly sums of load and net import are the
        published year.
    tables : mapping of str to DataFrame
        Tables of the plan.

    Returns
    -------
    DataFrame
        Columns region, quantity (a technology or group, generation, consumption, net_export), plan_mwh, without_mwh
        (the same periods without data centers), year_mwh (all hours of the year without data centers), published_mwh,
        and the differences from the published year in percent, plan_percent and year_percent; NaN where nothing is
        published. Empty if no fleet is dispatched.
    """
    columns = ["region", "quantity", "plan_mwh", "without_mwh", "year_mwh", "published_mwh"]
    if not dispatched(problem):
        return pd.DataFrame(columns=[*columns, "plan_percent", "year_percent"])
    p, plan = planned(problem, tables)
    rows, weight = fleet(p), p.calendar.weight
    # One period is enough: no rule of the fleet but its yearly energy ties hours.
    exact = problem.replace(calendar=Calendar(hour=np.arange(problem.hours)[None, :], weight=np.ones(1)))
    table = rows[["published_mwh"]].assign(
        plan_mwh=np.tensordot(weight, plan.fleet_mw.sum(axis=2), axes=1),
        without_mwh=np.tensordot(weight, reference(p).fleet_mw.sum(axis=2), axes=1),
        year_mwh=reference(exact).fleet_mw.sum(axis=(0, 2)),
        quantity=rows["group"].where(rows["group"] != "", rows.index.get_level_values("technology")),
    )
    by_group = table.groupby(["region", "quantity"], sort=False).sum(min_count=1)
    own, system = reconciliation(p, plan), system_account(p, plan)
    series = {"load": p.hourly["system_load_mw"], "need": need_mw(p)}
    year = {name: frame[dispatched(p)].sum() for name, frame in series.items()}
    parts = []
    for region in dispatched(p):
        mine, of_system = own.loc[region], system.loc[region]
        groups = by_group[by_group.index.get_level_values("region") == region].droplevel("region")
        used = mine["used"] + mine["charged"] - mine["discharged"]
        sent = mine["sent"] - mine["received"] + mine["losses"]
        total = groups.sum(min_count=len(groups))
        load, net = of_system["load"], of_system["net_import"]
        consumed = float(year["load"][region])
        exported = float(year["need"][region]) - consumed
        rest = [
            ("generation", total["plan_mwh"] + mine["generated"], *total[columns[3:]].to_list()),
            ("consumption", load + used, load, consumed, consumed),
            ("net_export", sent - net, -net, exported, exported),
        ]
        values = [*groups[columns[2:]].itertuples(name=None), *rest]
        parts.append(pd.DataFrame(values, columns=columns[1:]).assign(region=region))
    result = pd.concat(parts, ignore_index=True)[columns]
    base = result["published_mwh"].where(result["published_mwh"].abs() > 0).abs()
    for name in ("plan", "year"):
        result[f"{name}_percent"] = 100 * (result[f"{name}_mwh"] - result["published_mwh"]) / base
    return result
