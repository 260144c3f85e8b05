"""The master: what is decided once, and what the dispatch costs by the cuts known so far.

Columns: the first stage, the cost of each group of periods, what each group uses of every coupling constraint (its
budget), and how far that row is broken, at a penalty.
Rows: the first stage's own, the coupling constraints, and the cuts. Held in a trust region around a plan it tells
where to look next (Marsten, Hogan and Blankenship, "The BOXSTEP method for large-scale optimization", Operations
Research 23, 1975); without the box its duals prove a bound of the whole problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, csc_array, csr_array, hstack, vstack

from siting.errors import SolverError
from siting.solver.benders.cuts import Cut
from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.recourse import Layout, Recourse, ranges
from siting.solver.compile.matrix import FloatArray, Matrix, pass_to
from siting.solver.compile.two_stage import Rows, TwoStage
from siting.solver.compressed import Items
from siting.solver.duality import least_sum, usable_duals
from siting.solver.highs.linear import new_linear
from siting.solver.highs.options import accepted, set_option
from siting.solver.highs.small_coefficients import SMALLEST

_USUAL: dict[str, Any] = {"solver": "simplex", "presolve": "choose", "simplex_strategy": 1, "simplex_scale_strategy": 2}
_AGAIN: tuple[dict[str, Any], ...] = (
    {},
    {"presolve": "off", "simplex_scale_strategy": 0},
    {"presolve": "off", "simplex_strategy": 4},
    {"presolve": "off", "solver": "ipm"},
)
"""How a master that simplex cannot decide from where it was is tried: from nothing, without scaling, by the primal
simplex, by interior point."""
_MOST_ITERATIONS = 20
"""Times rows and columns; it takes a hundredth of that."""
EVERYWHERE = 50.0
"""Radius of a box around a plan that holds all plans."""


@dataclass(frozen=True)
class Step:
    """A solution of the master: value, first stage, duals of the coupling constraints, and the bound of all duals.

    Of the bound the sides of the coupling constraints are left out; with any sides the duals pay for it is one.
    """

    value: float
    x: FloatArray
    prices: FloatArray
    below: float

    def bound(self, coupling: Rows) -> float:
        """No plan costs less with these sides of the coupling constraints."""
        return self.below + least_sum(self.prices, coupling.least, coupling.most)


class Master:
    """The master program of a two-stage program.

    Parameters
    ----------
    program : TwoStage
        The program.
    layout : Layout
        Of its periods.
    periods : sequence of Recourse
        In the layout.
    groups : ndarray of int
        The group of each period.
    breaking : ndarray of float
        What it costs to break each coupling constraint, a unit.
    parameters : Parameters
        Says when cuts are dropped.

    Attributes
    ----------
    infeasible, late : bool
        Why there was no solution.
    keeps_cuts : bool
        Whether cuts without a price are kept.
    strict : bool
        Whether no coupling constraint may be broken by the integers that it proposes.
    """

    def __init__(
        self,
        program: TwoStage,
        layout: Layout,
        periods: Items[Recourse],
        groups: npt.NDArray[np.int64],
        breaking: FloatArray,
        parameters: Parameters = DEFAULT,
    ) -> None:
        self._idle_solves = parameters.idle_solves
        self.program, self.linking, self._breaking = program, layout.linking, breaking
        self.infeasible = self.late = self.keeps_cuts = self.strict = False
        self.lower, self.upper = program.first.lower.copy(), program.first.upper.copy()
        self._size, self._groups, self._rules = len(program.first), int(groups.max()) + 1, len(program.coupling)
        self._least_cost, self._least_use, self._most_use = ranges(periods, groups, self._groups, self._rules)
        self._own, self._coupling = csr_array(program.own_first), csr_array(program.coupling_first)
        self._fixed_rows = len(program.own) + self._rules
        self._group = np.zeros(0, dtype=np.int64)
        self._constant = np.zeros(0)
        self._slope = np.zeros((0, len(self.linking)))
        self._price = np.zeros((0, self._rules))
        # 1: a cut of what a group costs; 0: one that every plan keeps, whatever it costs.
        self._costs = np.zeros(0)
        self._idle = np.zeros(0, dtype=np.int64)
        self._engine = new_linear()
        whole = self.matrix()
        pass_to(self._engine, replace(whole, integer=np.zeros_like(whole.integer)))

    def add(self, cuts: Mapping[int, Cut]) -> None:
        """Add cuts of groups."""
        self._append(
            np.array(list(cuts), dtype=np.int64),
            np.array([c.constant for c in cuts.values()]),
            np.array([c.slope for c in cuts.values()]),
            np.array([c.prices for c in cuts.values()]),
            np.ones(len(cuts)),
        )

    def take_over(self, other: Master) -> None:
        """Take over what another master, in which nothing costs but what is missed, has just proven to be missed.

        No plan misses anything, so those of its cuts that have a price hold without the cost of their groups.
        """
        cuts, priced = other.cuts, other.priced
        group, constant, slope, price = (cuts[name][priced] for name in ("group", "constant", "slope", "price"))
        self._append(group, constant, slope, price, np.zeros(len(group)))
        self.strict = True

    @property
    def priced(self) -> npt.NDArray[np.bool_]:
        """Which cuts had a price in the last solution."""
        return np.asarray(self._idle == 0)

    @property
    def cuts(self) -> dict[str, npt.NDArray[Any]]:
        """All cuts, as arrays."""
        return {
            "group": self._group,
            "constant": self._constant,
            "slope": self._slope,
            "price": self._price,
            "costs": self._costs,
        }

    def restore(self, cuts: Mapping[str, npt.NDArray[Any]]) -> None:
        """Add the cuts of a master of the same program."""
        self._append(cuts["group"], cuts["constant"], cuts["slope"], cuts["price"], cuts["costs"])
        self.strict = bool((cuts["costs"] == 0).any())

    def _append(
        self,
        group: npt.NDArray[np.int64],
        constant: FloatArray,
        slope: FloatArray,
        price: FloatArray,
        costs: FloatArray,
    ) -> None:
        before, count = len(self._group), len(group)
        constant, slope, price = self._felt(group, constant, slope, price)
        self._group = np.concatenate([self._group, group])
        self._constant = np.concatenate([self._constant, constant])
        self._slope = np.vstack([self._slope, slope])
        self._price = np.vstack([self._price, price])
        self._costs = np.concatenate([self._costs, costs])
        self._idle = np.concatenate([self._idle, np.zeros(count, dtype=np.int64)])
        rows = self._cut_rows(np.arange(before, before + count))
        start, index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        added = self._engine.addRows(count, constant, np.full(count, np.inf), rows.nnz, start, index, rows.data)
        accepted(added, "cuts")

    def _felt(
        self, group: npt.NDArray[np.int64], constant: FloatArray, slope: FloatArray, price: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Cuts without coefficients that HiGHS would drop; what those may be worth goes off the constant."""
        faint_slope = (slope != 0) & (np.abs(slope) < SMALLEST)
        faint_price = (price != 0) & (np.abs(price) < SMALLEST)
        if not faint_slope.any() and not faint_price.any():
            return constant, slope, price
        small, few = np.where(faint_slope, slope, 0.0), np.where(faint_price, price, 0.0)
        first = self.program.first
        low, up = first.lower[self.linking], first.upper[self.linking]
        worth = np.minimum(small * low, small * up).sum(axis=1)
        worth += np.minimum(few * self._least_use[group], few * self._most_use[group]).sum(axis=1)
        return constant + worth, slope - small, price - few

    def value_of(self, x: FloatArray) -> float:
        """What a first stage costs by itself."""
        return float(self.program.first.cost @ x + self.program.offset)

    def solve(self, time_left_s: float) -> Step | None:
        """The relaxation without a trust region; None if it has no plan, or no time was left to find it."""
        step = self._solve(time_left_s)
        if step is not None and not self.keeps_cuts:
            self._drop_idle()
        if step is None and not self.infeasible and not self.late:
            status = self._engine.modelStatusToString(self._engine.getModelStatus())
            raise SolverError(f"the master could not be solved: {status}")
        return step

    def solve_near(self, centre: FloatArray, radius: float, time_left_s: float) -> Step | None:
        """The relaxation in a trust region; see :meth:`trust_region`."""
        every = np.arange(self._size, dtype=np.int32)
        accepted(self._engine.changeColsBounds(self._size, every, *self.trust_region(centre, radius)), "bounds")
        step = self._solve(time_left_s)
        accepted(self._engine.changeColsBounds(self._size, every, self.lower, self.upper), "bounds")
        return step

    def trust_region(self, centre: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of the first stage with the links near a plan: a share of their own size, or of a part of their range.

        Parameters
        ----------
        centre : ndarray of float
            The plan.
        radius : float
            The share; ``EVERYWHERE`` is far enough for the whole range.
        """
        at, low, up = self.linking, self.lower.copy(), self.upper.copy()
        reach = radius * np.maximum(np.abs(centre[at]), (up[at] - low[at]) / EVERYWHERE)
        low[at], up[at] = (np.clip(centre[at] + side, self.lower[at], self.upper[at]) for side in (-reach, reach))
        return low, up

    def price(self, breaking: FloatArray) -> None:
        """Other prices of breaking coupling constraints."""
        self._breaking = breaking
        at = self._size + self._groups * (1 + self._rules) + np.arange(2 * self._rules, dtype=np.int32)
        accepted(self._engine.changeColsCost(len(at), at.astype(np.int32), np.tile(breaking, 2)), "costs")

    def limit(self, coupling: Rows) -> None:
        """Other sides of the coupling constraints; no cut depends on them."""
        self.program = replace(self.program, coupling=coupling)
        for i, (least, most) in enumerate(zip(coupling.least.tolist(), coupling.most.tolist(), strict=True)):
            accepted(self._engine.changeRowBounds(len(self.program.own) + i, least, most), "sides")

    def confine(self, lower: FloatArray, upper: FloatArray) -> None:
        """Other bounds of the first stage, as with integers given."""
        self.lower, self.upper = lower.copy(), upper.copy()
        every = np.arange(self._size, dtype=np.int32)
        accepted(self._engine.changeColsBounds(self._size, every, self.lower, self.upper), "bounds")

    def matrix(self) -> Matrix:
        """The master as a program of its own, integers included."""
        program, groups, rules = self.program, self._groups, self._rules
        budgets = groups * rules
        unit = np.eye(rules)
        total = csr_array(np.hstack([np.tile(unit, (1, groups)), unit, -unit]))
        own = csr_array((len(program.own), groups + budgets + 2 * rules))
        fixed = block_array([[self._own, own], [self._coupling, hstack([csr_array((rules, groups)), total])]])
        sparse = csc_array(vstack([fixed, self._cut_rows(np.arange(len(self._group)))], format="csc"))
        size, nothing = self._size + groups + budgets + 2 * rules, np.zeros(2 * rules)
        broken = np.full(2 * rules, 0.0 if self.strict else np.inf)
        return Matrix(
            columns=list(range(size)),
            rows=list(range(sparse.shape[0])),
            cost=np.concatenate([program.first.cost, np.ones(groups), np.zeros(budgets), np.tile(self._breaking, 2)]),
            offset=program.offset,
            lower=np.concatenate([self.lower, self._least_cost, self._least_use.ravel(), nothing]),
            upper=np.concatenate([self.upper, np.full(groups, np.inf), self._most_use.ravel(), broken]),
            integer=np.concatenate([program.first.integer, np.zeros(size - self._size, dtype=bool)]),
            block=np.full(size, -1),
            blocks=(),
            start=sparse.indptr.astype(np.int32),
            index=sparse.indices.astype(np.int32),
            value=sparse.data,
            least=np.concatenate([program.own.least, program.coupling.least, self._constant]),
            most=np.concatenate([program.own.most, program.coupling.most, np.full(len(self._group), np.inf)]),
        )

    def _cut_rows(self, which: npt.NDArray[np.int64]) -> csr_array:
        """Cost of the group, or nothing, − slope · x − prices · budget >= constant."""
        shape = (len(which), self._size + self._groups + self._groups * self._rules + 2 * self._rules)
        row = np.arange(len(which))
        linking, rules = len(self.linking), self._rules
        group = self._group[which]
        budget = self._size + self._groups + (group[:, None] * rules + np.arange(rules)[None, :])
        rows = np.concatenate([row, np.repeat(row, linking), np.repeat(row, rules)])
        columns = np.concatenate([self._size + group, np.tile(self.linking, len(which)), budget.ravel()])
        values = np.concatenate([self._costs[which], -self._slope[which].ravel(), -self._price[which].ravel()])
        kept = values != 0
        return csr_array((values[kept], (rows[kept], columns[kept])), shape=shape)

    def _solve(self, time_left_s: float) -> Step | None:
        engine, kinds = self._engine, highspy.HighsModelStatus
        set_option(engine, "time_limit", engine.getRunTime() + max(time_left_s, 0.1))
        # Where the dual simplex turns in circles it does not look at the clock.
        set_option(engine, "simplex_iteration_limit", _MOST_ITERATIONS * (engine.getNumRow() + engine.getNumCol()))
        decided = (kinds.kOptimal, kinds.kInfeasible, kinds.kTimeLimit)
        engine.run()
        for options in _AGAIN:
            if engine.getModelStatus() in decided:
                break
            engine.clearSolver()
            for name, value in {**_USUAL, **options}.items():
                set_option(engine, name, value)
            engine.run()
        for name, value in _USUAL.items():
            set_option(engine, name, value)
        status = engine.getModelStatus()
        self.infeasible, self.late = status == kinds.kInfeasible, status == kinds.kTimeLimit
        if status != kinds.kOptimal:
            return None
        solution = engine.getSolution()
        x = np.clip(np.asarray(solution.col_value, dtype=float)[: self._size], self.lower, self.upper)
        duals = np.asarray(solution.row_dual, dtype=float)
        self._idle = np.where(duals[self._fixed_rows :] > 0, 0, self._idle + 1)
        return self._step(float(engine.getInfo().objective_function_value), x, duals)

    def _step(self, value: float, x: FloatArray, duals: FloatArray) -> Step:
        """What prices of the rows prove by weak duality, whatever the tolerances of the solver."""
        program, own_rows, coupling_rows = self.program, self.program.own, self.program.coupling
        own = usable_duals(duals[: len(own_rows)], own_rows.least, own_rows.most)
        coupling = usable_duals(duals[len(own_rows) : self._fixed_rows], coupling_rows.least, coupling_rows.most)
        coupling = np.clip(coupling, -self._breaking, self._breaking)
        # Weights of the cuts, at most one in all for each group: their mean is a cut, too. Of those that every plan
        # keeps any multiple may be added.
        share = np.maximum(duals[self._fixed_rows :], 0.0)
        total = np.bincount(self._group, share * self._costs, self._groups)
        share = np.where(self._costs > 0, share / np.maximum(total, 1.0)[self._group], share)
        rest = 1.0 - np.bincount(self._group, share * self._costs, self._groups)
        cost = program.first.cost - coupling @ self._coupling
        cost[self.linking] += share @ self._slope
        budgets = np.zeros((self._groups, self._rules))
        np.add.at(budgets, self._group, share[:, None] * self._price)
        below = program.offset + float(
            share @ self._constant
            + rest @ self._least_cost
            + least_sum(own, own_rows.least, own_rows.most)
            + least_sum(cost - own @ self._own, self.lower, self.upper)
            + least_sum(budgets - coupling, self._least_use, self._most_use)
        )
        return Step(value, x, coupling, below)

    def _drop_idle(self) -> None:
        idle = (self._idle >= self._idle_solves) & (self._costs > 0)
        if idle.sum() <= self._groups:
            return
        rows = (self._fixed_rows + np.flatnonzero(idle)).astype(np.int32)
        accepted(self._engine.deleteRows(len(rows), rows), "fewer cuts")
        kept = ~idle
        self._group, self._constant, self._idle = self._group[kept], self._constant[kept], self._idle[kept]
        self._slope, self._price, self._costs = self._slope[kept], self._price[kept], self._costs[kept]
