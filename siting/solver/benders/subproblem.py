"""One period's linear program at a given plan, solved again and again from the basis that it ended with."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, vstack

from siting.errors import SolverError
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.recourse import Layout, Recourse
from siting.solver.compile.matrix import FloatArray
from siting.solver.directions import FRICTION, Circle, Network, circles, close_circles, with_friction
from siting.solver.elastic import with_slack
from siting.solver.highs.linear import new_linear, pass_arrays
from siting.solver.highs.options import accepted, set_option

_TYPICAL_COST = 100.0
"""Costs are scaled to about this size: the tolerances of HiGHS are absolute."""

_ROUNDING = 1e-8
"""Room in a budget, relative to it."""
ROUNDED = 1e-6
"""What a period may miss for the rounding of its solver, in units of its rows."""
_DEVEX, _DUAL, _PRIMAL = 1, 1, 4
_AS_IT_IS, _SCALED = 0, 2
"""By their numbers in HiGHS; as it is, a first solve takes two thirds of the time, later ones take the same."""


@dataclass(frozen=True)
class Dispatch:
    """What a period does: decisions, cost, use of the coupling constraints, what is missed, and duals of its rows."""

    y: FloatArray
    cost: float
    usage: FloatArray
    missed: float
    duals: FloatArray


@dataclass(frozen=True)
class Budget:
    """What a period may use of each coupling constraint: least and most, infinite where it does not matter."""

    least: FloatArray
    most: FloatArray


@dataclass(frozen=True)
class _Solved:
    """The basis that a period ended with, and the prices that it is optimal for."""

    basis: highspy.HighsBasis
    prices: FloatArray
    penalty: float


class Solver:
    """One HiGHS that is handed one period after the other and keeps the basis of each.

    Parameters
    ----------
    layout : Layout
        Shape of all periods.
    parameters : Parameters
        Says when a period is solved in two steps.
    """

    def __init__(self, layout: Layout, parameters: Parameters = DEFAULT) -> None:
        self._layout, self._few_duals = layout, parameters.few_duals
        self._known: dict[Hashable, _Solved] = {}
        self._latest: highspy.HighsBasis | None = None
        self._engine = new_linear(simplex_dual_edge_weight_strategy=_DEVEX)

    def solve(
        self,
        key: Hashable,
        period: Recourse,
        x: FloatArray,
        prices: FloatArray,
        penalty: float,
        budget: Budget | None = None,
    ) -> Dispatch:
        """The cheapest dispatch at a plan, use of the coupling constraints being paid at given prices.

        Parameters
        ----------
        key : hashable
            Under which the basis is kept; a new one starts from the basis of the period before.
        period : Recourse
            The period.
        x : ndarray of float
            The links of the plan.
        prices : ndarray of float
            Of the coupling constraints.
        penalty : float
            Cost of a unit of shortfall.
        budget : Budget, optional
            Without one the coupling constraints only have their prices.
        """
        upper, scale, n = _upper(period, x), _scale(period.cost), len(self._layout.columns)
        moved = period.T @ x
        self._optimize(key, period, (moved, upper), prices, penalty, budget)
        solution, y = self._engine.getSolution(), self._values(period, upper)
        values = np.asarray(solution.col_value, dtype=float)
        return Dispatch(
            y=y,
            cost=float(period.cost @ y),
            usage=np.asarray(period.usage @ y, dtype=float),
            missed=float(np.maximum(values[n:], 0.0).sum()),
            duals=np.asarray(solution.row_dual, dtype=float)[: len(moved)] / scale,
        )

    def _optimize(
        self,
        key: Hashable,
        period: Recourse,
        at: tuple[FloatArray, FloatArray],
        prices: FloatArray,
        penalty: float,
        budget: Budget | None,
    ) -> None:
        """Solve a period whose plan uses so much of its rows and leaves these upper bounds (``at``)."""
        layout, scale, (moved, upper) = self._layout, _scale(period.cost), at
        n, extra = len(layout.columns), len(layout.raised) + len(layout.lowered)

        def cost(prices: FloatArray, penalty: float) -> FloatArray:
            return np.concatenate([period.cost - prices @ period.usage, np.full(extra, penalty)]) * scale

        bounds = np.concatenate([period.lower, np.zeros(extra)]), np.concatenate([upper, np.full(extra, np.inf)])
        matrix, sides = with_slack(period.W, layout.raised, layout.lowered), (period.least - moved, period.most - moved)
        if budget is not None:
            matrix, sides = _within(budget, period, matrix, sides)
        known = self._known.get(key)
        begun = None if known is None or budget is not None or not self._many_differ(prices, known.prices) else known
        old = (prices, penalty) if begun is None else (begun.prices, begun.penalty)
        pass_arrays(self._engine, matrix, cost(*old), bounds, sides)
        self._start(self._latest if known is None else known.basis, 0 if budget is None else len(prices))
        if budget is None:
            self._run()
        else:
            self._run_within(np.arange(n, n + extra, dtype=np.int32))
        if begun is not None:
            columns = np.arange(n + extra, dtype=np.int32)
            accepted(self._engine.changeColsCost(n + extra, columns, cost(prices, penalty)), "costs")
            self._run(_PRIMAL)
        if budget is None:
            self._latest = self._engine.getBasis()
            self._known[key] = _Solved(self._latest, prices, penalty)

    def one_way(
        self,
        key: Hashable,
        period: Recourse,
        x: FloatArray,
        penalty: float,
        budget: Budget,
        network: Network,
        gap: float,
        y: FloatArray | None = None,
    ) -> tuple[FloatArray, list[Circle]]:
        """The cheapest dispatch within a budget that does not go round in circles.

        Where it would, free circles go by a little friction, and the weakest step of each of the others is closed,
        again and again. If that leaves no dispatch, or one that misses something, it is the one with circles.

        Parameters
        ----------
        key, period, x, penalty, budget
            As of :meth:`solve`.
        network : Network
            Flows that may not go round in a circle.
        gap : float
            Asked for.
        y : ndarray of float, optional
            A dispatch that is as good, and taken if it has no circles.

        Returns
        -------
        tuple of ndarray of float, list of Circle
            The dispatch, and circles that were met on the way, of period 0.
        """
        none, loaded = np.zeros(len(budget.least)), y is None
        if y is None:
            solved = self.solve(key, period, x, none, penalty, budget)
            y = solved.y
            if solved.missed > ROUNDED:
                return y, []
        met = circles(0, period.upper, network, y)
        if not met:
            return y, []
        every = np.arange(len(y), dtype=np.int32)
        dear, upper = with_friction(period.cost, network, y, FRICTION * gap), _upper(period, x)

        def best(closed: FloatArray, strategy: int = _DUAL) -> FloatArray | None:
            within = np.minimum(upper, closed)
            try:
                accepted(self._engine.changeColsBounds(len(within), every, period.lower, within), "bounds")
                self._run(strategy)
            except SolverError:
                # Directions for what is left are looked for elsewhere.
                return None
            return self._values(period, within)

        if loaded:
            accepted(self._engine.changeColsCost(len(y), every, dear * _scale(period.cost)), "costs")
            slowed = best(upper, _PRIMAL)
        else:
            found = self.solve(key, replace(period, cost=dear), x, none, penalty, budget)
            slowed = None if found.missed > ROUNDED else found.y
        bounds = period.lower, period.upper
        freed = None if slowed is None else close_circles(slowed, bounds, network, best, met)
        return (y if freed is None else freed), met

    def _many_differ(self, prices: FloatArray, old: FloatArray) -> bool:
        """Whether a period is solved in two steps, its new bounds at old prices first."""
        return int(np.count_nonzero(prices != old)) > self._few_duals

    def _values(self, period: Recourse, upper: FloatArray) -> FloatArray:
        values = np.asarray(self._engine.getSolution().col_value, dtype=float)
        within: FloatArray = np.clip(values[: len(upper)], period.lower, upper)
        return within

    def _start(self, basis: highspy.HighsBasis | None, budgets: int) -> None:
        """Begin with a basis, rows of budgets below its own being basic."""
        if basis is None:
            return
        rows = basis.row_status
        if budgets:
            basis.row_status = [*rows, *(highspy.HighsBasisStatus.kBasic for _ in range(budgets))]
        accepted(self._engine.setBasis(basis), "a basis")
        if budgets:
            basis.row_status = rows

    def _run_within(self, missed: npt.NDArray[np.int32]) -> None:
        """Miss nothing within a budget, which is what dispatches that miss nothing use."""
        count, zero = len(missed), np.zeros(len(missed))
        accepted(self._engine.changeColsBounds(count, missed, zero, zero), "bounds")
        try:
            self._run()
        except SolverError:
            # Rounding may leave no room; the audit tells whether what is missed then counts.
            accepted(self._engine.changeColsBounds(count, missed, zero, np.full(count, np.inf)), "bounds")
            self._run()

    def _run(self, strategy: int = _DUAL) -> None:
        engine = self._engine
        for way, scaling in ((strategy, _AS_IT_IS), (_DUAL, _SCALED)):
            set_option(engine, "simplex_strategy", way)
            set_option(engine, "simplex_scale_strategy", scaling)
            engine.run()
            status = engine.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return
            engine.clearSolver()
        raise SolverError(f"a period could not be solved: {engine.modelStatusToString(status)}")


def _upper(period: Recourse, x: FloatArray) -> FloatArray:
    """Upper bounds of the columns at a plan."""
    upper = period.upper.copy()
    upper[period.capped] = np.minimum(upper[period.capped], period.most_cap - period.cap @ x)
    return np.maximum(upper, period.lower)


def _within(
    budget: Budget, period: Recourse, matrix: csc_array, sides: tuple[FloatArray, FloatArray]
) -> tuple[csc_array, tuple[FloatArray, FloatArray]]:
    """The budgets as rows below the others, with coefficients of at most one."""
    size = abs(period.usage).max(axis=1).toarray().ravel()
    unit = np.where(size > 0, size, 1.0)
    least, most = budget.least - _ROUNDING * np.abs(budget.least), budget.most + _ROUNDING * np.abs(budget.most)
    usage = csr_array(period.usage.multiply(1 / unit[:, None]))
    below = csr_array((usage.data, usage.indices, usage.indptr), shape=(len(unit), matrix.shape[1]))
    both = np.concatenate([sides[0], least / unit]), np.concatenate([sides[1], most / unit])
    return csc_array(vstack([matrix, below])), both


def _scale(cost: FloatArray) -> float:
    """Brings the costs of a period to a size that suits the solver."""
    size = np.abs(cost[cost != 0])
    return _TYPICAL_COST / float(size.mean()) if len(size) else 1.0
