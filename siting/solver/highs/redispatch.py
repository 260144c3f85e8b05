"""One linear program solved again and again with other upper bounds, each time from where it ended before."""

from __future__ import annotations

import numpy as np

from siting.solver.compile.matrix import FloatArray, Matrix
from siting.solver.highs.cost_scaling import factor
from siting.solver.highs.engine import Limits, Task
from siting.solver.highs.options import accepted, set_option
from siting.solver.highs.solve import Watch, ended, prepared

_SIMPLEX_ROWS = 10_000
"""Up to here the simplex method begins; then interior point with crossover. What is wanted is a vertex: in the middle
of a face every flow is a little above zero."""


class Redispatch:
    """The best dispatch of a period, at a vertex.

    Parameters
    ----------
    matrix : Matrix
        The program, without integers.
    limits : Limits
        Seed, threads and options of HiGHS.
    size : float
        About what it costs.
    """

    def __init__(self, matrix: Matrix, limits: Limits, size: float) -> None:
        self._matrix, self._unit = matrix, factor(size)
        large = len(matrix.rows) >= _SIMPLEX_ROWS
        options = {"solver": "ipx", "run_crossover": "on"} if large else {}
        self._engine = prepared(Task(matrix, limits, 0.0, "", options), matrix, self._unit)
        self.interrupted = False

    def best(self, upper: FloatArray, left_s: float) -> FloatArray | None:
        """The cheapest values below some upper bounds; None if there are none, or time is out."""
        matrix, watch = self._matrix, Watch("", left_s)
        every = np.arange(len(upper), dtype=np.int32)
        accepted(self._engine.changeColsBounds(len(upper), every, matrix.lower, upper), "bounds")
        watch.run(self._engine, self._unit)
        self.interrupted |= watch.interrupted
        set_option(self._engine, "solver", "simplex")
        _, values, _ = ended(self._engine)
        return None if values is None else np.clip(values, matrix.lower, upper)
