"""What one solve leaves for the next one of a similar model: a plan, the prices of its relaxation and what they prove.

Columns and rows are known by their periods and labels. Nothing is taken on trust: the plan counts only if it keeps
every row of the new model, at the cost that it has there; and any prices prove some bound there, by weak duality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from siting.solver.compile.matrix import FloatArray, Label, Matrix, place_of
from siting.solver.duality import dual_bound
from siting.solver.highs.engine import BY_DUALITY, Run, relative_gap

KEPT = 1e-5
"""A row is kept up to this, relative to its side; the audit of the plan is stricter."""

SMALL = 0.1
"""Share of the gap that counts as nothing."""

Worker = tuple[str, Label]
"""Period and label of a column or row, as :func:`siting.solver.compile.matrix.place_of`."""


@dataclass(frozen=True)
class Start:
    """A plan and prices by period and label.

    Parameters
    ----------
    plan : mapping of (str, label) to float
        Value of each column that is not zero.
    prices : mapping of (str, label) to float
        Price of each row that is not zero, of the relaxation; empty: not known.
    bound : float
        What the prices prove where they come from.
    left_open : float
        What the plan costs there beyond the bound.
    """

    plan: Mapping[Worker, float]
    prices: Mapping[Worker, float]
    bound: float
    left_open: float


def remember(matrix: Matrix, values: FloatArray, duals: FloatArray | None) -> Start:
    """A plan of a model, and the prices of its relaxation if they are known."""
    plan = {place_of(matrix.columns[i]): float(values[i]) for i in np.flatnonzero(values)}
    if duals is None:
        return Start(plan, {}, -np.inf, 0.0)
    prices = {place_of(matrix.rows[i]): float(duals[i]) for i in np.flatnonzero(duals)}
    bound = dual_bound(matrix, duals)
    return Start(plan, prices, bound, float(matrix.cost @ values + matrix.offset) - bound)


def plan_for(matrix: Matrix, start: Start) -> FloatArray | None:
    """The plan in another model, columns that it does not know at zero; None if it breaks a row or a bound there."""
    values = np.array([start.plan.get(place_of(column), 0.0) for column in matrix.columns])
    slack = KEPT * (1 + np.abs(values))
    if (values < matrix.lower - slack).any() or (values > matrix.upper + slack).any():
        return None
    activity = matrix.sparse @ values
    slack = KEPT * (1 + np.abs(activity))
    if (activity < matrix.least - slack).any() or (activity > matrix.most + slack).any():
        return None
    return values


def integers_of(matrix: Matrix, start: Start) -> FloatArray:
    """The integers of the plan, in the order of their columns; those that it does not know are zero."""
    places = [place_of(column) for column, whole in zip(matrix.columns, matrix.integer, strict=True) if whole]
    return np.round(np.array([start.plan.get(place, 0.0) for place in places]))


def as_before(matrix: Matrix, start: Start, plan: FloatArray, gap: float) -> Run | None:
    """The plan as optimal, where what is new cannot matter: the old prices prove nearly what they proved before."""
    if not start.prices:
        return None
    bound = dual_bound(matrix, np.array([start.prices.get(place_of(row), 0.0) for row in matrix.rows]))
    objective = float(matrix.cost @ plan + matrix.offset)
    distance = relative_gap(objective, bound)
    if distance is None or distance > gap or start.bound - bound > SMALL * gap * abs(objective):
        return None
    return Run("optimal", objective, bound, plan, None, False, "the prices of the start prove it", BY_DUALITY)


def is_as_good(found: Run, start: Start, gap: float) -> bool:
    """Whether a plan leaves no more open than that of the start did: then its cost differs as the bounds differ."""
    if found.objective is None or found.bound is None or found.gap is None or found.gap > gap:
        return False
    return found.objective - found.bound <= start.left_open + SMALL * gap * abs(found.objective)
