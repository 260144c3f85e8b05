"""Nothing goes round in a circle, where losing energy pays: cases by hand, and programs with a binary for each hour."""

import numpy as np
import pyomo.environ as pyo
import pytest
from small import problem, solved

import siting.solver.settle as settlement
from siting.auditor import audit
from siting.auditor.pathway import audit_pathway
from siting.instance import write
from siting.model.build import COMPONENTS, build, build_pathway
from siting.problem import Calendar
from siting.solver import strategy as ways
from siting.solver.benders.solve import solve_decomposed
from siting.solver.compile.matrix import compile_model
from siting.solver.compile.two_stage import plan_of, split
from siting.solver.directions import Networks, circles
from siting.solver.highs.engine import Limits
from siting.solving.solution import solve
from siting.study.front import front
from siting.study.year_check import check_year

DAYS = Calendar(hour=np.arange(8).reshape(2, 4), weight=np.ones(2))
STRATEGIES = ["whole", "decomposed"]
BATTERY = {"existing_mw": 40.0, "existing_mwh": 40.0, "most_mw": 40.0, "most_mwh": 40.0, "round_trip_efficiency": 0.5}
LINE = {"existing_mw": 100.0, "most_mw": 100.0, "loss_share": 0.1}
PAID = [20.0, -100.0, -100.0, 50.0]
"""Prices of a day; an hour later in the other one."""


def battery_problem(**settings):
    return problem(8, price=[*PAID, *np.roll(PAID, 1)], storage=[BATTERY], calendar=DAYS, **settings)


def corridor_problem():
    return problem(
        8,
        regions=[{}, {"region": "b"}],
        price={"a": [*PAID, *np.roll(PAID, 1)], "b": 60.0},
        corridors=[LINE],
        calendar=DAYS,
    )


def direct_problem():
    """Self-use of three quarters is what the battery's losses count for; without them there is too little of it."""
    sun = np.maximum(np.sin(np.pi * (np.arange(24) - 6) / 12), 0.0).round(6)
    size = {"existing_mw": 60.0, "existing_mwh": 10.0, "most_mw": 60.0, "most_mwh": 10.0}
    solar = {"technology": "solar", "existing_mw": 30.0, "most_mw": 30.0, "direct": True}
    p = case(60.0, storage=[{**BATTERY, **size}], supply=[solar], cf={"solar": np.tile(sun, 365)})
    return p.replace(direct__self_used_share_min=0.75)


def case(paid=-80.0, **rows):
    """A year of alike days, four hours of each at -80; as in the cases that were found."""
    day = np.where((np.arange(24) >= 10) & (np.arange(24) < 14), paid, 60.0)
    names = [row.get("region", "a") for row in rows.get("regions", [{}])]
    p = problem(
        8760,
        price={n: np.tile(day, 365) for n in names},
        temperature=15.0,
        regions=[
            {"latitude_deg": 40.0 + i, "longitude_deg": 10.0 + i, "grid_mw": 200.0, "region": n}
            for i, n in enumerate(names)
        ],
        sites=[
            {
                "tier": "city",
                "latitude_deg": 40.1,
                "longitude_deg": 10.1,
                "most_mw": 50.0,
                "capex_per_kw": 1000.0,
                "pue_shift": 0.0,
            }
        ],
        compute_types=[{"capex_per_kw": 1000.0}],
        workloads=[{"latency_ms": 100.0}],
        calendar=Calendar(hour=np.arange(48).reshape(2, 24), weight=np.array([182.0, 183.0])),
        **{name: table for name, table in rows.items() if name != "regions"},
    )
    return p.replace(finance__discount_rate=0.05)


def with_binaries(p):
    """The model with a binary for each battery, corridor and hour."""
    m = build(p)
    m.one_way.clear()
    m.ways, m.least = pyo.VarList(domain=pyo.Binary), pyo.ConstraintList()
    for d in m.PERIOD:
        block = m.period[d]
        for one, other in (("charge_mw", "discharge_mw"), ("forward_mw", "backward_mw")):
            for i in getattr(block, one, ()):
                way = m.ways.add()
                m.least.add(getattr(block, one)[i] <= getattr(block, one)[i].ub * way)
                m.least.add(getattr(block, other)[i] <= getattr(block, other)[i].ub * (1 - way))
    return m


TWO = [{}, {"region": "b"}]


@pytest.mark.parametrize("p", [battery_problem(), corridor_problem()], ids=["battery", "corridor"])
def test_circles_are_broken_where_periods_are_dispatched(p):
    """The decomposition tells of those that it met, and its plan has none; that it then costs more, others judge."""
    program = split(compile_model(build(p)))
    run = solve_decomposed(program, Limits(gap=1e-4, time_limit_s=60.0, threads=1))
    assert run.circles
    assert {circle.period for circle in run.circles} == {0, 1}
    networks = Networks(program.legs)
    every = zip(program.periods, plan_of(program, run.values).periods, strict=True)
    assert not [c for period, y in every for c in circles(0, period.columns.upper, networks.of(period), y)]
    assert run.bound is not None
    assert run.objective > run.bound


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("rows", "right"), [({"storage": [BATTERY]}, 3.995357), ({"regions": TWO, "corridors": [LINE]}, 6.467410)]
)
def test_the_cases_that_were_found(rows, right, strategy):
    """Burning, they cost 3.331 and 5.441 million."""
    p = case(**rows)
    solution = quick(p, strategy)
    assert (solution.status, solution.objective) == ("optimal", pytest.approx(right, rel=1e-6))
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures


def test_the_command_line_says_that_there_is_no_plan(cli, tmp_path):
    folder = write(direct_problem().replace(periods__count=2), tmp_path / "direct")
    done = cli("solve", str(folder), "--strategy", "decomposed")
    assert done.code == 4, done.err


def quick(what, strategy, **options):
    return solve(what, gap=options.pop("gap", 1e-7), threads=1, strategy=strategy, time_limit=60.0, **options)


@pytest.mark.parametrize(("strategy", "directed"), [("whole", 1e9), ("decomposed", 1e9), ("decomposed", 0)])
@pytest.mark.parametrize("make", [battery_problem, corridor_problem])
def test_burning_does_not_pay(make, strategy, directed, monkeypatch):
    """With directions as a whole or period by period; each proves what a binary for each hour proves."""
    monkeypatch.setattr(ways, "DECOMPOSED_ROWS", directed)
    p = make()
    right = solved(with_binaries(p)).objective
    solution = quick(p, strategy)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(right, rel=1e-6)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    burning = solved(build(p, [*COMPONENTS, without_rule]))
    assert solution.outcome.integers > burning.outcome.integers
    assert burning.objective < right - 0.01 * abs(right)
    assert {c.name for c in audit(p, burning.tables).failures} <= {"storage_one_direction", "corridor_one_direction"}
    assert not audit(p, burning.tables).ok


def without_rule(m, p):
    m.one_way.clear()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("as_model", [False, True])
def test_what_only_burning_would_keep_is_infeasible(strategy, as_model):
    p = direct_problem()
    assert solved(build(p, [*COMPONENTS, without_rule])).status == "optimal"
    assert solved(with_binaries(p)).status == "infeasible"
    solution = quick(build(p) if as_model else p, strategy, gap=0.01)
    assert (solution.status, solution.objective, solution.tables) == ("infeasible", None, {})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_edited_model_obeys(strategy):
    """Rows of a user's own change nothing; nor does it matter who declares the flows."""
    p = battery_problem()
    m = build(p)
    del m.one_way["charge_mw"], m.one_way["discharge_mw"]
    m.one_way["charge_mw"] = dict.fromkeys(m.STORAGE, ("here", "there"))
    m.one_way["discharge_mw"] = dict.fromkeys(m.STORAGE, ("there", "here"))
    m.little = pyo.Constraint(expr=m.period[0].charge_mw["a", "battery", 1] <= 5.0)
    same = with_binaries(p)
    same.little = pyo.Constraint(expr=same.period[0].charge_mw["a", "battery", 1] <= 5.0)
    solution = quick(m, strategy)
    assert solution.objective == pytest.approx(solved(same).objective, rel=1e-6)
    hour = solution.tables["storage_hour"]
    assert np.minimum(hour["charge_mw"], hour["discharge_mw"]).max() < 1e-4


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(2))
def test_as_a_binary_for_each_hour(strategy, seed):
    rng = np.random.default_rng(seed)
    price = {n: rng.uniform(-80, 80, 8).round() for n in "ab"}
    p = problem(
        8,
        regions=[{"grid_mw": 60.0}, {"region": "b", "grid_mw": 30.0}],
        price=price,
        storage=[
            {**BATTERY, "region": n, "most_mw": mw, "most_mwh": mwh, "existing_mw": 0.0, "existing_mwh": 0.0,
             "capex_per_kw": 0.01, "capex_per_kwh": 0.01}
            for n, mw, mwh in zip("ab", rng.uniform(5, 40, 2).round(), rng.uniform(5, 40, 2).round(), strict=True)
        ],
        corridors=[{**LINE, "existing_mw": 10.0, "most_mw": 30.0, "capex_per_kw": 0.05}],
        supply=[{"most_mw": 20.0, "capex_per_kw": 0.1}],
        cf={"wind": rng.uniform(0, 1, 8)},
        calendar=DAYS,
    )  # fmt: skip
    right = solved(with_binaries(p))
    solution = quick(p, strategy)
    assert solution.status == right.status == "optimal"
    assert solution.objective == pytest.approx(right.objective, rel=1e-5)
    assert solution.bound <= right.objective + 1e-6 * abs(right.objective)
    assert audit(p, solution.tables, solution.objective).ok


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_where_burning_does_not_pay_nothing_is_solved_again(strategy, monkeypatch):
    def never(*_):
        raise AssertionError("directions were asked for")

    monkeypatch.setattr(settlement, "with_directions", never)
    p = problem(
        8,
        regions=[{}, {"region": "b"}],
        price={"a": [0, 0, 10, 90] * 2, "b": 60.0},
        storage=[BATTERY, {**BATTERY, "region": "b"}],
        corridors=[LINE, {**LINE, "corridor": "two", "from_region": "b", "to_region": "a", "loss_share": 0.0}],
        supply=[{"existing_mw": 40.0, "most_mw": 40.0}],
        cf={"wind": [1, 0.5, 0, 1] * 2},
        calendar=DAYS,
    )
    solution, free = quick(p, strategy), quick(p, strategy, components=[*COMPONENTS, without_rule])
    assert solution.objective == pytest.approx(free.objective, rel=1e-9)
    assert solution.outcome.integers == free.outcome.integers
    assert audit(p, solution.tables, solution.objective).ok


def test_a_plan_that_costs_as_much_is_freed_without_directions(monkeypatch):
    """Where power is free, a plan may go to and fro; it needs not."""
    monkeypatch.setattr(settlement, "with_directions", None)
    p = problem(4, price=0.0, storage=[BATTERY])
    m = build(p)
    m.fro = pyo.Constraint(expr=m.period[0].charge_mw["a", "battery", 0] >= 10)
    m.slack = pyo.Var(bounds=(0, 10))
    m.to = pyo.Constraint(expr=m.period[0].discharge_mw["a", "battery", 0] + m.slack >= 4)
    solution = quick(m, "whole")
    assert solution.objective == pytest.approx(0.0, abs=1e-9)
    hour = solution.tables["storage_hour"]
    assert np.minimum(hour["charge_mw"], hour["discharge_mw"]).max() < 1e-4


@pytest.mark.parametrize("limit", [0.0, 1e-3])
def test_no_plan_burns_when_time_is_out(limit):
    """The relaxation takes what time there is; its plan is freed all the same, and its bound told as it is."""
    p = battery_problem()
    solution = solve(p, gap=1e-7, threads=1, strategy="whole", time_limit=limit)
    assert solution.status in ("feasible", "stopped")
    if solution.tables:
        assert audit(p, solution.tables, solution.objective).ok
        assert solution.bound < solution.objective


def test_a_year_is_dispatched_one_way():
    p = battery_problem()
    plan = quick(p, "whole")
    check = check_year(p.replace(calendar=DAYS), plan.tables)
    assert check.kept
    assert check.ok, check.verdict.failures


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_stage_of_a_pathway_is_one_way(strategy):
    price = [*PAID, *np.roll(PAID, 1)]
    stages = [{"years": 5}, {"year": 2030, "years": 5}]
    p = problem(8, price=price, storage=[{**BATTERY, "lifetime_years": 10.0}], calendar=DAYS, stages=stages)
    m = build_pathway(p)
    for year in m.STAGE:
        m.stage[year].one_way.clear()
    solution = quick(build_pathway(p), strategy)
    assert solution.objective > quick(m, "whole").objective + 0.01
    assert audit_pathway(p, solution.stages, solution.objective).ok


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_front_is_one_way(strategy):
    p = corridor_problem().replace(carbon__cap_t=None)
    found = front(p, 3, Limits(gap=1e-4, threads=1, strategy=strategy))
    assert [point.audit_failures for point in found.points] == [()] * 3
    assert found.points[0].cost_million == pytest.approx(solved(with_binaries(p)).objective, rel=1e-3)
