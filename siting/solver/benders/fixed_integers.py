"""The best plan with given integers: the first stage is searched once more, its integers fixed."""

from __future__ import annotations

import numpy as np

from siting.solver.benders.convex_combination import ConvexCombination
from siting.solver.benders.decomposition import Decomposition
from siting.solver.benders.rounding import RADII
from siting.solver.benders.search import SearchState, search
from siting.solver.benders.state import Phase
from siting.solver.compile.matrix import FloatArray


def evaluate(decomposition: Decomposition, integers: FloatArray) -> None:
    """Find the best plan with given integers, as far as it may matter; the state keeps it if it is the best of all."""
    state, context, key = decomposition.state, decomposition.context, integers.tobytes()
    before = state.incumbent
    # Where it is known that there is a plan, no slack need cost more than it is worth.
    context.urgent = before is None and not decomposition.small
    bounds = decomposition.with_integers(integers)
    context.master.confine(*bounds)
    combination = decomposition.combination(decomposition.by_integers.get(key, []), bounds)
    start = combination.priced(context.penalties).x if combination.known else plan_near_centre(decomposition)
    repeated = decomposition.tried[key] > (before is not None)
    ask = repeated and (decomposition.small or state.phase == Phase.BRANCH_AND_BOUND)
    decomposition.tried[key] += 1
    if start is not None and not (
        ask and combination.best() is None and decomposition.any_plan(combination.bounds, start).none
    ):
        _search(decomposition, combination, start)
    if state.incumbent is not before:
        decomposition.by_integers[key] = combination.known
    context.master.confine(*decomposition.bounds)


def plan_near_centre(decomposition: Decomposition) -> FloatArray | None:
    """A plan within the bounds of the master, as near to the stability centre as there is."""
    master, context = decomposition.context.master, decomposition.context
    steps = (master.solve_near(decomposition.state.centre, radius, context.left_s) for radius in RADII[:-1])
    step = next((step for step in steps if step is not None), None) or master.solve(context.left_s)
    return None if step is None else step.x


def _search(decomposition: Decomposition, combination: ConvexCombination, start: FloatArray) -> None:
    """The best plan within the bounds of a combination; if a small program soon finds none, whether there is any."""
    context, parameters = decomposition.context, decomposition.parameters
    latest = context.iterations + parameters.vain_iterations if decomposition.small else np.inf
    radius = parameters.integer_radius

    def enough(now: SearchState) -> bool:
        return _enough(decomposition, now)

    def vain(now: SearchState) -> bool:
        return now.best is None and context.iterations >= latest

    found = search(context, combination, start, radius, lambda now: enough(now) or vain(now))
    if vain(found) and not enough(found):
        verdict = decomposition.any_plan(combination.bounds, found.centre)
        if not verdict.none:
            combination.seed(verdict.plans)
            search(context, combination, combination.priced(context.penalties).x, radius, enough)


def _enough(decomposition: Decomposition, now: SearchState) -> bool:
    """Whether given integers have been looked at long enough."""
    state, gap, parameters = decomposition.state, decomposition.gap, decomposition.parameters
    best = state.incumbent
    # Hopeless: neither near enough to the bound to prove the gap, nor much cheaper than the incumbent.
    gaps = parameters.hopeless_gaps if best is None else 1.0
    far = now.bound - gaps * gap * abs(now.bound) > state.lower_bound
    dear = best is None or now.bound > best.value - gap * abs(best.value)
    return (
        (far and dear)
        or now.bound > decomposition.ceiling
        or now.gap <= parameters.rounding_gap * gap
        or decomposition.finished()
    )
