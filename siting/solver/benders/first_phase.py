"""Whether there is any plan at all: the search for the one that misses least, whatever it costs.

A price of missing something only proves that there is no plan once it exceeds all that the dearest plan may cost, and
then the simplex method cannot tell cost from rounding. So nothing costs here but what is missed or broken, as in the
first phase of the simplex method. Either plans are found that can be mixed to one that breaks nothing, or a bound above
nothing proves, by weak duality, that there is none; then the cuts of the proof hold in the master without any price:
the feasibility cuts of Benders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from siting.solver.benders.convex_combination import ConvexCombination, Evaluated
from siting.solver.benders.master import Master
from siting.solver.benders.penalties import Penalties
from siting.solver.benders.recourse import Layout, Recourse, without_cost
from siting.solver.benders.search import SearchContext, SearchState, search
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import TwoStage
from siting.solver.compressed import Items, View


@dataclass(frozen=True)
class Verdict:
    """What was found within some bounds.

    Parameters
    ----------
    none : bool
        Whether it is proven that there is no plan.
    plans : list of Evaluated
        Of which a convex combination is a plan; empty if none was found.
    """

    none: bool
    plans: list[Evaluated]


class FirstPhase:
    """The search for any plan of a program, with all that it learns within one part of its bounds kept for others.

    Parameters
    ----------
    program : TwoStage
        The program.
    layout, periods, groups
        As of a master.
    """

    def __init__(
        self, program: TwoStage, layout: Layout, periods: Items[Recourse], groups: npt.NDArray[np.int64]
    ) -> None:
        columns = replace(program.first, cost=np.zeros_like(program.first.cost))
        self._program, self._layout = replace(program, first=columns, offset=0.0), layout
        unpaid = View(periods, without_cost)
        self._penalties = Penalties(1 / _sizes(program, unpaid))
        self._penalties.slack = 1.0
        self._master = Master(self._program, layout, unpaid, groups, self._penalties.coupling)
        self._master.keeps_cuts = True

    def run(
        self,
        context: SearchContext,
        bounds: tuple[FloatArray, FloatArray],
        start: FloatArray,
        report: Callable[[], None],
    ) -> Verdict:
        """Look for plans within bounds of the first stage; if there are none, the context's master gets the cuts.

        Parameters
        ----------
        context : SearchContext
            Whose subproblem pool evaluates, and whose iterations go on.
        bounds : pair of ndarray of float
            Lower and upper bounds of the first stage.
        start : ndarray of float
            The first plan to be evaluated.
        report : callable
            Called after every pass.
        """
        parameters, mine = context.parameters, self._own_context(context, report)
        self._master.confine(*bounds)
        self._penalties.duals = np.zeros_like(self._penalties.duals)
        combination = ConvexCombination(self._program, self._layout, bounds, parameters.first_phase_plans, unpaid=True)
        latest, missing = context.iterations + parameters.first_phase_iterations, parameters.missing
        found = search(
            mine,
            combination,
            np.clip(start, *bounds),
            parameters.first_phase_radius,
            lambda now: now.bound > missing or now.value <= missing or mine.iterations >= latest,
        )
        context.iterations = mine.iterations
        if found.value <= missing:
            weights = combination.priced(self._penalties).weights
            # What they miss in the mean is rounding.
            return Verdict(False, [replace(plan, shortfall=0.0) for plan in combination.known if plan.key in weights])
        if found.bound > missing:
            if found.step is not None:
                context.master.take_over(self._master)
            return Verdict(True, [])
        return Verdict(False, [])

    def _own_context(self, context: SearchContext, report: Callable[[], None]) -> SearchContext:
        """The context with the master and the penalties of this search; its iterations are counted in both."""

        def tell(_: SearchState) -> None:
            context.iterations = mine.iterations
            report()

        mine = replace(
            context, master=self._master, penalties=self._penalties, gap=0.0, urgent=False, unpaid=True, tell=tell
        )
        return mine


def _sizes(program: TwoStage, periods: Items[Recourse]) -> FloatArray:
    """The largest coefficient of each coupling constraint."""
    size = abs(program.coupling_first).max(axis=1).toarray().ravel() if len(program.coupling) else np.zeros(0)
    for period in periods:
        if len(size):
            size = np.maximum(size, abs(period.usage).max(axis=1).toarray().ravel())
    return np.where(size > 0, size, 1.0)
