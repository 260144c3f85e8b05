"""Green direct connection (绿电直连): sources behind a line of their own to the data centers of their region.

In      p.supply (direct, export_price_per_mwh), p.settings.direct
Decide  exported_mw[n,g,t]   output of a direct source that is sold to the grid              MW
        project[n]           whether the region has a direct project                         0 or 1
Tells   self_used_mwh[n]     direct output that sites use or storage takes up                MWh
        exported_mwh[n], available_mwh[n]   what is sold, and what could be generated (curtailed included)   MWh
Ports   reads period.power_out (sites, storage)     cost + export (less what the grid pays)     carbon + export
Rules   generation + exported <= capacity factor · capacity
        Σ_g generation <= power of the region's sites + charge of its storage: nothing direct leaves over a corridor
        self-used >= self_used_share_min · available                  exported <= exported_share_max · available
        self-used >= supplied_share_min · electricity of the region's sites, where there is a project
        a project does not sell and buy in the same hour                    (m.one_way)
Note    What is exported never enters the region's node, so that green claims, matching and accounts count the rest
        alone. A region has one project, and all its sites belong to it. What is stored counts as used; where a battery
        sends it later is not followed. Whether there is a project is a decision only under supplied_share_min; the
        bound that lifts the rule where there is none is the most electricity that the sites can use. A dispatched
        system does not see exports. Without direct rows nothing is added.
        It meets the grid at one place, so that it cannot sell its own power dearly and buy other power cheaply.
Proof   direct-connection
          direct_power_stays        direct_stays      test_direct_power_is_not_sent_to_other_regions
          exported_within_capacity  direct_output     test_what_is_not_used_is_sold
          cost + export             cost              test_what_is_not_used_is_sold
          carbon + export           carbon            test_sold_power_is_no_claim_and_its_emissions_count
        direct-one-way
          one way of exported_mw    direct_one_direction  test_a_project_does_not_sell_and_buy_in_the_same_hour
        direct-self-used
          direct_self_used          direct_self_used  test_the_share_of_its_own_use_limits_the_size
        direct-supplied
          direct_supplied           direct_supplied   test_a_project_supplies_a_share_or_there_is_none
          direct_in_project         direct_supplied   test_a_project_supplies_a_share_or_there_is_none
        direct-exported
          direct_exported           direct_exported   test_what_is_not_used_is_sold
Source  NDRC and NEA, 发改能源〔2025〕650号, May 2025: self-used over available generation at least 60 %, over
        consumption at least 30 % (35 % by 2030); export at most about 20 % of available generation (not confirmed)
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import CARBON, COST, MILLION, by_hour, by_region, yearly
from siting.problem.derived import capacity_factor
from siting.problem.direct import available_h, direct_supply, exporting, most_used_mwh
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add direct connections."""
    table = direct_supply(p)
    if table.empty:
        return
    m.DIRECT = pyo.Set(initialize=list(table.index), dimen=2, doc="region, technology")
    m.PROJECT = pyo.Set(initialize=list(dict.fromkeys(n for n, _ in m.DIRECT)), doc="region")
    sold = exporting(p)
    if len(sold):
        _export(m, p, sold)
    here = {n: [ng for ng in m.DIRECT if ng[0] == n] for n in m.PROJECT}
    for d in m.PERIOD:
        _stays(m, m.period[d], here)
    _shares(m, p, table, here)


def _stays(m: Any, block: Any, here: dict[str, list[tuple[str, str]]]) -> None:
    drawn, charged = block.power_out.parts["sites"], block.power_out.parts.get("storage", {})

    @block.Constraint(m.PROJECT, m.HOUR, doc="Direct power stays with the sites and storage of its region")
    def direct_power_stays(block: Any, n: str, t: int) -> Any:
        output = sum(block.generation_mw[*ng, t] for ng in here[n])
        return output <= drawn.get((n, t), 0.0) + charged.get((n, t), 0.0)


def _export(m: Any, p: Problem, sold: Any) -> None:
    m.EXPORT = pyo.Set(initialize=list(sold.index), dimen=2, doc="region, technology")
    most = sold["most_mw"].to_dict()
    for d in m.PERIOD:
        block, hours = m.period[d], p.calendar.hour[d]
        of_technology = {g: by_hour(capacity_factor(p, g), hours) for g in dict.fromkeys(g for _, g in m.EXPORT)}
        factor = {(n, g): of_technology[g][n] for n, g in m.EXPORT}
        block.exported_mw = pyo.Var(
            m.EXPORT,
            m.HOUR,
            bounds=lambda block, n, g, t, factor=factor: (0.0, factor[n, g][t] * most[n, g]),
            doc="Output of a direct source that is sold to the grid, MW",
        )

        @block.Constraint(m.EXPORT, m.HOUR, doc="What is used and what is sold within the hour's capacity factor")
        def exported_within_capacity(block: Any, n: str, g: str, t: int, factor: Any = factor) -> Any:
            return block.generation_mw[n, g, t] + block.exported_mw[n, g, t] <= factor[n, g][t] * m.supply_mw[n, g]

    m.one_way["exported_mw"] = {ng: (ng[0], ("grid", ng[0])) for ng in m.EXPORT}
    m.one_way["grid_mw"] = {n: (("grid", n), n) for n, _ in m.EXPORT}
    energy = {ng: yearly(m, lambda d, t, ng=ng: m.period[d].exported_mw[*ng, t]) for ng in m.EXPORT}
    price = ((sold["variable_cost_per_mwh"] - sold["export_price_per_mwh"]) / MILLION).to_dict()
    m.cost.add("export", by_region({ng: price[ng] * energy[ng] for ng in m.EXPORT}, lambda ng: ng[0]), COST)
    factor_t = sold["factor_t_per_mwh"].to_dict()
    m.carbon.add("export", by_region({ng: factor_t[ng] * energy[ng] for ng in m.EXPORT}, lambda ng: ng[0]), CARBON)


def _shares(m: Any, p: Problem, table: Any, here: dict[str, list[tuple[str, str]]]) -> None:
    rules, hours = p.settings.direct, available_h(p)
    sold = {ng: yearly(m, lambda d, t, ng=ng: m.period[d].exported_mw[*ng, t]) for ng in getattr(m, "EXPORT", ())}
    used = {ng: yearly(m, lambda d, t, ng=ng: m.period[d].generation_mw[*ng, t]) for ng in m.DIRECT}
    m.self_used_mwh = pyo.Expression(
        m.PROJECT, rule=lambda m, n: sum(used[ng] for ng in here[n]), doc="Direct output used or stored, MWh"
    )
    m.exported_mwh = pyo.Expression(
        m.PROJECT, rule=lambda m, n: sum(sold.get(ng, 0.0) for ng in here[n]), doc="Direct output sold, MWh"
    )
    m.available_mwh = pyo.Expression(
        m.PROJECT,
        rule=lambda m, n: sum(float(hours[ng]) * m.supply_mw[ng] for ng in here[n]),
        doc="What direct sources could generate, curtailed included, MWh",
    )
    if rules.self_used_share_min > 0:

        @m.Constraint(m.PROJECT, doc="Least share of direct output that is used")
        def direct_self_used(m: Any, n: str) -> Any:
            least = rules.self_used_share_min * m.available_mwh[n]
            return m.self_used_mwh[n] / m.year_h >= least / m.year_h

    if sold and rules.exported_share_max < 1:

        @m.Constraint(list(dict.fromkeys(n for n, _ in m.EXPORT)), doc="Most share of direct output that is sold")
        def direct_exported(m: Any, n: str) -> Any:
            return m.exported_mwh[n] / m.year_h <= rules.exported_share_max * m.available_mwh[n] / m.year_h

    if rules.supplied_share_min > 0:
        _supplied(m, p, table, here)


def _supplied(m: Any, p: Problem, table: Any, here: dict[str, list[tuple[str, str]]]) -> None:
    """Where there is a project it supplies a share of all that the region's sites use."""
    share = p.settings.direct.supplied_share_min
    exists = (table["existing_mw"] > 0).groupby(level="region").any()
    region, most_mw = p.sites["region"].to_dict(), table["most_mw"].to_dict()
    most = most_used_mwh(p)
    m.project = pyo.Var(
        m.PROJECT,
        domain=pyo.Binary,
        bounds=lambda m, n: (int(exists[n]), 1),
        doc="Whether the region has a direct project",
    )

    @m.Constraint(m.DIRECT, doc="Direct sources stand in a project")
    def direct_in_project(m: Any, n: str, g: str) -> Any:
        return m.supply_mw[n, g] <= most_mw[n, g] * m.project[n]

    @m.Constraint(m.PROJECT, doc="Least share of the sites' electricity from their direct project")
    def direct_supplied(m: Any, n: str) -> Any:
        needed = share * sum(m.energy_mwh[s] for s in m.SITE if region[s] == n)
        lifted = share * float(most[n]) * (1 - m.project[n])
        return m.self_used_mwh[n] / m.year_h >= (needed - lifted) / m.year_h
