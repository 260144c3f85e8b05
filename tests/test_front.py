"""The front of cost and CO2: its ends, its laws, and that warm solves say what cold ones say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import random_days
from small import problem

import siting
from siting.errors import SolverError, UsageError
from siting.solver import strategy
from siting.solver.benders import solve as benders
from siting.solver.benders.decomposition import Decomposition
from siting.solver.benders.solve import solve_decomposed, warm
from siting.solver.compile.two_stage import plan_of
from siting.solver.highs.engine import Limits
from siting.solver.strategy import optimize_series
from siting.solving.compiled import compile_problem
from siting.study import front as study
from siting.study.front import Point, consistent, front, middles

LIMITS = Limits(gap=1e-3, time_limit_s=60.0, threads=1)


def test_the_ends_come_first_and_every_point_once() -> None:
    assert list(middles(11))[:3] == [10, 5, 2]
    assert all(sorted(middles(count)) == list(range(1, count)) for count in range(2, 20))


@pytest.mark.parametrize("way", ["whole", "decomposed"])
def test_points_are_what_single_solves_find(way: str) -> None:
    p = random_days(3, 4)
    found = front(p, 4, replace(LIMITS, strategy=way))
    assert [point.status for point in found.points] == ["optimal"] * 4
    assert not any(point.audit_failures for point in found.points)
    costs = [point.cost_million for point in found.points]
    assert costs == sorted(costs)
    carbon = [point.carbon_t for point in found.points]
    assert carbon == sorted(carbon, reverse=True)
    assert found.least.bound_t <= carbon[-1] <= found.points[-1].cap_t * (1 + 1e-6)
    for point in found.points:
        alone = siting.solve(p.replace(carbon__cap_t=point.cap_t), gap=1e-6, strategy="whole", time_limit=60.0)
        assert point.bound_million <= alone.objective * (1 + 1e-6)
        assert alone.objective * (1 - 1e-6) <= point.cost_million <= alone.objective * (1 + 1e-3) + 1e-9
    table = found.table()
    step = table.iloc[2]
    saved = (table["carbon_t"][1] - step["carbon_t"]) / 1e6
    if saved > 0:
        assert step["cost_per_t"] == pytest.approx((step["cost_million"] - table["cost_million"][1]) / saved)


def test_a_solve_with_other_sides_is_what_it_is_alone() -> None:
    program = compile_problem(random_days(5, 4).replace(carbon__cap_t=1e9)).program
    row = program.coupling.labels.index(("carbon_within_cap", None))
    limits = replace(LIMITS, strategy="decomposed")
    with warm(program, limits) as solve:
        free = solve(program.coupling)
        assert free.objective == pytest.approx(solve_decomposed(program, limits).objective)
        plan = plan_of(program, free.values)
        emitted = (program.coupling_first @ plan.first)[row]
        emitted += sum((d.coupling @ y)[row] for d, y in zip(program.periods, plan.periods, strict=True))
        for share in (0.9, 0.95, 0.9):
            most = program.coupling.most.copy()
            most[row] = share * emitted
            capped = replace(program.coupling, most=most)
            again, alone = solve(capped), solve_decomposed(replace(program, coupling=capped), limits)
            assert again.status == alone.status == "optimal"
            assert again.bound <= alone.objective * (1 + 1e-9)
            assert alone.bound <= again.objective * (1 + 1e-9)


def test_plans_count_for_looser_caps_and_bounds_for_tighter_ones() -> None:
    given = [
        Point(None, "optimal", 100.0, 99.0, 0.01, 50.0, 3),
        Point(40.0, "optimal", 99.5, 98.9, 0.006, 38.0, 2),
        Point(30.0, "feasible", 120.0, 90.0, 0.25, 30.0, 2),
        Point(20.0, "stopped"),
    ]
    found = consistent(given, 0.01)
    assert [point.cost_million for point in found] == [99.5, 99.5, 120.0, None]
    assert [point.carbon_t for point in found] == [38.0, 38.0, 30.0, None]
    assert [point.bound_million for point in found] == [99.0, 99.0, 99.0, 99.0]
    assert [point.cap_t for point in found] == [None, 40.0, 30.0, 20.0]
    assert [point.status for point in found] == ["optimal", "optimal", "feasible", "stopped"]


def test_ctrl_c_keeps_what_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Point] = []
    solve, calls = study.optimize_program, []

    def stopped(*arguments, **options):
        calls.append(0)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return solve(*arguments, **options)

    # With one period nothing is decomposed, and the least carbon is solved for elsewhere.
    monkeypatch.setattr(study, "optimize_program", stopped)
    found = front(problem(), 3, LIMITS, tell=told.append)
    assert [point.status for point in found.points] == ["optimal", "stopped", "stopped"]
    assert [point.status for point in told] == ["optimal", "stopped"]


def test_ctrl_c_at_the_least_carbon_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    least = study.least_carbon
    monkeypatch.setattr(study, "least_carbon", lambda *a, **o: replace(least(*a, **o), interrupted=True))
    found = front(problem(), 3, LIMITS)
    assert [point.status for point in found.points] == ["optimal", "stopped", "stopped"]


def test_what_the_decomposition_cannot_decide_is_solved_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_problem(random_days(3, 4)).program
    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 0)

    def undecided(decomposition: Decomposition) -> None:
        decomposition.context.master.confine(program.first.lower, program.first.lower)
        raise SolverError("the master could not be solved: Unknown")

    run_phases = benders.run_phases
    with optimize_series(program, LIMITS) as solve:
        monkeypatch.setattr(benders, "run_phases", undecided)
        whole, _ = solve(program.coupling)
        monkeypatch.setattr(benders, "run_phases", run_phases)
        # What the error left behind must not narrow the next one.
        again, _ = solve(replace(program.coupling, most=program.coupling.most + 0.0))
    assert whole.status == again.status == "optimal"
    assert (whole.strategy == "decomposed", again.strategy == "decomposed") == (False, True)
    assert again.bound <= whole.objective * (1 + 1e-9)
    assert again.objective == pytest.approx(whole.objective, rel=2e-3)


def test_one_point_is_no_front() -> None:
    with pytest.raises(UsageError, match="at least 2 points, not 1"):
        front(problem(), 1)
