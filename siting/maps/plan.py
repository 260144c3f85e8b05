"""What the picture shows, as plain frames: sites, flows, power, and the figures of the subtitle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.auditor.accounts import green_share
from siting.maps import style
from siting.maps.sums import LEAST_GWH, Tables, table, weighted, work
from siting.maps.words import WORDS, money, number, tonnes
from siting.problem import Problem
from siting.problem.in_use import sites_in_use


@dataclass(frozen=True)
class Plan:
    """The parts of a plan that are drawn.

    Parameters
    ----------
    sites : DataFrame
        Index site: capacity_mw, bound_mw (mean load that cannot wait), tolerant_mw, chosen (it
        is in use).
    flows : DataFrame
        Columns region, site, tolerant, mean_mw; between regions only, summed over workloads.
    power : DataFrame
        Columns from_region, to_region, gwh, one row per corridor and direction in use.
    flow_most_mw, power_most_gwh : float
        The largest between two places; it has the full width. Above zero.
    flow_least_mw, power_least_gwh : float
        What is smaller is not drawn.
    """

    sites: pd.DataFrame
    flows: pd.DataFrame
    power: pd.DataFrame
    flow_most_mw: float
    power_most_gwh: float
    flow_least_mw: float
    power_least_gwh: float


def plan_of(p: Problem, tables: Tables) -> Plan:
    """The drawn parts of a plan."""
    all_work = work(p, tables)
    all_work["tolerant"] = all_work["workload"].map(p.workloads["max_delay_h"]) > 0
    flows = all_work.groupby(["region", "site", "tolerant"], as_index=False)["mean_mw"].sum()
    load = flows.groupby(["site", "tolerant"])["mean_mw"].sum().unstack()
    load = load.reindex(index=p.sites.index, columns=[False, True]).fillna(0.0)
    capacity = table(tables, "site_compute", "site", "capacity_mw").groupby("site")["capacity_mw"].sum()
    sites = pd.DataFrame(
        {
            "capacity_mw": capacity.reindex(p.sites.index).fillna(0.0).astype(float),
            "bound_mw": load[False],
            "tolerant_mw": load[True],
        },
        index=p.sites.index,
    )
    sites["chosen"] = sites_in_use(p, tables)
    power = _power(p, tables)
    away = flows[flows["site"].map(p.sites["region"]) != flows["region"]]
    flow_most = float(away["mean_mw"].max()) if len(away) else 1.0
    power_most = float(power["gwh"].max()) if len(power) else 1.0
    flow_least, power_least = style.DRAWN_SHARE * flow_most, style.DRAWN_SHARE * power_most
    return Plan(
        sites,
        away[away["mean_mw"] >= flow_least].sort_values("mean_mw", ascending=False),
        power[power["gwh"] >= power_least].sort_values("gwh", ascending=False),
        flow_most,
        power_most,
        flow_least,
        power_least,
    )


def _power(p: Problem, tables: Tables) -> pd.DataFrame:
    rows = []
    for way, start, end in (("forward", "from_region", "to_region"), ("backward", "to_region", "from_region")):
        sent = weighted(p, tables, "corridor_hour", ["corridor"], f"{way}_mw") / 1e3
        for corridor, gwh in sent[sent > LEAST_GWH].items():
            rows.append((p.corridors.at[corridor, start], p.corridors.at[corridor, end], float(gwh)))
    return pd.DataFrame(rows, columns=["from_region", "to_region", "gwh"])


def subtitle(p: Problem, tables: Tables, plan: Plan, lang: str, result: Mapping[str, Any] | None) -> str:
    """Totals in a line: load, sites, cost, carbon, green share, how well the plan is proven."""
    words = WORDS[lang]
    cost = float(table(tables, "cost", "cost_million")["cost_million"].sum())
    carbon = float(table(tables, "carbon", "carbon_t")["carbon_t"].sum())
    load = float(plan.sites[["bound_mw", "tolerant_mw"]].to_numpy().sum())
    parts = [
        words["load"].format(value=number(load)),
        words["open"].format(count=int(plan.sites["chosen"].sum()), all=len(plan.sites)),
        words["cost"].format(value=money(cost, p.settings.instance.currency, lang)),
        words["carbon"].format(value=tonnes(carbon, lang)),
        words["green"].format(value=f"{100 * green_share(p, tables):.0f}"),
    ]
    if result and result.get("status"):
        status = str(result["status"])
        parts.append(words.get(status, status))
        if result.get("gap") is not None:
            parts.append(words["gap"].format(value=f"{100 * float(result['gap']):.2f}"))
    return "  ·  ".join(parts)


def note(p: Problem, plan: Plan, lang: str, base: bool) -> str:
    """What a reader must know: cut-offs; where the data come from, what is synthetic. Two lines."""
    words = WORDS[lang]
    parts = [words["data"].format(name=p.settings.instance.name)]
    provenance = p.provenance.reset_index()
    synthetic = provenance[(provenance["table"] == "hourly") & (provenance["status"] == "synthetic")]["column"]
    if len(synthetic):
        comma = ", " if lang == "en" else "、"
        parts.append(words["synthetic"].format(names=comma.join(synthetic.unique())))
    space = " " if lang == "en" else ""
    drawn = [words["hidden"].format(mw=number(plan.flow_least_mw), gwh=number(plan.power_least_gwh))]
    if base:
        drawn.append(words["borders"])
    return f"{space.join(drawn)}\n{space.join(parts)}"
