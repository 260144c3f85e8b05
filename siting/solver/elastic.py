"""Elastic rows: columns of slack, by which rows may be missed at a penalty."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

Ints = npt.NDArray[np.int64]


def with_slack(matrix: csc_array, raised: Ints, lowered: Ints) -> csc_array:
    """A matrix with a column more for each row that slack raises, then for each that it lowers."""
    extra = len(raised) + len(lowered)
    start = np.concatenate([matrix.indptr, matrix.nnz + 1 + np.arange(extra)])
    index = np.concatenate([matrix.indices, raised, lowered])
    value = np.concatenate([matrix.data, np.ones(len(raised)), -np.ones(len(lowered))])
    return csc_array((value, index, start), shape=(matrix.shape[0], matrix.shape[1] + extra))
