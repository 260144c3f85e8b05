"""Cuts: what the dispatch of periods costs at least, as a linear function of the plan.

Weak duality makes a cut of *any* prices of a period's rows, each column at the better of its bounds, so that no
tolerance of a solver counts (Benders, "Partitioning procedures for solving mixed-variables programming problems",
Numerische Mathematik 4, 1962; Geoffrion, "Generalized Benders decomposition", Journal of Optimization Theory and
Applications 10, 1972). For a period with cost ``c``, prices ``λ`` of the coupling constraints and ``π`` of its own:

    cost(x) − λ · usage  >=  π · side − (Tᵀπ) · x + Σ_j min over the bounds of y_j of (c − λ usage − Wᵀπ)_j y_j
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.solver.benders.recourse import Layout, Recourse
from siting.solver.compile.matrix import FloatArray
from siting.solver.duality import best_side, usable_duals


@dataclass(frozen=True)
class Cut:
    """``cost >= constant + slope · x + prices · usage``, of a period or, summed, of a group of periods."""

    constant: float
    slope: FloatArray
    prices: FloatArray

    def __add__(self, other: Cut) -> Cut:
        """The cut of both, at the same prices of the coupling constraints."""
        return Cut(self.constant + other.constant, self.slope + other.slope, self.prices)


def cut(layout: Layout, period: Recourse, duals: FloatArray, prices: FloatArray, penalty: float, x: FloatArray) -> Cut:
    """The cut that some prices of a period's rows prove.

    Parameters
    ----------
    layout, period : Layout, Recourse
        The period.
    duals : ndarray of float
        Prices of its rows.
    prices : ndarray of float
        Of the coupling constraints.
    penalty : float
        Of a unit of shortfall.
    x : ndarray of float
        The links of the plan where the cut shall be tight: of two bounds of a column the one that counts there is
        taken.
    """
    pi = _usable(layout, period, duals, penalty)
    reduced = period.cost - prices @ period.usage - pi @ period.W
    constant = pi @ best_side(pi, period.least, period.most)
    bound = best_side(reduced, period.lower, period.upper)
    at_cap = (reduced[period.capped] < 0) & (period.most_cap - period.cap @ x <= period.upper[period.capped])
    bound[period.capped[at_cap]] = period.most_cap[at_cap]
    constant += reduced @ bound
    slope = -(pi @ period.T) - np.where(at_cap, reduced[period.capped], 0.0) @ period.cap
    return Cut(float(constant), np.asarray(slope, dtype=float), prices)


def _usable(layout: Layout, period: Recourse, duals: FloatArray, penalty: float) -> FloatArray:
    """Prices whose sign fits the sides of the rows that exist, and that no shortfall undercuts."""
    pi = usable_duals(duals, period.least, period.most)
    pi[layout.raised] = np.minimum(pi[layout.raised], penalty)
    pi[layout.lowered] = np.maximum(pi[layout.lowered], -penalty)
    return pi
