"""Power bought from the grid.

In      p.regions.grid_mw (headroom), hourly/price_per_mwh, CO2 factor of the grid (hourly or annual)
Decide  grid_mw[n,t]   power bought                                      MW
Ports   period.power_in + grid    cost + grid energy    carbon + grid (location-based)
Rules   bought <= headroom
Note    Where the fleet is dispatched (see system), price and factor are those of siting.problem.system.
Proof   grid-headroom
          bounds of grid_mw   grid_headroom  test_headroom_binds
        network-charge
          cost + grid energy  cost           test_model_system.py::test_imports_and_the_network_charge
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import CARBON, COST, MILLION, by_hour
from siting.problem.problem import Problem
from siting.problem.system import bought_factor_t_per_mwh, bought_price_per_mwh


def add(m: Any, p: Problem) -> None:
    """Add purchases from the grid."""
    headroom = p.regions["grid_mw"].to_dict()
    price = bought_price_per_mwh(p)
    factor = bought_factor_t_per_mwh(p)
    cost: dict[str, Any] = dict.fromkeys(m.REGION, 0.0)
    carbon: dict[str, Any] = dict.fromkeys(m.REGION, 0.0)
    for d in m.PERIOD:
        block = m.period[d]
        hours = p.calendar.hour[d]
        block.grid_mw = pyo.Var(
            m.REGION, m.HOUR, bounds=lambda block, n, t: (0.0, headroom[n]), doc="Power bought from the grid, MW"
        )
        block.power_in.add("grid", {(n, t): block.grid_mw[n, t] for n in m.REGION for t in m.HOUR}, "MW")
        paid, emitted = by_hour(price, hours), by_hour(factor, hours)
        for n in m.REGION:
            cost[n] += block.weight / MILLION * pyo.quicksum(paid[n][t] * block.grid_mw[n, t] for t in m.HOUR)
            carbon[n] += block.weight * pyo.quicksum(emitted[n][t] * block.grid_mw[n, t] for t in m.HOUR)
    m.cost.add("grid energy", cost, COST)
    m.carbon.add("grid", carbon, CARBON)
