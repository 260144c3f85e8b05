"""Whether a plan keeps every rule, found out without the model or the solver.

The audit takes the problem and the tables of a solution, recomputes with numpy what the rules say and compares. It
shares no code with the model: only the physics and the quantities that follow from the tables of the instance.

A row holds if it is violated by no more than an absolute floor by unit (:data:`siting.auditor.report.FLOORS`) plus
``tolerance`` times the largest term of the row. Solvers promise 1e-7 to 1e-6 on rows that they have scaled, so a
smaller tolerance would blame them for rounding; one larger than this would hide a missing term.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.auditor.claims import check_green
from siting.auditor.compute import check_delay, check_sites, check_work
from siting.auditor.direct import check_direct
from siting.auditor.matching import check_matching
from siting.auditor.money import CARBON_TERMS, COST_TERMS, check_carbon, check_cost, check_terms, money_totals
from siting.auditor.network import check_bandwidth, check_stay
from siting.auditor.own_power import check_own_power
from siting.auditor.policy import check_policy
from siting.auditor.power import (
    check_agreements,
    check_balance,
    check_built,
    check_operation,
    check_reconciliation,
    power_totals,
    site_power_mw,
)
from siting.auditor.report import Audit, Check, Ledger
from siting.auditor.resilience import check_replicas, check_survival
from siting.auditor.runs import check_runs
from siting.auditor.system import check_prices, check_system, system_totals
from siting.auditor.tables import Plan, Reader, check_nothing_else, read, what_can_exist
from siting.auditor.told import check_split, check_told
from siting.auditor.water import check_designs, check_pue_cap, check_water
from siting.problem import Problem, designs
from siting.problem.problem import FloatArray

__all__ = ["CARBON_TERMS", "COST_TERMS", "Audit", "Check", "audit"]


def audit(
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    objective_million: float | None = None,
    tolerance: float = 1e-6,
    *,
    own_rules: bool = False,
) -> Audit:
    """Recompute a plan from the problem and its tables, and check every rule.

    Parameters
    ----------
    problem : Problem
        What was solved, with the calendar that was used.
    tables : mapping of str to DataFrame
        Tables of the solution by name.
    objective_million : float, optional
        Objective that the solver reported; without it the check ``objective`` is left out.
    tolerance : float
        Relative part of the tolerance of a row.
    own_rules : bool
        Whether rules of your own may have added tables, columns, terms of cost and sources of CO2. Otherwise such a
        one fails the check ``tables``, because nobody can say whether it is right.

    Returns
    -------
    Audit
        Checks and recomputed totals. A table that cannot be read is a failed check, not an exception.
    """
    return judged(problem, tables, objective_million, tolerance, own_rules)


def judged(
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    objective_million: float | None,
    tolerance: float,
    own_rules: bool,
    paid_before_million: FloatArray | None = None,
) -> Audit:
    """As :func:`audit`; ``paid_before_million`` is of a stage of a pathway (see :func:`check_told`)."""
    problem = what_can_exist(problem)
    ledger = Ledger(problem, tolerance)
    plan = read(problem, tables, ledger)
    check_designs(problem, plan, tables, ledger)
    check_split(problem, plan, tables, ledger)
    problem, reader = designs.as_chosen(problem, tables), Reader(tables, ledger)
    _check_calendar(problem, plan, ledger)
    _check_signs(plan, ledger)
    check_sites(problem, plan, ledger)
    check_work(problem, plan, ledger)
    check_delay(problem, plan, ledger)
    check_runs(problem, plan, tables, ledger)
    check_built(problem, plan, ledger)
    check_operation(problem, plan, ledger)
    check_own_power(problem, plan, reader, ledger)
    check_direct(problem, plan, reader, ledger)
    check_balance(problem, plan, ledger)
    check_green(problem, plan, tables, ledger)
    check_matching(problem, plan, tables, site_power_mw(problem, plan), ledger)
    check_agreements(problem, plan, ledger)
    check_reconciliation(problem, plan, ledger)
    check_system(problem, plan, reader, ledger)
    check_policy(problem, plan, reader, ledger)
    check_stay(problem, plan, ledger)
    check_bandwidth(problem, plan, ledger)
    check_replicas(problem, plan, ledger)
    check_survival(problem, plan, ledger)
    check_water(problem, plan, tables, ledger)
    check_pue_cap(problem, plan, ledger)
    check_carbon(problem, plan, tables, ledger)
    check_cost(problem, plan, tables, objective_million, ledger)
    check_told(problem, plan, tables, ledger, own_rules, paid_before_million)
    check_prices(problem, tables, ledger)
    check_terms(tables, own_rules, paid_before_million is not None, ledger)
    check_nothing_else(tables, own_rules, ledger)
    totals = {**money_totals(problem, plan, tables), **power_totals(problem, plan), **system_totals(problem, plan)}
    return Audit(ledger.checks, totals, tuple(ledger.faults))


def _check_calendar(p: Problem, plan: Plan, ledger: Ledger) -> None:
    ledger.equal("calendar", plan.weight, p.calendar.weight, [ledger.period], "1", what="weight")
    ledger.equal("calendar", plan.first_hour, p.calendar.hour[:, 0], [ledger.period], "1", what="first_hour")


def _check_signs(plan: Plan, ledger: Ledger) -> None:
    site, region, period, hour, axes = ledger.site, ledger.region, ledger.period, ledger.hour, plan.axes
    for name, values, indices, unit in (
        ("modules", plan.modules, [site, ledger.compute], "1"),
        ("open", plan.open, [site], "1"),
        ("claimed_mwh", plan.claimed_mwh, [site], "MWh/year"),
        ("own_mwh", plan.own_mwh, [site], "MWh/year"),
        ("certificates_mwh", plan.certificates_mwh, [site], "MWh/year"),
        ("peak_grid_mw", plan.peak_grid_mw, [region], "MW"),
        ("connected_mw", plan.connected_mw, [site], "MW"),
        ("assigned_mw", plan.assigned_mw, [axes.rigid, region, site], "MW"),
        ("supply_mw", plan.supply_mw, [axes.supply], "MW"),
        ("storage_mw", plan.storage_mw, [axes.storage], "MW"),
        ("storage_mwh", plan.storage_mwh, [axes.storage], "MWh"),
        ("corridor_mw", plan.corridor_mw, [axes.corridor], "MW"),
        ("generation_mw", plan.generation_mw, [period, axes.supply, hour], "MW"),
        ("exported_mw", plan.exported_mw, [period, axes.export, hour], "MW"),
        ("grid_mw", plan.grid_mw, [period, region, hour], "MW"),
        ("charge_mw", plan.charge_mw, [period, axes.storage, hour], "MW"),
        ("discharge_mw", plan.discharge_mw, [period, axes.storage, hour], "MW"),
        ("stored_mwh", plan.stored_mwh, [period, axes.storage, hour], "MWh"),
        ("fleet_mw", plan.fleet_mw, [period, axes.fleet, hour], "MW"),
        ("forward_mw", plan.flow_mw[:, :, 0], [period, axes.corridor, hour], "MW"),
        ("backward_mw", plan.flow_mw[:, :, 1], [period, axes.corridor, hour], "MW"),
        ("backlog_mwh", plan.backlog_mwh, [period, axes.batch, hour], "MWh"),
        ("flexible_mw", plan.flexible_mw, [period, axes.batch_site, hour], "MW"),
        ("moved_mw", plan.moved_mw, [period, axes.delayed, region, site], "MW"),
        ("standby_mw", plan.standby_mw, [axes.replica], "MW"),
        ("takeover_mw", plan.takeover_mw, [axes.takeover], "MW"),
    ):
        ledger.at_most("non_negative", -values, 0.0, indices, unit, what=name)
