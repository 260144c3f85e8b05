"""Floors on the share of electricity that is green in the hour of its use (24/7 matching).

In      p.settings.green.hourly_floors
Decide  matched_mw[n,t]                         green power used by the sites of a region      MW
        green_charge_mw, green_discharge_mw, green_stored_mwh[n,b,t]   green part of a battery
        green_forward_mw, green_backward_mw[l,t]                       green part of a corridor
Rules   matched <= power of the region's sites          green part <= whole, of each flow and of what is stored
        matched + green charge + green sent <= green generation + green discharge + green arriving · (1 − loss)
        green stored[t] = green stored[t-1] + √eta · green charge − green discharge / √eta
        periods in calendar order: before hour 0 of period d is green_start_mwh[n,b,d], and green stored[last] is that
        of d+1; typical periods wrap, as batteries do
        Σ matched >= share · Σ energy of the regions of each floor, over the year
Note    A second balance follows green power through batteries and lines, so that grid power put into a battery or sent
        from another region never counts. Certificates do not count. What a region has matched its own sites claim, or
        nobody (see green). Without hourly floors nothing is added.
Proof   hourly-floor
          hourly_floor               hourly_floors       test_power_is_matched_in_its_own_hour
          matched_within_use         green_parts         test_a_battery_carries_green_power_to_another_hour
          green_balance              green_balance       test_power_that_is_not_green_does_not_match
          green_storage_balance      green_storage       test_grid_power_from_a_battery_does_not_count
          green_carried              green_storage       test_model_midnight.py::test_green_power_is_carried
          green_charge_mw_within     green_parts         test_expected.py::test_the_rows_are_those_expected
          green_discharge_mw_within  green_parts         test_expected.py::test_the_rows_are_those_expected
          green_stored_mwh_within    green_parts         test_the_audit_follows_green_power
          green_forward_mw_within    green_parts         test_green_power_takes_the_line_that_is_built
          green_backward_mw_within   green_parts         test_green_power_takes_the_line_that_is_built
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.midnight import Carried
from siting.model.structure import yearly
from siting.problem.derived import hourly_floor_regions
from siting.problem.designs import most_power_mw
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add hourly floors."""
    floors = [(share, regions) for share, regions in hourly_floor_regions(p) if share > 0 and regions]
    if not floors:
        return
    m.HOURLY_FLOOR = pyo.Set(initialize=range(len(floors)), doc="hourly floor")
    here = most_power_mw(p).groupby(p.sites["region"]).sum()
    most_mw: dict[Any, float] = here.reindex(p.regions.index).fillna(0.0).to_dict()
    region_of: dict[Any, str] = p.sites["region"].to_dict()
    before: Carried | None = None
    if hasattr(m, "STORAGE"):
        most_mwh = p.storage["most_mwh"].to_dict()
        before = Carried(
            m,
            p,
            "green_start_mwh",
            m.STORAGE,
            lambda n, b, d: most_mwh[n, b],
            "Green part of the energy stored when the period begins, MWh",
        )
    for d in m.PERIOD:
        _period(m, p, d, most_mw, before)
    matched = {n: yearly(m, lambda d, t, n=n: m.period[d].matched_mw[n, t]) / m.year_h for n in m.REGION}

    @m.Constraint(m.HOURLY_FLOOR, doc="Least share that is matched hour by hour")
    def hourly_floor(m: Any, f: int) -> Any:
        share, regions = floors[f]
        used = sum(m.energy_mwh[s] for s in m.SITE if region_of[s] in regions) / m.year_h
        return sum(matched[n] for n in regions) >= share * used


def _period(m: Any, p: Problem, d: int, most_mw: dict[Any, float], before: Carried | None) -> None:
    block = m.period[d]
    block.matched_mw = pyo.Var(
        m.REGION, m.HOUR, bounds=lambda block, n, t: (0.0, most_mw[n]), doc="Green power used in the hour, MW"
    )
    drawn = block.power_out.parts["sites"]
    enters: dict[tuple[str, int], Any] = {(n, t): 0.0 for n in m.REGION for t in m.HOUR}
    leaves: dict[tuple[str, int], Any] = {nt: block.matched_mw[nt] for nt in enters}
    for n, g in getattr(m, "SUPPLY", ()):
        if p.supply.at[(n, g), "green"]:
            for t in m.HOUR:
                enters[n, t] += block.generation_mw[n, g, t]
    if before is not None:
        _storage(m, p, d, before)
        for n, b, t in block.green_charge_mw:
            enters[n, t] += block.green_discharge_mw[n, b, t]
            leaves[n, t] += block.green_charge_mw[n, b, t]
    if hasattr(m, "CORRIDOR"):
        _corridors(m, block)
        for c, t in block.green_forward_mw:
            row = p.corridors.loc[c]
            kept = 1.0 - float(row["loss_share"])
            for sender, receiver, flow in (
                (row["from_region"], row["to_region"], block.green_forward_mw[c, t]),
                (row["to_region"], row["from_region"], block.green_backward_mw[c, t]),
            ):
                leaves[sender, t] += flow
                enters[receiver, t] += kept * flow

    @block.Constraint(m.REGION, m.HOUR, doc="What is matched is used by sites")
    def matched_within_use(block: Any, n: str, t: int) -> Any:
        return block.matched_mw[n, t] <= drawn.get((n, t), 0.0)

    @block.Constraint(m.REGION, m.HOUR, doc="Green power is generated, taken from a battery or received")
    def green_balance(block: Any, n: str, t: int) -> Any:
        return leaves[n, t] <= enters[n, t]


def _storage(m: Any, p: Problem, d: int, before: Carried) -> None:
    """Green part of what goes in and out of batteries and is in them."""
    block = m.period[d]
    index = list(block.charge_mw)
    root = (p.storage["round_trip_efficiency"] ** 0.5).to_dict()
    for name, unit in (("charge_mw", "MW"), ("discharge_mw", "MW"), ("stored_mwh", "MWh")):
        _part(block, name, m.STORAGE, m.HOUR, index, f"Green part of {name.split('_')[0]} of storage, {unit}")

    @block.Constraint(m.STORAGE, m.HOUR, doc="What is stored of green power was put in and not taken out")
    def green_storage_balance(block: Any, n: str, b: str, t: int) -> Any:
        return block.green_stored_mwh[n, b, t] == (
            before.before(d, t, block.green_stored_mwh, (n, b))
            + root[n, b] * block.green_charge_mw[n, b, t]
            - block.green_discharge_mw[n, b, t] / root[n, b]
        )

    before.carry(block, d, "green_carried", block.green_stored_mwh, "What is green at the end stays so")


def _corridors(m: Any, block: Any) -> None:
    """Green part of what corridors carry."""
    for name in ("forward_mw", "backward_mw"):
        _part(block, name, m.CORRIDOR, m.HOUR, list(block.forward_mw), f"Green part of {name.split('_')[0]} power, MW")


def _part(block: Any, name: str, members: Any, hours: Any, index: list[Any], doc: str) -> None:
    """The green part of a variable, at most the whole."""
    whole = getattr(block, name)
    part = pyo.Var(members, hours, bounds=lambda block, *i: whole[i].bounds, doc=doc)
    block.add_component(f"green_{name}", part)
    block.add_component(
        f"green_{name}_within",
        pyo.Constraint(index, rule=lambda block, *i: part[i] <= whole[i], doc="The green part is at most the whole"),
    )
