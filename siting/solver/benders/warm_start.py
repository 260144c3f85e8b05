"""A first guess: the year as one period.

The mean of all periods with the first stage, integers relaxed, is one linear program that interior point solves in a
few seconds. Its plan is near that of the whole and its prices near those of the coupling constraints, where a search
that starts from a plan that breaks them all would have far to go. What it costs proves nothing and is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import block_array, csc_array, csr_array

from siting.solver.benders.recourse import Layout, Recourse
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import TwoStage
from siting.solver.highs.linear import new_linear, pass_arrays

_TOLERANCE = 1e-5
"""A guess need not be exact. On one thread ipx takes 0.4 to 0.6 of the time of HiPO (100 regions, 31)."""


@dataclass(frozen=True)
class Guess:
    """A first stage, and prices of the coupling constraints."""

    x: FloatArray
    prices: FloatArray


def guess(program: TwoStage, layout: Layout, mean: Recourse, time_left_s: float) -> Guess | None:
    """The relaxed plan of one mean period; None if there is none, or no time to find it.

    Parameters
    ----------
    program : TwoStage
        The program.
    layout, mean : Layout, Recourse
        The mean of its periods in their layout.
    time_left_s : float
        Time.
    """
    first, own, coupling = program.first, program.own, program.coupling
    capped, count = mean.capped, len(mean.cost)
    cap_at = csr_array((np.ones(len(capped)), (np.arange(len(capped)), capped)), shape=(len(capped), count))
    rows: list[list[Any]] = [
        [program.own_first, None],
        [program.coupling_first, mean.usage],
        [_over(mean.T, layout, len(first)), mean.W],
        [_over(mean.cap, layout, len(first)), cap_at],
    ]
    least = np.concatenate([own.least, coupling.least, mean.least, np.full(len(capped), -np.inf)])
    most = np.concatenate([own.most, coupling.most, mean.most, mean.most_cap])
    bounds = np.concatenate([first.lower, mean.lower]), np.concatenate([first.upper, mean.upper])
    engine = new_linear(
        solver="ipx", run_crossover="off", ipm_optimality_tolerance=_TOLERANCE, time_limit=max(time_left_s, 0.1)
    )
    matrix = csc_array(block_array(rows, format="csc"))
    pass_arrays(engine, matrix, np.concatenate([first.cost, mean.cost]), bounds, (least, most))
    engine.run()
    solution = engine.getSolution()
    if not solution.value_valid or not solution.dual_valid:
        return None
    x = np.clip(np.asarray(solution.col_value, dtype=float)[: len(first)], first.lower, first.upper)
    prices = np.asarray(solution.row_dual, dtype=float)[len(own) : len(own) + len(coupling)]
    return Guess(x, prices)


def _over(matrix: csr_array, layout: Layout, width: int) -> csr_array:
    """Over all first-stage columns what is over the links."""
    return csr_array((matrix.data, layout.linking[matrix.indices], matrix.indptr), shape=(matrix.shape[0], width))
