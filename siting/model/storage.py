"""Batteries in a region.

In      p.storage                       costs per MW and per MWh, efficiency, bounds
Decide  storage_mw[n,b]                 power, existing included                 MW
        storage_mwh[n,b]                energy capacity, existing included       MWh
        charge_mw, discharge_mw[n,b,t]                                           MW
        stored_mwh[n,b,t]               at the end of the hour                   MWh
        stored_start_mwh[n,b,d]         when period d begins                     MWh
Ports   period.power_in + storage    period.power_out + storage    cost + storage    carbon + storage (embodied)
        capital + storage
Rules   stored[t] = stored[t-1] + √η · charge[t] − discharge[t] / √η
        periods in calendar order: before hour 0 of period d is stored_start[d], and stored[last] = stored_start[d+1]
        typical periods wrap: before their first hour is their last
        charge + discharge <= power                                         stored <= energy capacity
        energy capacity = duration_h · power                                (blank: both are chosen freely)
        one of charge and discharge is zero in every hour                   (m.one_way)
Note    Where energy has a negative worth, doing both at once would pay: it only loses energy. No row of a linear
        program forbids it; what the solver does about it is in siting.solver.settle.
Proof   storage
          storage_balance        storage_balance  test_what_is_stored
          storage_within_power   storage_power    test_power_bounds_charging_and_discharging
          stored_within_energy   storage_energy   test_a_battery_is_built_while_it_pays
          stored_carried         storage_balance  test_model_midnight.py::test_a_battery_carries_energy_over_midnight
          start_within_energy    redundant        test_model_midnight.py::test_a_battery_carries_energy_over_midnight
          bounds of storage_mw   storage_bounds   test_arbitrage
          bounds of storage_mwh  storage_bounds   test_arbitrage
        storage-one-way
          one way of charge_mw   storage_one_direction  test_a_battery_burns_no_power
        storage-duration
          energy_of_duration     storage_duration  test_energy_follows_from_power_where_the_duration_is_given
        embodied
          carbon + storage       carbon           test_model_carbon.py::test_embodied_carbon_of_what_is_new
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.midnight import Carried
from siting.model.structure import CAPITAL, CARBON, COST, MILLION, by_region
from siting.physics.finance import annuity
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add batteries."""
    table = p.storage[(p.storage["most_mw"] > 0) & (p.storage["most_mwh"] > 0)]
    if table.empty:
        return
    m.STORAGE = pyo.Set(initialize=list(table.index), dimen=2, doc="region, storage")

    def bounds(quantity: str) -> Any:
        existing, most = table[f"existing_{quantity}"].to_dict(), table[f"most_{quantity}"].to_dict()
        return lambda m, *nb: (existing[nb], most[nb])

    m.storage_mw = pyo.Var(m.STORAGE, bounds=bounds("mw"), doc="Power of storage, existing included, MW")
    m.storage_mwh = pyo.Var(m.STORAGE, bounds=bounds("mwh"), doc="Energy capacity of storage, existing included, MWh")
    root = (table["round_trip_efficiency"] ** 0.5).to_dict()
    duration = table["duration_h"].dropna().to_dict()
    if duration:

        @m.Constraint(list(duration), doc="Energy capacity follows from the power")
        def energy_of_duration(m: Any, n: str, b: str) -> Any:
            return m.storage_mwh[n, b] == duration[n, b] * m.storage_mw[n, b]

    most = table["most_mwh"].to_dict()
    before = Carried(
        m,
        p,
        "stored_start_mwh",
        m.STORAGE,
        lambda n, b, d: most[n, b],
        "Energy stored when the period begins, MWh",
    )
    if before.start is not None:

        @m.Constraint(m.STORAGE, m.START, doc="What is stored when a period begins is within the energy capacity")
        def start_within_energy(m: Any, n: str, b: str, d: int) -> Any:
            return m.stored_start_mwh[n, b, d] <= m.storage_mwh[n, b]

    for d in m.PERIOD:
        _period(m, p, d, root, before)
    m.one_way["charge_mw"] = {nb: (nb[0], nb) for nb in m.STORAGE}
    m.one_way["discharge_mw"] = {nb: (nb, nb[0]) for nb in m.STORAGE}
    rate = p.settings.finance.discount_rate
    payment = annuity(rate, table["lifetime_years"]) * 1000 / MILLION
    per_mw, per_mwh = payment * table["capex_per_kw"], payment * table["capex_per_kwh"]
    upkeep = table["fixed_om_per_kw_year"] * 1000 / MILLION
    had_mw, had_mwh = table["existing_mw"].to_dict(), table["existing_mwh"].to_dict()
    new_mwh = {nb: m.storage_mwh[nb] - had_mwh[nb] for nb in m.STORAGE}
    cost = {
        nb: float(per_mw[nb]) * (m.storage_mw[nb] - had_mw[nb])
        + float(per_mwh[nb]) * new_mwh[nb]
        + float(upkeep[nb]) * m.storage_mw[nb]
        for nb in m.STORAGE
    }
    m.cost.add("storage", by_region(cost, lambda nb: nb[0]), COST)
    price_mw, price_mwh = table["capex_per_kw"] * 1000 / MILLION, table["capex_per_kwh"] * 1000 / MILLION
    capital = {
        nb: float(price_mw[nb]) * (m.storage_mw[nb] - had_mw[nb]) + float(price_mwh[nb]) * new_mwh[nb]
        for nb in m.STORAGE
    }
    m.capital.add("storage", by_region(capital, lambda nb: nb[0]), CAPITAL)
    if p.settings.carbon.embodied:
        embodied = table["embodied_t_per_mwh"] / table["lifetime_years"]
        m.carbon.add(
            "storage", by_region({nb: float(embodied[nb]) * new_mwh[nb] for nb in m.STORAGE}, lambda nb: nb[0]), CARBON
        )


def _period(m: Any, p: Problem, d: int, root: dict[Any, float], carried: Carried) -> None:
    block = m.period[d]
    power, energy = p.storage["most_mw"].to_dict(), p.storage["most_mwh"].to_dict()

    def within(most: dict[Any, float]) -> Any:
        return lambda block, n, b, t: (0.0, most[n, b])

    block.charge_mw = pyo.Var(m.STORAGE, m.HOUR, bounds=within(power), doc="Power into storage, MW")
    block.discharge_mw = pyo.Var(m.STORAGE, m.HOUR, bounds=within(power), doc="Power out of storage, MW")
    block.stored_mwh = pyo.Var(m.STORAGE, m.HOUR, bounds=within(energy), doc="Energy stored at the hour's end, MWh")

    @block.Constraint(m.STORAGE, m.HOUR, doc="What is stored is what was put in and not taken out")
    def storage_balance(block: Any, n: str, b: str, t: int) -> Any:
        eta = root[n, b]
        before = carried.before(d, t, block.stored_mwh, (n, b))
        return block.stored_mwh[n, b, t] == (
            before + eta * block.charge_mw[n, b, t] - block.discharge_mw[n, b, t] / eta
        )

    carried.carry(block, d, "stored_carried", block.stored_mwh, "What is stored at the end stays so")

    @block.Constraint(m.STORAGE, m.HOUR, doc="Charging and discharging within the power")
    def storage_within_power(block: Any, n: str, b: str, t: int) -> Any:
        return block.charge_mw[n, b, t] + block.discharge_mw[n, b, t] <= m.storage_mw[n, b]

    @block.Constraint(m.STORAGE, m.HOUR, doc="Stored energy within the energy capacity")
    def stored_within_energy(block: Any, n: str, b: str, t: int) -> Any:
        return block.stored_mwh[n, b, t] <= m.storage_mwh[n, b]

    everywhere = [(n, b, t) for n, b in m.STORAGE for t in m.HOUR]

    def node(nbt: tuple[str, str, int]) -> tuple[str, int]:
        return (nbt[0], nbt[2])

    block.power_in.add("storage", by_region({i: block.discharge_mw[i] for i in everywhere}, node), "MW")
    block.power_out.add("storage", by_region({i: block.charge_mw[i] for i in everywhere}, node), "MW")
