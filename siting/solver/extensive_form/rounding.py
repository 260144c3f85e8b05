"""A plan near a relaxation, by its duals.

With the rows of the periods replaced by what their duals pay, the decisions that are taken once are left as a small
mixed-integer program of their own (Geoffrion, "Lagrangean relaxation for integer programming",
Mathematical Programming Study 2, 1974); held near the relaxed plan, it rounds it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack

from siting.solver.compile.matrix import FloatArray, Matrix
from siting.solver.duality import least_sum, least_terms, reduced_costs, usable_duals

IntArray = npt.NDArray[np.int64]


def lagrangian(matrix: Matrix, duals: FloatArray) -> Matrix:
    """The decisions that are taken once, as a program of their own, the periods replaced by what their rows pay."""
    prices = usable_duals(duals, matrix.least, matrix.most)
    rows = _own_rows(matrix)
    priced = np.where(rows, 0.0, prices)
    reduced = reduced_costs(matrix, priced)
    of_periods = least_terms(reduced, matrix.lower, matrix.upper)[~matrix.first].sum()
    offset = matrix.offset + least_sum(priced, matrix.least, matrix.most) + of_periods
    inner = matrix.sparse[rows][:, matrix.first].tocsc()
    keep = np.flatnonzero(matrix.first)
    return Matrix(
        columns=[matrix.columns[i] for i in keep],
        rows=[matrix.rows[i] for i in np.flatnonzero(rows)],
        cost=reduced[matrix.first],
        offset=float(offset),
        lower=matrix.lower[matrix.first],
        upper=matrix.upper[matrix.first],
        integer=matrix.integer[matrix.first],
        block=np.full(len(keep), -1),
        blocks=(),
        start=inner.indptr.astype(np.int32),
        index=inner.indices.astype(np.int32),
        value=inner.data,
        least=matrix.least[rows],
        most=matrix.most[rows],
    )


def near(program: Matrix, cost: FloatArray, relaxed: FloatArray, weight: float, upward: float) -> Matrix:
    """The program with each integer at one of its neighbours of a relaxed plan, the nearer one preferred.

    Parameters
    ----------
    program : Matrix
        From :func:`lagrangian`; its reduced costs hardly tell one rounding from another.
    cost : ndarray of float
        Full cost of each of its columns.
    relaxed : ndarray of float
        The relaxed plan, in the order of its columns.
    weight : float
        Weight of an integer's distance from the relaxed plan, in units of its own cost.
    upward : float
        0: the nearer neighbour is preferred; 2: the upper one, however far.
    """
    low, up = np.floor(relaxed + 1e-4), np.ceil(relaxed - 1e-4)
    # Between two neighbours the distance is linear: frac at the lower, 1 - frac at the upper one.
    away = weight * np.abs(cost) * (1 - 2 * (relaxed - low) - upward)
    return replace(
        program,
        cost=program.cost + np.where(program.integer & (up > low), away, 0.0),
        lower=np.where(program.integer, np.clip(low, program.lower, program.upper), program.lower),
        upper=np.where(program.integer, np.clip(up, program.lower, program.upper), program.upper),
    )


def wider(program: Matrix, candidate: Matrix, cost: FloatArray, weight: float, steps: int) -> tuple[Matrix, IntArray]:
    """A program of :func:`near` in which integers may also be more than their upper neighbour, at a price.

    Where sites are full, whole modules may leave no room among the neighbours, and one more elsewhere is needed.

    Parameters
    ----------
    program, candidate : Matrix
        From :func:`lagrangian`, and from :func:`near`.
    cost, weight : ndarray of float, float
        As of :func:`near`; a step costs more than any choice between neighbours.
    steps : int
        How many more at most.

    Returns
    -------
    tuple of Matrix and ndarray of int
        The program with a second column for some, and the first column of each second one.
    """
    room = np.minimum(program.upper - candidate.upper, steps)
    first = np.flatnonzero(candidate.integer & (room > 0))
    inner = candidate.sparse
    both = hstack([inner, inner[:, first]], format="csc")
    price = program.cost[first] + 4 * weight * np.abs(cost[first])
    return replace(
        candidate,
        columns=[*candidate.columns, *(candidate.columns[i] for i in first)],
        cost=np.concatenate([candidate.cost, price]),
        lower=np.concatenate([candidate.lower, np.zeros(len(first))]),
        upper=np.concatenate([candidate.upper, room[first]]),
        integer=np.concatenate([candidate.integer, np.ones(len(first), dtype=bool)]),
        block=np.full(len(candidate.columns) + len(first), -1),
        start=both.indptr.astype(np.int32),
        index=both.indices.astype(np.int32),
        value=both.data,
    ), first


def fixed(matrix: Matrix, integers: FloatArray) -> Matrix:
    """The linear program that is left when the integers (in the order of their columns) are given."""
    values = np.zeros(len(matrix.columns))
    values[matrix.integer] = integers
    return replace(
        matrix,
        lower=np.where(matrix.integer, values, matrix.lower),
        upper=np.where(matrix.integer, values, matrix.upper),
        integer=np.zeros_like(matrix.integer),
    )


def _own_rows(matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Rows that hold no column of a period."""
    touched = np.zeros(len(matrix.rows), dtype=bool)
    columns = np.repeat(np.arange(len(matrix.columns)), np.diff(matrix.start))
    touched[matrix.index[~matrix.first[columns]]] = True
    return ~touched
