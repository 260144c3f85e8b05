"""What exists grows old, by hand: at the end of its life it is renewed at a price, or it is gone."""

from __future__ import annotations

from typing import Any

import pytest
from cases import random_days
from small import MILLION, column, cost, optimum, problem, solved, term

from siting.auditor import audit
from siting.auditor.pathway import audit_pathway
from siting.model.build import build_pathway
from siting.problem import Problem
from siting.problem.ages import alive
from siting.problem.stages import stage_problem
from siting.report.summary import SUMMARIES
from siting.runs.folder import with_first_hour
from siting.solver.highs.engine import Limits
from siting.solver.strategy import optimize_program
from siting.solving.compiled import compile_problem

SERVERS: dict[str, Any] = {"capex_per_kw": 1.0, "lifetime_years": 5.0, "fixed_om_per_kw_year": 0.01, "module_mw": 4.0}


def stages(*years: int, first: int = 2025) -> list[dict[str, int]]:
    return [{"year": first + sum(years[:i]), "years": n} for i, n in enumerate(years)]


def factor(table: str, name: str, value: float, year: int = 2030, key: str = "") -> dict[str, Any]:
    return {"year": year, "table": table, "column": name, "key": key, "factor": value}


def audited(p: Problem) -> Any:
    """The proven optimum of a pathway, and its audit."""
    solution = solved(build_pathway(p))
    assert solution.status == "optimal", solution.outcome.reason
    tables = {year: with_first_hour(stage_problem(p, year), rows) for year, rows in solution.stages.items()}
    verdict = audit_pathway(p, tables, solution.objective)
    assert verdict.ok, [str(check) for check in verdict.failures]
    return solution, tables


def paid(solution: Any, year: int, *terms: str) -> float:
    table = solution.stages[year]["cost"]
    return float(table.loc[table["term"].isin(terms), "cost_million"].sum() * MILLION)


def old_servers(age: float | None, rate: float = 0.05) -> Problem:
    """20 MW of servers that live five years, at 10,000 a kW, three times five years; in 2030 they cost 0.8 of it."""
    return problem(
        price=0.0,
        sites=[{"capex_per_kw": 1000.0, "lifetime_years": 40.0, "existing_age_years": 0.0}],
        compute_types=[{"capex_per_kw": 10000.0, "lifetime_years": 5.0}],
        demand=[{"mean_mw": 20.0}],
        capacity=[{"existing_mw": 20.0, "existing_age_years": age}],
        stages=stages(5, 5, 5),
        stage_factors=[
            factor("compute_types", "capex_per_kw", 0.8),
            factor("compute_types", "capex_per_kw", 0.5, 2035),
        ],
        settings={"finance": {"discount_rate": rate}},
    )


def test_old_servers_are_renewed_in_2030_and_2035_at_the_price_of_the_year():
    """New in 2025: 20 MW · 10,000 a kW is 200 million; 0.8 of it is paid in 2030 and 0.5 in 2035, for five years each.

    Their building lives 40 years: other servers would need another.
    """
    p = old_servers(0.0)
    solution, _ = audited(p)
    assert solution.objective == pytest.approx(200 * (0.8 * 1.05**-5 + 0.5 * 1.05**-10))
    yearly = 0.05 / (1 - 1.05**-5)
    terms = ("compute", "vintages")
    assert paid(solution, 2025, *terms) == 0
    assert paid(solution, 2030, *terms) == pytest.approx(160e6 * yearly)
    assert paid(solution, 2035, *terms) == pytest.approx(100e6 * yearly)
    assert solution.stages[2030]["renewable"]["renewed_mw"].tolist() == pytest.approx([20.0])
    assert "renewable" not in solution.stages[2025]


@pytest.mark.parametrize(("age", "years"), [(2.5, 2), (None, 2), (1.0, 1), (4.0, 4), (5.0, 5), (7.0, 5)])
def test_a_life_that_ends_within_a_stage_is_renewed_for_the_rest_of_it(age: float | None, years: int):
    """Half of a life, the age of a blank, leaves 2.5 years: from 2028 on 40 million a year are paid."""
    solution, tables = audited(old_servers(age, rate=0.0))
    assert paid(solution, 2025, "compute", "vintages") == pytest.approx(40e6 * years / 5)
    assert solution.objective == pytest.approx(40 * years + 5 * 32 + 5 * 20)
    if 0 < years < 5:
        wrong = tables[2025]["cost"].assign(cost_million=0.0)
        verdict = audit_pathway(old_servers(age, rate=0.0), {**tables, 2025: {**tables[2025], "cost": wrong}})
        assert "vintages" in {check.name for check in verdict.failures}


def test_renewals_embody_carbon():
    """4 t a MW over five years: 20 MW · 0.8 t in each year from 2030 on, and in two years of the first five."""
    p = old_servers(None, rate=0.0)
    p = p.replace(
        compute_types=p.compute_types.assign(embodied_t_per_mw=4.0, capex_per_kw=0.0),
        regions=p.regions.assign(grid_factor_t_per_mwh=0.0),
        carbon__price=1e6,
    )
    solution, _ = audited(p)
    assert solution.objective == pytest.approx(16 * (2 + 5 + 5))


@pytest.mark.parametrize(("opening", "where"), [(5000.0, "s"), (1000.0, "t")])
def test_what_has_ended_is_renewed_or_gone(opening: float, where: str):
    """6 MW of work; 10 MW of s are five years old: 6 · (1000 / 5) + 6 · 10, no whole modules and no building.

    At t two modules make 8 · (200 + 10), and the site 1000 or 5000; at s it is 500, so that s costs 1760.
    """
    p = problem(
        price=0.0,
        sites=[{"capex_per_kw": 9.0, "opening_capex": 1e9, "fixed_cost_per_year": 500.0 if where == "s" else 5000.0},
               {"site": "t", "fixed_cost_per_year": opening}],
        compute_types=[SERVERS],
        demand=[{"mean_mw": 6.0}],
        capacity=[{"existing_mw": 10.0, "existing_age_years": 5.0}],
    )  # fmt: skip
    solution = optimum(p)
    assert audit(p, solution.tables, solution.objective).ok
    assert column(solution, "site", "open") == [where == "s", where == "t"]
    assert column(solution, "renewable", "renewed_mw") == pytest.approx([6.0 if where == "s" else 0.0])
    expected = 500 + 6 * 210 if where == "s" else 1000 + 8 * 210
    assert solution.objective * MILLION == pytest.approx(expected)
    assert term(solution, "building") == 0
    young = p.replace(capacity=p.capacity.assign(existing_age_years=4.9))
    assert column(optimum(young), "site", "open")[0] == 1
    shown = SUMMARIES["compute"](p, solution.tables, "en")
    assert shown["capacity_mw"].sum() == pytest.approx(6.0 if where == "s" else 8.0)


def test_a_building_that_has_ended_is_paid_for_as_well():
    """The building is 20 years old, its servers two: 6 MW · 9000 / 20, and upkeep of what is kept."""
    p = problem(
        price=0.0,
        sites=[{"capex_per_kw": 9.0, "existing_age_years": 20.0}],
        compute_types=[SERVERS],
        demand=[{"mean_mw": 6.0}],
        capacity=[{"existing_mw": 10.0, "existing_age_years": 2.0}],
    )
    solution = optimum(p)
    assert term(solution, "building") == pytest.approx(6 * 450)
    assert term(solution, "compute") == pytest.approx(6 * 10)
    assert audit(p, solution.tables, solution.objective).ok


def test_the_room_of_what_is_gone_is_free():
    """Room for 10 MW in all: 10 MW are old, of which 2 are renewed beside two modules that are cheaper by a link."""
    p = problem(
        price=0.0,
        sites=[{"most_mw": 10.0, "capex_per_kw": 0.0}],
        compute_types=[SERVERS],
        capacity=[{"existing_mw": 10.0, "existing_age_years": 9.0}],
    )
    solution = optimum(p)
    assert column(solution, "site_compute", "capacity_mw") == pytest.approx([10.0])
    assert cost(p.replace(demand=p.demand.assign(mean_mw=10.5))) == float("inf")
    tables = solution.tables
    frame = tables["renewable"].assign(renewed_mw=11.0)
    capacity = tables["site_compute"].assign(modules=0.0, capacity_mw=11.0)
    names = {c.name for c in audit(p, {**tables, "renewable": frame, "site_compute": capacity}).failures}
    assert {"renewed", "capacity_of_type"} <= names


def test_what_exists_is_gone_where_the_site_is_closed():
    """10 MW exist at s, and s is closed: t does the work, and nothing of s is paid for."""
    p = problem(
        price=0.0,
        sites=[{"decision": "closed", "fixed_cost_per_year": 700.0}, {"site": "t", "fixed_cost_per_year": 300.0}],
        compute_types=[SERVERS],
        demand=[{"mean_mw": 8.0}],
        capacity=[{"existing_mw": 10.0}],
    )
    solution = optimum(p)
    assert audit(p, solution.tables, solution.objective).ok
    assert column(solution, "site", "open") == [0, 1]
    assert solution.tables["site_compute"]["capacity_mw"].sum() == pytest.approx(8.0)
    assert solution.objective * MILLION == pytest.approx(300 + 8 * 210)
    opened = {**solution.tables, "site": solution.tables["site"].assign(open=1.0)}
    assert "open_sites" in {check.name for check in audit(p, opened).failures}


def test_opening_is_sunk_where_equipment_exists():
    p = problem(price=0.0, sites=[{"opening_capex": 1e6, "fixed_cost_per_year": 7.0}], capacity=[{"existing_mw": 10.0}])
    assert cost(p) == pytest.approx(7)
    new = p.replace(capacity=p.capacity.iloc[:0])
    assert cost(new) == pytest.approx(1e6 / 20 + 7)
    staged = problem(
        price=0.0,
        sites=[{"opening_capex": 1e6}],
        capacity=[{"existing_mw": 10.0}],
        stages=stages(5, 5),
        stage_factors=[factor("sites", "opening_capex", 3.0)],
    )
    assert audited(staged)[0].objective == pytest.approx(0.0)


def test_a_site_closes_when_its_life_has_ended_and_its_work_is_gone():
    """Work of 8 MW falls to 2 in 2030: t alone, at 2 a year, takes it, and s with its 5 a year closes."""
    p = problem(
        price=0.0,
        sites=[{"fixed_cost_per_year": 5000.0, "connection_cost_per_mw_year": 100.0},
               {"site": "t", "fixed_cost_per_year": 2000.0, "most_mw": 2.0}],
        compute_types=[{"lifetime_years": 5.0, "capex_per_kw": 0.001}],
        demand=[{"mean_mw": 8.0}],
        capacity=[{"existing_mw": 8.0, "existing_age_years": 0.0}],
        stages=stages(5, 5),
        stage_factors=[factor("demand", "mean_mw", 0.25)],
    )  # fmt: skip
    solution, tables = audited(p)
    assert [rows["site"]["open"].tolist() for rows in solution.stages.values()] == [[1, 0], [0, 1]]
    assert solution.stages[2030]["renewable"]["renewed_mw"].tolist() == pytest.approx([0.0])
    assert solution.stages[2030]["connection"]["connected_mw"].tolist()[0] == pytest.approx(0.0)
    assert solution.objective * MILLION == pytest.approx(5 * (5000 + 800) + 5 * (2000 + 2 * 0.2))
    # A site whose equipment lives does not close.
    young = p.replace(compute_types=p.compute_types.assign(lifetime_years=15.0))
    assert "open_sites" in {check.name for check in audit_pathway(young, tables).checks if not check.ok}


def test_sources_batteries_and_lines_are_bought_anew_or_gone():
    """Wind of 10 MW, at its end in 2025, is not replaced where power is cheap, and is where it is dear."""
    rows: dict[str, Any] = {
        "cf": {"wind": 1.0},
        "supply": [{"existing_mw": 10.0, "existing_age_years": 20.0, "capex_per_kw": 1.0, "lifetime_years": 20.0}],
    }
    # 10 MW · 1000 / 20 = 500 a year against 10 MW · 4 h · price.
    for price, built, total in ((10.0, 0.0, 400.0), (20.0, 10.0, 500.0)):
        p = problem(price=price, **rows)
        solution = optimum(p)
        assert column(solution, "supply", "supply_mw") == pytest.approx([built])
        assert solution.objective * MILLION == pytest.approx(total)
        assert audit(p, solution.tables, solution.objective).ok
    young = problem(price=10.0, **{**rows, "supply": [{**rows["supply"][0], "existing_age_years": 19.0}]})
    assert cost(young) == pytest.approx(0.0)
    old = {"existing_mw": 5.0, "existing_age_years": 30.0, "capex_per_kw": 1.0}
    p = problem(storage=[{**old, "existing_mwh": 9.0}], regions=[{}, {"region": "b"}], corridors=[old])
    assert alive(p).storage[["existing_mw", "existing_mwh"]].to_numpy().tolist() == [[0, 0]]
    assert alive(p).corridors["existing_mw"].tolist() == [0]
    solution = optimum(p)
    assert solution.tables["storage"]["storage_mw"].tolist() == pytest.approx([0])
    assert solution.tables["corridor"]["corridor_mw"].tolist() == pytest.approx([0])
    assert audit(p, solution.tables, solution.objective).ok


def test_wind_that_ends_between_stages_is_bought_at_the_later_price():
    """10 MW of wind serve 2025 to 2029 for nothing; from 2030 on they cost 2000 a MW over 20 years: 1000 a year."""
    p = problem(
        price=100.0,
        cf={"wind": 1.0},
        supply=[{"existing_mw": 10.0, "existing_age_years": 15.0, "capex_per_kw": 1.0, "lifetime_years": 20.0}],
        stages=stages(5, 5),
        stage_factors=[factor("supply", "capex_per_kw", 2.0)],
    )
    solution, _ = audited(p)
    assert solution.objective * MILLION == pytest.approx(5 * 1000)
    # Three years earlier it ends in 2027, and the rest of the stage costs 500 a year.
    older, _ = audited(p.replace(supply=p.supply.assign(existing_age_years=18.0)))
    assert older.objective * MILLION == pytest.approx(3 * 500 + 5 * 1000)


def test_both_strategies_agree_on_what_is_renewed():
    p = random_days(3, 4)
    site = p.sites.index[0]
    capacity = problem(capacity=[{"site": site, "existing_mw": 7.0, "existing_age_years": 6.0}]).capacity
    supply = p.supply.assign(existing_mw=3.0, existing_age_years=[3.0, 0.0] * (len(p.supply) // 2))
    p = p.replace(capacity=capacity, supply=supply)
    program = compile_problem(p).program
    whole, _ = optimize_program(program, Limits(gap=1e-4, threads=1, strategy="whole"))
    apart, _ = optimize_program(program, Limits(gap=1e-4, threads=1, strategy="decomposed"))
    assert (whole.status, apart.status) == ("optimal", "optimal")
    assert whole.objective == pytest.approx(apart.objective, rel=3e-4)
    assert apart.bound <= whole.objective * (1 + 1e-6)


def test_ages_of_a_stage_are_those_of_its_first_year():
    p = old_servers(None)
    ages = [stage_problem(p, year).capacity["existing_age_years"].tolist() for year in (2025, 2030, 2035)]
    assert ages == [[2.5], [7.5], [12.5]]
    long = problem(capacity=[{"existing_mw": 1.0, "existing_age_years": 199.0}], stages=stages(5, 5), stage_factors=[])
    assert stage_problem(long, 2030).capacity["existing_age_years"].tolist() == [200]
