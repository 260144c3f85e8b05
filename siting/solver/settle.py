"""A plan without circles from one with them.

A program without directions is a relaxation: what it proves holds. Where its plan sends something round in a circle
(see :mod:`siting.solver.directions`), the periods concerned are dispatched once more, all else given, with the weakest
step of each circle closed, or if that costs something, with directions to choose. Where losing energy does not pay,
the plan costs no more by that, and nothing else is solved. If it is not within the gap of the bound, the circles that
were found are forbidden in the program itself, which is solved again; and so on, each time with a bound that holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from siting.errors import SolverError
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import Columns, Period, Plan, Rows, TwoStage, join
from siting.solver.directions import (
    FRICTION,
    Circle,
    Networks,
    circles,
    close_circles,
    with_directions,
    with_friction,
)
from siting.solver.highs.engine import Limits, relative_gap
from siting.solver.highs.redispatch import Redispatch
from siting.solver.warm_start import Start

if TYPE_CHECKING:
    from siting.solver.outcome import Outcome

Again = Callable[[TwoStage, Limits, bool], "tuple[Outcome, Plan | None]"]
"""Solves another program; told of only if it is the whole again."""

_SAME = 1e-9
"""Costs that differ by less, relative to the cost of the year, are the same."""
_SMALL = 0.1
"""Share of the gap asked for that may be lost where the weakest step of each circle is closed."""
_TRIES = 100
"""Dispatches of one period; each forbids a circle that was not before."""
_GRACE, _LEAST_S = 0.05, 3.0
"""Share of the time limit, and seconds, in which a plan is freed of circles when time is out; else there is none."""
_ROUNDS_OF_HOURS = 2
"""Programs with directions for the hours of circles alone; after them for all hours of their periods."""


def settle(
    program: TwoStage, limits: Limits, deadline: float, outcome: Outcome, plan: Plan | None, again: Again
) -> tuple[Outcome, Plan | None]:
    """The best plan without circles, and how it ended.

    Parameters
    ----------
    program : TwoStage
        The program.
    limits : Limits
        Gap; options for those that are solved again.
    deadline : float
        On the monotonic clock, seconds.
    outcome, plan : Outcome, Plan or None
        Of the program as it is.
    again : callable
        Solves programs with directions.
    """
    if plan is None or not program.legs:
        return outcome, plan
    return _Settlement(program, limits, deadline, outcome, again).run(plan)


class _Settlement:
    """What is known: the best plan without circles, the bound, and all circles that were met."""

    def __init__(self, program: TwoStage, limits: Limits, deadline: float, outcome: Outcome, again: Again) -> None:
        self.program, self.limits, self.deadline, self.outcome, self.again = program, limits, deadline, outcome, again
        self.networks = Networks(program.legs)
        self.best: Plan | None = None
        self.best_cost, self.bound = np.inf, -np.inf if outcome.bound is None else outcome.bound
        self.met: dict[Circle, None] = {}
        self.seconds_before = outcome.seconds_solve
        self.proven = False
        self.begun, self.rounds, self.strategy = time.monotonic(), 0, outcome.strategy

    def run(self, plan: Plan | None) -> tuple[Outcome, Plan | None]:
        """Free plans of circles, and forbid these, until the gap is proven or time is out."""
        while plan is not None:
            found, before = self._circles(plan), len(self.met)
            self.met |= dict.fromkeys((*self.outcome.circles, *found))
            if not self.met:
                return self.outcome, plan
            self._offer(plan, found)
            left_s = self.deadline - time.monotonic()
            enough = self.proven or len(self.met) == before or self.rounds >= self.limits.rounds
            if enough or self.outcome.interrupted or left_s <= 0:
                break
            plan = self._solve_again(replace(self.limits, time_limit_s=left_s, checkpoint=None))
        return self._ended(), self.best

    def _solve_again(self, limits: Limits) -> Plan | None:
        self.rounds += 1
        narrower = with_directions(self.program, self.networks, self._forbidden())
        self.outcome, wide = self.again(narrower, limits, True)
        if self.outcome.bound is not None:
            self.bound = max(self.bound, self.outcome.bound)
        return None if wide is None else Plan(wide.first[: len(self.program.first)], wide.periods)

    def _forbidden(self) -> Iterable[Circle]:
        if self.rounds <= _ROUNDS_OF_HOURS:
            return self.met
        of = {d: self.networks.of(self.program.periods[d]).hours for d in {circle.period for circle in self.met}}
        return dict.fromkeys(replace(circle, hour=hour) for circle in self.met for hour in of[circle.period])

    def _circles(self, plan: Plan) -> list[Circle]:
        every = zip(self.program.periods, plan.periods, strict=True)
        return [
            c
            for d, (period, y) in enumerate(every)
            for c in circles(d, period.columns.upper, self.networks.of(period), y)
        ]

    def _offer(self, plan: Plan, found: list[Circle]) -> None:
        """Take a plan up, freed of its circles if that can be done."""
        cost = cost_of(self.program, plan)
        freed = plan if not found else self._freed(plan, found)
        if freed is None:
            return
        mine = cost_of(self.program, freed)
        if mine <= self.best_cost:
            self.best, self.best_cost = freed, mine
        # As cheap as what the solver calls optimal.
        as_good = self.outcome.status == "optimal" and self.best_cost <= cost + _SAME * abs(cost)
        gap = relative_gap(self.best_cost, self.bound)
        self.proven = as_good or (gap is not None and (gap <= self.limits.gap or self.best_cost < self.bound))

    def _freed(self, plan: Plan, found: list[Circle]) -> Plan | None:
        """The plan with the periods of circles dispatched again; None if that cannot be done."""
        until = max(self.deadline, time.monotonic() + max(_LEAST_S, _GRACE * self.limits.time_limit_s))
        shares, totals = list(plan.periods), self.program.coupling_first @ plan.first
        for period, y in zip(self.program.periods, shares, strict=True):
            totals = totals + period.coupling @ y
        lost: dict[int, float] = {}
        for d in sorted({circle.period for circle in found}):
            period, y = self.program.periods[d], shares[d]
            one = alone(self.program, period, plan.first, y, totals)
            freed = self._closed(one, d, y, until)
            if freed is None:
                freed = self._chosen(one, d, until)
            if freed is None:
                return None
            lost[d] = float(period.columns.cost @ (freed - y))
            shares[d], totals = freed, totals + period.coupling @ (freed - y)
        return Plan(plan.first, self._improved(plan, shares, totals, lost))

    def _improved(
        self, plan: Plan, shares: list[FloatArray], totals: FloatArray, lost: dict[int, float]
    ) -> tuple[FloatArray, ...]:
        """Directions chosen where closing the weakest steps lost most, until little is lost or time is out."""
        cost = abs(cost_of(self.program, plan))
        for d in sorted(lost, key=lambda d: -lost[d]):
            if sum(lost.values()) <= max(_SMALL * self.limits.gap, _SAME) * cost or time.monotonic() > self.deadline:
                break
            period, y = self.program.periods[d], shares[d]
            chosen = self._chosen(alone(self.program, period, plan.first, y, totals), d, self.deadline)
            gained = 0.0 if chosen is None else float(period.columns.cost @ (y - chosen))
            if chosen is not None and gained > 0:
                lost[d] -= gained
                shares[d], totals = chosen, totals + period.coupling @ (chosen - y)
        return tuple(shares)

    def _closed(self, program: TwoStage, d: int, y: FloatArray, until: float) -> FloatArray | None:
        """The best dispatch of a period with the weakest step of each circle closed, again and again."""
        period = program.periods[0]
        network = self.networks.of(period)
        dearer = with_friction(period.columns.cost, network, y, FRICTION * self.limits.gap)
        slow = replace(period, columns=replace(period.columns, cost=dearer))
        paid = float(np.abs(period.columns.cost * y).sum())
        engine = Redispatch(join(replace(program, periods=(slow,))), self.limits, paid)

        def best(upper: FloatArray) -> FloatArray | None:
            left_s = until - time.monotonic()
            found = engine.best(upper, left_s) if left_s > 0 else None
            if engine.interrupted:
                self.outcome = replace(self.outcome, interrupted=True)
            return found

        met: list[Circle] = []
        bounds = period.columns.lower, period.columns.upper
        slowed = best(period.columns.upper)
        freed = None if slowed is None else close_circles(slowed, bounds, network, best, met, d)
        self.met |= dict.fromkeys(met)
        return freed

    def _chosen(self, program: TwoStage, d: int, until: float) -> FloatArray | None:
        """The best dispatch of a period with directions wherever a circle was met."""
        period = program.periods[0]
        network = self.networks.of(period)
        every = dict.fromkeys(replace(circle, period=0) for circle in self.met if circle.period == d)
        for _ in range(_TRIES):
            y = self._solve_alone(with_directions(program, self.networks, every), until)
            if y is None:
                return None
            found = circles(d, period.columns.upper, network, y)
            self.met |= dict.fromkeys(found)
            more = dict.fromkeys(replace(c, period=0) for c in found)
            if not more:
                return y
            if more.keys() <= every.keys():
                # What is left of directions that are whole but for rounding.
                return self._closed(program, d, y, until)
            every |= more
        return None

    def _solve_alone(self, program: TwoStage, until: float) -> FloatArray | None:
        left_s = until - time.monotonic()
        if left_s <= 0:
            return None
        gap = _SMALL * self.limits.gap
        limits = replace(
            self.limits, strategy="whole", workers=1, cluster="", checkpoint=None, time_limit_s=left_s, gap=gap
        )
        try:
            outcome, plan = self.again(program, limits, False)
        except SolverError:
            return None
        if outcome.interrupted:
            self.outcome = replace(self.outcome, interrupted=True)
        return None if plan is None else plan.periods[0]

    def _ended(self) -> Outcome:
        seconds = self.seconds_before + time.monotonic() - self.begun
        outcome = replace(self.outcome, strategy=self.strategy, seconds_solve=seconds)
        if self.best is None:
            over = outcome.status in ("infeasible", "unbounded", "error")
            bound = self.bound if np.isfinite(self.bound) and outcome.status != "infeasible" else None
            status = outcome.status if over else "stopped"
            return replace(outcome, status=status, objective=None, bound=bound, has_plan=False)
        bound = min(self.bound, self.best_cost) if np.isfinite(self.bound) else None
        gap = relative_gap(self.best_cost, bound)
        proven = self.proven or (gap is not None and gap <= self.limits.gap)
        return replace(
            outcome,
            status="optimal" if proven else "feasible",
            objective=self.best_cost,
            bound=bound,
            has_plan=True,
            start=None if outcome.start is None else self._start(outcome.start),
        )

    def _start(self, start: Start) -> Start:
        """What the next solve may start from, with the plan without circles."""
        plan, program = self.best, self.program
        if plan is None:
            return start
        parts = [("", program.first.labels, plan.first)]
        parts += [(d.name, d.columns.labels, y) for d, y in zip(program.periods, plan.periods, strict=True)]
        values = {(name, labels[i]): float(y[i]) for name, labels, y in parts for i in np.flatnonzero(y).tolist()}
        return replace(start, plan=values, left_open=self.best_cost - start.bound)


def cost_of(program: TwoStage, plan: Plan) -> float:
    """What a plan costs."""
    periods = zip(program.periods, plan.periods, strict=True)
    rest = sum(float(period.columns.cost @ y) for period, y in periods)
    return program.offset + float(program.first.cost @ plan.first) + rest


def alone(program: TwoStage, period: Period, first: FloatArray, y: FloatArray, totals: FloatArray) -> TwoStage:
    """A period of a plan, all else given; what holds now, to whatever tolerance, may stay as it is.

    Parameters
    ----------
    program, period : TwoStage, Period
        The whole, and one of its periods.
    first, y : ndarray of float
        What is decided once, and in the period.
    totals : ndarray of float
        Of the coupling constraints.
    """
    moved, now = period.T @ first, period.W @ y
    tied = np.flatnonzero(np.diff(period.coupling.indptr))
    use = csr_array(period.coupling[tied])
    used, others = use @ y, (totals - period.coupling @ y)[tied]
    rows = Rows(
        (*period.rows.labels, *(program.coupling.labels[i] for i in tied.tolist())),
        np.concatenate(
            [np.minimum(period.rows.least - moved, now), np.minimum(program.coupling.least[tied] - others, used)]
        ),
        np.concatenate(
            [np.maximum(period.rows.most - moved, now), np.maximum(program.coupling.most[tied] - others, used)]
        ),
    )
    none = np.zeros(0)
    nobody, nothing = Columns((), none, none, none, none.astype(bool)), Rows((), none, none)
    return TwoStage(
        first=nobody,
        offset=0.0,
        own=nothing,
        own_first=csr_array((0, 0)),
        coupling=nothing,
        coupling_first=csr_array((0, 0)),
        periods=(
            replace(
                period,
                rows=rows,
                T=csr_array((len(rows), 0)),
                W=csr_array(vstack([period.W, use])),
                coupling=csr_array((0, len(period.columns))),
            ),
        ),
        legs=program.legs,
    )
