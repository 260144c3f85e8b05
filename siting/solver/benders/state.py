"""How far a decomposition is: what is proven, the best plan, and where the search stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from siting.solver.benders.convex_combination import Combination
from siting.solver.compile.matrix import FloatArray
from siting.solver.highs.engine import BY_BRANCHING, BY_DUALITY, relative_gap


class Phase(StrEnum):
    """What is being done, as it is shown."""

    MEANS = "means"
    RELAXATION = "relaxation"
    EVEN_STATES = "even states"
    ROUNDING = "rounded plan"
    BRANCH_AND_BOUND = "branch and bound"


@dataclass
class State:
    """Bound and incumbent of the whole program; they hold at every moment.

    Parameters
    ----------
    centre : ndarray of float
        Stability centre: the first stage around which the relaxation searched last.
    tolerance : float
        A bound may exceed the cost of a plan by so much, relative to it.
    phase : Phase
        What is being done.
    lower_bound : float
        No plan costs less.
    dual_bound : float
        The same, as far as weak duality alone proves it.
    incumbent : Combination or None
        The best plan.
    infeasible : bool
        Whether it is proven that there is no plan.
    """

    centre: FloatArray
    tolerance: float
    phase: Phase = Phase.MEANS
    lower_bound: float = -np.inf
    dual_bound: float = -np.inf
    incumbent: Combination | None = None
    infeasible: bool = False

    @property
    def gap(self) -> float:
        """Relative distance of incumbent and bound."""
        gap = None if self.incumbent is None else relative_gap(self.incumbent.value, self.lower_bound)
        return np.inf if gap is None else gap

    @property
    def proof(self) -> str:
        """What proves the bound."""
        return BY_DUALITY if self.lower_bound <= self.dual_bound else BY_BRANCHING

    def raise_bound(self, bound: float | None, ceiling: float) -> None:
        """Take up a bound if it is better; above the ceiling, which no plan exceeds, it proves that there is none."""
        if bound is None:
            return
        if bound > ceiling:
            self.infeasible = self.incumbent is None
        elif bound > self.lower_bound and not self._contradicted(bound):
            self.lower_bound = bound

    def improve(self, plan: Combination | None) -> None:
        """Take up a plan if it is cheaper than the incumbent."""
        if plan is not None and (self.incumbent is None or plan.value < self.incumbent.value):
            self.incumbent = plan
            if self._contradicted(self.lower_bound):
                self.lower_bound = self.dual_bound

    def _contradicted(self, bound: float) -> bool:
        """Whether the incumbent says that a bound of branch and bound, which no weak duality proves, is wrong."""
        best = self.incumbent
        return best is not None and bound > best.value + self.tolerance * abs(best.value)
