"""The unit of money in which a program is handed to the solver.

The tolerances of HiGHS are absolute: 1e-6 on the objective of branch and bound, 1e-7 on reduced costs. A cost of a few
thousandths, as of a small case that is written in millions, drowns in them. So each program is handed over in a unit of
its own, in which all that is paid for its plan comes to about ``SIZE``, whatever currency and size it has; what comes
back is taken back to the unit of the program.
"""

from __future__ import annotations

import numpy as np

from siting.solver.compile.matrix import FloatArray, Matrix

SIZE = 1e4
"""What a plan costs in the unit of the solver. Its tolerances are 1e-10 of that, and coefficients stay of a size that
suits it."""

_FINE = (1e2, 1e7)
"""A guess is good enough if the relaxed plan costs between these."""


def paid(matrix: Matrix, values: FloatArray) -> float:
    """All that is paid or received in a plan: the size of its cost, also where both nearly cancel."""
    return float(np.abs(matrix.cost * values).sum())


def guessed(matrix: Matrix) -> float:
    """About what a plan costs, before any is known: one unit of each column."""
    return float(np.abs(matrix.cost).sum())


def factor(size: float) -> float:
    """From the unit of a program whose plans cost about so much to that of the solver."""
    return SIZE / size if np.isfinite(size) and size > 0 and np.isfinite(SIZE / size) else 1.0


def well_guessed(size: float, used: float) -> bool:
    """Whether a plan that costs so much was solved in a unit that suits it."""
    return size == 0 or _FINE[0] <= size * used <= _FINE[1]
