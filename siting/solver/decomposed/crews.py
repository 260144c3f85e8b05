"""Who solves the periods: this process, or several that keep the solvers of their periods warm."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from siting.errors import SolverError
from siting.solver.decomposed.cuts import Cut, cut
from siting.solver.decomposed.recourse import Layout, Recourse
from siting.solver.decomposed.subproblem import Dispatch, Solver
from siting.solver.handover import FloatArray
from siting.solver.shelf import Shelf
from siting.solver.workers import ctrl_c_waits, new_pool

_NOTHING = 1e-6
"""What a period may miss for the rounding of its solver, in units of its rows."""


@dataclass(frozen=True)
class Question:
    """A plan to be evaluated.

    Parameters
    ----------
    key : int
        Its number.
    x : ndarray of float
        Its links.
    prices : ndarray of float
        Of the yearly rows.
    penalty : float
        Cost of a unit of shortfall, in units of the highest cost of a period's columns.
    means : bool
        Whether the means of the clusters are asked instead of the periods.
    deadline : float
        On the clock of the system; who is late gives no answer.
    kept : tuple of int
        Plans whose dispatches are kept, those of all others being forgotten.
    """

    key: int
    x: FloatArray
    prices: FloatArray
    penalty: float
    means: bool
    deadline: float
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """Cuts of groups, and cost, use of the yearly rows and shortfall of the dispatch, over some periods."""

    cuts: dict[int, Cut]
    cost: float
    usage: FloatArray
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
    periods : Shelf of Recourse
        In one layout.
    groups : ndarray of int
        The group of each.
    """

    def __init__(self, periods: Shelf[Recourse], groups: npt.NDArray[np.int64]) -> None:
        self._periods, self._groups, self.numbers = periods, groups, np.arange(len(periods))

    def share(self, i: int, count: int) -> Members:
        """Every so many, beginning with one."""
        part = Members(self._periods.some(range(i, len(self.numbers), count)), self._groups[i::count])
        part.numbers = self.numbers[i::count]
        return part

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Member]:
        for number, period, group in zip(self.numbers.tolist(), self._periods, self._groups.tolist(), strict=True):
            yield Member(number, period, group)


@dataclass
class Crew:
    """Some periods and means, and their one solver."""

    layout: Layout
    periods: Members
    means: Members

    def __post_init__(self) -> None:
        self._solver = Solver(self.layout)
        self._dispatches: dict[int, dict[int, csr_array]] = {}

    def answer(self, question: Question) -> Answer | None:
        """Evaluate a plan in every period; None if it takes too long."""
        self._dispatches = {key: kept for key, kept in self._dispatches.items() if key in question.kept}
        dispatch: dict[int, csr_array] = {}
        cuts: dict[int, Cut] = {}
        cost, usage, shortfall = 0.0, np.zeros(len(question.prices)), 0.0
        for member in self.means if question.means else self.periods:
            if time.time() > question.deadline:
                return None
            period, group = member.period, member.group
            unit = float(np.abs(period.cost).max(initial=0.0)) or 1.0
            penalty = question.penalty * unit
            found = self._solver.solve((question.means, member.number), period, question.x, question.prices, penalty)
            proven = cut(self.layout, period, found.duals, question.prices, penalty, question.x)
            cuts[group] = proven + cuts[group] if group in cuts else proven
            cost, usage = cost + found.cost, usage + found.usage
            shortfall += unit * _missed(found)
            if question.key in question.kept:
                dispatch[member.number] = csr_array(found.y[None, :])
        if dispatch:
            self._dispatches[question.key] = dispatch
        return Answer(cuts, cost, usage, shortfall)

    def mean(self, weights: dict[int, float]) -> dict[int, FloatArray]:
        """The weighted mean of the dispatches of some plans, for each period."""
        return {
            number: np.sum([w * self._dispatches[key][number].toarray().ravel() for key, w in weights.items()], axis=0)
            for number in self.periods.numbers.tolist()
        }


def _missed(found: Dispatch) -> float:
    return found.missed if found.missed > _NOTHING else 0.0


class Company:
    """All crews; with one worker the only crew is in this process.

    Parameters
    ----------
    layout : Layout
        Shape of periods and means.
    periods, means : Members
        To be shared out.
    workers : int
        Number of processes.
    """

    def __init__(self, layout: Layout, periods: Members, means: Members, workers: int) -> None:
        count = min(workers, len(periods))
        shares = [(layout, periods.share(i, count), means.share(i, count)) for i in range(count)]
        self._crew = Crew(*shares[0]) if count == 1 else None
        # A pool of one process each: a period always comes back to the solver that knows it.
        self._pools: list[Executor] = [new_pool(1, _begin, share) for share in shares if self._crew is None]

    def answer(self, question: Question) -> Answer | None:
        """Evaluate a plan in all periods; None if it takes too long."""
        if self._crew is not None:
            return self._crew.answer(question)
        with ctrl_c_waits():
            jobs = [pool.submit(_answer, question) for pool in self._pools]
        found = _results(jobs)
        answers = [answer for answer in found if answer is not None]
        if len(answers) < len(found):
            return None
        cuts: dict[int, Cut] = {}
        for answer in answers:
            for group, one in answer.cuts.items():
                cuts[group] = one + cuts[group] if group in cuts else one
        usage = np.sum([answer.usage for answer in answers], axis=0)
        return Answer(cuts, sum(a.cost for a in answers), usage, sum(a.shortfall for a in answers))

    def mean(self, weights: dict[int, float]) -> list[FloatArray]:
        """The weighted mean of the dispatches of some plans, period by period."""
        if self._crew is not None:
            found = self._crew.mean(weights)
        else:
            jobs = [pool.submit(_mean, weights) for pool in self._pools]
            found = {number: y for part in _results(jobs) for number, y in part.items()}
        return [found[number] for number in sorted(found)]

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)


def _results(jobs: Sequence[Future[Any]]) -> list[Any]:
    try:
        return [job.result() for job in jobs]
    except BrokenExecutor as error:
        raise SolverError(
            "a process that solves periods was ended, maybe for want of memory: try fewer workers"
        ) from error


_crews: list[Crew] = []
"""The crew of a worker's process."""


def _begin(layout: Layout, periods: Members, means: Members) -> None:
    _crews.append(Crew(layout, periods, means))


def _answer(question: Question) -> Answer | None:
    return _crews[0].answer(question)


def _mean(weights: dict[int, float]) -> dict[int, FloatArray]:
    return _crews[0].mean(weights)
