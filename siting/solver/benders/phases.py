"""From a first guess to a proven plan, in this order.

1. On the means of clusters of alike periods: near the plan of the whole in a fraction of the time.
2. On all periods, integers relaxed: the lower bound, and the stability centre.
3. Where periods pass much on to one another: a first plan in which all pass on the same.
4. Integers near the relaxed plan, proposed by the master; each is evaluated in all periods: the incumbent.
   If it does not meet the bound within the gap: 2 and 4 once more, the relaxation further than at first.
5. If that does not do: branch and bound on the master with all its integers, which proves more and proposes others to
   be evaluated, until both meet.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from siting.solver.benders.clusters import evened
from siting.solver.benders.decomposition import Decomposition
from siting.solver.benders.fixed_integers import evaluate, plan_near_centre
from siting.solver.benders.master import Master
from siting.solver.benders.rounding import IntegerProposals
from siting.solver.benders.search import SearchState, search
from siting.solver.benders.state import Phase
from siting.solver.benders.warm_start import guess
from siting.solver.compile.matrix import FloatArray


def run_phases(decomposition: Decomposition) -> None:
    """All phases, until the gap is proven or time is out."""
    state, context, old = decomposition.state, decomposition.context, decomposition.resumed
    if old is not None:
        decomposition.restore(old)
    if decomposition.finished():
        return
    first = context.master.solve(context.left_s)
    if first is None:
        state.infeasible = context.master.infeasible
        return
    proposals = IntegerProposals(context, decomposition.limits, decomposition.report)
    phase = "" if old is None else old.phase
    if phase != Phase.BRANCH_AND_BOUND:
        start = state.centre if old is not None else _first_plan(decomposition, first.x)
        _relax_and_round(decomposition, proposals, start, rounded_first=phase == Phase.ROUNDING)
    if decomposition.has_integers and not decomposition.finished():
        branch_and_bound(decomposition, proposals)


def _first_plan(decomposition: Decomposition, otherwise: FloatArray) -> FloatArray:
    """The best combination that is known, or where a first search ends."""
    if decomposition.relaxed:
        return decomposition.combination(decomposition.relaxed).priced(decomposition.context.penalties).x
    start = warm_start(decomposition, otherwise)
    return search_means(decomposition, start) if decomposition.has_means else start


def _relax_and_round(
    decomposition: Decomposition, proposals: IntegerProposals, start: FloatArray, rounded_first: bool
) -> None:
    """The bound, and a plan near it; once more, if they do not meet."""
    gaps = decomposition.parameters.relaxation_gaps
    early = decomposition.has_means and proposals.few_coupling
    for i, share in enumerate((1.0,) if not decomposition.has_integers else gaps if early else gaps[1:]):
        if i or not rounded_first:
            relax(decomposition, share, start if not i else plan_near_centre(decomposition))
        if decomposition.finished() or not decomposition.has_integers:
            return
        if decomposition.passes_states and decomposition.state.incumbent is None:
            even_states(decomposition, proposals)
        if decomposition.finished():
            return
        round_integers(decomposition, proposals, retry=not i)
        if decomposition.finished():
            return


def warm_start(decomposition: Decomposition, otherwise: FloatArray) -> FloatArray:
    """Where to begin: the plan of one mean period, and the duals of the coupling constraints there."""
    context = decomposition.context
    time_s = decomposition.parameters.warm_start_time * context.left_s
    found = guess(decomposition.program, decomposition.layout, decomposition.subproblems.mean(), time_s)
    if found is None:
        return otherwise
    context.penalties.near(found.prices)
    context.master.price(context.penalties.coupling)
    return found.x


def search_means(decomposition: Decomposition, start: FloatArray) -> FloatArray:
    """The plan of the means; what it proves holds for them alone."""
    context, means, parameters = decomposition.context, decomposition.subproblems.means, decomposition.parameters
    program, layout = decomposition.program, decomposition.layout
    master = Master(program, layout, means, np.arange(len(means)), context.penalties.coupling, parameters)

    def tell(_: SearchState) -> None:
        context.iterations = small.iterations
        decomposition.report()

    small = replace(context, master=master, means=True, tell=tell)
    found = search(
        small,
        decomposition.combination(),
        start,
        parameters.means_radius,
        lambda now: now.priced_gap <= parameters.means_gap * decomposition.gap,
    )
    context.iterations = small.iterations
    context.master.price(context.penalties.coupling)
    return evened(found.centre, program.first, layout)


def relax(decomposition: Decomposition, share: float, start: FloatArray | None) -> None:
    """The lower bound, to a share of the gap from its own plan; without ``start`` from the stability centre."""
    state, context, parameters = decomposition.state, decomposition.context, decomposition.parameters
    state.phase, context.master.keeps_cuts = Phase.RELAXATION, False
    combination = decomposition.combination(decomposition.relaxed)
    # What periods pass on is long short of something somewhere; its penalty tells how near the plan is all the same.
    # A plan in any case is worth more than the rest of the bound.
    by_penalty = decomposition.passes_states
    latest = decomposition.begun + parameters.bound_time * decomposition.limits.time_limit_s
    most = _doubt(decomposition) + context.penalties.raised

    def doubtful(now: SearchState) -> bool:
        return now.best is None and context.penalties.raised >= most

    def done(now: SearchState) -> bool:
        return (
            (now.priced_gap if by_penalty else now.gap) <= share * decomposition.gap
            or now.bound > decomposition.ceiling
            or (decomposition.has_integers and time.time() > latest)
            or decomposition.finished()
        )

    start = state.centre if start is None else start
    radius = parameters.radius if decomposition.has_means else parameters.means_radius
    found = search(context, combination, start, radius, lambda now: done(now) or doubtful(now))
    if doubtful(found):
        if decomposition.any_plan(_own_bounds(decomposition), found.centre).none:
            state.infeasible = state.incumbent is None
            return
        most = np.inf
        found = search(context, combination, found.centre, radius, done)
    decomposition.raise_bound(found.bound)
    state.centre, decomposition.relaxed = found.centre, combination.known
    if found.step is not None:
        decomposition.steps.append(found.step)


def _doubt(decomposition: Decomposition) -> float:
    """How often penalties may prove too low before it is asked whether there is any plan."""
    if decomposition.small:
        return decomposition.parameters.doubt_small
    return np.inf if decomposition.passes_states else decomposition.parameters.doubt_large


def _own_bounds(decomposition: Decomposition) -> tuple[FloatArray, FloatArray]:
    return decomposition.program.first.lower, decomposition.program.first.upper


def even_states(decomposition: Decomposition, proposals: IntegerProposals) -> None:
    """A first plan in which every period passes on the same: then none depends on what another leaves it."""
    first, context, state = decomposition.program.first, decomposition.context, decomposition.state
    at = decomposition.layout.linking[decomposition.layout.period_states]
    even = np.clip(evened(state.centre, first, decomposition.layout), first.lower, first.upper)
    lower, upper = first.lower.copy(), first.upper.copy()
    lower[at] = upper[at] = even[at]
    decomposition.bounds = lower, upper
    state.phase, context.master.keeps_cuts = Phase.EVEN_STATES, True
    context.master.confine(lower, upper)
    try:
        near = decomposition.parameters.relaxation_gaps[1] * decomposition.gap
        found = search(
            context,
            decomposition.combination((), decomposition.bounds),
            even,
            decomposition.parameters.radius,
            lambda now: now.priced_gap <= near or decomposition.finished(),
        )
        if found.step is None and not np.isfinite(found.bound):
            return
        state.phase = Phase.ROUNDING
        _try_cheapest(decomposition, proposals, confined=True)
        while not decomposition.finished() and state.incumbent is None:
            integers = proposals.nearest(found.centre, found.bound)
            if integers is None:
                return
            evaluate(decomposition, integers)
    finally:
        decomposition.bounds = first.lower, first.upper
        context.master.confine(first.lower, first.upper)


def round_integers(decomposition: Decomposition, proposals: IntegerProposals, retry: bool) -> None:
    """Integers near the relaxed plan, after those of earlier solves if ``retry``, and the cheapest of the master."""
    state = decomposition.state
    state.phase, decomposition.context.master.keeps_cuts = Phase.ROUNDING, True
    if retry:
        _try_again(decomposition)
    _try_cheapest(decomposition, proposals, confined=False)
    while not decomposition.finished():
        integers = proposals.nearest(state.centre, state.lower_bound)
        if integers is None:
            return
        evaluate(decomposition, integers)


def _try_again(decomposition: Decomposition) -> None:
    """Evaluate integers whose plans with other sides of the coupling constraints promise most here."""
    plans = {key: combination.best() for key, combination in decomposition.combinations().items()}
    worth = {key: plan.value for key, plan in plans.items() if plan is not None}
    for key in sorted(worth, key=lambda key: worth[key])[: decomposition.parameters.retried_integers]:
        if decomposition.finished():
            return
        evaluate(decomposition, np.frombuffer(key))


def _try_cheapest(decomposition: Decomposition, proposals: IntegerProposals, confined: bool) -> None:
    """The cheapest integers of the master, as long as it finds them at once and they are others.

    Where its bounds are confined, what it proves does not hold for all, and one plan is enough.
    """
    state, seconds = decomposition.state, decomposition.parameters.cheapest_s
    while seconds > 0 and not decomposition.finished() and not (confined and state.incumbent is not None):
        result, integers = proposals.cheapest(seconds)
        if not confined:
            decomposition.raise_bound(np.inf if result.status == "infeasible" else result.bound)
        if integers is None or result.status != "optimal" or integers.tobytes() in decomposition.seen:
            return
        decomposition.seen.add(integers.tobytes())
        evaluate(decomposition, integers)


def branch_and_bound(decomposition: Decomposition, proposals: IntegerProposals) -> None:
    """Integers that the master proposes, whose bound holds for all."""
    decomposition.state.phase, decomposition.context.master.keeps_cuts = Phase.BRANCH_AND_BOUND, True
    while not decomposition.finished():
        result, integers = proposals.cheapest()
        decomposition.raise_bound(np.inf if result.status == "infeasible" else result.bound)
        if integers is None:
            return
        if decomposition.small and decomposition.tried[integers.tobytes()] >= decomposition.parameters.repeats:
            return
        evaluate(decomposition, integers)
