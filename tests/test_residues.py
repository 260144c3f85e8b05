"""Periods whose rows are off are dispatched again, at the same plan."""

import time

import numpy as np
import pytest
from cases import random_problem

from siting.model.build import build
from siting.solver.compile.matrix import compile_model
from siting.solver.compile.two_stage import Plan, split
from siting.solver.highs.engine import Limits
from siting.solver.residuals import SEEN, off, without_residues
from siting.solver.settle import cost_of
from siting.solver.strategy import optimize_program


@pytest.fixture(scope="module")
def solved():
    program = split(compile_model(build(random_problem(0, carbon=True))))
    outcome, plan = optimize_program(program, Limits(gap=1e-6, threads=1))
    return program, outcome, plan


def worst(program, plan):
    return max(off(period, plan.first, y) for period, y in zip(program.periods, plan.periods, strict=True))


def test_a_clean_plan_stays_as_it_is(solved):
    program, outcome, plan = solved
    assert worst(program, plan) <= SEEN
    assert without_residues(program, plan, time.monotonic() + 9) is plan
    assert cost_of(program, plan) == pytest.approx(outcome.objective, rel=1e-9)


def test_residues_are_dispatched_away(solved):
    """A thousandth of a megawatt here and there, as an interior point leaves it."""
    program, _, plan = solved
    draw = np.random.default_rng(0)
    rough = []
    for period, y in zip(program.periods, plan.periods, strict=True):
        moved = y + 1e-3 * draw.uniform(-1, 1, len(y))
        rough.append(np.clip(moved, period.columns.lower, period.columns.upper))
    rough = Plan(plan.first, tuple(rough))
    assert worst(program, rough) > SEEN
    tidy = without_residues(program, rough, time.monotonic() + 9)
    assert worst(program, tidy) <= SEEN
    assert cost_of(program, tidy) == pytest.approx(cost_of(program, plan), rel=1e-3)
    usage = [sum(p.coupling @ y for p, y in zip(program.periods, one.periods, strict=True)) for one in (rough, tidy)]
    assert usage[1] == pytest.approx(usage[0], rel=1e-6, abs=1e-6)


def test_a_plan_that_cannot_keep_a_row_misses_least(solved):
    """With a little less equipment than the work needs, what is missed is what is lacking."""
    program, _, plan = solved
    links = np.unique(np.concatenate([period.T.indices for period in program.periods]))
    first = plan.first.copy()
    first[links] *= 1 - 1e-4
    short = Plan(np.clip(first, program.first.lower, program.first.upper), plan.periods)
    before = worst(program, short)
    assert before > SEEN
    assert worst(program, without_residues(program, short, time.monotonic() + 9)) <= before
