"""Period by period comes to what the whole comes to, and never claims more than it proves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from cases import random_days
from scipy.sparse import csc_array
from small import problem
from test_pieces import everything

import siting
from siting.errors import SolverError, UsageError
from siting.model.build import COMPONENTS, build
from siting.solver import strategy
from siting.solver.benders import phases
from siting.solver.benders.clusters import cluster, mean_of
from siting.solver.benders.cuts import cut
from siting.solver.benders.master import EVERYWHERE, Master
from siting.solver.benders.parameters import Parameters
from siting.solver.benders.penalties import Penalties
from siting.solver.benders.recourse import reduce_periods
from siting.solver.benders.rounding import IntegerProposals
from siting.solver.benders.solve import solve_decomposed
from siting.solver.benders.subproblem import Budget, Solver
from siting.solver.benders.warm_start import guess
from siting.solver.compile.matrix import compile_model
from siting.solver.compile.two_stage import join, split
from siting.solver.highs.engine import Limits, Task
from siting.solver.highs.retry import run
from siting.solving.compiled import compile_problem

GAP = 1e-3
GREEN = {"green": {"floors": [{"share": 0.9}, {"share": 0.95, "tier": "hub"}]}}


def program_of(p, *rules):
    return split(compile_model(build(p, [*COMPONENTS, *rules])))


def agree(program, gap=GAP, workers=1, listen=lambda progress: None, **parameters):
    """Solve both ways, and check everything that is claimed on the way and in the end."""
    matrix = join(program)
    optimum = run(Task(matrix, Limits(gap=1e-7, threads=1), 60.0, "whole")).objective
    told = []

    def tell(progress):
        told.append(progress)
        listen(progress)

    found = solve_decomposed(
        program, Limits(gap=gap, time_limit_s=60.0, workers=workers), tell, Parameters(**parameters)
    )
    small = 1e-6 * abs(optimum)
    assert max(t.bound for t in told if t.bound is not None) <= optimum + small
    assert min((t.incumbent for t in told if t.incumbent is not None), default=optimum) >= optimum - small
    assert found.status == "optimal"
    assert found.bound <= optimum + small
    assert optimum - small <= found.objective <= optimum * (1 + gap) + small
    activity = csc_array((matrix.value, matrix.index, matrix.start), shape=matrix.shape) @ found.values
    assert np.maximum(matrix.least - activity, activity - matrix.most).max() < 1e-6
    assert np.maximum(matrix.lower - found.values, found.values - matrix.upper).max() <= 1e-9
    assert (found.values[matrix.integer] % 1 == 0).all()
    assert found.objective == pytest.approx(matrix.cost @ found.values + matrix.offset)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_the_whole(seed):
    agree(program_of(random_days(seed, 4)))


@pytest.mark.parametrize("seed", [2, 3])
def test_with_binding_floors_of_the_year(seed):
    agree(program_of(random_days(seed, 4, settings=GREEN)))


@pytest.mark.parametrize(
    ("seed", "days", "settings"),
    [
        (0, 4, None),
        (3, 4, {"green": {"hourly_floors": [{"share": 0.4}]}}),
        (2, 6, None),  # more days than are searched without their means
    ],
)
def test_days_in_calendar_order(seed, days, settings):
    p = random_days(seed, days, settings=settings, in_order=True, regions=2, sites=2)
    late = p.workloads["max_delay_h"] > 0
    p = p.replace(
        workloads=p.workloads.assign(run_h=np.where(late, 2, 1)),
        storage=p.storage.assign(existing_mw=4.0, existing_mwh=16.0, most_mwh=p.storage["most_mwh"].clip(lower=16.0)),
        hourly={**p.hourly, "price_per_mwh": p.hourly["price_per_mwh"] - 40.0},  # negative in some hours
    )
    assert p.calendar.in_order
    program = program_of(p)
    carried = {name for name, _ in program.first.labels if "start" in name}
    assert {"backlog_start_mwh", "unstarted_start_mwh", "started_before_mwh", "stored_start_mwh"} <= carried
    agree(program, few_periods=5, clusters=2)


def test_in_two_steps_of_the_simplex(monkeypatch):
    asked = []
    differ = Solver._many_differ
    monkeypatch.setattr(Solver, "_many_differ", lambda *given: asked.append(differ(*given)) or asked[-1])
    agree(program_of(random_days(1, 4, settings=GREEN)), few_duals=-1)
    assert asked
    assert all(asked)


def test_the_dual_of_a_rule_that_plans_break_is_approached_step_by_step():
    """At its penalty, which may be hundreds of times the dual, an iteration takes as long as the first."""
    parameters = Parameters(first_dual_step=0.01, coupling_factor=4.0)
    penalties = Penalties(np.array([100.0, 100.0]), parameters)
    broken, above, below = np.array([True, False]), np.array([-100.0, -3.0]), np.array([0.0, -1.0])
    found = []
    for _ in range(5):
        penalties.ask(above, below, broken)
        found.append(penalties.duals.tolist())
    # 0.01 · 100 · 4, and then four times what was asked before, halfway to the dual of the master.
    assert [first for first, _ in found] == pytest.approx([-2.0, -4.0, -8.0, -16.0, -32.0])
    assert [second for _, second in found] == pytest.approx([-2.0] * 5)
    for _ in range(3):
        penalties.ask(above, below, broken)
    assert penalties.duals[0] == pytest.approx(-50.0)


def test_integers_are_not_kept_waiting_for_the_bound(monkeypatch):
    states = []
    search = phases.search

    def watched(context, *args):
        states.append(search(context, *args))
        return states[-1]

    monkeypatch.setattr(phases, "search", watched)
    agree(program_of(random_days(1, 4, settings=GREEN)), bound_time=0.0)
    assert states[0].gap > Parameters().relaxation_gaps[0] * GAP


def test_relaxed_once_more_where_whole_numbers_do_not_meet_the_bound(monkeypatch):
    named, told = [], []
    nearest = IntegerProposals.nearest

    def watched(*arguments):
        named.append(nearest(*arguments))
        return named[-1]

    monkeypatch.setattr(IntegerProposals, "nearest", watched)
    agree(
        program_of(random_days(0, 20, regions=1, sites=2)),
        listen=lambda progress: told.append(progress.phase),
        relaxation_gaps=(50.0, 0.35),
        cheapest_s=0.0,
    )
    seen = [phase for i, phase in enumerate(told) if phase not in told[i - 1 : i]]
    assert seen[:4] == ["means", "relaxation", "rounded plan", "relaxation"]
    keys = [integers.tobytes() for integers in named if integers is not None]
    assert len(set(keys)) == len(keys) > 0


def test_a_box_holds_its_centre_and_at_last_everything():
    program = program_of(random_days(0, 2))
    layout, periods = reduce_periods(program)
    master = Master(program, layout, periods, np.arange(2), np.zeros(len(program.coupling)))
    centre = program.first.lower + 0.3 * (program.first.upper - program.first.lower)
    before = program.first.lower, program.first.upper
    for radius in (1.0, 0.2, 0.05):
        low, up = master.trust_region(centre, radius)
        for below, above in ((before[0], low), (low, centre), (centre, up), (up, before[1])):
            assert (below <= above).all()
        assert (up - low).sum() < (before[1] - before[0]).sum()
        before = low, up
    for side, bound in zip(
        master.trust_region(centre, EVERYWHERE), (program.first.lower, program.first.upper), strict=True
    ):
        assert np.array_equal(side, bound)


def test_with_a_binding_cap_on_carbon():
    free = random_days(1, 4)
    emitted = siting.solve(build(free), gap=GAP).tables["carbon"]["carbon_t"].sum()
    agree(program_of(free.replace(carbon__cap_t=0.8 * float(emitted))))


@pytest.mark.parametrize("seed", [1, 2])
def test_with_an_energy_quota_in_every_region(seed):
    free = random_days(seed, 4)
    sites = free.sites
    dear = sites["capex_per_kw"].where(sites["region"] != "b", lambda cost: 3 * cost)
    elsewhere = siting.solve(build(free.replace(sites=sites.assign(capex_per_kw=dear))), gap=GAP).tables["site"]
    used = elsewhere.groupby(elsewhere["site"].map(sites["region"]))["energy_mwh"].sum()
    within = agree(program_of(free.replace(regions=free.regions.assign(energy_quota_mwh=1.001 * used))))
    assert within.bound > agree(program_of(free)).objective


def test_with_every_rule_at_once():
    agree(compile_problem(everything()).program)


def test_the_first_guess_of_one_period_is_its_relaxed_plan():
    """The cost of the whole with the guess as its first stage, against that of the best relaxed one."""
    program = program_of(random_days(0, 1))
    program = replace(program, first=replace(program.first, integer=np.zeros_like(program.first.integer)))
    dear = replace(join(program), cost=1e6 * join(program).cost)
    layout, (period,) = reduce_periods(program)
    first = replace(program.first, cost=1e6 * program.first.cost)
    found = guess(replace(program, first=first), layout, replace(period, cost=1e6 * period.cost), 60.0)
    assert found.prices.shape == (0,)
    best = run(Task(dear, Limits(gap=1e-9, threads=1), 60.0, "relaxed")).objective
    x, rest = np.clip(found.x, dear.lower[: len(found.x)], dear.upper[: len(found.x)]), slice(len(found.x), None)
    held = replace(
        dear, lower=np.concatenate([x - 1e-4, dear.lower[rest]]), upper=np.concatenate([x + 1e-4, dear.upper[rest]])
    )
    assert run(Task(held, Limits(gap=1e-9, threads=1), 60.0, "held")).objective == pytest.approx(best, rel=1e-3)


def test_without_integers():
    """The relaxation by itself is a plan, too."""
    program = program_of(random_days(0, 3, settings=GREEN))
    integer = np.zeros_like(program.first.integer)
    agree(replace(program, first=replace(program.first, integer=integer)))


def test_on_the_means_of_clusters_first():
    agree(program_of(random_days(0, 20, regions=1, sites=2)), gap=0.01)


def test_with_rules_of_a_user():
    """A yearly row over grid power, a variable that sees every period, and a row in some periods only."""

    def add(m, p):
        m.most_grid_mw = pyo.Var(bounds=(0.0, 80.0))
        m.period[0].quiet = pyo.Constraint(expr=m.period[0].grid_mw["a", 0] + m.period[0].grid_mw["b", 0] <= 12.0)
        for d in m.PERIOD:
            m.period[d].highest = pyo.Constraint(
                m.REGION, m.HOUR, rule=lambda block, n, t: block.grid_mw[n, t] <= m.most_grid_mw
            )
        bought = sum(m.period[d].weight * m.period[d].grid_mw["a", t] for d in m.PERIOD for t in m.HOUR)
        m.little_in_a = pyo.Constraint(expr=bought <= 120.0)
        m.cost.add("highest", {"a": 1e-4 * m.most_grid_mw}, "million per year")

    agree(program_of(random_days(0, 4), add))


@pytest.mark.parametrize(
    "why",
    [
        {"sites": [{"most_mw": 5.0}]},  # no room for the work: a row of the first stage
        {"regions": [{"grid_mw": 5.0}]},  # no power for it: rows of a period
        {"settings": {"carbon": {"cap_t": 1.0}}},  # no power without carbon: a row of the year
    ],
)
def test_no_plan_is_said_so(why):
    found = solve_decomposed(program_of(problem(4, **why)), Limits(gap=GAP, time_limit_s=60.0))
    assert (found.status, found.objective, found.bound, found.values) == ("infeasible", None, None, None)


def test_a_limit_leaves_what_is_proven():
    program = program_of(random_days(0, 3))
    best = agree(program)
    told = []

    def stop(progress):
        told.append(progress)
        if progress.incumbent is not None:
            raise KeyboardInterrupt

    found = solve_decomposed(program, Limits(gap=0.0), stop)
    assert found.interrupted
    assert found.status == "feasible"
    assert found.objective == pytest.approx(told[-1].incumbent)
    assert found.bound <= best.objective <= found.objective * (1 + GAP)
    exact = solve_decomposed(program, Limits(gap=0.0))
    assert (exact.status, exact.objective) == ("optimal", pytest.approx(best.objective, rel=GAP))
    late = solve_decomposed(program, Limits(gap=0.0, time_limit_s=0.0))
    assert (late.status, late.objective) == ("stopped", None)


@pytest.mark.parametrize("kind", ["open end", "whole numbers"])
def test_what_cannot_be_decomposed_is_refused_by_name(kind):
    m = build(problem(4))
    m.period[0].mine = pyo.Var(["x"], bounds=(0, None if kind == "open end" else 9))
    if kind == "whole numbers":
        m.period[0].mine["x"].domain = pyo.Integers
    m.period[0].used = pyo.Constraint(expr=m.period[0].mine["x"] >= m.open["s"])
    with pytest.raises(UsageError, match=r"period\[0\]\.mine\[x\]"):
        siting.solve(m, strategy="decomposed")
    assert siting.solve(m).status == "optimal"


def test_chosen_by_size_and_tables_all_the_same(monkeypatch):
    p = random_days(0, 3)
    assert siting.solve(build(p), gap=GAP).outcome.strategy == "direct"
    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 50)
    whole = siting.solve(build(p), gap=GAP, strategy="whole")
    for what in (build(p), p):
        solution = siting.solve(what, gap=GAP)
        assert (solution.outcome.strategy, solution.status) == ("decomposed", "optimal")
        assert solution.objective == pytest.approx(whole.objective, rel=2 * GAP)
        assert siting.audit(p, solution.tables, solution.objective).ok
        assert solution.outcome.rows == whole.outcome.rows
    single = random_days(0, 1)
    assert siting.solve(single, gap=GAP).outcome.strategy == "direct"
    assert siting.solve(single, gap=GAP, strategy="decomposed").outcome.strategy == "decomposed"


@pytest.fixture(scope="module")
def reduced():
    program = program_of(random_days(3, 3, settings=GREEN))
    return program, *reduce_periods(program)


def test_rows_that_a_plan_turns_into_bounds(reduced):
    program, layout, periods = reduced
    assert {name for name, _ in layout.caps} == {"generation_within_capacity", "stored_within_energy"}
    assert {name for name, _ in layout.rows} & {name for name, _ in layout.caps} == set()
    missing = {layout.rows[i][0] for i in (*layout.raised, *layout.lowered)}
    assert missing == {"power_balance", "backlog_balance", "deferrable_demand_met", "load_within_capacity"}
    assert {name for name, _ in (program.first.labels[i] for i in layout.linking)} >= {
        "placed_mw",
        "modules",
        "supply_mw",
    }
    assert all(np.isfinite(period.most_cap).all() for period in periods)


def test_a_cut_of_any_prices_is_valid_and_that_of_the_dispatch_tight(reduced):
    program, layout, periods = reduced
    rng, solver = np.random.default_rng(0), Solver(layout)
    low, up = program.first.lower[layout.linking], program.first.upper[layout.linking]
    for _ in range(4):
        x, elsewhere = rng.uniform(low, up), rng.uniform(low, up)
        prices = rng.normal(size=len(program.coupling)) * 1e-5
        for key, period in enumerate(periods):
            there = solver.solve(key, period, elsewhere, prices, 1.0)
            here = solver.solve(key, period, x, prices, 1.0)
            value = here.cost - prices @ here.usage + here.missed
            own = cut(layout, period, here.duals, prices, 1.0, x)
            assert own.constant + own.slope @ x == pytest.approx(value, rel=1e-6, abs=1e-9)
            noise = here.duals * rng.uniform(-1, 2, len(here.duals))
            for duals in (there.duals, noise, rng.normal(size=len(noise)) * 1e-4):
                other = cut(layout, period, duals, prices, 1.0, elsewhere)
                assert other.constant + other.slope @ x <= value + 1e-9


def test_within_a_budget_nothing_is_missed_unless_it_must_be(reduced):
    program, layout, periods = reduced
    solver, prices = Solver(layout), np.zeros(len(program.coupling))
    room = Budget(np.full(len(prices), -np.inf), np.full(len(prices), np.inf))
    most, least = program.first.upper[layout.linking], program.first.lower[layout.linking]
    for key, period in enumerate(periods):
        cheap = 1e-6 * float(np.abs(period.cost).max())
        assert solver.solve(key, period, most, prices, cheap).missed > 1e-3
        assert solver.solve(key, period, most, prices, cheap, room).missed == 0
        assert solver.solve(key, period, least, prices, cheap, room).missed > 1e-3


def test_clusters_and_their_means(reduced):
    _, layout, periods = reduced
    reference = np.ones(len(layout.linking))
    assert cluster(periods, reference, 5).tolist() == [0, 1, 2]
    labels = cluster([periods[0], periods[1], periods[0]], reference, 2)
    assert labels[0] == labels[2] != labels[1]
    twice = mean_of([periods[0], periods[0]])
    assert twice.cost == pytest.approx(2 * periods[0].cost)
    assert twice.upper == pytest.approx(periods[0].upper)
    assert abs(twice.W - periods[0].W).max() < 1e-12
    assert abs(twice.usage - 2 * periods[0].usage).max() < 1e-12


def test_what_the_decomposition_cannot_decide_is_solved_in_the_whole(monkeypatch):
    def undecided(*arguments):
        raise SolverError("the master could not be solved")

    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 0)
    monkeypatch.setattr(strategy, "solve_decomposed", undecided)
    p = random_days(0, 4)
    assert siting.solve(p, gap=1e-6).objective == pytest.approx(siting.solve(p, gap=1e-6, strategy="whole").objective)
    with pytest.raises(SolverError):
        siting.solve(p, strategy="decomposed")
