"""One search: the least cost over the first stage within given bounds, integers relaxed or given.

A pass evaluates a plan in all periods, which gives cuts and one more plan to mix; then the next plan is looked for in
a box around the best mix. The box grows and shrinks with what came of the last step, as a trust region does (Conn,
Gould and Toint, Trust-Region Methods, SIAM, 2000). Without such a hold Benders' method wanders; Pecci and Jenkins
("Regularized Benders decomposition for high performance capacity expansion models", IEEE Transactions on Power
Systems, 2024) hold it by level sets.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siting.solver.benders.convex_combination import Combination, ConvexCombination, Evaluated
from siting.solver.benders.master import Master, Step
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.penalties import Penalties
from siting.solver.benders.subproblem_pool import CutRequest, SubproblemPool
from siting.solver.compile.matrix import FloatArray
from siting.solver.highs.engine import relative_gap


@dataclass(frozen=True)
class SearchState:
    """How far a search is.

    Parameters
    ----------
    bound : float
        Proven within its bounds.
    best : Combination or None
        Its best plan.
    centre : ndarray of float
        The first stage of its best combination.
    step : Step or None
        The master's last solution.
    value : float
        What its best combination costs, with the rows that it breaks at their penalties.
    """

    bound: float
    best: Combination | None
    centre: FloatArray
    step: Step | None
    value: float = np.inf

    @property
    def gap(self) -> float:
        """Relative distance of plan and bound."""
        return _apart(None if self.best is None else self.best.value, self.bound)

    @property
    def priced_gap(self) -> float:
        """The same of the best combination, with what it breaks."""
        return _apart(self.value, self.bound)


@dataclass
class SearchContext:
    """What the searches with one master share.

    Parameters
    ----------
    master, pool : Master, SubproblemPool
        Who decides and who evaluates.
    penalties : Penalties
        Of breaking rows.
    gap : float
        Asked for.
    deadline : float
        On the clock of the system, seconds.
    tell : callable
        Gets the state after every pass.
    parameters : Parameters
        Of the decomposition.
    means : bool
        Whether the means of the clusters are evaluated instead of the periods.
    urgent : bool
        Whether any plan that breaks nothing is worth more than steady penalties.
    iterations : int
        Done so far.
    reserved_s : float
        Kept of the time for the dispatch of the plan at the end.
    unpaid : bool
        Whether nothing counts but what is missed.
    """

    master: Master
    pool: SubproblemPool
    penalties: Penalties
    gap: float
    deadline: float
    tell: Callable[[SearchState], None]
    parameters: Parameters = DEFAULT
    means: bool = False
    urgent: bool = False
    iterations: int = 0
    reserved_s: float = 0.0
    unpaid: bool = False

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, without those for the dispatch of the plan."""
        return self.deadline - self.reserved_s - time.time()


class TrustRegion:
    """How far the next plan may be from the centre, as a share."""

    def __init__(self, value: float) -> None:
        self.value = value

    def judge(self, hoped: float, gained: float, worse: bool, least: float) -> None:
        """Grow after a step that kept what the master promised, shrink after one that did not."""
        if gained > 0.5 * hoped:
            self.value = min(1.0, 2 * self.value)
        elif worse:
            self.value = max(least, self.value / 2)
        elif gained < 0.02 * hoped:
            self.value = max(least, 0.8 * self.value)


def search(
    context: SearchContext,
    combination: ConvexCombination,
    start: FloatArray,
    radius: float,
    done: Callable[[SearchState], bool],
) -> SearchState:
    """Iterate until done, or until time is out.

    Parameters
    ----------
    context : SearchContext
        Its master holds the bounds of the first stage.
    combination : ConvexCombination
        For the same bounds.
    start : ndarray of float
        The first plan to be evaluated.
    radius : float
        Of the first box.
    done : callable
        Whether a state is good enough.

    Returns
    -------
    SearchState
        With an infinite bound if the master has no plan: then there is none within its bounds.
    """
    master, trust_region = context.master, TrustRegion(radius)
    state = SearchState(-np.inf, None, start, None)
    x, promised, missed = start, np.inf, np.inf
    while context.left_s > 0:
        plan = _evaluate(context, combination, x)
        if plan is None:
            break
        before = combination.priced(context.penalties).value if combination.known else np.inf
        combination.add(plan)
        now = combination.priced(context.penalties)
        step = master.solve(context.left_s)
        if step is None:
            return SearchState(np.inf, None, state.centre, None) if master.infeasible else state
        best = _better(combination.best(), state.best)
        combination.forget(now, best)
        state = SearchState(max(state.bound, step.bound(master.program.coupling)), best, now.x, step, now.value)
        context.tell(state)
        if done(state):
            break
        if np.isfinite(before):
            value = master.value_of(x) + combination.paid(plan) + context.penalties.slack * plan.shortfall
            hoped = max(before - promised, 1e-12 * abs(before))
            least = _least_radius(context, combination, now, best, radius)
            trust_region.judge(hoped, before - now.value, value > before + hoped, least)
        _adjust_penalties(context, now, state, missed)
        missed = now.shortfall
        near = master.solve_near(now.x, trust_region.value, context.left_s) or step
        x, promised = near.x, near.value
        context.penalties.ask(now.prices, near.prices, now.broken > 0)
    return state


def _apart(value: float | None, bound: float) -> float:
    gap = relative_gap(value, bound)
    return np.inf if gap is None else gap


def _least_radius(
    context: SearchContext, combination: ConvexCombination, now: Combination, best: Combination | None, first: float
) -> float:
    """How small the trust region may become; until some dispatch keeps all rows the plan itself must move."""
    far = best is None or (combination.seeded and best.value - now.value > context.gap * abs(best.value))
    return first if far else context.parameters.least_radius


def _adjust_penalties(context: SearchContext, now: Combination, state: SearchState, missed: float) -> None:
    """Raise penalties where breaking rows pays in the end, or where slack does not shrink and a plan is urgent."""
    if now.value - state.bound <= context.parameters.near_gap * context.gap * abs(now.value):
        _raise_prices(context, now)
    elif state.best is None and context.urgent and now.shortfall > context.parameters.stuck_slack * missed:
        context.penalties.raise_slack_penalty()


def _raise_prices(context: SearchContext, now: Combination) -> None:
    """Make it dearer to break the rows that a mean breaks."""
    context.penalties.raised += now.shortfall > 0 or bool(now.broken.any())
    if now.shortfall > 0:
        context.penalties.raise_slack_penalty()
    if now.broken.any():
        context.penalties.raise_coupling_penalty(now.broken > 0)
        context.master.price(context.penalties.coupling)


def _evaluate(context: SearchContext, combination: ConvexCombination, x: FloatArray) -> Evaluated | None:
    context.iterations += 1
    begun = time.time()
    penalties, linking = context.penalties, x[context.master.linking]
    answer = context.pool.answer(
        CutRequest(
            linking, penalties.duals, penalties.slack, context.means, context.left_s, context.iterations, context.unpaid
        )
    )
    if answer is None:
        return None
    if not context.means:
        # From bases of other plans it takes longer than a later pass, and less than the first.
        latest = context.parameters.dispatch_iterations * (time.time() - begun)
        longest = context.parameters.dispatch_time * (context.deadline - begun)
        context.reserved_s = min(longest, 0.5 * (context.reserved_s + latest) if context.reserved_s else latest)
    context.master.add(answer.cuts)
    usage = np.array([answer.usage[number] for number in sorted(answer.usage)])
    return Evaluated(context.iterations, x, answer.cost, usage, answer.shortfall)


def _better(new: Combination | None, old: Combination | None) -> Combination | None:
    if new is None or (old is not None and old.value <= new.value):
        return old
    return new
