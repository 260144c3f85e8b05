"""What ties the stages of a pathway together: what is built stays, and keeps the price at which it was bought.

In      p.stages; m.stage[year], a block with the whole model of that year
Ports   stage.cost + vintages          stage.carbon + vintages (embodied)          stage.capital + built before
Rules   open, modules, chosen, supply, storage, corridors, connected: a stage has at least what the stage before has
        least Σ_s weight[s] · yearly cost[s]       weight[s] = Σ (1 + r)^−(year − first year) over the years of s
Formula A stage by itself charges all that is new at its own price. What the stage v built, new[v] = x[v] − x[v−1],
        was bought at the start of v and is renewed whenever its life ends, at the price of that year's stage:
        vintages[s] = Σ_{v<s} annuity · (Σ_q share[v,s,q] · capital[q] − capital[s]) · new[v]
        where share[v,s,q] is the part of the years of s in which what v built dates from stage q. Embodied CO2 alike.
Source  Annuities from the year of building at the price of that year; yearly cost times the discounted years of the
        period: Johnston et al., Switch 2.0, SoftwareX 10 (2019) 100251, module financials (which pays at a year's end)
Note    Perfect foresight. Annuities due after the last stage belong to years that are not planned, so that a long life
        is no disadvantage near the end. What is paid by the year (bandwidth, fixed cost) follows its stage.
        The budget of a stage is for what the stage itself builds; renewals are not new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from siting.model.structure import CAPITAL, CARBON, COST, MILLION
from siting.physics.finance import annuity, purchase_shares
from siting.problem.derived import site_compute
from siting.problem.designs import designs
from siting.problem.problem import Problem
from siting.problem.stages import stage_problem, stages

STAYS = ("open", "modules", "chosen", "supply_mw", "storage_mw", "storage_mwh", "corridor_mw", "connected_mw")
"""Variables that never shrink from a stage to the next."""


@dataclass(frozen=True)
class Good:
    """Something that is bought: a unit of a variable, at the prices of one stage.

    Parameters
    ----------
    variable, index
        What is built.
    existing : float
        How much of it was there before the pathway.
    capital : float
        Price of a unit, million.
    embodied_t : float
        CO2 embodied in a unit, tonnes.
    life : float
        Years.
    ends : tuple of str
        Regions that share cost and CO2 equally.
    budgeted : bool
        Whether it counts as capital.
    """

    variable: str
    index: Any
    existing: float
    capital: float
    embodied_t: float
    life: float
    ends: tuple[str, ...]
    budgeted: bool = True


def add(m: Any, p: Problem) -> None:
    """Add rows between stages, what earlier stages pay on, and the objective of the pathway."""
    for name in STAYS:
        _stays(m, name)
    every = [list(_goods(stage_problem(p, year))) for year in m.STAGE]
    for s in range(1, len(every)):
        _vintages(m, p, every, s)
    weight = {stage.year: stage.weight for stage in stages(p)}
    for year in m.STAGE:
        m.stage[year].total_cost.deactivate()
    m.total_cost = pyo.Objective(
        expr=sum(weight[year] * m.stage[year].total_cost.expr for year in m.STAGE),
        sense=pyo.minimize,
        doc="Cost of all stages, discounted to the first year, million",
    )


def _stays(m: Any, name: str) -> None:
    """A row for each place of a variable and each stage after the first."""
    years = list(m.STAGE)
    variables = {year: m.stage[year].component(name) for year in years}
    if variables[years[0]] is None:
        return
    before = dict(zip(years[1:], years[:-1], strict=True))
    rows = [(year, i) for year in years[1:] for i in variables[year]]

    def rule(m: Any, number: int) -> Any:
        year, i = rows[number]
        return variables[year][i] >= variables[before[year]][i]

    m.add_component(f"{name}_stays", pyo.Constraint(range(len(rows)), rule=rule, doc="What is built stays"))


def _vintages(m: Any, p: Problem, every: list[list[Good]], s: int) -> None:
    """Correct cost, CO2 and capital of stage ``s`` for what earlier stages built."""
    rate, own = p.settings.finance.discount_rate, stages(p)
    shares = {
        life: purchase_shares([stage.year for stage in own], [stage.years for stage in own], life, rate)
        for life in {good.life for good in every[s]}
    }
    block = m.stage[own[s].year]
    cost: dict[str, Any] = dict.fromkeys(block.REGION, 0.0)
    carbon, capital = dict(cost), dict(cost)
    for goods in zip(*every, strict=True):
        good = goods[s]
        built = [_amount(m.stage[stage.year], good) for stage in own[:s]]
        price, embodied = np.array([g.capital for g in goods]), np.array([g.embodied_t for g in goods])
        dearer = shares[good.life][:s, s] @ (price - price[s]) * annuity(rate, good.life)
        dirtier = shares[good.life][:s, s] @ (embodied - embodied[s]) / good.life
        for v, now in enumerate(built):
            new = (now - (built[v - 1] if v else good.existing)) / len(good.ends)
            for n in good.ends:
                cost[n] += float(dearer[v]) * new if dearer[v] else 0.0
                carbon[n] += float(dirtier[v]) * new if dirtier[v] else 0.0
        if good.budgeted:
            for n in good.ends:
                capital[n] -= good.capital / len(good.ends) * (built[-1] - good.existing)
    block.cost.add("vintages", cost, COST)
    block.carbon.add("vintages", carbon, CARBON)
    block.capital.add("built before", capital, CAPITAL)


def _amount(block: Any, good: Good) -> Any:
    return block.component(good.variable)[good.index]


def _goods(p: Problem) -> Iterator[Good]:
    """All that can be bought, in the same order in every stage, at the prices of this one."""
    yield from _sites(p)
    embodied = float(p.settings.carbon.embodied)
    for ng, row in _rows(p.supply[p.supply["most_mw"] > 0]):
        price, burden = row["capex_per_kw"] * 1000 / MILLION, embodied * row["embodied_t_per_mw"]
        yield Good("supply_mw", ng, row["existing_mw"], price, burden, row["lifetime_years"], (ng[0],))
    for nb, row in _rows(p.storage[(p.storage["most_mw"] > 0) & (p.storage["most_mwh"] > 0)]):
        life, burden = row["lifetime_years"], embodied * row["embodied_t_per_mwh"]
        per_mw, per_mwh = row["capex_per_kw"] * 1000 / MILLION, row["capex_per_kwh"] * 1000 / MILLION
        yield Good("storage_mw", nb, row["existing_mw"], per_mw, 0.0, life, (nb[0],))
        yield Good("storage_mwh", nb, row["existing_mwh"], per_mwh, burden, life, (nb[0],))
    for c, row in _rows(p.corridors[p.corridors["most_mw"] > 0]):
        price, ends = row["capex_per_kw"] * 1000 / MILLION, (row["from_region"], row["to_region"])
        yield Good("corridor_mw", c, row["existing_mw"], price, 0.0, row["lifetime_years"], ends)


def _sites(p: Problem) -> Iterator[Good]:
    """Sites, their buildings, equipment and other cooling designs; a site with equipment is open already."""
    embodied, table = float(p.settings.carbon.embodied), site_compute(p)
    existing = table["existing_mw"].to_dict()
    in_use = set(table.index[table["existing_mw"] > 0].get_level_values("site"))
    for s, row in _rows(p.sites):
        price, there = row["opening_capex"] / MILLION, float(s in in_use)
        yield Good("open", s, there, price, 0.0, row["lifetime_years"], (row["region"],))
    for s, k in table.index:
        site, kind = p.sites.loc[s], p.compute_types.loc[k]
        for row in (site, kind):
            price, burden = row["capex_per_kw"] * 1000 / MILLION, embodied * row["embodied_t_per_mw"]
            life = row["lifetime_years"]
            yield Good("capacity_mw", (s, k), existing[s, k], price, burden, life, (site["region"],))
    extra = designs(p)["extra_capex_per_kw"]
    offered = extra.groupby(level=0).size()
    for s, k in table.index:
        for c in extra[s].index if offered[s] > 1 else ():
            price, site = extra[s, c] * 1000 / MILLION, p.sites.loc[s]
            life, place = site["lifetime_years"], (site["region"],)
            yield Good("design_capacity_mw", (s, k, c), 0.0, price, 0.0, life, place, budgeted=False)


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    yield from table.iterrows()
