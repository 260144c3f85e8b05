"""What the phases of a decomposition share: the program in its layout, master and subproblems, and the state."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from siting.solver.benders.checkpoint import Keeper, Snapshot
from siting.solver.benders.clusters import cluster, groups_of, mean_of
from siting.solver.benders.convex_combination import Combination, ConvexCombination, Evaluated
from siting.solver.benders.first_phase import FirstPhase, Verdict
from siting.solver.benders.master import Master, Step
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.penalties import Penalties, first_penalties
from siting.solver.benders.recourse import Layout, Recourse, positions, reduce_periods
from siting.solver.benders.search import SearchContext, SearchState
from siting.solver.benders.state import Phase, State
from siting.solver.benders.subproblem import Budget
from siting.solver.benders.subproblem_pool import DispatchRequest, Members, SubproblemPool
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import Rows, TwoStage
from siting.solver.compressed import CompressedList
from siting.solver.directions import Circle
from siting.solver.highs.engine import EXACT, Limits, Progress

Bounds = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Subproblems:
    """The periods, and the means of clusters of them.

    Parameters
    ----------
    layout : Layout
        Of all.
    periods, means : CompressedList of Recourse
        No means where there are few periods.
    groups : ndarray of int
        The group of each period in the master.
    """

    layout: Layout
    periods: CompressedList[Recourse]
    means: CompressedList[Recourse]
    groups: npt.NDArray[np.int64]

    def mean(self) -> Recourse:
        """One period that stands for all."""
        return mean_of(list(self.means if len(self.means) else self.periods))


class Decomposition:
    """A solve by decomposition; :mod:`siting.solver.benders.phases` says in which order what is done.

    Parameters
    ----------
    program : TwoStage
        With scaled costs.
    ceiling : float
        No plan costs more.
    factor : float
        By which costs were scaled.
    limits, progress, parameters
        As of :func:`siting.solver.benders.solve.solve_decomposed`.

    Attributes
    ----------
    state : State
        Bound, incumbent, stability centre and phase.
    context : SearchContext
        Master, subproblem pool and penalties.
    bounds : pair of ndarray of float
        Of the first stage, integers not given.
    relaxed : list of Evaluated
        Plans of the relaxation.
    by_integers : dict of bytes to list of Evaluated
        Plans that led to an incumbent, by their integers.
    steps : list of Step
        Of the master, one at the end of each relaxation; each proves a bound with other sides of the coupling
        constraints, too.
    tried, seen : Counter of bytes, set of bytes
        How often integers were evaluated, and which were the master's cheapest.
    """

    def __init__(
        self,
        program: TwoStage,
        ceiling: float,
        factor: float,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        parameters: Parameters = DEFAULT,
    ) -> None:
        self.program, self.ceiling, self.limits, self.parameters = program, ceiling, limits, parameters
        self._factor, self._progress = factor, progress
        self.begun = time.time()
        self.has_integers = bool(program.first.integer.any())
        self.gap = max((parameters.gap_before_circles if program.legs else 1.0) * limits.gap, EXACT)
        self.state = State(program.first.lower, parameters.bound_tolerance)
        self.bounds: Bounds = program.first.lower, program.first.upper
        self.keeper = Keeper(limits.checkpoint, program, parameters.checkpoint_spare)
        self.resumed = self.keeper.load()
        self.subproblems = _subproblems(program, parameters, self.resumed)
        self.layout = self.subproblems.layout
        self.small = len(self.layout.rows) * len(program.periods) <= parameters.small_rows
        self.pool = _new_pool(program, self.subproblems, limits, parameters)
        self.context = self._new_context()
        self._first_phase: FirstPhase | None = None
        self.relaxed: list[Evaluated] = []
        self.by_integers: dict[bytes, list[Evaluated]] = {}
        self.steps: list[Step] = []
        self.tried: Counter[bytes] = Counter()
        self.seen: set[bytes] = set()

    def _new_context(self) -> SearchContext:
        parts, parameters = self.subproblems, self.parameters
        penalties = Penalties(first_penalties(parts.periods, len(self.program.coupling)), parameters)
        return SearchContext(
            Master(self.program, parts.layout, parts.periods, parts.groups, penalties.coupling, parameters),
            self.pool,
            penalties,
            self.gap,
            self.begun + self.limits.time_limit_s,
            self.tell,
            parameters,
        )

    @property
    def has_means(self) -> bool:
        """Whether there are so many periods that a first search runs on the means of clusters."""
        return len(self.subproblems.means) > 0

    @property
    def passes_states(self) -> bool:
        """Whether so many periods pass something on that a plan is long short of something in one of them."""
        return self.has_integers and self.has_means and len(self.layout.period_states) > 0

    def finished(self) -> bool:
        """Whether the gap is proven, or that there is no plan, or time is out."""
        return self.state.infeasible or self.context.left_s <= 0 or self.state.gap <= self.gap

    def raise_bound(self, bound: float | None) -> None:
        """Take up a bound of the whole program if it is better."""
        self.state.raise_bound(bound, self.ceiling)

    def combination(self, plans: Sequence[Evaluated] = (), bounds: Bounds | None = None) -> ConvexCombination:
        """Evaluated plans, to be combined within bounds of the first stage; by default its own."""
        first = self.program.first
        combination = ConvexCombination(
            self.program, self.layout, bounds or (first.lower, first.upper), self.parameters.plans
        )
        for plan in plans:
            combination.add(plan)
        return combination

    def with_integers(self, integers: FloatArray) -> Bounds:
        """Bounds of the first stage with given integers."""
        lower, upper = (side.copy() for side in self.bounds)
        lower[self.program.first.integer] = upper[self.program.first.integer] = integers
        return lower, upper

    def combinations(self) -> dict[bytes, ConvexCombination]:
        """The evaluated plans with the same integers, by these."""
        return {
            key: self.combination(plans, self.with_integers(np.frombuffer(key)))
            for key, plans in self.by_integers.items()
        }

    def any_plan(self, bounds: Bounds, start: FloatArray) -> Verdict:
        """Whether bounds of the first stage leave any plan."""
        if self._first_phase is None:
            layout, periods = reduce_periods(self.program)
            self._first_phase = FirstPhase(self.program, layout, periods, self.subproblems.groups)
        return self._first_phase.run(self.context, bounds, start, self.report)

    def dispatch(self, plan: Combination) -> tuple[list[FloatArray], tuple[Circle, ...]]:
        """The decisions of a plan in each period, in the order of the program's columns, and circles on the way."""
        at = positions(self.layout.columns)
        coupling, none = self.program.coupling, np.full_like(plan.usage, np.inf)
        least = np.where(np.isfinite(coupling.least), plan.usage, -none)
        most = np.where(np.isfinite(coupling.most), plan.usage, none)
        budgets = [Budget(*sides) for sides in zip(least, most, strict=True)]
        request = DispatchRequest(
            plan.x[self.layout.linking],
            self.context.penalties.slack,
            budgets,
            plan.weights,
            self.limits.gap,
        )
        found, circles = self.pool.dispatch(request)
        every = zip(found, self.program.periods, strict=True)
        return [y[at(period.columns.labels)] for y, period in every], tuple(dict.fromkeys(circles))

    def restart(self, coupling: Rows) -> None:
        """Take up the same program with other sides of its coupling constraints; cuts and evaluated plans hold."""
        bound = max((step.bound(coupling) for step in self.steps), default=-np.inf)
        self.resumed, self._first_phase = None, None
        self.seen.clear()
        self.tried.clear()
        self.begun = time.time()
        self.program = replace(self.program, coupling=coupling)
        context = self.context
        context.deadline, context.urgent = self.begun + self.limits.time_limit_s, False
        context.master.keeps_cuts = False
        # A solve that an error ended may have left integers given.
        context.master.confine(self.program.first.lower, self.program.first.upper)
        context.master.limit(coupling)
        known = [best for combination in self.combinations().values() if (best := combination.best()) is not None]
        self.state = replace(
            self.state,
            phase=Phase.RELAXATION,
            lower_bound=bound,
            dual_bound=bound,
            incumbent=min(known, key=lambda plan: plan.value, default=None),
            infeasible=False,
        )
        self.keeper = Keeper(None, self.program)

    def restore(self, old: Snapshot) -> None:
        """Take over what an earlier solve knew."""
        state, context = self.state, self.context
        state.lower_bound, state.dual_bound, state.incumbent, state.centre = old.bound, old.sure, old.best, old.centre
        context.iterations = old.passes
        context.penalties.coupling, context.penalties.duals, context.penalties.slack = (
            old.breaking,
            old.asked,
            old.shortfall,
        )
        context.master.price(old.breaking)
        context.master.restore(old.cuts)
        self.relaxed = [] if old.relaxed is None else [self._evaluated(old.relaxed)]

    def _evaluated(self, plan: Combination) -> Evaluated:
        """A combination that misses nothing, as one plan."""
        return Evaluated(0, plan.x, plan.value - self.context.master.value_of(plan.x), plan.usage, 0.0)

    def tell(self, found: SearchState) -> None:
        """Keep what an iteration has found, and say so."""
        state = self.state
        if state.phase == Phase.RELAXATION:
            self.raise_bound(found.bound)
            state.dual_bound = state.lower_bound
        if state.phase not in (Phase.RELAXATION, Phase.EVEN_STATES) or not self.has_integers:
            state.improve(found.best)
        self.keeper.offer(lambda: self._snapshot(found))
        self.report()

    def _snapshot(self, found: SearchState) -> Snapshot:
        state, context, relaxes = self.state, self.context, self.state.phase == Phase.RELAXATION
        return Snapshot(
            phase=str(state.phase),
            passes=context.iterations,
            bound=state.lower_bound,
            sure=state.dual_bound,
            groups=self.subproblems.groups,
            centre=found.centre if relaxes else state.centre,
            breaking=context.penalties.coupling,
            asked=context.penalties.duals,
            shortfall=context.penalties.slack,
            cuts=context.master.cuts,
            best=state.incumbent,
            relaxed=found.best if relaxes else None,
        )

    def report(self) -> None:
        """Say how far the solve is."""
        if self._progress is not None:
            state, context = self.state, self.context
            plan = None if state.incumbent is None else state.incumbent.value / self._factor
            bound = state.lower_bound / self._factor if np.isfinite(state.lower_bound) else None
            seconds, left_s = time.time() - self.begun, max(0.0, context.left_s)
            self._progress(Progress(seconds, plan, bound, str(state.phase), context.iterations, self.pool.size, left_s))


def _subproblems(program: TwoStage, parameters: Parameters, old: Snapshot | None) -> Subproblems:
    """The periods in their layout, the means of their clusters, and their groups, which a checkpoint keeps."""
    layout, periods = reduce_periods(program)
    upper = program.first.upper[layout.linking]
    many = len(periods) > parameters.few_periods
    labels = cluster(periods, upper, parameters.clusters) if many else np.zeros(0, dtype=np.int64)
    means = CompressedList(
        mean_of([periods[d] for d in np.flatnonzero(labels == k).tolist()]) for k in np.unique(labels)
    )
    groups = groups_of(periods, upper, layout, parameters.groups) if old is None else old.groups
    return Subproblems(layout, periods, means, groups)


def _new_pool(program: TwoStage, parts: Subproblems, limits: Limits, parameters: Parameters) -> SubproblemPool:
    return SubproblemPool(
        parts.layout,
        Members(parts.periods, parts.groups),
        Members(parts.means, np.arange(len(parts.means))),
        program.legs,
        [period.name for period in program.periods],
        limits.workers,
        limits.cluster,
        parameters,
    )
