"""Rules of policy: numbers of sites, use of equipment, hubs, work between zones, quotas and the budget."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.auditor.compute import bought_mw, built_mw, demand_mw, new_mw
from siting.auditor.power import site_power_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import floats, region_places
from siting.auditor.tables import Plan, Reader, once_per_plan
from siting.problem import Problem, derived
from siting.problem.problem import FloatArray


def check_policy(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    """Every rule of ``[policy]``, and the energy quotas of regions."""
    _check_site_counts(p, plan, reader, ledger)
    _check_utilisation(p, plan, ledger)
    _check_hub_share(p, plan, ledger)
    _check_relocation(p, plan, reader, ledger)
    _check_quota(p, plan, ledger)
    budget = p.settings.policy.capital_budget
    if budget is not None:
        ledger.at_most("capital_budget", capital_million(p, plan).sum(), budget / 1e6, [], "million")


@once_per_plan
def capital_million(p: Problem, plan: Plan) -> FloatArray:
    """Capital of all that is bought, paid once, (regions,), million.

    A site with existing equipment is open already; the two ends of a corridor share it.
    """
    shells, servers = bought_mw(p, plan)
    opened = plan.open * ~derived.exists(p).to_numpy(dtype=bool) * floats(p.sites, "opening_capex")
    equipment = shells.sum(axis=1) * floats(p.sites, "capex_per_kw") + servers @ floats(p.compute_types, "capex_per_kw")
    supply = (plan.supply_mw - floats(p.supply, "existing_mw")) * floats(p.supply, "capex_per_kw")
    power = (plan.storage_mw - floats(p.storage, "existing_mw")) * floats(p.storage, "capex_per_kw")
    energy = (plan.storage_mwh - floats(p.storage, "existing_mwh")) * floats(p.storage, "capex_per_kwh")
    half = (plan.corridor_mw - floats(p.corridors, "existing_mw")) * floats(p.corridors, "capex_per_kw") / 2
    total = np.zeros(len(p.regions))
    shares: list[tuple[Any, FloatArray]] = [
        (p.sites["region"], opened + 1000 * equipment),
        (p.supply.index.get_level_values("region"), 1000 * supply),
        (p.storage.index.get_level_values("region"), 1000 * (power + energy)),
        (p.corridors["from_region"], 1000 * half),
        (p.corridors["to_region"], 1000 * half),
    ]
    for places, amount in shares:
        np.add.at(total, region_places(p, places), amount)
    return total / 1e6


def _check_site_counts(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    binding = [rule for rule in p.settings.policy.site_counts if rule.least > 0 or rule.most is not None]
    axis: Axis = ("site_count", range(len(binding)))
    told = reader.array("site_count", "counted_sites", axis)
    counted = [plan.open[p.sites.index.get_indexer(pd.Index(derived.rule_sites(p, rule)))].sum() for rule in binding]
    ledger.same("told", told, np.array(counted), [axis], "1", what="site_count.counted_sites")
    for number, rule in enumerate(p.settings.policy.site_counts, start=1):
        mine = p.sites.index.get_indexer(pd.Index(derived.rule_sites(p, rule)))
        count, what = float(plan.open[mine].sum()), f"rule {number}"
        ledger.at_most("site_counts", rule.least, count, [], "1", what=f"{what}, least")
        if rule.most is not None:
            ledger.at_most("site_counts", count, rule.most, [], "1", what=f"{what}, most")


def _check_utilisation(p: Problem, plan: Plan, ledger: Ledger) -> None:
    load, installed = _work_mw(p, plan).sum(axis=(0, 1)), built_mw(p, plan).sum(axis=1)
    for number, floor in enumerate(p.settings.policy.utilisation_floors, start=1):
        names = derived.rule_sites(p, floor)
        mine = p.sites.index.get_indexer(pd.Index(names))
        needed, what = floor.share * installed[mine], f"floor {number}"
        ledger.at_most("utilisation_floors", needed, load[mine], [("site", names)], "MW", what=what)


def _check_hub_share(p: Problem, plan: Plan, ledger: Ledger) -> None:
    share = p.settings.policy.hub_share_min
    if share == 0:
        return
    new = new_mw(p, plan).sum(axis=1)
    elsewhere = ((p.sites["tier"] != "hub") & (p.sites["hub"] == "")).to_numpy(dtype=bool)
    in_hubs = new[~elsewhere].sum()
    ledger.at_most("hub_share", share * new.sum(), in_hubs, [], "MW", scale=new.sum())


def _check_relocation(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    if not p.settings.policy.relocation:
        return
    zone = p.regions["zone"].to_numpy()
    place = p.sites["region"].map(p.regions["zone"]).to_numpy()
    work, asked = _work_mw(p, plan).sum(axis=0), _asked_mw(p)
    moved: list[float] = []
    for number, rule in enumerate(p.settings.policy.relocation, start=1):
        there = work[zone == rule.from_zone][:, place == rule.to_zone].sum()
        needed = rule.share * asked[zone == rule.from_zone].sum()
        ledger.at_most("relocation", needed, there, [], "MW", what=f"rule {number}")
        moved += [there] if needed > 0 else []
    axis: Axis = ("relocation", range(len(moved)))
    told = reader.array("relocation", "relocated_mw", axis)
    ledger.same("told", told, np.array(moved), [axis], "MW", what="relocation.relocated_mw")


def _check_quota(p: Problem, plan: Plan, ledger: Ledger) -> None:
    quota = p.regions["energy_quota_mwh"].to_numpy(dtype=np.float64)
    if np.isnan(quota).all():
        return
    energy = np.tensordot(p.calendar.weight, site_power_mw(p, plan).sum(axis=2), axes=1)
    used = np.zeros(len(p.regions))
    np.add.at(used, p.regions.index.get_indexer(pd.Index(p.sites["region"])), energy)
    most = np.where(np.isnan(quota), np.inf, quota)
    ledger.at_most("energy_quota", used, most, [ledger.region], "MWh/year")


def _work_mw(p: Problem, plan: Plan) -> FloatArray:
    """All work, mean over the year, (workloads, regions, sites), MW."""
    out = np.zeros((len(p.workloads), len(p.regions), len(p.sites)))
    share = p.calendar.weight / p.calendar.weight.sum()
    moved = np.tensordot(share, plan.moved_mw, axes=1)
    for names, work in ((plan.axes.rigid[1], plan.assigned_mw), (plan.axes.delayed[1], moved)):
        out[p.workloads.index.get_indexer(pd.Index(list(names)))] = work
    return out


def _asked_mw(p: Problem) -> FloatArray:
    """Work that each region asks for, mean over the year, MW; deferrable work as the periods see it."""
    shape = derived.profiles(p).to_numpy(dtype=np.float64)[p.calendar.hour].mean(axis=1)
    seen = np.tensordot(p.calendar.weight / p.calendar.weight.sum(), shape, axes=1)
    late = (p.workloads["max_delay_h"] > 0).to_numpy(dtype=bool)
    asked: FloatArray = np.where(late, seen, 1.0) @ demand_mw(p)
    return asked
