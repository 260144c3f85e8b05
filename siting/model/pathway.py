"""What ties the stages of a pathway together: what is built stays, and keeps the price at which it was bought.

In      p.stages; m.stage[year], a block with the whole model of that year
Ports   stage.cost + vintages          stage.carbon + vintages (embodied)          stage.capital + built before
Rules   open, modules, chosen, renewed and bought supply, storage and corridors, connected: a stage has at least what
        the stage before has; a site may close, and its connection shrink, when the life of all that existed has ended
        least Σ_s weight[s] · yearly cost[s]      weight[s] = Σ (1 + r)^−(year − first year + 1) over the years of s
Formula A stage by itself charges all that is bought at its own price. What the stage v built, new[v] = x[v] − x[v−1],
        was bought at the start of v and is renewed whenever its life ends, at the price of that year's stage:
        vintages[s] = Σ_{v<s} annuity · (Σ_q share[v,s,q] · capital[q] − capital[s]) · new[v]
        where share[v,s,q] is the part of the years of s in which what v built dates from stage q. Embodied CO2 alike.
        What existed is no part of x while it lives. If its life ends within a stage it is renewed then, at the price of
        that stage, for the rest of the stage: + annuity · share of the years after its end · capital[s] · existing; the
        stages that begin after its end decide whether it is bought, at their price, or gone.
Source  Annuities from the year of building at the price of that year; yearly cost times the discounted years of the
        period: Johnston et al., Switch 2.0, SoftwareX 10 (2019) 100251, module financials
Note    Perfect foresight. Costs of a year are paid at its end, as annuities are: those of a life are worth the capital
        when it is bought. Annuities due after the last stage belong to years that are not planned, so that a long life
        is no disadvantage near the end. What is paid by the year (bandwidth, fixed cost) follows its stage.
        The budget of a stage is for what the stage itself buys; later renewals of that are not new. Where old
        equipment goes, what its cooling design cost goes at the price of that stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from siting.model.structure import CAPITAL, CARBON, COST, MILLION
from siting.physics.finance import annuity, purchase_shares, share_after
from siting.problem.ages import alive, ended, left_years
from siting.problem.derived import exists, site_compute
from siting.problem.designs import designs
from siting.problem.problem import Problem
from siting.problem.stages import stage_problem, stages

STAYS = ("open", "modules", "renewed_mw", "chosen", "supply_mw", "storage_mw", "storage_mwh", "corridor_mw",
         "connected_mw")  # fmt: skip
"""Variables of which what is bought never shrinks from a stage to the next."""

IN_REGIONS = {"supply_mw": ("supply", "existing_mw"), "storage_mw": ("storage", "existing_mw"),
              "storage_mwh": ("storage", "existing_mwh"), "corridor_mw": ("corridors", "existing_mw")}  # fmt: skip
"""Where it stands how much of a variable exists."""


@dataclass(frozen=True)
class Good:
    """Something that is bought: a unit of a variable, at the prices of one stage.

    Parameters
    ----------
    variable, index
        What is built.
    existing : float
        How much of it is there from before the pathway and lives.
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
    bought : bool
        Whether it is paid for in this stage; what is renewed may have a building that lives.
    """

    variable: str
    index: Any
    existing: float
    capital: float
    embodied_t: float
    life: float
    ends: tuple[str, ...]
    budgeted: bool = True
    bought: bool = True


@dataclass(frozen=True)
class Old:
    """Something that exists and lives when a stage begins.

    Parameters
    ----------
    amount : float or expression
        How much.
    left : float
        Years of its life that are left.
    capital, embodied_t, life, ends
        As of a good, by unit.
    """

    amount: Any
    left: float
    capital: float
    embodied_t: float
    life: float
    ends: tuple[str, ...]


def add(m: Any, p: Problem) -> None:
    """Add rows between stages, what earlier stages pay on, and the objective of the pathway."""
    own = {year: alive(stage_problem(p, year)) for year in m.STAGE}
    for name in STAYS:
        _stays(m, own, name)
    every = [list(_goods(own[year])) for year in m.STAGE]
    for s, year in enumerate(m.STAGE):
        _vintages(m, p, every, s, list(_old(m.stage[year], own[year])))
    weight = {stage.year: stage.weight for stage in stages(p)}
    for year in m.STAGE:
        m.stage[year].total_cost.deactivate()
    m.total_cost = pyo.Objective(
        expr=sum(weight[year] * m.stage[year].total_cost.expr for year in m.STAGE),
        sense=pyo.minimize,
        doc="Cost of all stages, discounted to the first year, million",
    )


def _stays(m: Any, own: dict[int, Problem], name: str) -> None:
    """A row for each place of a variable and each stage after the first."""
    years = list(m.STAGE)
    variables = {year: m.stage[year].component(name) or {} for year in years}
    before = dict(zip(years[1:], years[:-1], strict=True))
    closable = {year: _all_ended(own[before[year]], own[year]) for year in years[1:]}
    rows = [
        (year, i)
        for year in years[1:]
        for i in variables[year]
        if i in variables[before[year]] and not (name in ("open", "connected_mw") and i in closable[year])
    ]
    if not rows:
        return
    table, column = IN_REGIONS.get(name, ("", ""))
    existing = {year: getattr(own[year], table)[column].to_dict() if table else {} for year in years}

    def rule(m: Any, number: int) -> Any:
        year, i = rows[number]
        earlier = variables[before[year]][i] + (existing[year].get(i, 0.0) - existing[before[year]].get(i, 0.0))
        if name == "chosen" and i[0] in closable[year]:
            earlier -= 1 - m.stage[year].open[i[0]]
        return variables[year][i] >= earlier

    m.add_component(f"{name}_stays", pyo.Constraint(range(len(rows)), rule=rule, doc="What is built stays"))


def _all_ended(before: Problem, now: Problem) -> set[str]:
    """Sites of which something that existed lived in one stage and nothing lives in the next."""
    lives = [site_compute(p)["existing_mw"].groupby(level="site").sum() > 0 for p in (before, now)]
    return set(lives[0].index[lives[0] & ~lives[1].reindex(lives[0].index, fill_value=False)])


def _vintages(m: Any, p: Problem, every: list[list[Good]], s: int, old: list[Old]) -> None:
    """Correct cost, CO2 and capital of stage ``s`` for what earlier stages built, and for lives that end within it."""
    rate, own = p.settings.finance.discount_rate, stages(p)
    ending = [(each, share_after(each.left, own[s].years, rate)) for each in old]
    ending = [(each, share) for each, share in ending if share > 0]
    if not s and not ending:
        return
    shares = {
        life: purchase_shares([stage.year for stage in own], [stage.years for stage in own], life, rate)
        for life in {good.life for good in every[s]}
    }
    block = m.stage[own[s].year]
    cost: dict[str, Any] = dict.fromkeys(block.REGION, 0.0)
    carbon, capital = dict(cost), dict(cost)
    for goods in zip(*every, strict=True) if s else ():
        good = goods[s]
        built = [_amount(m.stage[stage.year], each) for stage, each in zip(own[:s], goods, strict=False)]
        price, embodied = np.array([g.capital for g in goods]), np.array([g.embodied_t for g in goods])
        dearer = shares[good.life][:s, s] @ (price - price[s]) * annuity(rate, good.life)
        dirtier = shares[good.life][:s, s] @ (embodied - embodied[s]) / good.life
        for v, now in enumerate(built):
            new = (now - (built[v - 1] if v else 0.0)) / len(good.ends)
            for n in good.ends:
                cost[n] += float(dearer[v]) * new if dearer[v] else 0.0
                carbon[n] += float(dirtier[v]) * new if dirtier[v] else 0.0
        if good.budgeted:
            for n in good.ends:
                capital[n] -= good.capital / len(good.ends) * built[-1]
    for each, share in ending:
        amount = share * each.amount / len(each.ends)
        for n in each.ends:
            cost[n] += annuity(rate, each.life) * each.capital * amount
            carbon[n] += each.embodied_t / each.life * amount
    block.cost.add("vintages", cost, COST)
    block.carbon.add("vintages", carbon, CARBON)
    if s:
        block.capital.add("built before", capital, CAPITAL)


def _amount(block: Any, good: Good) -> Any:
    return block.component(good.variable)[good.index] - good.existing if good.bought else 0.0


def _goods(p: Problem) -> Iterator[Good]:
    """All that can be bought, in the same order in every stage, at the prices of this one."""
    yield from _sites(p)
    for variable, _, index, existing, price, burden, life, place in _in_regions(p):
        yield Good(variable, index, existing, price, burden, life, place)


def _old(block: Any, p: Problem) -> Iterator[Old]:
    """All that exists and lives as the stage begins; of a site it may be its building alone."""
    embodied, table = float(p.settings.carbon.embodied), site_compute(p)
    left = {"sites": left_years(p, "sites").to_dict(), "capacity": left_years(p, "capacity").to_dict()}
    for (s, k), existing, gone in table[["existing_mw", "ended_mw"]].itertuples(name=None):
        site, kind = p.sites.loc[s], p.compute_types.loc[k]
        for row, name, key in ((site, "sites", s), (kind, "capacity", (s, k))) if existing + gone > 0 else ():
            if left[name][key] > 0:
                amount = block.renewed_mw[s, k] if gone > 0 else existing
                price, burden = row["capex_per_kw"] * 1000 / MILLION, embodied * row["embodied_t_per_mw"]
                yield Old(amount, left[name][key], price, burden, row["lifetime_years"], (site["region"],))
    for _, table_name, index, existing, price, burden, life, place in _in_regions(p):
        if existing > 0:
            yield Old(existing, float(left_years(p, table_name)[index]), price, burden, life, place)


def _in_regions(p: Problem) -> Iterator[tuple[str, str, Any, float, float, float, float, tuple[str, ...]]]:
    """Sources, storage and lines: variable, table, index, what exists, price, CO2, life and regions."""
    embodied = float(p.settings.carbon.embodied)
    for ng, row in _rows(p.supply[p.supply["most_mw"] > 0]):
        price, burden = row["capex_per_kw"] * 1000 / MILLION, embodied * row["embodied_t_per_mw"]
        yield "supply_mw", "supply", ng, row["existing_mw"], price, burden, row["lifetime_years"], (ng[0],)
    for nb, row in _rows(p.storage[(p.storage["most_mw"] > 0) & (p.storage["most_mwh"] > 0)]):
        life, burden = row["lifetime_years"], embodied * row["embodied_t_per_mwh"]
        per_mw, per_mwh = row["capex_per_kw"] * 1000 / MILLION, row["capex_per_kwh"] * 1000 / MILLION
        yield "storage_mw", "storage", nb, row["existing_mw"], per_mw, 0.0, life, (nb[0],)
        yield "storage_mwh", "storage", nb, row["existing_mwh"], per_mwh, burden, life, (nb[0],)
    for c, row in _rows(p.corridors[p.corridors["most_mw"] > 0]):
        price, ends = row["capex_per_kw"] * 1000 / MILLION, (row["from_region"], row["to_region"])
        yield "corridor_mw", "corridors", c, row["existing_mw"], price, 0.0, row["lifetime_years"], ends


def _sites(p: Problem) -> Iterator[Good]:
    """Sites, their buildings, equipment and other cooling designs; opening is sunk where equipment exists."""
    embodied, table, there = float(p.settings.carbon.embodied), site_compute(p), exists(p)
    shells, servers = ended(p, "sites").to_dict(), ended(p, "capacity").to_dict()
    for s, row in _rows(p.sites[~there]):
        price = row["opening_capex"] / MILLION
        yield Good("open", s, 0.0, price, 0.0, row["lifetime_years"], (row["region"],))
    for (s, k), module, old in zip(
        table.index, table["module_mw"], table["existing_mw"] + table["ended_mw"], strict=True
    ):
        site, kind = p.sites.loc[s], p.compute_types.loc[k]
        for row, is_ended in ((site, shells[s]), (kind, servers.get((s, k), False))):
            price, burden = row["capex_per_kw"] * 1000 / MILLION, embodied * row["embodied_t_per_mw"]
            life, place = row["lifetime_years"], (site["region"],)
            yield Good("modules", (s, k), 0.0, module * price, module * burden, life, place)
            if old > 0:
                yield Good("renewed_mw", (s, k), 0.0, price, burden, life, place, bought=is_ended)
    extra = designs(p)["extra_capex_per_kw"]
    offered = extra.groupby(level=0).size()
    for s, k in table.index:
        for c in extra[s].index if offered[s] > 1 else ():
            price, site = extra[s, c] * 1000 / MILLION, p.sites.loc[s]
            life, place = site["lifetime_years"], (site["region"],)
            yield Good("design_capacity_mw", (s, k, c), 0.0, price, 0.0, life, place, budgeted=False)


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    yield from table.iterrows()
