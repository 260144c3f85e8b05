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
    unique = np.unique(shape, axis=0)[::-1]
    kept: list[npt.NDArray[np.float64]] = []
    for row in unique:
        if not any(np.all(other >= row) for other in kept):
            kept = [other for other in kept if not np.all(row >= other)] + [row]
    return np.array(kept)
