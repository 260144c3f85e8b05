"""From a first guess to a proven plan.

1. On the means of clusters of periods: near the plan of the whole in a fraction of the time.
2. On all periods, integers relaxed: the bound.
3. Integers near the relaxed plan, proposed by the master; each is evaluated in all periods: the plan.
4. If the plan does not meet the bound within the gap: the bound once more, further than at first, and integers near it.
5. If that does not do: the master with all its integers, which proves more and proposes others to be evaluated, until
   both meet.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from siting.solver.benders.checkpoint import Keeper, Snapshot
from siting.solver.benders.clusters import cluster, evened, groups_of, mean_of
from siting.solver.benders.convex_combination import Combination, ConvexCombination, Evaluated
from siting.solver.benders.first_phase import FirstPhase, Verdict
from siting.solver.benders.master import Master, Step
from siting.solver.benders.penalties import Penalties, first_penalties
from siting.solver.benders.recourse import positions, reduce_periods
from siting.solver.benders.rounding import RADII, IntegerProposals
from siting.solver.benders.search import SearchContext, State, search
from siting.solver.benders.subproblem import Budget
from siting.solver.benders.subproblem_pool import DispatchRequest, Members, SubproblemPool
from siting.solver.benders.warm_start import guess
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import Rows, TwoStage
from siting.solver.compressed import CompressedList
from siting.solver.directions import Circle
from siting.solver.highs.engine import BY_BRANCHING, BY_DUALITY, EXACT, Limits, Progress, relative_gap

FEW = 16
"""Up to as many periods the means of clusters would save nothing."""
CLUSTERS = 16

_MEANS, _RELAXED, _ROUNDED = 1.0, (0.65, 0.35), 0.1
"""The gaps at which each of them ends, as shares of the gap that is asked for; the relaxation at the first of its two
where there are many periods, so that a pass takes longer than to look for integers, and few rules of the year."""
_BEFORE_CIRCLES = 0.95
"""Share of the gap asked for, where a plan may yet go round in circles."""
_TO_GUESS = 0.25
"""Share of the time that a first guess may take."""
_FOR_THE_BOUND = 0.5
"""Share of the time after which integers are tried, whatever the bound."""
_PATIENCE = 3.0
"""Without any plan yet, integers are given up if they cost this many gaps more than the bound."""
_ROUNDING = 1e-6
"""A bound may exceed the cost of a plan by so much, relative to it; what exceeds it by more is wrong."""
_PLANS = 60
"""Plans that are mixed."""
_RELAX_RADIUS = 0.1
_AGAIN = 2
"""Integers of earlier plans that are tried first."""
_SMALL_ROWS = 15_000
"""In programs of up to so many rows it is soon asked whether there is any plan where none is found. In larger ones the
passes for it are only spent on integers that were evaluated in vain and that branch and bound proposes again."""
_TOO_LOW, _MUCH_TOO_LOW = 3, 8
"""Without any plan, prices of breaking that prove too low so often raise a doubt whether there is one; in larger
programs they are at their dearest by then."""
_IN_VAIN = 60
"""Passes without a plan in a small program, before it is asked whether there is any."""
_TIMES = 10
"""Integers that a small program proposes more often prove that it learns nothing of them."""
_AT_ONCE_S = 3.0
"""Time for the cheapest integers of the master before those near the relaxed plan; small masters need less."""


class Phases:
    """The state of a solve; the bound and the best plan hold at every moment.

    Parameters
    ----------
    program : TwoStage
        With scaled costs.
    ceiling : float
        No plan costs more.
    factor : float
        By which costs were scaled.
    limits, progress
        As of :func:`siting.solver.benders.solve.solve_decomposed`.
    """

    def __init__(
        self,
        program: TwoStage,
        ceiling: float,
        factor: float,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.bound = self._sure = -np.inf
        self.best: Combination | None = None
        self.infeasible = False
        self._program, self._ceiling, self._factor, self._progress = program, ceiling, factor, progress
        self._integers = bool(program.first.integer.any())
        self._begun = time.time()
        # What is lost where circles are broken in the end is to fit into the gap.
        self._gap = max((_BEFORE_CIRCLES if program.legs else 1.0) * limits.gap, EXACT)
        self._limits = limits
        self._phase = "means"
        self.keeper = Keeper(limits.checkpoint, program)
        self._old = self.keeper.load()
        self._layout, periods = reduce_periods(program)
        upper = program.first.upper[self._layout.links]
        labels = cluster(periods, upper, CLUSTERS) if len(periods) > FEW else np.zeros(0, dtype=np.int64)
        means = CompressedList(
            mean_of([periods[d] for d in np.flatnonzero(labels == k).tolist()]) for k in np.unique(labels)
        )
        self._groups = groups = groups_of(periods, upper, self._layout) if self._old is None else self._old.groups
        self.pool = SubproblemPool(
            self._layout,
            Members(periods, groups),
            Members(means, np.arange(len(means))),
            program.legs,
            [period.name for period in program.periods],
            limits.workers,
            limits.cluster,
        )
        prices = Penalties(first_penalties(periods, len(program.yearly)))
        self._context = SearchContext(
            Master(program, self._layout, periods, groups, prices.yearly),
            self.pool,
            prices,
            self._gap,
            self._begun + limits.time_limit_s,
            self._tell,
        )
        self._first_phase: FirstPhase | None = None
        self._small = len(self._layout.rows) * len(periods) <= _SMALL_ROWS
        self._tried: Counter[bytes] = Counter()
        self._means, self._mean = means, mean_of(list(means if len(means) else periods))
        self._centre: FloatArray = program.first.lower
        self._bounds = program.first.lower, program.first.upper
        self._relaxed: list[Evaluated] = []
        self._whole: dict[bytes, list[Evaluated]] = {}
        self._steps: list[Step] = []
        self._seen: set[bytes] = set()

    @property
    def passes(self) -> int:
        """Passes over periods or means so far."""
        return self._context.passes

    @property
    def proof(self) -> str:
        """What proves the bound."""
        return BY_DUALITY if self.bound <= self._sure else BY_BRANCHING

    def dispatch(self, plan: Combination) -> tuple[list[FloatArray], tuple[Circle, ...]]:
        """The decisions of a plan in each period, in the order of the program's columns, and circles on the way."""
        at = positions(self._layout.columns)
        yearly, none = self._program.yearly, np.full_like(plan.usage, np.inf)
        least = np.where(np.isfinite(yearly.least), plan.usage, -none)
        most = np.where(np.isfinite(yearly.most), plan.usage, none)
        budgets = [Budget(*sides) for sides in zip(least, most, strict=True)]
        order = DispatchRequest(
            plan.x[self._layout.links],
            self._context.prices.shortfall,
            budgets,
            plan.weights,
            self._limits.gap,
        )
        found, circles = self.pool.dispatch(order)
        every = zip(found, self._program.periods, strict=True)
        return [y[at(period.columns.labels)] for y, period in every], tuple(dict.fromkeys(circles))

    def turn_to(self, yearly: Rows) -> None:
        """Take up the same program with other sides of its yearly rows, for which cuts and evaluated plans hold too."""
        self.bound = self._sure = max((step.bound(yearly) for step in self._steps), default=-np.inf)
        self.infeasible, self._old, self._phase = False, None, "relaxation"
        self._seen.clear()
        self._tried.clear()
        self._first_phase = None
        self._begun = time.time()
        self._program = replace(self._program, yearly=yearly)
        context = self._context
        context.deadline, context.urgent = self._begun + self._limits.time_limit_s, False
        context.master.keeps_cuts = False
        # A solve that an error ended may have left integers given.
        context.master.confine(self._program.first.lower, self._program.first.upper)
        context.master.limit(yearly)
        known = [mean for combination in self._mixes().values() if (mean := combination.best()) is not None]
        self.best = min(known, key=lambda mean: mean.value, default=None)
        self.keeper = Keeper(None, self._program)

    def run(self) -> None:
        """All phases, until the gap is proven or time is out."""
        old = self._old
        if old is not None:
            self._go_on(old)
        if self._finished():
            return
        first = self._context.master.solve(self._context.left_s)
        if first is None:
            self.infeasible = self._context.master.infeasible
            return
        phase = "" if old is None else old.phase
        proposals = IntegerProposals(self._context, self._limits, self._report)
        if phase != "branch and bound":
            start = self._start(first.x) if old is None else self._centre
            self._alternate(proposals, start, rounded_first=phase == "rounded plan")
        if self._integers and not self._finished():
            self._phase, self._context.master.keeps_cuts = "branch and bound", True
            self._branch(proposals)

    def _start(self, otherwise: FloatArray) -> FloatArray:
        """The best mix that is known, or where a first search ends."""
        if self._relaxed:
            return self._mix(self._relaxed).priced(self._context.prices).x
        start = self._guess(otherwise)
        return self._on_means(start) if len(self._means) else start

    def _alternate(self, proposals: IntegerProposals, start: FloatArray, rounded_first: bool) -> None:
        """The bound, and a plan near it; once more, if they do not meet."""
        early = len(self._means) and proposals.few_rules
        for i, share in enumerate((1.0,) if not self._integers else _RELAXED if early else _RELAXED[1:]):
            if i or not rounded_first:
                self._relax(share, start if not i else self._near_centre())
            if self._finished() or not self._integers:
                return
            if self._passes_on and self.best is None:
                self._hold_even(proposals)
            if self._finished():
                return
            self._phase, self._context.master.keeps_cuts = "rounded plan", True
            if not i:
                self._try_again()
            self._try_all(proposals)
            while not self._finished() and (found := proposals.nearest(self._centre, self.bound)) is not None:
                self._evaluate(found)
            if self._finished():
                return

    @property
    def _passes_on(self) -> bool:
        """Whether so many periods pass something on that a plan is long short of something in one of them."""
        return self._integers and len(self._means) > 0 and len(self._layout.passed_on) > 0

    def _hold_even(self, proposals: IntegerProposals) -> None:
        """A first plan in which every period passes on the same: then none depends on what another leaves it."""
        first, context = self._program.first, self._context
        at = self._layout.links[self._layout.passed_on]
        even = np.clip(evened(self._centre, first, self._layout), first.lower, first.upper)
        lower, upper = first.lower.copy(), first.upper.copy()
        lower[at] = upper[at] = even[at]
        self._bounds = lower, upper
        self._phase, context.master.keeps_cuts = "even states", True
        context.master.confine(lower, upper)
        try:
            found = search(
                context,
                self._mix((), self._bounds),
                even,
                0.1,
                lambda state: state.priced_gap <= _RELAXED[1] * self._gap or self._finished(),
            )
            if found.step is None and not np.isfinite(found.bound):
                return
            self._phase = "rounded plan"
            self._try_all(proposals)
            while not self._finished() and self.best is None:
                integers = proposals.nearest(found.centre, found.bound)
                if integers is None:
                    return
                self._evaluate(integers)
        finally:
            self._bounds = first.lower, first.upper
            context.master.confine(first.lower, first.upper)

    def _try_all(self, proposals: IntegerProposals) -> None:
        """The cheapest integers of the master, as long as it finds them at once and they are others."""
        holds = self._bounds[0] is not self._program.first.lower
        while not self._finished() and not (holds and self.best is not None):
            result, integers = proposals.cheapest(_AT_ONCE_S)
            if not holds:
                self._raise_bound(np.inf if result.status == "infeasible" else result.bound)
            if integers is None or result.status != "optimal" or integers.tobytes() in self._seen:
                return
            self._seen.add(integers.tobytes())
            self._evaluate(integers)

    def _branch(self, proposals: IntegerProposals) -> None:
        """Integers that the master proposes, whose bound holds for all."""
        while not self._finished():
            result, integers = proposals.cheapest()
            self._raise_bound(np.inf if result.status == "infeasible" else result.bound)
            if integers is None or (self._small and self._tried[integers.tobytes()] >= _TIMES):
                return
            self._evaluate(integers)

    def _go_on(self, old: Snapshot) -> None:
        """Take over what an earlier solve knew."""
        self.bound, self._sure, self.best, self._centre, context = (
            old.bound,
            old.sure,
            old.best,
            old.centre,
            self._context,
        )
        context.passes = old.passes
        context.prices.yearly, context.prices.asked, context.prices.shortfall = old.breaking, old.asked, old.shortfall
        context.master.price(old.breaking)
        context.master.restore(old.cuts)
        self._relaxed = [] if old.relaxed is None else [self._evaluated(old.relaxed)]

    def _guess(self, otherwise: FloatArray) -> FloatArray:
        """Where to begin: the plan of one mean period, and what the yearly rows cost there."""
        found = guess(self._program, self._layout, self._mean, _TO_GUESS * self._context.left_s)
        if found is None:
            return otherwise
        self._context.prices.near(found.prices)
        self._context.master.price(self._context.prices.yearly)
        return found.x

    def _on_means(self, start: FloatArray) -> FloatArray:
        """The plan of the means; what it proves holds for them alone."""
        context = self._context
        prices = context.prices.yearly
        master = Master(self._program, self._layout, self._means, np.arange(len(self._means)), prices)

        def tell(_: State) -> None:
            context.passes = small.passes
            self._report()

        small = replace(context, master=master, means=True, tell=tell)
        found = search(small, self._mix(), start, 0.2, lambda state: state.priced_gap <= _MEANS * self._gap)
        context.passes = small.passes
        context.master.price(context.prices.yearly)
        return evened(found.centre, self._program.first, self._layout)

    def _relax(self, share: float, start: FloatArray | None) -> None:
        """The bound, to a share of the gap from its own plan."""
        self._phase, self._context.master.keeps_cuts = "relaxation", False
        combination = self._mix(self._relaxed)
        # What periods pass on is long short of something somewhere; its price tells how near the plan is all the same.
        # A plan in any case is worth more than the rest of the bound.
        latest = self._begun + _FOR_THE_BOUND * self._limits.time_limit_s
        prices, most = self._context.prices, _TOO_LOW if self._small else np.inf if self._passes_on else _MUCH_TOO_LOW
        most += prices.raised

        def doubtful(state: State) -> bool:
            return state.best is None and prices.raised >= most

        def done(state: State) -> bool:
            return (
                (state.priced_gap if self._passes_on else state.gap) <= share * self._gap
                or state.bound > self._ceiling
                or (self._integers and time.time() > latest)
                or self._finished()
            )

        start, radius = self._centre if start is None else start, _RELAX_RADIUS if len(self._means) else 0.2
        found = search(self._context, combination, start, radius, lambda state: done(state) or doubtful(state))
        if doubtful(found):
            if self._any_plan((self._program.first.lower, self._program.first.upper), found.centre).none:
                self.infeasible = self.best is None
                return
            most = np.inf
            found = search(self._context, combination, found.centre, radius, done)
        self._raise_bound(found.bound)
        self._centre, self._relaxed = found.centre, combination.known
        if found.step is not None:
            self._steps.append(found.step)

    def _evaluated(self, plan: Combination) -> Evaluated:
        """A mean that misses nothing, as one plan."""
        return Evaluated(0, plan.x, plan.value - self._context.master.value_of(plan.x), plan.usage, 0.0)

    def _evaluate(self, integers: FloatArray) -> None:
        """The best plan with given integers, as far as it may matter."""
        master, before, key = self._context.master, self.best, integers.tobytes()
        # Where it is known that there is a plan, no shortfall need cost more than it is worth.
        self._context.urgent = before is None and not self._small
        lower, upper = self._with(integers)
        master.confine(lower, upper)
        combination = self._mix(self._whole.get(key, []), (lower, upper))
        start = combination.priced(self._context.prices).x if combination.known else self._near_centre()
        again = (self._small or self._phase == "branch and bound") and self._tried[key] > (before is not None)
        self._tried[key] += 1
        if start is not None and not (
            again and combination.best() is None and self._any_plan(combination.bounds, start).none
        ):
            self._best_near(combination, start)
        if self.best is not before:
            self._whole[key] = combination.known
        master.confine(*self._bounds)

    def _best_near(self, combination: ConvexCombination, start: FloatArray) -> None:
        """The best plan within the bounds of a mix; if none is found soon in a small program, whether there is any."""
        latest = self._context.passes + _IN_VAIN if self._small else np.inf

        def vain(state: State) -> bool:
            return state.best is None and self._context.passes >= latest

        found = search(self._context, combination, start, 0.05, lambda state: self._enough(state) or vain(state))
        if vain(found) and not self._enough(found):
            verdict = self._any_plan(combination.bounds, found.centre)
            if not verdict.none:
                combination.seed(verdict.plans)
                search(self._context, combination, combination.priced(self._context.prices).x, 0.05, self._enough)

    def _any_plan(self, bounds: tuple[FloatArray, FloatArray], start: FloatArray) -> Verdict:
        """Whether bounds of the first stage leave any plan."""
        if self._first_phase is None:
            layout, periods = reduce_periods(self._program)
            self._first_phase = FirstPhase(self._program, layout, periods, self._groups)
        return self._first_phase.run(self._context, bounds, start, self._report)

    def _near_centre(self) -> FloatArray | None:
        """A plan within the bounds of the master, as near to the relaxed one as there is."""
        master = self._context.master
        steps = (master.solve_near(self._centre, radius, self._context.left_s) for radius in RADII[:-1])
        step = next((step for step in steps if step is not None), None) or master.solve(self._context.left_s)
        return None if step is None else step.x

    def _with(self, integers: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bounds of the first stage with given integers."""
        lower, upper = (side.copy() for side in self._bounds)
        lower[self._program.first.integer] = upper[self._program.first.integer] = integers
        return lower, upper

    def _try_again(self) -> None:
        """Evaluate integers whose plans with other sides of the yearly rows promise most here."""
        means = {key: combination.best() for key, combination in self._mixes().items()}
        worth = {key: mean.value for key, mean in means.items() if mean is not None}
        for key in sorted(worth, key=lambda key: worth[key])[:_AGAIN]:
            if self._finished():
                return
            self._evaluate(np.frombuffer(key))

    def _mixes(self) -> dict[bytes, ConvexCombination]:
        """The evaluated plans with the same integers, by these."""
        return {key: self._mix(plans, self._with(np.frombuffer(key))) for key, plans in self._whole.items()}

    def _enough(self, state: State) -> bool:
        """Whether given integers have been looked at long enough."""
        # Hopeless: neither near enough to the bound to prove the gap, nor much cheaper than the best plan.
        gaps = _PATIENCE if self.best is None else 1.0
        far = state.bound - gaps * self._gap * abs(state.bound) > self.bound
        dear = self.best is None or state.bound > self.best.value - self._gap * abs(self.best.value)
        return (far and dear) or state.bound > self._ceiling or state.gap <= _ROUNDED * self._gap or self._finished()

    def _mix(
        self, plans: Sequence[Evaluated] = (), bounds: tuple[FloatArray, FloatArray] | None = None
    ) -> ConvexCombination:
        first = self._program.first
        combination = ConvexCombination(self._program, self._layout, bounds or (first.lower, first.upper), _PLANS)
        for plan in plans:
            combination.add(plan)
        return combination

    def _finished(self) -> bool:
        if self.infeasible or self._context.left_s <= 0:
            return True
        gap = None if self.best is None else relative_gap(self.best.value, self.bound)
        return gap is not None and gap <= self._gap

    def _raise_bound(self, bound: float | None) -> None:
        if bound is None:
            return
        if bound > self._ceiling:
            self.infeasible = self.best is None
        elif bound > self.bound and not self._wrong(bound):
            self.bound = bound

    def _wrong(self, bound: float) -> bool:
        """Whether a plan says that a bound of branch and bound, which no weak duality proves, is wrong."""
        return self.best is not None and bound > self.best.value + _ROUNDING * abs(self.best.value)

    def _tell(self, state: State) -> None:
        """Keep what a pass has found, and say so."""
        if self._phase == "relaxation":
            self._raise_bound(state.bound)
            self._sure = self.bound
        is_plan = self._phase not in ("relaxation", "even states") or not self._integers
        if is_plan and state.best is not None and (self.best is None or state.best.value < self.best.value):
            self.best = state.best
            if self._wrong(self.bound):
                self.bound = self._sure
        self.keeper.offer(lambda: self._snapshot(state))
        self._report()

    def _snapshot(self, state: State) -> Snapshot:
        relaxes, context = self._phase == "relaxation", self._context
        return Snapshot(
            phase=self._phase,
            passes=context.passes,
            bound=self.bound,
            sure=self._sure,
            groups=self._groups,
            centre=state.centre if relaxes else self._centre,
            breaking=context.prices.yearly,
            asked=context.prices.asked,
            shortfall=context.prices.shortfall,
            cuts=context.master.cuts,
            best=self.best,
            relaxed=state.best if relaxes else None,
        )

    def _report(self) -> None:
        if self._progress is not None:
            plan = None if self.best is None else self.best.value / self._factor
            bound = self.bound / self._factor if np.isfinite(self.bound) else None
            seconds, left_s = time.time() - self._begun, max(0.0, self._context.left_s)
            self._progress(Progress(seconds, plan, bound, self._phase, self.passes, self.pool.size, left_s))
