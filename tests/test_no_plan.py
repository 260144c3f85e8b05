"""Programs without a plan, and integers without one: the decomposition proves it, and ends."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import problem
from test_decomposed import GAP, program_of

from siting.model.build import build
from siting.solver import strategy
from siting.solver.benders.convex_combination import ConvexCombination
from siting.solver.benders.decomposition import Decomposition
from siting.solver.benders.rounding import IntegerProposals
from siting.solver.benders.solve import solve_decomposed
from siting.solver.compile.matrix import compile_model
from siting.solver.compile.two_stage import split
from siting.solver.highs.engine import Limits, Run
from siting.solver.outcome import of_both
from siting.solver.strategy import optimize_program

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.campaign.against_milp import random_problem

WHY = {
    "no room for the work": {"sites": [{"most_mw": 5.0}]},
    "no power for it": {"regions": [{"grid_mw": 5.0}]},
    "no power without carbon": {"settings": {"carbon": {"cap_t": 1.0}}},
    # 15 MW in modules of 10: two are used to three quarters, and one and a half is no number of modules.
    "too few work for whole modules": {
        "demand": [{"mean_mw": 15.0}],
        "compute_types": [{"module_mw": 10.0}],
        "settings": {"policy": {"utilisation_floors": [{"share": 0.9}]}},
    },
}
LIMITS = Limits(gap=GAP, threads=1, time_limit_s=30.0, strategy="decomposed")


@pytest.mark.parametrize("why", WHY)
@pytest.mark.parametrize("price", [100.0, -5_000.0])
def test_no_plan_is_proven_whatever_power_is_worth(why, price):
    """Where energy is paid for, no price of missing something exceeds what a plan may gain."""
    found = solve_decomposed(program_of(problem(4, price=price, **WHY[why])), LIMITS)
    assert (found.status, found.objective, found.bound, found.values) == ("infeasible", None, None, None)


def test_whole_numbers_that_leave_no_plan_are_told_from_those_that_do():
    """Proven without plan, the master proposes them no more; the others mix to a plan that keeps all rows."""
    program = split(compile_model(build(random_problem(54)[0])))
    solver = Decomposition(program, np.inf, 1.0, LIMITS, None)
    first = program.first
    relaxed = solver.any_plan((first.lower, first.upper), first.lower)
    assert not relaxed.none
    combination = ConvexCombination(program, solver.layout, (first.lower, first.upper), 9)
    combination.seed(relaxed.plans)
    assert combination.best() is not None
    proposals = IntegerProposals(solver.context, LIMITS, lambda: None)
    seen = set()
    while (integers := proposals.cheapest()[1]) is not None:
        assert integers.tobytes() not in seen
        seen.add(integers.tobytes())
        bounds = solver.with_integers(integers)
        assert solver.any_plan(bounds, bounds[0]).none
    assert seen


def test_small_programs_end_as_a_whole_where_the_decomposition_does_not(monkeypatch):
    """And so they say; large ones stay what they are."""
    program = program_of(problem(4))
    whole, _ = optimize_program(program, replace(LIMITS, strategy="whole"))
    ended = Run("stopped", None, 0.1 * whole.objective, None, None, False, "7 passes")
    monkeypatch.setattr(strategy, "solve_decomposed", lambda *_: ended)
    outcome, plan = optimize_program(program, LIMITS)
    assert (outcome.status, outcome.objective) == ("optimal", pytest.approx(whole.objective, rel=GAP))
    assert "as a whole" in outcome.reason
    assert "7 passes" in outcome.reason
    assert plan is not None
    monkeypatch.setattr(strategy, "DECOMPOSED_ROWS", 1)
    outcome, plan = optimize_program(program, LIMITS)
    assert (outcome.status, outcome.bound, plan) == ("stopped", ended.bound, None)


def test_the_better_plan_of_two_solves_and_the_better_bound():
    """Neither of which came to an end by itself."""
    program = program_of(problem(4))
    whole, _ = optimize_program(program, replace(LIMITS, strategy="whole"))
    one = replace(whole, status="feasible", objective=10.0, bound=8.0)
    other = replace(one, objective=11.0, bound=9.0)
    both = of_both(one, other)
    assert (both.status, both.objective, both.bound) == ("feasible", 10.0, 9.0)
    assert of_both(one, replace(other, bound=9.999)).status == "optimal"
    late = of_both(one, replace(other, status="optimal", objective=10.004, bound=9.999))
    assert (late.status, late.objective, late.bound) == ("optimal", 10.0, 9.999)
    assert (
        of_both(one, replace(other, status="infeasible", objective=None, has_plan=False, bound=None)).objective == 10.0
    )
    nothing = replace(one, status="stopped", objective=None, has_plan=False, bound=7.0)
    assert (of_both(nothing, nothing).status, of_both(nothing, nothing).bound) == ("stopped", 7.0)
    late = of_both(nothing, other)
    assert (late.status, late.objective, late.bound) == ("feasible", 11.0, 9.0)
