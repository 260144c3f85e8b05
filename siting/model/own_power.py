"""Grid power stays where it is bought: corridors carry power of one's own.

In      p.settings.grid.sent_on
Decide  own_charge_mw, own_discharge_mw, own_stored_mwh[n,b,t]   own part of storage in regions with a corridor
        own_start_mwh[n,b,d]   the same when a period begins, where periods are in calendar order        MWh
Rules   sent + own charge <= generation that is not direct + arriving · (1 − loss) + own discharge, in each hour
        own part <= whole, of each flow and of what is stored
        own stored[t] = own stored[t-1] + √eta · own charge − own discharge / √eta        (wraps as batteries do)
Note    Power of one's own is what sources of supply generate, green or not, and what arrives over corridors. A battery
        sends what it was charged with of such power, so that grid power is not sent on in another hour either. Direct
        power stays at home, and a battery that it charges sends nothing for it. With grid.sent_on nothing is added.
Proof   grid-stays
          own_power_is_sent         own_power  test_grid_power_is_not_sent_on
          own_charge_mw_within      own_power  test_grid_power_is_not_sent_on_by_way_of_a_battery
          own_discharge_mw_within   own_power  test_grid_power_is_not_sent_on_by_way_of_a_battery
          own_stored_mwh_within     own_power  test_own_power_is_sent_from_a_battery
          own_storage_balance       own_power  test_own_power_is_sent_from_a_battery
          own_carried               own_power  test_own_power_is_carried_to_the_next_period
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.midnight import Carried
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add what corridors may carry."""
    if p.settings.grid.sent_on or not hasattr(m, "CORRIDOR"):
        return
    ends = {n for c in m.CORRIDOR for n in (p.corridors.at[c, "from_region"], p.corridors.at[c, "to_region"])}
    m.SENDER = pyo.Set(initialize=[n for n in m.REGION if n in ends], doc="region")
    held = [nb for nb in getattr(m, "STORAGE", ()) if nb[0] in ends]
    before: Carried | None = None
    if held:
        m.OWN_STORAGE = pyo.Set(initialize=held, dimen=2, doc="region, storage")
        most: dict[Any, float] = p.storage["most_mwh"].to_dict()
        doc = "Own part of the energy stored when the period begins, MWh"
        before = Carried(m, p, "own_start_mwh", m.OWN_STORAGE, lambda n, b, d: most[n, b], doc)
    for d in m.PERIOD:
        block = m.period[d]
        if before is not None:
            _storage(m, p, d, before)
        _sent(m, p, block, before is not None)


def _storage(m: Any, p: Problem, d: int, before: Carried) -> None:
    """Own part of what goes in and out of batteries and is in them."""
    block = m.period[d]
    for name, unit in (("charge_mw", "MW"), ("discharge_mw", "MW"), ("stored_mwh", "MWh")):
        whole = getattr(block, name)
        part = pyo.Var(
            m.OWN_STORAGE,
            m.HOUR,
            bounds=lambda block, *i, whole=whole: whole[i].bounds,
            doc=f"Own part of {name.split('_')[0]} of storage, {unit}",
        )
        block.add_component(f"own_{name}", part)
        rule = lambda block, *i, part=part, whole=whole: part[i] <= whole[i]  # noqa: E731 - a rule, as of any row
        row = pyo.Constraint(m.OWN_STORAGE, m.HOUR, rule=rule, doc="The own part is at most the whole")
        block.add_component(f"own_{name}_within", row)
    root = (p.storage["round_trip_efficiency"] ** 0.5).to_dict()

    @block.Constraint(m.OWN_STORAGE, m.HOUR, doc="What is stored of own power was put in and not taken out")
    def own_storage_balance(block: Any, n: str, b: str, t: int) -> Any:
        return block.own_stored_mwh[n, b, t] == (
            before.before(d, t, block.own_stored_mwh, (n, b))
            + root[n, b] * block.own_charge_mw[n, b, t]
            - block.own_discharge_mw[n, b, t] / root[n, b]
        )

    before.carry(block, d, "own_carried", block.own_stored_mwh, "What is own at the end stays so")


def _sent(m: Any, p: Problem, block: Any, stores: bool) -> None:
    sent, arriving = block.power_out.parts["corridors"], block.power_in.parts["corridors"]
    sources = [ng for ng in getattr(m, "SUPPLY", ()) if not p.supply.at[ng, "direct"]]
    own = {n: [ng for ng in sources if ng[0] == n] for n in m.SENDER}
    held = {n: [nb for nb in m.OWN_STORAGE if nb[0] == n] if stores else [] for n in m.SENDER}

    @block.Constraint(m.SENDER, m.HOUR, doc="What is sent is own power")
    def own_power_is_sent(block: Any, n: str, t: int) -> Any:
        made = sum(block.generation_mw[*ng, t] for ng in own[n])
        given = sum(block.own_discharge_mw[*nb, t] - block.own_charge_mw[*nb, t] for nb in held[n])
        return sent[n, t] <= made + arriving[n, t] + given
