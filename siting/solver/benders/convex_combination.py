"""Plans between those that were evaluated.

The cost of a dispatch and its use of the coupling constraints are linear in plan and dispatch together, so a weighted
mean of evaluated plans with the same mean of their dispatches is a plan with a dispatch, and its cost is exact: an
upper bound wherever the coupling constraints hold (Dantzig and Wolfe, "Decomposition principle for linear programs",
Operations Research 8, 1960). No dispatch need be kept for that: with the mean of their use of the coupling constraints
as its budget, each period finds one again that costs no more. What no period sees, as who claims green power, is
decided anew for each mean. The prices of the coupling constraints say what the next dispatch should avoid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from siting.errors import SolverError
from siting.solver.benders.penalties import Penalties
from siting.solver.benders.recourse import Layout
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import TwoStage
from siting.solver.highs.linear import new_linear, pass_arrays


@dataclass(frozen=True)
class Evaluated:
    """An evaluated plan.

    Parameters
    ----------
    key : int
        Its number.
    x : ndarray of float
        First stage.
    cost, shortfall : float
        Of the dispatch in all periods.
    usage : ndarray of float, shape (periods, coupling constraints)
        What the dispatch uses.
    """

    key: int
    x: FloatArray
    cost: float
    usage: FloatArray
    shortfall: float


@dataclass(frozen=True)
class Combination:
    """A weighted mean of evaluated plans.

    Parameters
    ----------
    value : float
        Cost, with what is broken.
    x : ndarray of float
        First stage.
    usage : ndarray of float, shape (periods, coupling constraints)
        What its dispatch uses.
    weights : dict of int to float
        By key.
    shortfall : float
        Of all periods.
    broken : ndarray of float
        How far each coupling constraint is broken.
    prices : ndarray of float
        Of the coupling constraints.
    """

    value: float
    x: FloatArray
    usage: FloatArray
    weights: dict[int, float]
    shortfall: float
    broken: FloatArray
    prices: FloatArray


class ConvexCombination:
    """Convex combinations of evaluated plans.

    Parameters
    ----------
    program : TwoStage
        The program.
    layout : Layout
        Of its periods.
    bounds : pair of ndarray of float
        Lower and upper bounds of the first stage.
    most : int
        About how many plans are kept.
    unpaid : bool
        Whether nothing counts but what is broken.
    """

    def __init__(
        self,
        program: TwoStage,
        layout: Layout,
        bounds: tuple[FloatArray, FloatArray],
        most: int,
        *,
        unpaid: bool = False,
    ) -> None:
        self.program, self.bounds, self.most, self._unpaid = program, bounds, most, unpaid
        self.known: list[Evaluated] = []
        self.seeded = False
        first = program.first
        seen = np.zeros(len(first), dtype=bool)
        seen[layout.linking] = True
        coupling = np.zeros(len(first), dtype=bool)
        coupling[program.coupling_first.indices] = True
        free = coupling & ~seen & ~first.integer
        self._free, self._kept = np.flatnonzero(free), np.flatnonzero(~free)
        own = csc_array(program.own_first)
        self._rows = np.unique(own[:, self._free].indices)
        # Rows of the first stage that hold what is decided anew, then the coupling constraints.
        both = csr_array(np.vstack([own.tocsr()[self._rows].toarray(), csr_array(program.coupling_first).toarray()]))
        self._anew, self._given = both.tocsc()[:, self._free].toarray(), csr_array(both.tocsc()[:, self._kept])
        self._least = np.concatenate([[1.0], program.own.least[self._rows], program.coupling.least])
        self._most = np.concatenate([[1.0], program.own.most[self._rows], program.coupling.most])

    def add(self, plan: Evaluated) -> None:
        """Add an evaluated plan."""
        self.known.append(plan)

    def seed(self, plans: Iterable[Evaluated]) -> None:
        """Add plans of which a combination keeps all rows, but may be far from the best."""
        self.known += plans
        self.seeded = True

    def paid(self, plan: Evaluated) -> float:
        """What counts of the cost of its dispatch."""
        return 0.0 if self._unpaid else plan.cost

    def forget(self, *means: Combination | None) -> None:
        """Forget old plans that none of some means needs."""
        needed = {key for mean in means if mean is not None for key in mean.weights}
        if len(self.known) > self.most:
            needed |= {plan.key for plan in self.known[-self.most // 2 :]}
            self.known = [plan for plan in self.known if plan.key in needed]

    def best(self) -> Combination | None:
        """The cheapest mean that keeps the coupling constraints and misses nothing; None if there is none."""
        whole = [plan for plan in self.known if plan.shortfall == 0]
        return self._solve(whole, None) if whole else None

    def priced(self, prices: Penalties) -> Combination:
        """The cheapest mean if rows may be broken at their prices."""
        mean = self._solve(self.known, prices)
        if mean is None:
            raise SolverError("the evaluated plans could not be combined")
        return mean

    def _solve(self, plans: list[Evaluated], breaking: Penalties | None) -> Combination | None:
        first, rules, count, free = self.program.first, len(self.program.coupling), len(plans), len(self._free)
        x = np.array([plan.x for plan in plans])
        shortfall = np.array([plan.shortfall for plan in plans])
        given = self._given @ x[:, self._kept].T
        given[len(self._rows) :] += np.array([plan.usage.sum(axis=0) for plan in plans]).T.reshape(rules, count)
        paid = x[:, self._kept] @ first.cost[self._kept] + [self.paid(plan) for plan in plans]
        parts = [np.vstack([np.ones(count), given]), np.vstack([np.zeros(free), self._anew])]
        cost = [paid, first.cost[self._free]]
        lower, upper = [np.zeros(count), self.bounds[0][self._free]], [np.ones(count), self.bounds[1][self._free]]
        if breaking is not None:
            unit = np.vstack([np.zeros((1 + len(self._rows), rules)), np.eye(rules)])
            parts += [unit, -unit]
            cost = [paid + breaking.slack * shortfall, first.cost[self._free], breaking.coupling, breaking.coupling]
            lower, upper = [*lower, np.zeros(2 * rules)], [*upper, np.full(2 * rules, np.inf)]
        engine = new_linear()
        matrix = csc_array(np.hstack(parts))
        bounds = np.concatenate(lower), np.concatenate(upper)
        pass_arrays(engine, matrix, np.concatenate(cost), bounds, (self._least, self._most))
        engine.run()
        if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = engine.getSolution()
        values = np.asarray(solution.col_value, dtype=float)
        weight = np.maximum(values[:count], 0.0)
        weight /= weight.sum()
        mean = weight @ x
        mean[self._free] = values[count : count + free]
        return Combination(
            value=float(engine.getInfo().objective_function_value + self.program.offset),
            x=np.clip(mean, *self.bounds),
            usage=np.tensordot(weight, [plan.usage for plan in plans], axes=1),
            weights={plan.key: float(w) for plan, w in zip(plans, weight, strict=True) if w > 1e-12},
            shortfall=float(weight @ shortfall),
            broken=values[count + free :].reshape(len(parts) - 2, rules).sum(axis=0),
            prices=np.asarray(solution.row_dual, dtype=float)[len(self._least) - rules :],
        )
