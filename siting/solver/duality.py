"""Weak duality: what any duals prove, whatever the tolerances of the solver that found them.

For ``minimize c·x, row_lower <= A x <= row_upper, lower <= x <= upper`` and any duals ``y`` whose sign fits a side that
exists, no plan costs less than

    Σ_i min over the sides of row i of y_i a_i  +  Σ_j min over the bounds of x_j of (c − Aᵀy)_j x_j

The bound of a matrix, the bound of the Benders master and every Benders cut are this sum over different rows.
"""

from __future__ import annotations

import numpy as np

from siting.solver.compile.matrix import FloatArray, Matrix

_CANCELLED = 1e-12
"""Share of the terms of a sum below which it is rounding."""


def usable_duals(duals: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Duals whose sign fits the side of the row that exists; others count for nothing."""
    wrong = ((duals > 0) & ~np.isfinite(lower)) | ((duals < 0) & ~np.isfinite(upper))
    return np.where(wrong, 0.0, duals)


def best_side(prices: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Where between two sides a price times the value is least; 0 without a price."""
    return np.where(prices == 0, 0.0, np.where(prices > 0, lower, upper))


def least_terms(prices: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The least of each price times what lies between its two sides."""
    terms: FloatArray = prices * best_side(prices, lower, upper)
    return terms


def least_sum(prices: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """The least of prices times what lies between two sides."""
    return float(least_terms(prices, lower, upper).sum())


def reduced_costs(matrix: Matrix, duals: FloatArray) -> FloatArray:
    """Cost of each column less what the duals of its rows pay for it."""
    paid: FloatArray = matrix.sparse.T @ duals
    return np.asarray(matrix.cost - paid, dtype=float)


def dual_bound(matrix: Matrix, duals: FloatArray) -> float:
    """The bound that some duals prove; minus infinity where a column without bound spoils it."""
    duals = usable_duals(duals, matrix.least, matrix.most)
    reduced = reduced_costs(matrix, duals)
    endless = ~np.isfinite(best_side(reduced, matrix.lower, matrix.upper))
    if endless.any():
        # What is left of numbers that cancel is zero.
        size = np.abs(matrix.cost) + abs(matrix.sparse).T @ np.abs(duals)
        reduced = np.where(endless & (np.abs(reduced) <= _CANCELLED * size), 0.0, reduced)
    rows = least_sum(duals, matrix.least, matrix.most)
    return float(matrix.offset + rows + least_sum(reduced, matrix.lower, matrix.upper))
