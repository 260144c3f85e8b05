"""Wind, solar and other sources of power for data centers in a region.

In      p.supply, hourly/capacity_factor_<technology>
Decide  supply_mw[n,g]         capacity, existing included                MW
        generation_mw[n,g,t]   output used; the rest is curtailed         MW
Ports   period.power_in + generation    cost + supply, generation    carbon + generation, supply (embodied)
        capital + supply
        cost + own network charge (of generation, where the region asks for one)
Rules   generation <= capacity factor · capacity
Note    Surplus renewables that the region would curtail today are a technology whose capacity is given and whose
        capacity factor holds the curtailed hours.
Proof   output
          generation_within_capacity  generation     test_wind_is_built_while_it_pays
          bounds of generation_mw     generation     test_given_capacity_is_not_exceeded
          bounds of supply_mw         supply_bounds  test_given_capacity_is_not_exceeded
        own-network-charge
          cost + own network charge   cost           test_own_power_pays_the_network_charge_of_its_region
        embodied
          carbon + supply             carbon         test_model_carbon.py::test_embodied_carbon_of_what_is_new
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import CAPITAL, CARBON, COST, MILLION, by_hour, by_region, yearly
from siting.physics.finance import annuity
from siting.problem.derived import capacity_factor
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add sources of power."""
    table = p.supply[p.supply["most_mw"] > 0]
    if table.empty:
        return
    m.SUPPLY = pyo.Set(initialize=list(table.index), dimen=2, doc="region, technology")
    existing, most = table["existing_mw"].to_dict(), table["most_mw"].to_dict()
    m.supply_mw = pyo.Var(
        m.SUPPLY, bounds=lambda m, *ng: (existing[ng], most[ng]), doc="Capacity of a source, existing included, MW"
    )
    for d in m.PERIOD:
        _period(m, p, d, most, existing)
    _cost(m, p, table)


def _period(m: Any, p: Problem, d: int, most: dict[Any, float], existing: dict[Any, float]) -> None:
    block = m.period[d]
    hours = p.calendar.hour[d]
    of_technology = {g: by_hour(capacity_factor(p, g), hours) for g in dict.fromkeys(g for _, g in m.SUPPLY)}
    factor = {(n, g): of_technology[g][n] for n, g in m.SUPPLY}
    block.generation_mw = pyo.Var(
        m.SUPPLY,
        m.HOUR,
        bounds=lambda block, n, g, t: (0.0, factor[n, g][t] * most[n, g]),
        doc="Output of a source that is used, MW",
    )
    # Where the capacity is given or the hour is dark the bound of the variable says it all.
    built = [(n, g, t) for n, g in m.SUPPLY if existing[n, g] < most[n, g] for t in m.HOUR if factor[n, g][t] > 0]

    @block.Constraint(built, doc="Output within the hour's capacity factor")
    def generation_within_capacity(block: Any, n: str, g: str, t: int) -> Any:
        return block.generation_mw[n, g, t] <= factor[n, g][t] * m.supply_mw[n, g]

    output = {(n, g, t): block.generation_mw[n, g, t] for n, g in m.SUPPLY for t in m.HOUR}
    block.power_in.add("generation", by_region(output, lambda ngt: (ngt[0], ngt[2])), "MW")


def _cost(m: Any, p: Problem, table: Any) -> None:
    payment = (
        annuity(p.settings.finance.discount_rate, table["lifetime_years"]) * table["capex_per_kw"] * 1000 / MILLION
    )
    upkeep = table["fixed_om_per_kw_year"] * 1000 / MILLION
    existing = table["existing_mw"].to_dict()
    new = {ng: m.supply_mw[ng] - existing[ng] for ng in m.SUPPLY}
    price = table["capex_per_kw"] * 1000 / MILLION
    m.capital.add("supply", by_region({ng: float(price[ng]) * new[ng] for ng in m.SUPPLY}, _first), CAPITAL)
    energy = {ng: yearly(m, lambda d, t, ng=ng: m.period[d].generation_mw[*ng, t]) for ng in m.SUPPLY}
    region = _first
    m.cost.add(
        "supply",
        by_region({ng: float(payment[ng]) * new[ng] + float(upkeep[ng]) * m.supply_mw[ng] for ng in m.SUPPLY}, region),
        COST,
    )
    price_per_mwh, factor = table["variable_cost_per_mwh"].to_dict(), table["factor_t_per_mwh"].to_dict()
    running = {ng: price_per_mwh[ng] / MILLION * energy[ng] for ng in m.SUPPLY}
    m.cost.add("generation", by_region(running, region), COST)
    asked: dict[Any, float] = (p.regions["own_network_charge_per_mwh"] / MILLION).to_dict()
    charged = {ng: asked[ng[0]] * energy[ng] for ng in m.SUPPLY if asked[ng[0]]}
    if charged:
        m.cost.add("own network charge", by_region(charged, region), COST)
    emitted = {ng: factor[ng] * energy[ng] for ng in m.SUPPLY}
    m.carbon.add("generation", by_region(emitted, region), CARBON)
    if p.settings.carbon.embodied:
        embodied = table["embodied_t_per_mw"] / table["lifetime_years"]
        m.carbon.add("supply", by_region({ng: float(embodied[ng]) * new[ng] for ng in m.SUPPLY}, region), CARBON)


def _first(index: tuple[str, str]) -> str:
    return index[0]
