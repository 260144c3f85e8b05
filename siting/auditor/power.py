"""Rules of power: what sites draw, supply, batteries, corridors and the balance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.auditor.compute import built_mw, load_mw
from siting.auditor.matching import matched_mwh
from siting.auditor.report import FLOORS, Axis, Ledger
from siting.auditor.sums import carries, earlier, floats, gather, over_year, region_places
from siting.auditor.tables import Plan, connections, once_per_plan
from siting.problem import Problem, derived
from siting.problem.problem import FloatArray


def check_built(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Supply, batteries and corridors within what exists and what may be built."""
    axes = plan.axes
    for name, axis, table, column, value, unit in (
        ("supply_bounds", axes.supply, p.supply, "mw", plan.supply_mw, "MW"),
        ("storage_bounds", axes.storage, p.storage, "mw", plan.storage_mw, "MW"),
        ("storage_bounds", axes.storage, p.storage, "mwh", plan.storage_mwh, "MWh"),
        ("corridor_bounds", axes.corridor, p.corridors, "mw", plan.corridor_mw, "MW"),
    ):
        existing, most = floats(table, f"existing_{column}"), floats(table, f"most_{column}")
        ledger.at_most(name, existing, value, [axis], unit, what=f"at least existing_{column}")
        ledger.at_most(name, value, most, [axis], unit, what=f"at most most_{column}")
    duration = floats(p.storage, "duration_h")
    tied = np.isfinite(duration)
    if tied.any():
        stores: Axis = ("region/storage", list(p.storage.index[tied]))
        energy = duration[tied] * plan.storage_mw[tied]
        ledger.equal("storage_duration", plan.storage_mwh[tied], energy, [stores], "MWh")
    step = floats(p.corridors, "step_mw")
    stepped = np.isfinite(step)
    if stepped.any():
        new, size = (plan.corridor_mw - floats(p.corridors, "existing_mw"))[stepped], step[stepped]
        ledger.equal("corridor_circuits", new, size * np.round(new / size), [_of_corridors(p, stepped)], "MW")


def check_operation(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Generation, grid, batteries and corridors within their limits in every hour."""
    axes, period, hour = plan.axes, ledger.period, ledger.hour
    available = capacity_factors(p) * plan.supply_mw[None, :, None]
    ledger.at_most("generation", plan.generation_mw, available, [period, axes.supply, hour], "MW")
    headroom = floats(p.regions, "grid_mw")[None, :, None]
    ledger.at_most("grid_headroom", plan.grid_mw, headroom, [period, ledger.region, hour], "MW")
    rows = [period, axes.storage, hour]
    through, power = plan.charge_mw + plan.discharge_mw, plan.storage_mw[None, :, None]
    ledger.at_most("storage_power", through, power, rows, "MW")
    ledger.at_most("storage_energy", plan.stored_mwh, plan.storage_mwh[None, :, None], rows, "MWh")
    both = np.minimum(plan.charge_mw, plan.discharge_mw)
    ledger.at_most("storage_one_direction", both, 0.0, rows, "MW", scale=power)
    one_way = np.sqrt(floats(p.storage, "round_trip_efficiency"))[None, :, None]
    before = earlier(p, plan.stored_mwh)
    after = before + one_way * plan.charge_mw - plan.discharge_mw / one_way
    ledger.equal("storage_balance", plan.stored_mwh, after, rows, "MWh", scale=np.maximum(before, through))
    if carries(p):
        start = plan.stored_start_mwh.T
        ledger.equal("storage_balance", start, before[:, :, 0], rows[:2], "MWh", what="when the period begins")
    sent = plan.flow_mw.sum(axis=2)
    room, rows = plan.corridor_mw[None, :, None], [period, axes.corridor, hour]
    ledger.at_most("corridor_flow", sent, room, rows, "MW")
    ledger.at_most("corridor_one_direction", going_round_mw(p, plan, ledger), 0.0, rows, "MW", scale=room)
    _check_ways(p, plan, ledger)


def _check_ways(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Nothing against the direction of a corridor, and the way back within its share of the headroom."""
    direction = p.corridors["direction"].to_numpy(dtype=object)
    name = "corridor_direction"
    for i, (way, against) in enumerate((("forward", "backward"), ("backward", "forward"))):
        closed = direction == against
        if closed.any():
            rows = [ledger.period, _of_corridors(p, closed), ledger.hour]
            room = plan.corridor_mw[closed][None, :, None]
            ledger.at_most(name, plan.flow_mw[:, closed, i], 0.0, rows, "MW", scale=room, what=f"{way}_mw")
    share = floats(p.corridors, "reverse_share")
    weaker = (share < 1) & (direction != "forward")
    if weaker.any():
        rows = [ledger.period, _of_corridors(p, weaker), ledger.hour]
        room = (share * plan.corridor_mw)[weaker][None, :, None]
        scale = plan.corridor_mw[weaker][None, :, None]
        ledger.at_most("corridor_reverse", plan.flow_mw[:, weaker, 1], room, rows, "MW", scale=scale)


def _of_corridors(p: Problem, some: NDArray[np.bool_]) -> Axis:
    return ("corridor", list(p.corridors.index[some]))


def check_balance(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Reported power and energy of sites, and the balance of every region and hour."""
    power = site_power_mw(p, plan)
    ledger.same("site_power", plan.power_mw, power, [ledger.period, ledger.site, ledger.hour], "MW")
    ledger.same("site_energy", plan.energy_mwh, over_year(p, power), [ledger.site], "MWh/year")
    enters, leaves = at_node_mw(p, plan)
    ledger.equal("power_balance", enters, leaves, [ledger.period, ledger.region, ledger.hour], "MW")


@once_per_plan
def at_node_mw(p: Problem, plan: Plan) -> tuple[FloatArray, FloatArray]:
    """Power into and out of the node of each region, each (periods, regions, hours), MW."""
    regions = len(p.regions)
    drawn = gather(site_power_mw(p, plan), region_places(p, p.sites["region"]), regions)
    stored = region_places(p, p.storage.index.get_level_values("region"))
    supplied = region_places(p, p.supply.index.get_level_values("region"))
    sent, received = exchange_mw(p, plan)
    enters = plan.grid_mw + gather(plan.generation_mw, supplied, regions) + received
    enters = enters + gather(plan.discharge_mw, stored, regions)
    return enters, drawn + gather(plan.charge_mw, stored, regions) + sent


def check_agreements(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Grid power within the peak that is paid for, and sites within their connections."""
    charged = floats(p.regions, "demand_charge_per_mw_month") > 0
    if charged.any():
        peak = np.where(charged, plan.peak_grid_mw, np.inf)[None, :, None]
        ledger.at_most("grid_peak", plan.grid_mw, peak, [ledger.period, ledger.region, ledger.hour], "MW")
        without = np.where(charged, 0.0, plan.peak_grid_mw)
        ledger.same("grid_peak", without, 0.0, [ledger.region], "MW", plan.peak_grid_mw, what="without a charge")
    tied = connections(p)
    if tied:
        mine = p.sites.index.get_indexer(pd.Index(tied))
        axis, connected = ("site", tied), plan.connected_mw[mine]
        limit = np.nan_to_num(floats(p.sites, "connection_mw")[mine], nan=np.inf)
        power = site_power_mw(p, plan)[:, mine]
        rows = [ledger.period, axis, ledger.hour]
        ledger.at_most("connection", power, connected[None, :, None], rows, "MW", what="power")
        ledger.at_most("connection", connected, limit, [axis], "MW", what="limit")


def reconciliation(p: Problem, plan: Plan) -> pd.DataFrame:
    """The energy account of each region and year, MWh.

    Returns
    -------
    DataFrame
        Index region; columns bought, generated, discharged, received (what the other ends of corridors sent), losses
        (of corridors, on what was received), charged, sent, used, and gap = bought + generated + discharged +
        received − losses − charged − sent − used, which is zero if the account is right.
    """
    regions = len(p.regions)
    stored = region_places(p, p.storage.index.get_level_values("region"))
    supplied = region_places(p, p.supply.index.get_level_values("region"))
    sent, arrived = exchange_mw(p, plan)
    first, second = region_places(p, p.corridors["from_region"]), region_places(p, p.corridors["to_region"])
    towards = gather(plan.flow_mw[:, :, 0], second, regions) + gather(plan.flow_mw[:, :, 1], first, regions)
    hourly = {
        "bought": plan.grid_mw,
        "generated": gather(plan.generation_mw, supplied, regions),
        "discharged": gather(plan.discharge_mw, stored, regions),
        "received": towards,
        "losses": towards - arrived,
        "charged": gather(plan.charge_mw, stored, regions),
        "sent": sent,
        "used": gather(site_power_mw(p, plan), region_places(p, p.sites["region"]), regions),
    }
    account = pd.DataFrame({name: over_year(p, values) for name, values in hourly.items()}, index=p.regions.index)
    enters = account["bought"] + account["generated"] + account["discharged"] + account["received"]
    account["gap"] = enters - account["losses"] - account["charged"] - account["sent"] - account["used"]
    return account


def check_reconciliation(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Energy bought + generated + discharged + received − losses − charged − sent = used, per region and year.

    It must hold to a millionth of the largest entry, beside a watt in every hour, which is rounding of the solver.
    """
    account = reconciliation(p, plan)
    size = account.drop(columns="gap").abs().max(axis=1).to_numpy()
    gap, watt = account["gap"].to_numpy(), 1e-6 * p.hours
    ledger.equal("energy_account", gap, 0.0, [ledger.region], "MWh/year", scale=size, floor=watt)


def capacity_factors(p: Problem) -> FloatArray:
    """Output of one MW of each row of ``supply``, (periods, supply, hours)."""
    out = np.zeros((p.calendar.periods, len(p.supply), p.calendar.hours))
    for i, (region, technology) in enumerate(p.supply.index):
        series = derived.capacity_factor(p, technology)[region].to_numpy(dtype=float)
        out[:, i] = series[p.calendar.hour]
    return out


@once_per_plan
def site_power_mw(p: Problem, plan: Plan) -> FloatArray:
    """Power drawn by sites, (periods, sites, hours), MW: PUE x (idle power of all that is built + power by load)."""
    idle = floats(p.compute_types, "idle_share")
    load = np.tensordot(load_mw(p, plan), 1 - idle, axes=([2], [0]))
    it_power = load + (built_mw(p, plan) @ idle)[None, :, None]
    pue = derived.pue(p)[list(p.sites.index)].to_numpy(dtype=float)
    result: FloatArray = pue[p.calendar.hour].transpose(0, 2, 1) * it_power
    return result


@once_per_plan
def exchange_mw(p: Problem, plan: Plan) -> tuple[FloatArray, FloatArray]:
    """Power sent, and received after losses, over corridors, each (periods, regions, hours), MW."""
    regions, kept = len(p.regions), 1 - floats(p.corridors, "loss_share")[None, :, None]
    first, second = region_places(p, p.corridors["from_region"]), region_places(p, p.corridors["to_region"])
    forward, backward = plan.flow_mw[:, :, 0], plan.flow_mw[:, :, 1]
    sent = gather(forward, first, regions) + gather(backward, second, regions)
    received = gather(forward * kept, second, regions) + gather(backward * kept, first, regions)
    return sent, received


def going_round_mw(p: Problem, plan: Plan, ledger: Ledger) -> FloatArray:
    """Power that corridors carry in a circle, (periods, corridors, hours), MW: the least that one on a circle carries.

    Two ways of a corridor are a circle, and so are two corridors or a ring of several. A region that only sends or only
    receives is on none; without it another may only send or only receive, and so on.
    """
    first, second = region_places(p, p.corridors["from_region"]), region_places(p, p.corridors["to_region"])
    tail, head = np.concatenate([first, second]), np.concatenate([second, first])
    flow = np.concatenate([plan.flow_mw[:, :, 0], plan.flow_mw[:, :, 1]], axis=1)
    allowed = FLOORS["MW"] + ledger.relative * np.concatenate([plan.corridor_mw, plan.corridor_mw])
    left = flow > allowed[None, :, None]
    while left.any():
        sends, receives = (gather(left.astype(float), ends, len(p.regions)) > 0 for ends in (tail, head))
        now = left & receives[:, tail] & sends[:, head]
        if (now == left).all():
            break
        left = now
    least = np.where(left, flow, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    round_mw = np.where(left, least, 0.0)
    every: FloatArray = np.maximum(*np.split(round_mw, 2, axis=1))
    return every


def green_share(p: Problem, plan: Plan) -> float:
    """Green part of all power of the year that is bought and generated; the one that is told everywhere."""
    generated = over_year(p, plan.generation_mw)
    entered = float(over_year(p, plan.grid_mw).sum()) + float(generated.sum())
    return float(generated[p.supply["green"].to_numpy(dtype=bool)].sum()) / entered if entered > 0 else 0.0


def power_totals(p: Problem, plan: Plan) -> dict[str, object]:
    """Energy of the year in MWh, the green share of what sites use, and how many are in use (open)."""
    used = over_year(p, site_power_mw(p, plan))
    load = over_year(p, load_mw(p, plan).sum(axis=2))
    generated = over_year(p, plan.generation_mw)
    technology = p.supply.index.get_level_values("technology")
    by_technology = {str(name): float(generated[technology == name].sum()) for name in technology.unique()}
    sent, received = exchange_mw(p, plan)
    energy: dict[str, object] = {
        "used": float(used.sum()),
        "it_load": float(load.sum()),
        "grid": float(over_year(p, plan.grid_mw).sum()),
        "generated": by_technology,
        "corridor_losses": float(over_year(p, sent - received).sum()),
        "storage_losses": float(over_year(p, plan.charge_mw).sum() - over_year(p, plan.discharge_mw).sum()),
    }
    capacity = built_mw(p, plan).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(capacity > 0, load / (capacity * p.hours), 0.0)
    total = float(used.sum())
    return {
        "energy_mwh": energy,
        "green_share": green_share(p, plan),
        "matched_share": float(matched_mwh(p, plan, site_power_mw(p, plan)).sum()) / total if total > 0 else 0.0,
        "sites_in_use": int((plan.open > 0.5).sum()),
        "utilisation": {str(site): float(value) for site, value in zip(p.sites.index, busy, strict=True)},
    }
