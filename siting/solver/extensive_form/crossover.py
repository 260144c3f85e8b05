"""A vertex instead of the middle of a face, period by period.

An interior point leaves traces everywhere: a thousandth of a megawatt on every arc that costs nothing. A crossover of
the whole program takes longer than the interior point itself, but with the decisions that are taken once given, the
periods fall apart, and the simplex method solves one after the other in seconds; a row that ties periods together
holds with the others as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from siting.solver.compile.matrix import FloatArray, Matrix, pass_to
from siting.solver.highs.cost_scaling import factor
from siting.solver.highs.engine import EXACT
from siting.solver.highs.options import set_option

Mask = npt.NDArray[np.bool_]


def polish(matrix: Matrix, values: FloatArray, deadline: float) -> FloatArray:
    """A plan as good or better, each period at a vertex; what cannot be polished in time stays as it is.

    Parameters
    ----------
    matrix : Matrix
        The program, integers given by their bounds.
    values : ndarray of float
        A plan.
    deadline : float
        On the monotonic clock, seconds.
    """
    sparse = matrix.sparse
    result = values.copy()
    for part in _parts(matrix, sparse):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        solved = _solve_part(matrix, sparse, part, result, left_s)
        if solved is not None and _no_dearer(matrix.cost[part], solved, result[part]):
            result[part] = solved
    return result


def _no_dearer(cost: FloatArray, new: FloatArray, old: FloatArray) -> bool:
    """Whether values cost no more than others, but for rounding."""
    return bool(cost @ new <= cost @ old + EXACT * np.abs(cost * old).sum())


def _parts(matrix: Matrix, sparse: csc_array) -> Iterator[Mask]:
    """Columns of the model itself that no period sees, then the columns of each period."""
    period_rows = np.asarray(abs(sparse[:, ~matrix.first]).sum(axis=1)).ravel() > 0
    seen = np.asarray(abs(sparse[period_rows]).sum(axis=0)).ravel() > 0
    alone = matrix.first & ~seen & ~matrix.integer
    if alone.any():
        yield alone
    for position in range(len(matrix.blocks)):
        yield matrix.block == position


def _solve_part(matrix: Matrix, sparse: csc_array, part: Mask, values: FloatArray, left_s: float) -> FloatArray | None:
    inner: Any = sparse[:, part]
    touched = np.asarray(abs(inner).sum(axis=1)).ravel() > 0
    inner = inner[touched].tocsc()
    now: FloatArray = inner @ values[part]
    others: FloatArray = (sparse @ values)[touched] - now
    # What holds now, to whatever tolerance, may stay as it is.
    least = np.minimum(matrix.least[touched] - others, now)
    most = np.maximum(matrix.most[touched] - others, now)
    engine = highspy.Highs()
    engine.silent()
    set_option(engine, "time_limit", left_s)
    keep = np.flatnonzero(part)
    size = float(np.abs(matrix.cost[part] * values[part]).sum())
    pass_to(
        engine,
        Matrix(
            columns=[matrix.columns[i] for i in keep],
            rows=[matrix.rows[i] for i in np.flatnonzero(touched)],
            cost=matrix.cost[part],
            offset=0.0,
            lower=matrix.lower[part],
            upper=matrix.upper[part],
            integer=np.zeros(len(keep), dtype=bool),
            block=np.zeros(len(keep), dtype=np.int64),
            blocks=("part",),
            start=inner.indptr.astype(np.int32),
            index=inner.indices.astype(np.int32),
            value=inner.data,
            least=least,
            most=most,
        ),
        factor(size),
    )
    engine.run()
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(engine.getSolution().col_value, dtype=float)
