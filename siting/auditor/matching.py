"""Hour-by-hour matching of green power: the floors, and the matched share of any plan.

Two answers to one question. A plan under a floor says itself which flows are green (the model's second balance), and
the checks follow them. For the report, which needs no floor, power is mixed: what leaves a region's node, by whatever
way, has the green share of what enters it (proportional sharing, Bialek, "Tracing the flow of electricity", IEE
Proceedings 143, 1996), and a battery gives back the mix that it was charged with in the period, or in the
year where its periods are in calendar order.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.report import Ledger
from siting.auditor.sums import carries, earlier, gather, over_year, region_places
from siting.auditor.tables import Plan, Reader
from siting.problem import Problem, derived
from siting.problem.problem import FloatArray

_WATT = 1e-6
"""MW below which a flow is rounding of the solver and is not traced."""

_ROUNDS = 200
"""Most rounds of mixing batteries and nodes; each round shrinks the error by what batteries give of all power."""


def matched_mwh(p: Problem, plan: Plan, power_mw: FloatArray) -> FloatArray:
    """Green power that sites use in the hour of its generation or from a battery, (regions,), MWh a year.

    Parameters
    ----------
    p : Problem
        What was solved.
    plan : Plan
        Its plan.
    power_mw : ndarray of float
        Power drawn by sites, (periods, sites, hours).
    """
    return over_year(p, green_mix(p, plan) * _drawn(p, power_mw))


def green_mix(p: Problem, plan: Plan) -> FloatArray:
    """Green share of all power at each region's node, (periods, regions, hours); grid power counts as not green."""
    regions = len(p.regions)
    supplied = region_places(p, p.supply.index.get_level_values("region"))
    stored = region_places(p, p.storage.index.get_level_values("region"))
    generated, green = _clean(plan.generation_mw), p.supply["green"].to_numpy(dtype=bool)
    charge, discharge = _clean(plan.charge_mw), _clean(plan.discharge_mw)
    lines = _arrivals(p, plan)
    total = _clean(plan.grid_mw) + gather(generated, supplied, regions) + gather(discharge, stored, regions)
    total = total + lines.sum(axis=3).transpose(0, 2, 1)
    # Nodes without power have no mix; the small term keeps their rows solvable.
    matrix = (total.transpose(0, 2, 1) + 1e-9)[..., None] * np.eye(regions) - lines
    inverse = np.linalg.inv(matrix)
    fresh = gather(generated[:, green], supplied[green], regions)
    put_in = _between_resets(p, charge)
    inside = np.zeros((p.calendar.periods, len(stored)))
    for _ in range(_ROUNDS):
        enters = fresh + gather(discharge * inside[:, :, None], stored, regions)
        share: FloatArray = np.clip(np.einsum("phij,pjh->pih", inverse, enters), 0.0, 1.0)
        taken = _between_resets(p, charge * share[:, stored])
        content = np.divide(taken, put_in, out=np.zeros_like(taken), where=put_in > 0)
        settled = bool(np.abs(content - inside).max(initial=0.0) < 1e-12)
        inside = content
        if settled:
            break
    return share


def _between_resets(p: Problem, hourly: FloatArray) -> FloatArray:
    """Sum over what a battery mixes, (periods, ...): the hours of a typical period, or of a year in order."""
    total: FloatArray = hourly.sum(axis=2)
    return np.broadcast_to(total.sum(axis=0), total.shape) if carries(p) else total


def check_matching(
    p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], power_mw: FloatArray, ledger: Ledger
) -> None:
    """Floors on the hourly matched share: each green part within the whole, its balance, the floors.

    Parameters
    ----------
    p, plan, tables
        What was solved, its plan, and all tables of the solution.
    power_mw : ndarray of float
        Power drawn by sites, (periods, sites, hours).
    ledger : Ledger
        Receives the checks.
    """
    floors = [(share, regions) for share, regions in derived.hourly_floor_regions(p) if share > 0 and regions]
    if not floors:
        return
    rows, axes, period, hour = Reader(tables, ledger).array, plan.axes, ledger.period, ledger.hour
    matched = rows("region_hour", "matched_mw", period, ledger.region, hour)
    charge, discharge, stored = (
        rows("storage_hour", f"green_{name}", period, axes.storage, hour)
        for name in ("charge_mw", "discharge_mw", "stored_mwh")
    )
    ways = [rows("corridor_hour", f"green_{way}_mw", period, axes.corridor, hour) for way in ("forward", "backward")]
    flow = np.stack(ways, axis=2)
    regions = len(p.regions)
    drawn = _drawn(p, power_mw)
    at = [period, ledger.region, hour]
    for what, part, whole, axis, unit in (
        ("matched_mw", matched, drawn, ledger.region, "MW"),
        ("green_charge_mw", charge, plan.charge_mw, axes.storage, "MW"),
        ("green_discharge_mw", discharge, plan.discharge_mw, axes.storage, "MW"),
        ("green_stored_mwh", stored, plan.stored_mwh, axes.storage, "MWh"),
        ("green_forward_mw", flow[:, :, 0], plan.flow_mw[:, :, 0], axes.corridor, "MW"),
        ("green_backward_mw", flow[:, :, 1], plan.flow_mw[:, :, 1], axes.corridor, "MW"),
    ):
        ledger.at_most("green_parts", part, whole, [period, axis, hour], unit, what=what)
        ledger.at_most("non_negative", -part, 0.0, [period, axis, hour], unit, what=what)
    one_way = np.sqrt(p.storage["round_trip_efficiency"].to_numpy(dtype=float))[None, :, None]
    before = earlier(p, stored)
    after = before + one_way * charge - discharge / one_way
    size = np.maximum(before, charge + discharge)
    ledger.equal("green_storage", stored, after, [period, axes.storage, hour], "MWh", scale=size)
    if carries(p):
        start = rows("storage_start", "green_start_mwh", axes.storage, period).T
        what = "when the period begins"
        ledger.equal("green_storage", start, before[:, :, 0], [period, axes.storage], "MWh", what=what)
    held = region_places(p, p.storage.index.get_level_values("region"))
    green = p.supply["green"].to_numpy(dtype=bool)
    made = gather(
        plan.generation_mw[:, green], region_places(p, p.supply.index.get_level_values("region"))[green], regions
    )
    sent, received = exchanged(p, flow)
    enters = made + gather(discharge, held, regions) + received
    leaves = matched + gather(charge, held, regions) + sent
    ledger.at_most("green_balance", leaves, enters, at, "MW")
    yearly, used = over_year(p, matched), over_year(p, drawn)
    for number, (share, names) in enumerate(floors, start=1):
        mine = p.regions.index.get_indexer(pd.Index(names))
        wanted = share * used[mine].sum()
        ledger.at_most("hourly_floors", wanted, yearly[mine].sum(), [], "MWh/year", what=f"floor {number}")


def _drawn(p: Problem, power_mw: FloatArray) -> FloatArray:
    return gather(power_mw, region_places(p, p.sites["region"]), len(p.regions))


def _arrivals(p: Problem, plan: Plan) -> FloatArray:
    """What arrives over corridors, (periods, hours, to region, from region), MW."""
    out = np.zeros((p.calendar.periods, p.calendar.hours, len(p.regions), len(p.regions)))
    first, second = region_places(p, p.corridors["from_region"]), region_places(p, p.corridors["to_region"])
    kept = 1 - p.corridors["loss_share"].to_numpy(dtype=float)
    for i, (one, other) in enumerate(zip(first, second, strict=True)):
        out[:, :, other, one] += kept[i] * _clean(plan.flow_mw[:, i, 0])
        out[:, :, one, other] += kept[i] * _clean(plan.flow_mw[:, i, 1])
    return out


def exchanged(p: Problem, flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sent and received by each region, (periods, regions, hours), MW, of flows (periods, corridors, ways, hours)."""
    regions = len(p.regions)
    kept = 1 - p.corridors["loss_share"].to_numpy(dtype=float)[None, :, None]
    first, second = region_places(p, p.corridors["from_region"]), region_places(p, p.corridors["to_region"])
    forward, backward = flow[:, :, 0], flow[:, :, 1]
    sent = gather(forward, first, regions) + gather(backward, second, regions)
    return sent, gather(forward * kept, second, regions) + gather(backward * kept, first, regions)


def _clean(values: FloatArray) -> FloatArray:
    result: FloatArray = np.where(values > _WATT, values, 0.0)
    return result
