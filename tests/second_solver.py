"""The optimum of a matrix by SCIP, which shares nothing with HiGHS; where ``siting[check]`` is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from siting.solver.compile.matrix import Matrix
from siting.solver.highs.cost_scaling import SIZE, guessed


def by_scip(matrix: Matrix, seconds: float = 60.0) -> tuple[float, float]:
    """Cost of the best plan that SCIP finds, and its bound."""
    import pyscipopt

    unit = SIZE / guessed(matrix)
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    model.setParam("limits/gap", 0.0)
    columns: list[Any] = [
        model.addVar(
            vtype="I" if whole else "C",
            lb=None if np.isinf(low) else float(low),
            ub=None if np.isinf(up) else float(up),
            obj=float(cost * unit),
        )
        for whole, low, up, cost in zip(matrix.integer, matrix.lower, matrix.upper, matrix.cost, strict=True)
    ]
    columnwise = (matrix.value, matrix.index, matrix.start)
    rows = csr_array(csc_array(columnwise, shape=matrix.shape))
    for i, (least, most) in enumerate(zip(matrix.least.tolist(), matrix.most.tolist(), strict=True)):
        at = slice(rows.indptr[i], rows.indptr[i + 1])
        terms = zip(rows.data[at].tolist(), rows.indices[at].tolist(), strict=True)
        total = pyscipopt.quicksum(value * columns[j] for value, j in terms)
        if least == most:
            model.addCons(total == least)
            continue
        if np.isfinite(least):
            model.addCons(total >= least)
        if np.isfinite(most):
            model.addCons(total <= most)
    model.optimize()
    return model.getObjVal() / unit + matrix.offset, model.getDualbound() / unit + matrix.offset
