"""Rules of green claims: what sites claim is theirs to claim, is delivered to their region, and meets the floors.

The plan says for each period who claims what and which power is sent for it over which line; whether that can be is
arithmetic. Claims of the year are the sum of those of the periods.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.matching import exchanged
from siting.auditor.power import site_power_mw
from siting.auditor.report import Ledger
from siting.auditor.sums import carries, earlier, gather, over_year, region_places
from siting.auditor.tables import BoolArray, Plan, Reader, claims_needed
from siting.problem import Problem, derived
from siting.problem.problem import FloatArray


def check_green(p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """Claims of green power: at most what a site uses, delivered to its region, at least the floors.

    Parameters
    ----------
    p, plan, tables
        What was solved, its plan, and all tables of the solution.
    ledger : Ledger
        Receives the checks.
    """
    if not claims_needed(p) and not plan.claimed_mwh.any():
        return
    own = np.zeros((p.calendar.periods, len(p.sites)))
    bought = own
    if claims_needed(p):
        rows = Reader(tables, ledger).array
        under = p.sites.index.isin(_under_floors(p))[None, :]
        own = rows("floor_site", "own_mw", ledger.period, ledger.site, wanted=under)
        if p.settings.green.certificate_price is not None:
            bought = rows("floor_site", "certificates_mw", ledger.period, ledger.site, wanted=under)
        _check_delivery(p, plan, tables, own, ledger)
    _check_parts(p, plan, own, bought, ledger)
    _check_certificates(p, plan, ledger)
    energy = over_year(p, site_power_mw(p, plan))
    credits = derived.floor_credit(p)
    for number, (share, sites) in enumerate(derived.floor_sites(p), start=1):
        mine = p.sites.index.get_indexer(pd.Index(sites))
        credit = np.array(list(credits[number - 1].values()))
        wanted, claimed = share * energy[mine].sum(), (credit * plan.claimed_mwh[mine]).sum()
        ledger.at_most("green_floors", wanted, claimed, [], "MWh/year", what=f"floor {number}")


def _check_parts(p: Problem, plan: Plan, own: FloatArray, bought: FloatArray, ledger: Ledger) -> None:
    """Claims of the year are those of the periods, and in each period at most what the site uses."""
    period_h = p.calendar.weight * p.calendar.hours
    for what, values, told in (
        ("own_mwh", own, plan.own_mwh),
        ("certificates_mwh", bought, plan.certificates_mwh),
    ):
        ledger.at_most("non_negative", -values, 0.0, [ledger.period, ledger.site], "MW", what=what)
        ledger.same("claim_parts", told, period_h @ values, [ledger.site], "MWh/year", what=what)
    ledger.same("claim_parts", plan.claimed_mwh, plan.own_mwh + plan.certificates_mwh, [ledger.site], "MWh/year")
    used = site_power_mw(p, plan).mean(axis=2)
    ledger.at_most("green_of_site", own + bought, used, [ledger.period, ledger.site], "MW")


def _check_delivery(
    p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], own: FloatArray, ledger: Ledger
) -> None:
    """What is claimed in a region is generated there or brought to it in the period, and claimed once."""
    rows, regions, at = Reader(tables, ledger).array, len(p.regions), [ledger.period, ledger.region]
    joined = _joined(p)
    lines = joined[region_places(p, p.corridors["from_region"])]
    ways = [np.zeros((p.calendar.periods, len(p.corridors)))] * 2
    if lines.any():
        ways = [
            rows("claim_corridor", f"claimed_{way}_mw", ledger.period, plan.axes.corridor, wanted=lines)
            for way in ("forward", "backward")
        ]
    flow = np.stack(ways, axis=2)[..., None]
    for i, way in enumerate(("forward", "backward")):
        part, whole, axes = ways[i], plan.flow_mw[:, :, i].mean(axis=2), [ledger.period, plan.axes.corridor]
        ledger.at_most("claims_delivered", part, whole, axes, "MW", what=f"claimed_{way}_mw")
        ledger.at_most("non_negative", -part, 0.0, axes, "MW", what=f"claimed_{way}_mw")
    sent, received = (values[:, :, 0] for values in exchanged(p, flow))
    supplied, stored = (region_places(p, t.index.get_level_values("region")) for t in (p.supply, p.storage))
    green, direct = (p.supply[name].to_numpy(dtype=bool) for name in ("green", "direct"))
    output, given = plan.generation_mw.mean(axis=2, keepdims=True), plan.discharge_mw.mean(axis=2, keepdims=True)
    made = gather(output[:, green], supplied[green], regions)[:, :, 0]
    free = gather(output[:, green & ~direct], supplied[green & ~direct], regions)[:, :, 0]
    needed = gather(own[:, :, None], region_places(p, p.sites["region"]), regions)[:, :, 0]
    if any(share > 0 and names for share, names in derived.hourly_floor_regions(p)):
        reserved = rows("claim_region", "reserved_mw", ledger.period, ledger.region, wanted=joined)
        matched = rows("region_hour", "matched_mw", ledger.period, ledger.region, ledger.hour).mean(axis=2)
        needed = np.maximum(needed, matched * joined)
        ledger.at_most("claims_delivered", needed, reserved, at, "MW", what="reserved_mw")
        needed = np.maximum(needed, reserved)
        made = made + _carried(p, tables, plan, ledger)
    lost = _lost(p, plan, tables, ledger)
    ledger.at_most("claims_delivered", needed + sent + lost, made + received, at, "MW")
    ends = np.where(np.isin(np.arange(regions), supplied[green & direct]), sent, 0.0)
    without = free + received + gather(given, stored, regions)[:, :, 0]
    ledger.at_most("claims_delivered", ends, without, at, "MW", what="of direct sources")


def _lost(p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> FloatArray:
    """What storage loses of green power, (periods, regions), MW: at least of what nothing else can have charged."""
    regions = len(p.regions)
    supplied, stored = (region_places(p, t.index.get_level_values("region")) for t in (p.supply, p.storage))
    green = p.supply["green"].to_numpy(dtype=bool)
    here = _joined(p) & np.isin(np.arange(regions), stored) & np.isin(np.arange(regions), supplied[green])
    if not here.any():
        return np.zeros((p.calendar.periods, regions))
    rows = Reader(tables, ledger).array
    wanted = _joined(p)[None, :, None]
    taken = rows("claim_region_hour", "stored_green_mw", ledger.period, ledger.region, ledger.hour, wanted=wanted)
    other = plan.grid_mw + gather(plan.generation_mw[:, ~green], supplied[~green], regions)
    other = other + exchanged(p, plan.flow_mw)[1]
    least = np.where(here[:, None], gather(plan.charge_mw, stored, regions) - other, 0.0)
    at = [ledger.period, ledger.region, ledger.hour]
    ledger.at_most("claims_delivered", np.maximum(least, 0.0), taken, at, "MW", what="stored_green_mw")
    efficiency = np.zeros(regions)
    np.maximum.at(efficiency, stored, p.storage["round_trip_efficiency"].to_numpy(dtype=float))
    result: FloatArray = np.where(here, 1 - efficiency, 0.0) * taken.mean(axis=2)
    return result


def _carried(p: Problem, tables: Mapping[str, pd.DataFrame], plan: Plan, ledger: Ledger) -> FloatArray:
    """Green power that storage gives beyond what it takes up in a period, (periods, regions), MW."""
    if not carries(p) or not len(p.storage):
        return np.zeros((p.calendar.periods, len(p.regions)))
    rows = Reader(tables, ledger).array
    stored = rows("storage_hour", "green_stored_mwh", ledger.period, plan.axes.storage, ledger.hour)
    root = np.sqrt(p.storage["round_trip_efficiency"].to_numpy(dtype=float))
    given = root * (earlier(p, stored)[:, :, 0] - stored[:, :, -1]) / p.calendar.hours
    places = region_places(p, p.storage.index.get_level_values("region"))
    return gather(given[:, :, None], places, len(p.regions))[:, :, 0]


def _under_floors(p: Problem) -> list[str]:
    return [str(s) for share, sites in derived.floor_sites(p) if share > 0 for s in sites]


def _joined(p: Problem) -> BoolArray:
    """Which regions have sites under floors, or are joined to such by lines."""
    some = set(p.sites.loc[p.sites.index.isin(_under_floors(p)), "region"])
    return np.asarray(p.regions.index.isin(derived.joined_regions(p, some)), dtype=bool)


def _check_certificates(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Certificates: only by sites under a floor, only if there are any, no more than are for sale."""
    green = p.settings.green
    if green.certificate_price is None and not plan.certificates_mwh.any():
        return
    under = _under_floors(p)
    allowed = np.array([np.inf if s in under and green.certificate_price is not None else 0.0 for s in p.sites.index])
    ledger.at_most("certificates", plan.certificates_mwh, allowed, [ledger.site], "MWh/year", what="of a site")
    if green.certificate_most_mwh is not None:
        sold, limit = plan.certificates_mwh.sum(), green.certificate_most_mwh
        ledger.at_most("certificates", sold, limit, [], "MWh/year", what="all")
