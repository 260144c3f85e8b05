"""The rest of the power system: the fleet of a region serves its own load and the data centers.

In      p.settings.system, p.fleet, hourly/system_load_mw, net_import_mw, capacity_factor_*
Decide  change_mw[n,g,t]   output above the dispatch without data centers          MW
Tells   fleet_mw[n,g,t]    output: the dispatch without data centers and the change MW
Ports   cost + fleet    carbon + fleet, both of the change only
Rules   Σ_g change = grid power of the data centers, so that fleet + net import = load + grid power
        least output <= fleet <= available output        Σ_t fleet <= energy limit of the year
Note    The dispatch without data centers is a constant: the cheapest one of the same hours, with the price of carbon.
        Cost, cap and price of carbon therefore count what the data centers cause, not what the system costs anyway;
        the totals of the system are reported. In these regions the tariff and the average factor do not count, but a
        network charge and the demand charge do. Load is always served: if the fleet cannot, there is no plan.
        Exchange of the system is given; corridors carry power of data centers only. Switched off, nothing is added.
Proof   fleet
          system_balance       system_balance, system_account  test_the_fleet_serves_in_merit_order
          fleet_within_energy  system_energy                   test_water_of_the_year_is_saved_for_the_dearest_hours
          bounds of change_mw  system_bounds                   test_must_run_takes_the_place_of_cheaper_plants
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.model.structure import CARBON, COST, MILLION, by_region, yearly
from siting.problem.problem import Problem
from siting.problem.system import dispatched, fleet, limits_mw, reference


def add(m: Any, p: Problem) -> None:
    """Add the dispatch of the rest of the system."""
    regions = dispatched(p)
    if not regions:
        return
    rows = fleet(p)
    m.FLEET = pyo.Set(initialize=list(rows.index), dimen=2, doc="region, technology")
    without = reference(p).fleet_mw
    least, most = limits_mw(p)
    for d in m.PERIOD:
        _period(m, m.period[d], regions, without[d], least[d] - without[d], most[d] - without[d])

    def increment(column: str, unit: float) -> dict[str, Any]:
        rate = (rows[column] / unit).to_dict()
        change = {ng: yearly(m, lambda d, t, ng=ng: m.period[d].change_mw[*ng, t]) for ng in m.FLEET if rate[ng]}
        return by_region({ng: rate[ng] * energy for ng, energy in change.items()}, lambda ng: ng[0])

    m.cost.add("fleet", increment("variable_cost_per_mwh", MILLION), COST)
    m.carbon.add("fleet", increment("factor_t_per_mwh", 1.0), CARBON)
    given = np.tensordot(p.calendar.weight, without.sum(axis=2), axes=1)
    spare = {ng: limit - mwh for ng, limit, mwh in zip(rows.index, rows["most_mwh"], given, strict=True)}
    limited = list(rows.index[rows["most_mwh"].notna()])

    @m.Constraint(limited, doc="Energy of the year within the limit of the fleet")
    def fleet_within_energy(m: Any, n: str, g: str) -> Any:
        change = yearly(m, lambda d, t: m.period[d].change_mw[n, g, t])
        # The reference keeps the limit to rounding; per hour, which keeps the coefficients near those of other rows.
        return change / m.year_h <= max(spare[n, g], 0.0) / m.year_h


def _period(m: Any, block: Any, regions: list[str], without: Any, least: Any, most: Any) -> None:
    position = {ng: i for i, ng in enumerate(m.FLEET)}
    low, up, base = np.minimum(least, 0.0).tolist(), np.maximum(most, 0.0).tolist(), without.tolist()

    def bounds(block: Any, n: str, g: str, t: int) -> tuple[float, float]:
        return (low[position[n, g]][t], up[position[n, g]][t])

    block.change_mw = pyo.Var(
        m.FLEET, m.HOUR, bounds=bounds, initialize=0.0, doc="Output above the dispatch without data centers, MW"
    )
    block.fleet_mw = pyo.Expression(
        m.FLEET,
        m.HOUR,
        rule=lambda block, n, g, t: base[position[n, g]][t] + block.change_mw[n, g, t],
        doc="Output of the fleet, MW",
    )
    members: dict[str, list[str]] = {}
    for n, g in m.FLEET:
        members.setdefault(n, []).append(g)

    @block.Constraint(regions, m.HOUR, doc="The fleet serves its own load and the data centers")
    def system_balance(block: Any, n: str, t: int) -> Any:
        return sum(block.change_mw[n, g, t] for g in members[n]) == block.grid_mw[n, t]
