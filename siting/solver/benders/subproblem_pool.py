"""The pool that solves the periods: this process, or workers that keep the solvers of their periods warm."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from siting.solver.benders.cuts import Cut, cut
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.recourse import Layout, Recourse, without_cost
from siting.solver.benders.subproblem import ROUNDED, Budget, Dispatch, Solver
from siting.solver.compile.matrix import FloatArray, Leg
from siting.solver.compressed import CompressedList
from siting.solver.directions import Circle, Networks
from siting.solver.parallel.pool import new_worker_pool

_KEPT_NUMBERS, _WORTH_KEEPING = 12_500_000, 60
"""Numbers of dispatches that a worker keeps (100 MB), and the least number of plans for which that is worth while."""


@dataclass(frozen=True)
class CutRequest:
    """A plan to be evaluated.

    Parameters
    ----------
    x : ndarray of float
        Its links.
    prices : ndarray of float
        Of the coupling constraints.
    penalty : float
        Cost of a unit of shortfall, in units of the highest cost of a period's columns.
    means : bool
        Whether the means of the clusters are asked instead of the periods.
    time_left_s : float
        Who takes longer gives no answer.
    number : int
        Under which its dispatch is kept.
    unpaid : bool
        Whether the dispatch misses as little as it can, whatever it costs.
    """

    x: FloatArray
    prices: FloatArray
    penalty: float
    means: bool
    time_left_s: float
    number: int
    unpaid: bool = False


@dataclass(frozen=True)
class DispatchRequest:
    """A mean of evaluated plans to be carried out.

    Parameters
    ----------
    x : ndarray of float
        The links of the mean.
    penalty : float
        As of a question.
    budgets : sequence of Budget
        Of all periods, by number.
    weights : mapping of int to float
        Of the plans, by number.
    gap : float
        Asked for.
    """

    x: FloatArray
    penalty: float
    budgets: Sequence[Budget]
    weights: Mapping[int, float]
    gap: float


@dataclass(frozen=True)
class CutResponse:
    """What a plan costs in some periods.

    Parameters
    ----------
    cuts : dict of int to Cut
        By group.
    cost, shortfall : float
        Of the dispatch.
    usage : dict of int to ndarray of float
        Of the coupling constraints, by period.
    """

    cuts: dict[int, Cut]
    cost: float
    usage: dict[int, FloatArray]
    shortfall: float


@dataclass(frozen=True)
class Member:
    """A period, or the mean of a cluster of periods, and its group in the master."""

    number: int
    period: Recourse
    group: int


class Members:
    """Periods or means, of which one at a time is opened.

    Parameters
    ----------
    periods : CompressedList of Recourse
        In one layout.
    groups : ndarray of int
        The group of each.
    numbers : sequence of int, optional
        The number of each; by default its place.
    """

    def __init__(
        self, periods: CompressedList[Recourse], groups: npt.NDArray[np.int64], numbers: Sequence[int] | None = None
    ) -> None:
        self._periods, self._groups = periods, groups
        self._numbers = range(len(periods)) if numbers is None else numbers

    def share(self, i: int, count: int) -> Members:
        """Every so many, beginning with one."""
        return Members(self._periods.some(range(i, len(self), count)), self._groups[i::count], self._numbers[i::count])

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Member]:
        return map(Member, self._numbers, self._periods, self._groups.tolist())


class SubproblemWorker:
    """Some periods and means, and their one solver.

    Parameters
    ----------
    layout : Layout
        Shape of all.
    periods, means : Members
        The share of this worker.
    legs : sequence of Leg
        Flows of the periods that may not go round in a circle.
    names : sequence of str
        Of all periods.
    parameters : Parameters
        Of the decomposition.
    """

    def __init__(
        self,
        layout: Layout,
        periods: Members,
        means: Members,
        legs: Sequence[Leg],
        names: Sequence[str],
        parameters: Parameters = DEFAULT,
    ) -> None:
        self.layout, self.periods, self.means = layout, periods, means
        self._networks, self._names = Networks(legs), names
        self._solver = Solver(layout, parameters)
        self._kept = Kept(len(periods) * len(layout.columns))

    def answer(self, request: CutRequest) -> CutResponse | None:
        """Evaluate a plan in every period; None if it takes too long."""
        begun = time.monotonic()
        cuts: dict[int, Cut] = {}
        usage: dict[int, FloatArray] = {}
        cost, shortfall = 0.0, 0.0
        # Products of vectors wake threads of BLAS that then wait busily, for a quarter of the processor time.
        with threadpool_limits(1, "blas"):
            for member in self.means if request.means else self.periods:
                if time.monotonic() - begun > request.time_left_s:
                    return None
                period = without_cost(member.period) if request.unpaid else member.period
                unit = _unit(period)
                key = ("unpaid" if request.unpaid else request.means, member.number)
                penalty = request.penalty * unit
                found = self._solver.solve(key, period, request.x, request.prices, penalty)
                proven = cut(self.layout, period, found.duals, request.prices, penalty, request.x)
                _add(cuts, {member.group: proven})
                cost, usage[member.number] = cost + float(member.period.cost @ found.y), found.usage
                if not request.means:
                    self._kept.add(request.number, member.number, found.y)
                shortfall += unit * _missed(found)
        return CutResponse(cuts, cost, usage, shortfall)

    def dispatch(self, request: DispatchRequest) -> tuple[dict[int, FloatArray], list[Circle]]:
        """Decisions of each period at a mean of evaluated plans, and what went round in circles.

        Those of the plans are taken where they are known, and then cost as much in the mean; else they are the cheapest
        within what theirs use of the coupling constraints. Where those go round in circles, they are the cheapest that
        do not, as far as that can be done by closing the weakest steps; what then costs more is for others to judge.
        """
        found: dict[int, FloatArray] = {}
        met: list[Circle] = []
        with threadpool_limits(1, "blas"):
            for member in self.periods:
                number, period = member.number, member.period
                found[number], here = self._solver.one_way(
                    (False, number),
                    period,
                    request.x,
                    request.penalty * _unit(period),
                    request.budgets[number],
                    self._networks.at(self._names[number], self.layout.columns),
                    request.gap,
                    self._kept.mean(request.weights, number),
                )
                met += (replace(circle, period=number) for circle in here)
        return found, met


class Kept:
    """The latest dispatches, where those of so many plans fit into memory that a mean may be of them alone.

    Parameters
    ----------
    size : int
        Numbers of the dispatch of one plan.
    """

    def __init__(self, size: int) -> None:
        plans = _KEPT_NUMBERS // max(size, 1)
        self._most = plans if plans >= _WORTH_KEEPING else 0
        self._plans: dict[int, dict[int, FloatArray]] = {}

    def add(self, plan: int, period: int, y: FloatArray) -> None:
        """Keep the decisions of a period at a plan."""
        if self._most:
            self._plans.setdefault(plan, {})[period] = y
            if len(self._plans) > self._most:
                del self._plans[next(iter(self._plans))]

    def mean(self, weights: Mapping[int, float], period: int) -> FloatArray | None:
        """The mean of a period's decisions at some plans; None if they are not all known."""
        found = [self._plans.get(plan, {}).get(period) for plan in weights]
        whole = [y for y in found if y is not None]
        if not whole or len(whole) < len(found):
            return None
        mean: FloatArray = np.average(whole, axis=0, weights=list(weights.values()))
        return mean


def _unit(period: Recourse) -> float:
    return float(np.abs(period.cost).max(initial=0.0)) or 1.0


def _missed(found: Dispatch) -> float:
    return found.missed if found.missed > ROUNDED else 0.0


def _add(cuts: dict[int, Cut], more: dict[int, Cut]) -> None:
    for group, one in more.items():
        cuts[group] = one + cuts[group] if group in cuts else one


class SubproblemPool:
    """All workers; with one and no cluster it is this process.

    Parameters
    ----------
    layout : Layout
        Shape of periods and means.
    periods, means : Members
        To be shared out.
    legs, names
        As of :class:`SubproblemWorker`.
    workers, cluster : int, str
        As of :class:`siting.solver.highs.engine.Limits`.
    parameters : Parameters
        Of the decomposition.
    """

    def __init__(
        self,
        layout: Layout,
        periods: Members,
        means: Members,
        legs: Sequence[Leg],
        names: Sequence[str],
        workers: int,
        cluster: str,
        parameters: Parameters = DEFAULT,
    ) -> None:
        # A period always comes back to the solver that knows it.
        self._workers = new_worker_pool(
            SubproblemWorker,
            lambda i, size: (layout, periods.share(i, size), means.share(i, size), legs, names, parameters),
            len(periods),
            workers,
            cluster,
        )

    @property
    def size(self) -> int:
        """How many workers there are."""
        return self._workers.size

    def answer(self, request: CutRequest) -> CutResponse | None:
        """Evaluate a plan in all periods; None if it takes too long."""
        whole = CutResponse({}, 0.0, {}, 0.0)
        for part in self._workers.ask(SubproblemWorker.answer, request):
            if part is None:
                return None
            _add(whole.cuts, part.cuts)
            whole = CutResponse(
                whole.cuts, whole.cost + part.cost, whole.usage | part.usage, whole.shortfall + part.shortfall
            )
        return whole

    def dispatch(self, request: DispatchRequest) -> tuple[list[FloatArray], list[Circle]]:
        """The decisions of each period at a mean of plans, and circles met; see :meth:`SubproblemWorker.dispatch`."""
        found: dict[int, FloatArray] = {}
        met: list[Circle] = []
        for part, circles_there in self._workers.ask(SubproblemWorker.dispatch, request):
            found |= part
            met += circles_there
        return [found[number] for number in sorted(found)], met

    def close(self) -> None:
        """Let the workers go."""
        self._workers.close()
