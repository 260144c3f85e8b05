"""The hours that matter for capacity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def undominated(shape: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The hours that no other hour dominates: they imply the capacity row of every hour.

    Parameters
    ----------
    shape : ndarray of float, shape (hours, workloads)
        Load per MW of mean load.

    Returns
    -------
    ndarray of float, shape (peaks, workloads)
        Each a row of ``shape``; every other row is nowhere above one of them.
    """
    left, kept = shape, list[npt.NDArray[np.float64]]()
    while len(left):
        # No row that is left is as great or greater everywhere.
        kept.append(_first(left))
        left = left[(left > kept[-1]).any(axis=1)]
    return np.array(kept)


def _first(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The row with the largest first number; among several, the one with the largest second, and so on."""
    for column in range(rows.shape[1]):
        rows = rows[rows[:, column] == rows[:, column].max()]
    first: npt.NDArray[np.float64] = rows[0]
    return first
