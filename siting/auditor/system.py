"""The rest of the power system: its balance, bounds, energy limits, and the dispatch without data centers.

The reference dispatch comes with prices. That it keeps every rule, and that its cost equals the bound that the prices
prove (weak duality), is checked here with numpy, so that no solver need be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import over_year
from siting.auditor.tables import Plan, Reader
from siting.problem import Problem
from siting.problem import system as fleets
from siting.problem.problem import FloatArray

_CHEAPEST = 1e-5
"""Relative distance of the reference's cost from its bound that is allowed: the tie-break by CO2 is not priced."""


def check_system(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    """The dispatch of the plan, and the one without data centers."""
    regions = fleets.dispatched(p)
    if not regions:
        return
    reference = fleets.reference(p)
    bought = plan.grid_mw[:, p.regions.index.get_indexer(pd.Index(regions))]
    _check_dispatch(p, plan.fleet_mw, bought, plan.axes.fleet, "system", ledger)
    _check_dispatch(p, reference.fleet_mw, np.zeros_like(bought), plan.axes.fleet, "reference", ledger)
    _check_cheapest(p, reference, ledger)
    at = [ledger.period, plan.axes.fleet, ledger.hour]
    change = reader.array("fleet_hour", "change_mw", *at)
    ledger.same(
        "told", change, plan.fleet_mw - reference.fleet_mw, at, "MW", plan.fleet_mw, what="fleet_hour.change_mw"
    )
    account = system_account(p, plan)
    size = account.drop(columns="gap").abs().max(axis=1).to_numpy()
    ledger.equal("system_account", account["gap"].to_numpy(), 0.0, [("region", regions)], "MWh/year", scale=size)


def check_prices(p: Problem, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """The price of one more MWh where it is told: each hour has one, made of its cost and of the price of its CO2."""
    frame, regions = tables.get("system_price"), fleets.dispatched(p)
    if frame is None or not regions:
        return
    axes = [("region", regions), ledger.period, ledger.hour]
    columns = ("price_per_mwh", "cost_per_mwh", "factor_t_per_mwh")
    # Where the fleet has nothing left there is no price, which is infinite, and the rest is not a number.
    given = frame.get("price_per_mwh", pd.Series(0.0, index=frame.index))
    none = np.isposinf(pd.to_numeric(given, errors="coerce"))
    told = frame.assign(**{name: frame[name].mask(none, 0.0) for name in columns if name in frame.columns})
    price, cost, factor = (Reader({"system_price": told}, ledger).array("system_price", c, *axes) for c in columns)
    ledger.same(
        "told", price, cost + p.settings.carbon.price * factor, axes, "1", cost, what="system_price.price_per_mwh"
    )


def fleet_change(p: Problem, plan: Plan, column: str) -> FloatArray:
    """A rate of the fleet per MWh times its change against the dispatch without data centers, by region, a year."""
    out = np.zeros(len(p.regions))
    if not fleets.dispatched(p):
        return out
    rows = fleets.fleet(p)
    change = over_year(p, plan.fleet_mw - fleets.reference(p).fleet_mw) * rows[column].to_numpy(dtype=np.float64)
    np.add.at(out, p.regions.index.get_indexer(rows.index.get_level_values("region")), change)
    return out


def system_account(p: Problem, plan: Plan) -> pd.DataFrame:
    """The energy account of each dispatched region and year, MWh.

    Returns
    -------
    DataFrame
        Index region; columns generated, net_import, load, bought (by data centers) and gap = generated + net_import −
        load − bought, which is zero if the account is right.
    """
    regions = fleets.dispatched(p)
    generated = by_region(p, over_year(p, plan.fleet_mw))
    load = over_year(p, fleets.seen(p, p.hourly["system_load_mw"][regions]))
    need = over_year(p, fleets.seen(p, fleets.need_mw(p)))
    bought = over_year(p, plan.grid_mw)[p.regions.index.get_indexer(pd.Index(regions))]
    account = pd.DataFrame({"generated": generated, "net_import": load - need, "load": load, "bought": bought})
    account.index = pd.Index(regions, name="region")
    account["gap"] = account["generated"] + account["net_import"] - account["load"] - account["bought"]
    return account


def system_totals(p: Problem, plan: Plan) -> dict[str, Any]:
    """Totals of the system, data centers served, and what the same hours would be without them; none if off."""
    if not fleets.dispatched(p):
        return {}
    rows, weight = fleets.fleet(p), 1e6
    technology = rows.index.get_level_values("technology")
    both = {"": over_year(p, plan.fleet_mw), "_without": over_year(p, fleets.reference(p).fleet_mw)}
    totals: dict[str, Any] = {}
    for end, energy in both.items():
        totals |= {
            f"generated_mwh{end}": {str(g): float(energy[technology == g].sum()) for g in technology.unique()},
            f"cost_million{end}": float(energy @ rows["variable_cost_per_mwh"].to_numpy(dtype=np.float64)) / weight,
            f"carbon_t{end}": float(energy @ rows["factor_t_per_mwh"].to_numpy(dtype=np.float64)),
        }
    return {"system": totals}


def by_region(p: Problem, of_fleet: FloatArray) -> FloatArray:
    """Amounts of the fleet summed by dispatched region."""
    regions = fleets.dispatched(p)
    out = np.zeros(len(regions))
    np.add.at(out, pd.Index(regions).get_indexer(fleets.fleet(p).index.get_level_values("region")), of_fleet)
    return out


def _check_dispatch(
    p: Problem, fleet_mw: FloatArray, bought: FloatArray, axis: Axis, name: str, ledger: Ledger
) -> None:
    """Bounds, energy limits and the balance of a dispatch."""
    rows, regions = fleets.fleet(p), fleets.dispatched(p)
    at, place = [ledger.period, axis, ledger.hour], [ledger.period, ("region", regions), ledger.hour]
    least, most = fleets.limits_mw(p)
    ledger.at_most(f"{name}_bounds", least, fleet_mw, at, "MW", what="least output")
    ledger.at_most(f"{name}_bounds", fleet_mw, most, at, "MW", what="available output")
    generated = np.zeros_like(bought)
    for i, region in enumerate(rows.index.get_level_values("region")):
        generated[:, regions.index(region)] += fleet_mw[:, i]
    spare = generated - fleets.seen(p, fleets.need_mw(p))
    change = fleet_mw - fleets.reference(p).fleet_mw
    ledger.equal(f"{name}_balance", spare, bought, place, "MW", scale=np.abs(change).sum(axis=1, keepdims=True))
    limit = rows["most_mwh"].to_numpy(dtype=np.float64)
    limited = np.flatnonzero(~np.isnan(limit))
    some = (axis[0], [axis[1][i] for i in limited.tolist()])
    ledger.at_most(f"{name}_energy", over_year(p, fleet_mw)[limited], limit[limited], [some], "MWh/year")


def _check_cheapest(p: Problem, reference: fleets.Reference, ledger: Ledger) -> None:
    """Cost of the reference against the bound of its prices, region by region; any prices give a bound."""
    rows, regions = fleets.fleet(p), fleets.dispatched(p)
    place = pd.Index(regions).get_indexer(rows.index.get_level_values("region"))
    paid = rows["variable_cost_per_mwh"] + p.settings.carbon.price * rows["factor_t_per_mwh"]
    rate = paid.to_numpy(dtype=np.float64)
    cost = by_region(p, over_year(p, reference.fleet_mw) * rate) / 1e6
    least, most = fleets.limits_mw(p)
    # What a plant gains or loses at these prices, at the better of its two bounds.
    margin = (rate + reference.scarcity_per_mwh)[None, :, None] - reference.price_per_mwh[:, place]
    best = by_region(p, over_year(p, np.where(margin > 0, margin * least, margin * most)))
    limit = np.nan_to_num(rows["most_mwh"].to_numpy(dtype=np.float64), nan=0.0)
    served = over_year(p, reference.price_per_mwh * fleets.seen(p, fleets.need_mw(p)))
    bound = (served + best - by_region(p, reference.scarcity_per_mwh * limit)) / 1e6
    size = np.abs(cost) * _CHEAPEST / max(ledger.relative, 1e-12)
    ledger.at_most("reference_cost", cost, bound, [("region", regions)], "million", scale=size)
