"""A plan made by hand passes the audit; every rule that is broken fails its own check."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from tiny import tiny_problem
from tiny_plan import YEAR_H, Plan, Tables, book, carbon_t, cost_million, power_mw, retold, settle, settled, year

from siting.auditor import Audit, audit
from siting.problem import Calendar, Problem

Index = tuple[int | slice, ...] | int
PROBLEM = tiny_problem()


def failures(result: Audit) -> set[str]:
    """Names of the checks that fail."""
    return {check.name for check in result.failures}


def objective(tables: Tables) -> float:
    """What a solver would report."""
    return float(tables["cost"]["cost_million"].sum())


def judge(plan: Plan) -> Audit:
    """Audit of a plan that is booked as it stands."""
    tables = book(plan)
    return audit(PROBLEM, tables, objective(tables))


def add(name: str, where: Index, amount: float) -> Callable[[Plan], None]:
    """A mutation: add to some of one variable."""

    def change(plan: Plan) -> None:
        plan[name] = plan[name].copy()
        plan[name][where] += amount

    return change


def together(*changes: Callable[[Plan], None]) -> Callable[[Plan], None]:
    """Several mutations at once."""

    def change(plan: Plan) -> None:
        for each in changes:
            each(plan)

    return change


@dataclass(frozen=True)
class Case:
    """A mutation of the plan, whether the grid then covers the balance, and the checks that must fail."""

    change: Callable[[Plan], None]
    fails: set[str]
    settle: bool = True


ALL = slice(None)
PLAN_CASES = {
    "half a site": Case(add("open", 0, -0.5), {"integrality", "open_sites", "capacity_of_site"}),
    "twice open": Case(add("open", 1, 1), {"open_sites"}),
    "locked in but not open": Case(add("open", 0, -1), {"open_sites", "capacity_of_site"}),
    "half a module": Case(add("modules", 1, 0.5), {"integrality"}),
    "more than the site holds": Case(add("modules", 0, 4), {"capacity_of_site", "capacity_of_type"}),
    "work left over": Case(add("assigned_mw", (1, 1), -1), {"demand_met"}),
    "work too far away": Case(
        together(add("assigned_mw", (1, 1), -1), add("assigned_mw", (1, 0), 1)), {"admissible_arcs"}
    ),
    "negative work": Case(
        together(add("assigned_mw", (0, 0), 0.5), add("assigned_mw", (0, 1), -0.5)), {"non_negative"}
    ),
    "no room for the peak": Case(add("modules", 1, -4), {"peak_load", "hourly_load"}),
    "no room for delayed work": Case(add("modules", 1, -1), {"hourly_load"}),
    "work is forgotten": Case(add("backlog_mwh", (0, 5), 1), {"backlog"}, settle=False),
    "work runs late": Case(add("backlog_mwh", (ALL, ALL), 71), {"deadline"}),
    "work runs before it arrives": Case(add("backlog_mwh", (ALL, ALL), -1), {"non_negative"}),
    "origin is not served": Case(
        together(add("moved_mw", (0, 0, 0), -1), add("moved_mw", (0, 1, 0), 1)), {"delayed_demand_met"}
    ),
    "moved but not run there": Case(
        together(add("moved_mw", (1, 0, 0), 1), add("moved_mw", (1, 0, 1), -1)), {"moved_as_run"}
    ),
    "less supply than exists": Case(
        together(add("supply_mw", 0, -31), add("generation_mw", (ALL, slice(8, 16)), -11)),
        {"supply_bounds", "claims_delivered"},
    ),
    "more supply than there is room": Case(add("supply_mw", 0, 61), {"supply_bounds"}),
    "more battery power than there is room": Case(add("storage_mw", 0, 47), {"storage_bounds"}),
    "more battery energy than there is room": Case(add("storage_mwh", 0, 190), {"storage_bounds"}),
    "corridor beyond its expansion": Case(add("corridor_mw", 0, 9), {"corridor_bounds"}),
    "sun at night": Case(add("generation_mw", (0, 3), 1), {"generation"}),
    "more sun than panels": Case(add("generation_mw", (0, 12), 6), {"generation"}),
    "battery gains energy": Case(add("stored_mwh", (0, 14), 1), {"storage_balance"}),
    "battery without wrap": Case(add("stored_mwh", (0, slice(23, 24)), 1), {"storage_balance"}),
    "battery too weak": Case(add("storage_mw", 0, -2.5), {"storage_power"}),
    "battery too small": Case(add("storage_mwh", 0, -9), {"storage_energy"}),
    "corridor overloaded": Case(add("flow_mw", (0, 0, 13), 2), {"corridor_flow"}),
    "corridor overloaded backwards": Case(add("flow_mw", (0, 1, 2), 2), {"corridor_flow"}),
    "power from nowhere": Case(add("grid_mw", (1, 1, 7), -0.01), {"power_balance", "energy_account"}, settle=False),
    "power to nowhere": Case(add("grid_mw", (0, 0, 7), 0.01), {"power_balance", "energy_account"}, settle=False),
    "a claim twice": Case(add("claimed_mwh", 1, 30000), {"claims_delivered"}),
    "claims below the floor": Case(add("claimed_mwh", 0, -19000), {"green_floors"}),
    "claim beyond own use": Case(add("claimed_mwh", 0, 140000), {"green_of_site", "claims_delivered"}),
    "negative claim": Case(add("claimed_mwh", 1, -10), {"non_negative"}),
}


def test_plan_by_hand_is_clean() -> None:
    tables = book(settled())
    result = audit(PROBLEM, tables, objective(tables))
    assert result.ok, "\n".join(map(str, result.failures))
    assert result.failures == ()


@pytest.mark.parametrize("name", PLAN_CASES)
def test_broken_rule_fails_its_check(name: str) -> None:
    case, plan = PLAN_CASES[name], settled()
    case.change(plan)
    if case.settle:
        settle(plan)
    assert failures(judge(plan)) == case.fails


NEGATIVE = [
    ("supply_mw", 0, {"supply_bounds", "generation"}),
    ("storage_mw", 0, {"storage_bounds", "storage_power"}),
    ("storage_mwh", 0, {"storage_bounds", "storage_energy"}),
    ("corridor_mw", 0, {"corridor_bounds", "corridor_flow"}),
    ("generation_mw", (0, 9), set()),
    ("grid_mw", (0, 0, 3), {"power_balance", "energy_account"}),
    ("charge_mw", (0, 20), {"storage_balance"}),
    ("discharge_mw", (0, 9), {"storage_balance"}),
    ("stored_mwh", (0, 3), {"storage_balance"}),
    ("flow_mw", (0, 0, 3), set()),
    ("flexible_mw", (0, 0, 3), {"backlog", "moved_as_run"}),
    ("moved_mw", (0, 1, 0), {"delayed_demand_met", "moved_as_run"}),
]


@pytest.mark.parametrize(("name", "where", "others"), NEGATIVE)
def test_no_variable_may_be_negative(name: str, where: Index, others: set[str]) -> None:
    plan = settled()
    plan[name] = plan[name].copy()
    plan[name][where] = -0.5
    if name != "grid_mw":
        settle(plan)
    result = judge(plan)
    assert failures(result) == others | {"non_negative"}
    assert next(c for c in result.failures if c.name == "non_negative").where.startswith(
        name.replace("flow", "forward")
    )


REPORTED = [
    ("site", "energy_mwh", 0, 5.0, "site_energy"),
    ("site_compute", "capacity_mw", 1, 0.01, "capacity_built"),
    ("place", "placed_mw", 1, 0.01, "placed"),
    ("site_hour", "power_mw", 30, 0.01, "site_power"),
    ("period", "weight", 1, 1.0, "calendar"),
    ("period", "first_hour", 1, 24.0, "calendar"),
    ("carbon", "carbon_t", 0, 5.0, "carbon"),
]


@pytest.mark.parametrize(("table", "column", "row", "amount", "check"), REPORTED)
def test_wrong_report_fails(table: str, column: str, row: int, amount: float, check: str) -> None:
    tables = book(settled())
    tables[table][column] = tables[table][column].astype(float)
    tables[table].loc[row, column] += amount
    assert failures(audit(PROBLEM, tables)) == {check}


@pytest.mark.parametrize("term", list(cost_million(settled())))
def test_wrong_cost_term_fails(term: str) -> None:
    tables = book(settled())
    tables["cost"].loc[tables["cost"]["term"] == term, "cost_million"] += [0.01, -0.01]
    result = audit(PROBLEM, tables, objective(tables))
    assert failures(result) == {"cost"}
    assert term in result.failures[0].where


@pytest.mark.parametrize("term", list(carbon_t(settled())))
def test_forgotten_source_of_carbon_fails(term: str) -> None:
    tables = book(settled())
    tables["carbon"] = tables["carbon"][tables["carbon"]["term"] != term]
    assert failures(audit(PROBLEM, tables)) == {"carbon"}


def test_wrong_objective_fails() -> None:
    tables = book(settled())
    assert failures(audit(PROBLEM, tables, objective(tables) + 0.01)) == {"objective"}


def peak_outside(p: Problem) -> Problem:
    """The same work with one hour of three times the mean on a day that the calendar does not show."""
    profile = p.hourly["profile"].copy()
    profile.loc[10 * 24 + 12, "day"] = 3.0
    profile.loc[[10 * 24, 10 * 24 + 1, 10 * 24 + 2], "day"] = 0.0
    return p.replace(hourly={**p.hourly, "profile": profile})


def sites_with(p: Problem, **columns: list[object]) -> Problem:
    """The problem with other columns of sites."""
    return p.replace(sites=p.sites.assign(**columns))


def regions_with(p: Problem, **columns: list[float]) -> Problem:
    """The problem with other columns of regions."""
    return p.replace(regions=p.regions.assign(**columns))


def short_link(p: Problem) -> Problem:
    """The problem with a link that makes south to beta too slow for web."""
    return slow(p, "south", "beta", 9.0)


def slow(p: Problem, region: str, site: str, latency_ms: float) -> Problem:
    """The problem with one more link."""
    link = pd.DataFrame({"latency_ms": [latency_ms], "cost_per_mwh": [np.nan]})
    link.index = pd.MultiIndex.from_tuples([(region, site)], names=["region", "site"])
    return p.replace(links=pd.concat([p.links, link]))


PROBLEMS = {
    "peak outside the calendar": (peak_outside, {"peak_load"}),
    "carbon cap": (lambda p: p.replace(carbon__cap_t=200000.0), {"carbon_cap"}),
    "headroom of the grid": (lambda p: regions_with(p, grid_mw=[60.0, 49.0]), {"grid_headroom"}),
    "slow link": (short_link, {"admissible_arcs"}),
    "hourly carbon of the grid": (
        lambda p: p.replace(
            hourly={**p.hourly, "grid_factor_t_per_mwh": pd.DataFrame({"north": np.full(YEAR_H, 0.5)})}
        ),
        {"carbon", "cost", "told"},
    ),
    "shorter delay": (lambda p: p.replace(workloads=p.workloads.assign(max_delay_h=[0, 1])), set()),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_another_problem_makes_the_plan_wrong(name: str) -> None:
    change, fails = PROBLEMS[name]
    assert failures(audit(change(PROBLEM), book(settled()))) == fails


def test_missing_column_is_a_failed_check() -> None:
    tables = book(settled())
    tables["site"] = tables["site"].drop(columns="claimed_mwh")
    result = audit(PROBLEM, tables)
    assert failures(result) == {"tables", "green_floors", "claim_parts"}
    assert "table site has no column claimed_mwh" in result.failures[0].where


@pytest.mark.parametrize("name", list(book(settled())))
def test_missing_table_is_a_failed_check(name: str) -> None:
    tables = book(settled())
    del tables[name]
    result = audit(PROBLEM, tables)
    assert "tables" in failures(result)
    assert result.failures[0].where == f"table {name} is missing"


def test_no_tables_at_all() -> None:
    assert not audit(PROBLEM, {}).ok


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("site", "gamma", "has no place in the problem"),
        ("open", "many", "is not a number"),
        ("site", "beta", "is given twice"),
    ],
)
def test_unreadable_row_is_a_failed_check(column: str, value: str, message: str) -> None:
    tables = book(settled())
    tables["site"][column] = tables["site"][column].astype(object)
    tables["site"].loc[0, column] = value
    result = audit(PROBLEM, tables)
    assert "tables" in failures(result)
    assert message in result.failures[0].where


def test_delayed_work_where_it_cannot_be_reached() -> None:
    # Then there are two groups, and group 0, the north's, cannot run in the south.
    result = audit(slow(PROBLEM, "north", "beta", 99.0), book(settled()))
    assert {"admissible_arcs", "backlog", "moved_as_run"} <= failures(result)


def test_work_in_a_closed_site() -> None:
    result = audit(sites_with(PROBLEM, decision=["free", "closed"]), book(settled()))
    assert {"open_sites", "capacity_of_type", "admissible_arcs"} <= failures(result)


def test_what_a_user_adds_is_left_alone_where_there_are_rules_of_their_own() -> None:
    plan = settled()
    tables = book(plan)
    tables["site"]["water_m3"] = [1.0, 2.0]
    tables["reservoir"] = pd.DataFrame({"reservoir": ["lake"], "level_m": [3.0]})
    fibre = pd.DataFrame({"term": ["fibre"], "region": ["south"], "cost_million": [2.5]})
    tables["cost"] = pd.concat([tables["cost"], fibre], ignore_index=True)
    tables = retold(tables, plan)
    result = audit(PROBLEM, tables, objective(tables), own_rules=True)
    assert result.ok
    assert result.totals["cost_million"]["fibre"] == 2.5
    # Nobody has asked for them: then they are not ours, and somebody may take them for it.
    (check,) = audit(PROBLEM, tables, objective(tables)).failures
    assert check.name == "tables"
    for table, column in (("site", "water_m3"), ("reservoir", "level_m"), ("cost", "cost_million")):
        holed = tables[table].assign(**{column: float("nan")})
        assert "tables" in failures(audit(PROBLEM, {**tables, table: holed}, own_rules=True))


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        ("reservoir", "level_m", "table reservoir is not one that a plan of this problem has"),
        ("site", "water_m3", "table site, column water_m3: not one that a plan of this problem has"),
    ],
)
def test_what_nobody_knows_fails_by_its_name(table: str, column: str, message: str) -> None:
    tables = book(settled())
    tables[table] = tables.get(table, pd.DataFrame({table: ["lake"]})).assign(**{column: 1.0})
    (check,) = audit(PROBLEM, tables).failures
    assert (check.name, check.where) == ("tables", message)


def test_carbon_that_a_user_adds_is_priced_and_capped() -> None:
    tables = book(settled())
    extra = pd.DataFrame({"term": ["concrete"], "region": ["south"], "carbon_t": [1000.0]})
    tables["carbon"] = pd.concat([tables["carbon"], extra], ignore_index=True)
    tables = retold(tables, settled())
    assert failures(audit(PROBLEM, tables, own_rules=True)) == {"cost", "told"}
    priced = (tables["cost"]["term"] == "carbon") & (tables["cost"]["region"] == "south")
    tables["cost"].loc[priced, "cost_million"] += 0.05
    tables = retold(tables, settled())
    assert audit(PROBLEM, tables, own_rules=True).ok
    capped = PROBLEM.replace(carbon__cap_t=objective_free_carbon(tables) - 500)
    assert failures(audit(capped, tables, own_rules=True)) == {"carbon_cap"}


def objective_free_carbon(tables: Tables) -> float:
    """All carbon in the tables, t."""
    return float(tables["carbon"]["carbon_t"].sum())


def test_rounding_of_a_solver_passes_and_more_does_not() -> None:
    plan = settled()
    plan["grid_mw"] = plan["grid_mw"] + 1e-6
    assert judge(plan).ok
    plan["grid_mw"] = plan["grid_mw"] + 1e-3
    assert failures(judge(plan)) == {"power_balance", "energy_account"}


def test_worst_place_and_size_are_named() -> None:
    plan = settled()
    add("grid_mw", (1, 1, 7), -3.0)(plan)
    check = judge(plan).failures[0]
    assert (check.name, check.unit) == ("power_balance", "MW")
    assert check.where == "period=1, region=south, hour=7"
    assert check.worst == pytest.approx(3.0)


def test_totals_by_hand() -> None:
    plan, tables = settled(), book(settled())
    result = audit(PROBLEM, tables, objective(tables))
    totals = result.totals
    # 10 + 20 MW of web and 12 MW of train, all year; 25 + 45 MW installed.
    assert totals["energy_mwh"]["it_load"] == pytest.approx(42 * YEAR_H)
    assert totals["utilisation"] == pytest.approx({"alpha": 14 / 25, "beta": 28 / 45})
    assert totals["racks"] == pytest.approx(70_000 / 2.5)
    assert totals["eflops"] == pytest.approx(7.0)
    assert totals["energy_mwh"]["generated"] == pytest.approx({"solar": 15 * 8 * 365})
    # 8 MWh charged and 6.48 given back on each of 365 days; 5 % of 4 + 2 MWh sent.
    losses = 365 * (8 - 6.48) + 365 * 0.05 * 6
    # What is lost was bought or generated, too.
    used = float(year(power_mw(plan)).sum())
    assert totals["energy_mwh"]["used"] == pytest.approx(used)
    assert totals["green_share"] == pytest.approx(15 * 8 * 365 / (used + losses))
    assert totals["objective_million"] == pytest.approx(objective(tables))
    assert json.loads(json.dumps(result.as_dict()))["ok"] is True


def test_tables_from_a_file_are_read() -> None:
    tables = book(settled())
    for name in ("cost", "region_hour", "supply_hour"):
        tables[name] = tables[name].astype({"region": "category"})
    tables["site_hour"] = tables["site_hour"].astype({"period": str, "hour": str})
    assert audit(PROBLEM, tables).ok


def test_what_can_hold_nothing_need_not_be_mentioned() -> None:
    p = PROBLEM
    row = p.supply.rename(index={"north": "south"}, level="region").assign(existing_mw=0.0, most_mw=0.0)
    assert audit(p.replace(supply=pd.concat([p.supply, row])), book(settled())).ok


def test_whole_year_of_days() -> None:
    # Two days stand for the year exactly, so that the costs of all 365 are those of the two.
    tables = book(settled())
    for name, rows in tables.items():
        if name != "period" and "period" in rows:
            day = rows[rows["period"] == 0]
            tables[name] = pd.concat([day.assign(period=d) for d in range(365)], ignore_index=True)
    for name, state in (("batch", "backlog"), ("storage", "stored")):
        keys = ["period", *(("workload", "group") if name == "batch" else ("region", "storage"))]
        last = tables[f"{name}_hour"].query("hour == 23")[[*keys, f"{state}_mwh"]]
        tables[f"{name}_start"] = last.rename(columns={f"{state}_mwh": f"{state}_start_mwh"})
    tables["period"] = pd.DataFrame({"period": range(365), "weight": 1.0, "first_hour": np.arange(365) * 24})
    days = Calendar(hour=np.arange(YEAR_H).reshape(365, 24), weight=np.ones(365))
    result = audit(PROBLEM.replace(calendar=days), tables, objective(tables))
    assert result.ok, "\n".join(map(str, result.failures))
