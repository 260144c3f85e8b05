"""Stages planned together: what is built stays and pays the price at which it was bought."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest
from cases import HOURS, random_problem, random_rows
from small import MILLION, cost, problem, solved

from siting.auditor.pathway import audit_pathway
from siting.errors import UsageError
from siting.model.build import COMPONENTS, build_pathway
from siting.physics.finance import annuity
from siting.problem.stages import stage_problem, stages
from siting.runs.folder import with_first_hour
from siting.solver.compile.matrix import compile_model


def factor(table, column, value, key="", year=2026):
    return {"year": year, "table": table, "column": column, "key": key, "factor": value}


def pathway(p, components=None):
    """The proven optimum."""
    solution = solved(build_pathway(p, components))
    assert solution.status == "optimal", solution.outcome.reason
    return solution


def audited(p):
    """The proven optimum, and its audit."""
    solution = pathway(p)
    tables = {year: with_first_hour(stage_problem(p, year), rows) for year, rows in solution.stages.items()}
    verdict = audit_pathway(p, tables, solution.objective)
    assert verdict.ok, [str(check) for check in verdict.failures]
    return solution, verdict


def paid(solution, year, term):
    table = solution.stages[year]["cost"]
    return float(table.loc[table["term"] == term, "cost_million"].sum() * MILLION)


def test_servers_pay_the_old_price_until_they_are_renewed():
    """Servers of 1 per kW live two years, 10 MW in 2025 and 15 MW from 2026 on, when they cost half.

    2025: 10 MW · 1000 / 2 = 5000, power 10 MW · 4 h · 10 = 400. A year of 2026 to 2029: 15 MW · 500 / 2 = 3750, power
    600; the first 10 MW are renewed in 2027, so that one year of four they cost 500 / 2 more: 2500 / 4 = 625.
    Together 5400 + 4 · (3750 + 600 + 625) = 25300.
    """
    p = problem(
        price=10.0,
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 2}],
        stages=[{}, {"year": 2026, "years": 4}],
        stage_factors=[factor("demand", "mean_mw", 1.5), factor("compute_types", "capex_per_kw", 0.5)],
    )
    solution, verdict = audited(p)
    assert solution.objective * MILLION == pytest.approx(25300)
    assert paid(solution, 2026, "vintages") == pytest.approx(625)
    assert verdict.links.totals["cost_million"]["vintages"] * MILLION == pytest.approx(4 * 625)
    assert solution.stages[2025]["site_compute"]["modules"].tolist() == [10]
    assert solution.stages[2026]["site_compute"]["modules"].tolist() == [15]
    # What the second stage itself builds: 5 MW at 500.
    assert solution.stages[2026]["region"]["capital_total"].tolist() == pytest.approx([0.0025])


def test_a_life_that_ends_between_the_stages_is_renewed_at_the_new_price():
    """Of one year the servers of 2025 do not live into 2026: 10 MW · 1000, then 10 MW · 3000, discounted by 0.8."""
    p = problem(
        price=0.0,
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 1}],
        stages=[{}, {"year": 2026}],
        stage_factors=[factor("compute_types", "capex_per_kw", 3.0)],
        settings={"finance": {"discount_rate": 0.25}},
    )
    solution = pathway(p)
    assert paid(solution, 2026, "vintages") == 0
    # An annuity over one year holds the interest of that year, and is paid at its end: it is worth the capital.
    assert solution.objective * MILLION == pytest.approx(10000 + 0.8 * 30000)


@pytest.mark.parametrize("rate", [0.0, 0.06, 0.25])
def test_the_annuities_of_a_life_are_worth_the_capital_when_it_is_bought(rate):
    """Servers of 10 MW at 1 a kW live twelve years, the years of the pathway: together they cost 10000 in 2025."""
    p = problem(
        price=0.0,
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 12}],
        stages=[{"years": 5}, {"year": 2030, "years": 7}],
        stage_factors=[factor("demand", "mean_mw", 1.0, year=2030)],
        settings={"finance": {"discount_rate": rate}},
    )
    assert pathway(p).objective * MILLION == pytest.approx(10000)
    later = p.replace(
        stage_factors=problem(stages=[{}], stage_factors=[factor("demand", "mean_mw", 2.0, year=2030)]).stage_factors
    )
    # Ten more of 2030 are paid for seven of twelve years.
    rest = 10000 * sum((1 + rate) ** -year for year in range(6, 13)) * annuity(rate, 12)
    assert pathway(later).objective * MILLION == pytest.approx(10000 + rest)


def test_nothing_shrinks():
    """Upkeep of 1 per kW and year is paid for 10 MW although half of the work is gone in 2026."""
    p = problem(
        price=0.0,
        compute_types=[{"fixed_om_per_kw_year": 1.0}],
        stages=[{}, {"year": 2026}],
        stage_factors=[factor("demand", "mean_mw", 0.5)],
    )
    solution = pathway(p)
    assert solution.objective * MILLION == pytest.approx(20000)
    assert cost(stage_problem(p, 2026)) == pytest.approx(5000)


@pytest.mark.parametrize(("price", "built", "total"), [(3.0, 10, 20000), (0.5, 0, 9000)])
def test_wind_is_built_early_if_it_will_be_dear_and_late_if_it_will_be_cheap(price, built, total):
    """10 MW for 4 h a year: grid power costs 4000 in 2025 and 20000 in 2026; wind for all of it 10000 a year.

    By itself 2025 would buy power. If wind costs three times as much in 2026 (30000), it pays to build it before:
    10000 + 10000 against 4000 + 20000. If it costs half as much, waiting is best: 4000 + 5000.
    """
    p = problem(
        cf={"wind": 1.0},
        supply=[{"capex_per_kw": 10.0, "lifetime_years": 10}],
        stages=[{}, {"year": 2026}],
        stage_factors=[factor("hourly", "price_per_mwh", 5.0), factor("supply", "capex_per_kw", price, "wind")],
    )
    solution = pathway(p)
    assert solution.stages[2025]["supply"]["supply_mw"].tolist() == pytest.approx([built])
    assert solution.stages[2026]["supply"]["supply_mw"].tolist() == pytest.approx([10])
    assert solution.objective * MILLION == pytest.approx(total)


def test_embodied_carbon_is_that_of_the_stage_that_bought():
    """Servers of 4 t per MW live four years: 10 t a year. In 2026 they embody half, of which 5 MW new: 2.5 t.

    The model of 2026 alone counts 15 MW · 2 / 4 = 7.5 t; the first 10 MW have twice that, 5 t more: 12.5 t at 100.
    """
    p = problem(
        price=0.0,
        regions=[{"grid_factor_t_per_mwh": 0.0}],
        compute_types=[{"embodied_t_per_mw": 4.0, "lifetime_years": 4}],
        stages=[{}, {"year": 2026}],
        stage_factors=[factor("demand", "mean_mw", 1.5), factor("compute_types", "embodied_t_per_mw", 0.5)],
        settings={"carbon": {"price": 100.0}},
    )
    solution, verdict = audited(p)
    assert verdict.stages[2026].totals["carbon_t"]["vintages"] == pytest.approx(5.0)
    assert solution.objective * MILLION == pytest.approx(1000 + 1250)


def test_the_budget_of_a_stage_is_for_what_the_stage_builds():
    """10 MW at 1 per kW are 10000 in 2025, and 10 MW more at 2 per kW 20000 in 2026: just what may be spent."""
    p = problem(
        price=0.0,
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 10}],
        stages=[{}, {"year": 2026}],
        stage_factors=[
            factor("demand", "mean_mw", 2.0),
            factor("compute_types", "capex_per_kw", 2.0),
            factor("instance", "policy.capital_budget", 2.0),
        ],
        settings={"policy": {"capital_budget": 10000}},
    )
    solution, verdict = audited(p)
    assert solution.stages[2025]["site_compute"]["modules"].tolist() == [10]
    assert "capital_budget" in {check.name for check in verdict.links.checks}
    assert solution.objective * MILLION == pytest.approx(1000 + 1000 + 2000)
    poor = p.replace(policy__capital_budget=9999)
    assert solved(build_pathway(poor)).status == "infeasible"


def test_a_cooling_design_stays_and_pays_its_price():
    """Another design saves 1 per kW in 2025 and 3 in 2026 over 20 years; the site is full with 10 and 15 MW.

    -10 MW · 1000 / 20 in both years, and -5 MW · 3000 / 20 in 2026.
    """
    p = problem(
        price=0.0,
        sites=[{"cooling": "air_cooled_chiller", "most_mw": 10.0}],
        cooling_options=[{"cooling": "airside_adiabatic", "pue_shift": -1.0, "extra_capex_per_kw": -1.0}],
        stages=[{}, {"year": 2026}],
        stage_factors=[
            factor("cooling_options", "extra_capex_per_kw", 3.0),
            factor("demand", "mean_mw", 1.5),
            factor("sites", "most_mw", 1.5),
        ],
    )
    solution, _ = audited(p)
    for year in (2025, 2026):
        chosen = solution.stages[year]["design"].set_index("cooling")["chosen"].to_dict()
        assert chosen == {"air_cooled_chiller": 0, "airside_adiabatic": 1}
    assert solution.objective * MILLION == pytest.approx(-500 - 500 - 750)


def staged(p, years, *factors):
    """A random problem with stages of some years."""
    rows = [{"year": 2025 + sum(years[:i]), "years": n} for i, n in enumerate(years)]
    extra = problem(stages=rows, stage_factors=list(factors) or [factor("demand", "mean_mw", 1.0, year=2025)])
    return p.replace(stages=extra.stages, stage_factors=extra.stage_factors, finance__discount_rate=0.06)


def test_one_stage_is_the_year_and_equal_stages_are_so_many_years():
    p = random_problem(0, green=True, carbon=True)
    # No life ends: else lines that exist would be paid for before all years are over.
    p = staged(p.replace(corridors=p.corridors.assign(lifetime_years=40.0)), [3])
    year = cost(stage_problem(p, 2025))
    assert pathway(p).objective * MILLION == pytest.approx(stages(p)[0].weight * year, rel=1e-6)
    two = staged(p, [1, 4])
    weight = sum(stage.weight for stage in stages(two))
    assert pathway(two).objective * MILLION == pytest.approx(weight * year, rel=1e-6)


def test_a_pathway_is_never_cheaper_than_its_stages_apart():
    """While prices stand still the rows between stages can only cost; with less work in 2030 they do."""
    p = staged(random_problem(1), [5, 5], factor("demand", "mean_mw", 0.4, year=2030))
    apart = sum(stage.weight * cost(stage_problem(p, stage.year)) for stage in stages(p))
    together = pathway(p).objective * MILLION
    assert together > apart * 1.001
    tight = p.replace(carbon__price=100.0)
    assert pathway(tight).objective * MILLION > together


def test_every_kind_of_thing_at_changing_prices_is_audited():
    """Sites, buildings, servers, wind, batteries and a corridor, each at another price in 2030."""
    prices = {"sites": 0.7, "compute_types": 0.5, "supply": 0.6, "corridors": 1.3}
    factors = [factor(table, "capex_per_kw", value, year=2030) for table, value in prices.items()]
    factors += [factor("storage", name, 0.5, year=2030) for name in ("capex_per_kw", "capex_per_kwh")]
    factors += [factor("supply", "embodied_t_per_mw", 0.5, year=2030), factor("demand", "mean_mw", 1.4, year=2030)]
    p = staged(problem(2 * HOURS, **random_rows(2), settings={"carbon": {"price": 40.0}}), [5, 5], *factors)
    solution, _ = audited(p)
    assert paid(solution, 2030, "vintages") > 0


def test_rules_of_ones_own_hold_in_every_stage():
    p = problem(price=0.0, sites=[{"fixed_cost_per_year": 5.0}], stages=[{}, {"year": 2026, "years": 2}], settings={})
    seen = []

    def add(m, q):
        seen.append(q.demand["mean_mw"].tolist())
        m.staff = pyo.Var(m.SITE, bounds=(2.0, 9.0), doc="People")
        m.cost.add("wages", {"a": 1e-6 * m.staff["s"]}, "million per year")

    solution = pathway(p, [*COMPONENTS, add])
    assert solution.objective * MILLION == pytest.approx(3 * (5 + 2))
    assert solution.stages[2026]["site"]["staff"].tolist() == [2.0]
    assert solution.tables == {}
    assert len(seen) == 2


def test_the_solver_tells_what_is_decided_once_from_what_every_hour():
    m = build_pathway(problem(stages=[{}, {"year": 2026}]))
    matrix = compile_model(m)
    first = {
        column.parent_component().local_name for column, own in zip(matrix.columns, matrix.first, strict=True) if own
    }
    assert first >= {"open", "modules", "assigned_mw"}
    hourly = {c.parent_component().local_name for c, own in zip(matrix.columns, matrix.first, strict=True) if not own}
    assert "grid_mw" in hourly
    assert not first & hourly


def test_without_stages_there_is_no_pathway():
    with pytest.raises(UsageError, match=r"small has no pathway: give its stages in stages\.csv"):
        build_pathway(problem())
