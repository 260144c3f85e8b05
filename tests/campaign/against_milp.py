"""Random problems with any of the rules: both strategies against ``scipy.optimize.milp`` on the compiled matrix."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array
from small import EXACT, MILLION
from strategies import FEATURES, featured

import siting
from siting.auditor import audit
from siting.errors import SitingError
from siting.model.build import build
from siting.problem import Problem
from siting.solver.compile.matrix import FloatArray, Matrix, ProvenInfeasibleError, compile_model
from siting.solver.compile.two_stage import join, plan_of, split
from siting.solver.directions import Circle, Networks, circles, with_directions

GAPS, TOLERANCE = {"whole": 1e-5, "decomposed": 0.005}, 1e-6
"""The extensive form is solved to the end, the decomposition to its usual gap."""

TIME_LIMIT_S = 30.0

UNFINISHED = "unfinished"
"""A solve that the time limit ended proves nothing, and is wrong about nothing; nor is a decomposition that came to no
end by itself, so that the whole was solved after it."""


def random_problem(seed: int) -> tuple[Problem, list[str]]:
    """One to three regions and sites, and about a third of all rules; one in ten has all of them."""
    rng = np.random.default_rng(seed)
    chance = 1.0 if rng.integers(10) == 0 else 0.3
    names = [name for name in sorted(FEATURES) if rng.random() < chance]
    return featured(seed, int(rng.integers(1, 4)), int(rng.integers(1, 4)), names), names


def optimum(p: Problem) -> float | None:
    """Least cost in currency by another solver's interface; None if there is no plan.

    No plan may have circles: those of an optimum are forbidden, until there are none.
    """
    try:
        program = split(compile_model(build(p)))
    except ProvenInfeasibleError:
        return None
    networks, met = Networks(program.legs), dict[Circle, None]()
    while True:
        narrower = with_directions(program, networks, met)
        found = _optimum(join(narrower))
        if found is None:
            return None
        value, x = found
        every = enumerate(zip(program.periods, plan_of(narrower, x).periods, strict=True))
        new = dict.fromkeys(
            c for d, (period, y) in every for c in circles(d, period.columns.upper, networks.of(period), y)
        )
        if new.keys() <= met.keys():
            return value
        met |= new


def _optimum(matrix: Matrix) -> tuple[float, FloatArray] | None:
    shape = matrix.shape
    found = milp(
        matrix.cost * MILLION,
        constraints=LinearConstraint(
            csc_array((matrix.value, matrix.index, matrix.start), shape=shape), matrix.least, matrix.most
        ),
        bounds=Bounds(matrix.lower, matrix.upper),
        integrality=matrix.integer.astype(int),
        options={"mip_rel_gap": 0.0, "time_limit": 60.0},
    )
    if found.status == 2:
        return None
    if found.status != 0:
        raise RuntimeError(found.message)
    return float(found.fun + matrix.offset * MILLION), found.x


def disagreements(p: Problem) -> Iterator[str]:
    """What is not as it must be: bound <= optimum <= plan, within the gap, and the audit."""
    best = optimum(p)
    for strategy, gap in GAPS.items():
        solution = siting.solve(
            build(p), gap=gap, time_limit=TIME_LIMIT_S, threads=1, strategy=strategy, highs=dict(EXACT)
        )
        if strategy == "decomposed" and solution.outcome.strategy not in ("decomposed", "compile"):
            yield f"{UNFINISHED}: {strategy} by itself, {solution.outcome.reason}"
        if solution.status == "stopped":
            yield f"{UNFINISHED}: {strategy} after {solution.outcome.seconds_solve:.0f} s, optimum {best}"
            continue
        if best is None or solution.status == "infeasible":
            if best is not None or solution.status != "infeasible":
                yield f"{strategy} is {solution.status}, optimum {best}"
            continue
        plan, bound = solution.objective, solution.outcome.bound
        if plan is None or bound is None:
            yield f"{strategy} is {solution.status} without plan or bound"
            continue
        slack = TOLERANCE * max(1.0, abs(best))
        if not bound * MILLION - slack <= best <= plan * MILLION + slack:
            yield f"{strategy}: bound {bound * MILLION:.9g}, optimum {best:.9g}, plan {plan * MILLION:.9g}"
        if solution.status == "optimal" and (plan * MILLION - best) > gap * abs(best) + slack:
            yield f"{strategy}: optimal at {plan * MILLION:.9g}, optimum {best:.9g}"
        verdict = audit(p, solution.tables, solution.objective)
        if not verdict.ok:
            yield f"{strategy}: audit: {'; '.join(map(str, verdict.failures))}"


def run(seeds: Iterable[int]) -> int:
    """Try the problems of some seeds; 0 if all agree."""
    count: Counter[str] = Counter()
    begun = told = time.monotonic()
    for seed in seeds:
        p, names = random_problem(seed)
        try:
            wrong = list(disagreements(p))
        except SitingError as error:
            count["refused"] += 1
            print(f"seed {seed} ({', '.join(names)}) is refused: {error}", file=sys.stderr)
            continue
        late = bool(wrong) and all(line.startswith(UNFINISHED) for line in wrong)
        count[UNFINISHED if late else "disagree" if wrong else "agree"] += 1
        for line in wrong:
            print(f"seed {seed} ({', '.join(names)}): {line}", file=sys.stderr, flush=True)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"{told - begun:7.0f} s  {dict(count)}", file=sys.stderr, flush=True)
    print(f"{sum(count.values())} random problems in {time.monotonic() - begun:.0f} s: {dict(count)}")
    return int(count["disagree"] > 0)
