"""A plan as small tables for people: sites, work by place, power, cost, carbon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.auditor.accounts import TOTAL, carbon_accounts
from siting.auditor.system import by_region, fleet_change, system_account
from siting.auditor.tables import planned
from siting.problem import Problem
from siting.problem.ages import ended
from siting.problem.derived import site_compute
from siting.problem.direct import direct_supply
from siting.problem.in_use import sites_in_use
from siting.problem.system import dispatched, fleet
from siting.study.marginal import marginal_prices, yearly_means
from siting.study.published import compare

Tables = Mapping[str, pd.DataFrame]

_LEAST = 1e-6
"""What is smaller (MW, GWh) is rounding of the solver and is not shown."""


def work(p: Problem, tables: Tables) -> pd.DataFrame:
    """Mean load of every workload from every region at every site.

    Returns
    -------
    DataFrame
        Columns workload, region, site, mean_mw (over the year); only what is not zero.
    """
    keys = ["workload", "region", "site"]
    parts = []
    if "arc" in tables:
        parts.append(tables["arc"][[*keys, "assigned_mw"]].rename(columns={"assigned_mw": "mean_mw"}))
    if "batch_arc" in tables:
        moved = tables["batch_arc"]
        share = moved["period"].map(tables["period"].set_index("period")["weight"]) * p.calendar.hours / p.hours
        parts.append(moved[keys].assign(mean_mw=moved["moved_mw"] * share))
    if not parts:
        return pd.DataFrame(columns=[*keys, "mean_mw"])
    total = pd.concat(parts, ignore_index=True).groupby(keys, sort=False)["mean_mw"].sum()
    return total[total > _LEAST].reset_index()


def sites(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Sites in use: IT power by compute type, mean load, energy of the year, mean utilisation."""
    index = p.sites.index[sites_in_use(p, tables)]
    capacity = tables["site_compute"].pivot_table(
        index="site", columns="compute", values="capacity_mw", aggfunc="sum", sort=False
    )
    capacity = capacity.reindex(index=index).fillna(0.0)
    load = work(p, tables).groupby("site")["mean_mw"].sum().reindex(index).fillna(0.0)
    names = p.compute_types[f"name_{lang}"]
    table = pd.DataFrame({"site": p.sites.loc[index, f"name_{lang}"], "region": _region_names(p, index, lang)})
    table["tier"] = p.sites.loc[index, "tier"]
    for kind in capacity:
        table[f"{names.get(kind, kind)} MW"] = capacity[kind]
    table["load_mw"] = load
    table["energy_gwh"] = tables["site"].set_index("site")["energy_mwh"].reindex(index) / 1e3
    installed = capacity.sum(axis=1)
    table["utilisation_percent"] = (100 * load / installed.where(installed > 0)).fillna(0.0)
    return table.reset_index(drop=True)


def compute(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """By type of equipment: size, mean load and its ceiling, idle power, racks, computing power, embodied CO2."""
    capacity = tables["site_compute"].groupby("compute")["capacity_mw"].sum()
    kinds = p.compute_types.loc[[k for k in p.compute_types.index if capacity.get(k, 0.0) > _LEAST]]
    capacity = capacity[kinds.index]
    placed = work(p, tables)
    load = placed.groupby(placed["workload"].map(p.workloads["compute"]))["mean_mw"].sum()
    load = load.reindex(kinds.index).fillna(0.0)
    bought = capacity - _unpaid_mw(p, tables).groupby(level="compute").sum().reindex(kinds.index).fillna(0.0)
    columns = {
        "equipment": kinds[f"name_{lang}"],
        "capacity_mw": capacity,
        "load_mw": load,
        "utilisation_percent": 100 * load / capacity,
        "usable_percent": 100 * kinds["usable_share"],
        "idle_percent": 100 * kinds["idle_share"],
        "racks": capacity * 1000 / kinds["rack_kw"],
        "eflops": capacity * kinds["eflops_per_mw"],
        "embodied_t": bought * kinds["embodied_t_per_mw"] / kinds["lifetime_years"],
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def _unpaid_mw(p: Problem, tables: Tables) -> pd.Series:
    """IT power that is not bought: what exists, and what is renewed of which the building alone has ended."""
    unpaid = site_compute(p)["existing_mw"]
    if "renewable" in tables:
        renewed = tables["renewable"].set_index(["site", "compute"])["renewed_mw"]
        unpaid = unpaid.add(renewed[~ended(p, "capacity").reindex(renewed.index)], fill_value=0.0)
    return unpaid


def workloads(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Where the work is done: mean MW of each workload (columns) at each site (rows)."""
    placed = work(p, tables).pivot_table(
        index="site", columns="workload", values="mean_mw", aggfunc="sum", fill_value=0.0
    )
    placed = placed.reindex(
        index=[site for site in p.sites.index if site in placed.index],
        columns=[name for name in p.workloads.index if name in placed.columns],
    )
    names = p.workloads[f"name_{lang}"]
    columns = {f"{names.at[workload]} MW": placed[workload].to_numpy() for workload in placed.columns}
    return pd.DataFrame({"site": p.sites.loc[placed.index, f"name_{lang}"].to_numpy(), **columns})


def power(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """By region, energy of the year: used by sites, from the grid, generated by technology, net over corridors."""
    index = p.regions.index
    used = tables["site"].set_index("site")["energy_mwh"].groupby(p.sites["region"]).sum()
    columns = {"used_gwh": used, "grid_gwh": _yearly(tables, "region_hour", ["region"], "grid_mw")}
    if "supply_hour" in tables:
        generated = _yearly(tables, "supply_hour", ["technology", "region"], "generation_mw")
        for technology in generated.index.unique("technology"):
            columns[f"{technology} GWh"] = generated[technology]
    if "corridor_hour" in tables:
        columns["net_import_gwh"] = _net_import(p, tables)
    table = pd.DataFrame({name: series.reindex(index).fillna(0.0) / 1e3 for name, series in columns.items()})
    shown = table[(table.abs() > _LEAST).any(axis=1)]
    shown.insert(0, "region", p.regions.loc[shown.index, f"name_{lang}"])
    return shown.reset_index(drop=True)


def cost(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Cost of the year by term."""
    return _shares(tables, "cost", "cost_million")


def carbon(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """CO2 of the year by source."""
    return _shares(tables, "carbon", "carbon_t")


def accounts(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Carbon of the year under three accounts, by region and in total; regions without energy are left out."""
    table = carbon_accounts(p, tables)
    energy = [name for name in table.columns if name.endswith("_mwh")]
    shown = table[(table[energy] > _LEAST).any(axis=1) | (table.index == TOTAL)]
    used = shown["used_mwh"]
    name = shown.index.map({**p.regions[f"name_{lang}"].to_dict(), TOTAL: {"en": "all", "zh": "合计"}[lang]})
    columns = {
        "region": name.to_numpy(),
        "used_gwh": shown["used_mwh"] / 1e3,
        "grid_gwh": shown["grid_mwh"] / 1e3,
        "own_gwh": shown["own_mwh"] / 1e3,
        "certificates_gwh": shown["certificates_mwh"] / 1e3,
        "matched_percent": (100 * shown["matched_mwh"] / used.where(used > 0)).fillna(0.0),
        **{name: shown[name] for name in ("location_t", "market_t", "marginal_t", "embodied_t")},
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def system(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """The rest of the system by region: its energy, the price and CO2 of one more MWh, and the CO2 caused there."""
    p, plan = planned(p, tables)
    if not dispatched(p):
        return pd.DataFrame(columns=["region"])
    account = system_account(p, plan)
    green = fleet(p)["green"].to_numpy(dtype=float)
    energy = np.tensordot(p.calendar.weight, plan.fleet_mw.sum(axis=2), axes=1)
    rows = marginal_prices(p, tables)
    prices, mean = rows.groupby("region", sort=False)["price_per_mwh"], yearly_means(p, rows)
    caused = pd.Series(fleet_change(p, plan, "factor_t_per_mwh"), index=p.regions.index)
    columns = {
        "region": p.regions.loc[account.index, f"name_{lang}"],
        "system_load_gwh": account["load"] / 1e3,
        "system_import_gwh": account["net_import"] / 1e3,
        "generated_gwh": account["generated"] / 1e3,
        "bought_gwh": account["bought"] / 1e3,
        "green_percent": 100 * by_region(p, energy * green) / account["generated"].where(account["generated"] > 0),
        "price_least": prices.min(),
        "price_mean": mean["price_per_mwh"],
        "price_most": prices.max(),
        "marginal_factor": mean["factor_t_per_mwh"],
        "caused_t": caused[account.index],
        "average_factor": by_region(p, energy * fleet(p)["factor_t_per_mwh"].to_numpy(dtype=float))
        / account["generated"].where(account["generated"] > 0),
        "published_factor": p.regions.loc[account.index, "grid_factor_t_per_mwh"],
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def direct(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Direct projects by region: capacity, what is available, used and sold, and their shares."""
    if "project" not in tables:
        return pd.DataFrame(columns=["region"])
    rows = tables["project"].set_index("region")
    rows = rows[rows["available_mwh"] > _LEAST]
    built = tables["supply"].set_index(["region", "technology"])["supply_mw"].reindex(direct_supply(p).index)
    energy = tables["site"].set_index("site")["energy_mwh"].groupby(p.sites["region"]).sum()[rows.index]
    columns = {
        "region": p.regions.loc[rows.index, f"name_{lang}"],
        "direct_mw": built.groupby(level="region").sum()[rows.index],
        **{f"{name}_gwh": rows[f"{name}_mwh"] / 1e3 for name in ("available", "self_used", "exported")},
        "self_used_percent": 100 * rows["self_used_mwh"] / rows["available_mwh"],
        "exported_percent": 100 * rows["exported_mwh"] / rows["available_mwh"],
        "supplied_percent": 100 * rows["self_used_mwh"] / energy.where(energy > 0),
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def published(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Generation by technology, consumption and net export beside the published year."""
    table = compare(p, tables)
    names = p.regions[f"name_{lang}"].to_dict()
    shown = {"region": table["region"].map(names), "what": table["quantity"]}
    years = ("plan", "without", "year", "published")
    shown |= {f"{name}_gwh": table[f"{name}_mwh"].astype(float) / 1e3 for name in years}
    return pd.DataFrame({**shown, **{name: table[name] for name in ("plan_percent", "year_percent")}})


SUMMARIES: dict[str, Callable[[Problem, Tables, str], pd.DataFrame]] = {
    "sites": sites,
    "compute": compute,
    "workloads": workloads,
    "power": power,
    "cost": cost,
    "carbon": carbon,
    "accounts": accounts,
    "direct": direct,
    "system": system,
    "published": published,
}
"""The tables of a plan by the name that a user types."""


def default_summaries(p: Problem) -> list[str]:
    """Those that say something about a problem: not of a system that is not dispatched, or of projects without any."""
    says = dict.fromkeys(SUMMARIES, True)
    says |= {"system": bool(dispatched(p)), "published": bool(dispatched(p)), "direct": len(direct_supply(p)) > 0}
    return [name for name, something in says.items() if something]


def assumptions(p: Problem, lang: str) -> pd.DataFrame:
    """The rows of the provenance that are assumed or synthetic."""
    rows = p.provenance.reset_index()
    rows = rows[rows["status"].isin(["assumption", "synthetic"])]
    note = rows[f"note_{lang}"].where(rows[f"note_{lang}"] != "", rows["note_en"])
    shown = rows[["table", "column", "key", "status", "source", "year"]].rename(columns={"year": "of_year"})
    return shown.assign(note=note).reset_index(drop=True)


def synthetic(p: Problem) -> list[str]:
    """Tables and series that have synthetic numbers."""
    rows = p.provenance.reset_index()
    rows = rows[rows["status"] == "synthetic"]
    names = [
        table if column == "*" else f"{table}/{column}"
        for table, column in zip(rows["table"], rows["column"], strict=True)
    ]
    return list(dict.fromkeys(names))


def _region_names(p: Problem, index: pd.Index[Any], lang: str) -> pd.Series[Any]:
    names: pd.Series[Any] = p.sites.loc[index, "region"].map(p.regions[f"name_{lang}"])
    return names


def _yearly(tables: Tables, name: str, keys: list[str], value: str) -> pd.Series[Any]:
    """Sum over the hours of the year, MWh."""
    rows = tables[name]
    weight = rows["period"].map(tables["period"].set_index("period")["weight"])
    energy: pd.Series[Any] = rows[keys].assign(mwh=rows[value] * weight).groupby(keys, sort=False)["mwh"].sum()
    return energy


def _net_import(p: Problem, tables: Tables) -> pd.Series[Any]:
    """What arrives less what is sent, MWh, by region."""
    forward = _yearly(tables, "corridor_hour", ["corridor"], "forward_mw")
    backward = _yearly(tables, "corridor_hour", ["corridor"], "backward_mw")
    ends = p.corridors.reindex(forward.index)
    kept = 1 - ends["loss_share"]
    at_first = (backward * kept - forward).groupby(ends["from_region"]).sum()
    at_second = (forward * kept - backward).groupby(ends["to_region"]).sum()
    return at_first.add(at_second, fill_value=0.0)


def _shares(tables: Tables, name: str, value: str) -> pd.DataFrame:
    if name not in tables:
        return pd.DataFrame(columns=["term", value, "share_percent"])
    total = tables[name].groupby("term", sort=False)[value].sum().sort_values(ascending=False)
    whole = float(total.sum())
    share = 100 * total / whole if whole else 0 * total
    return pd.DataFrame({value: total, "share_percent": share}).reset_index()
