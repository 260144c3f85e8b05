"""A polished plan keeps all rows, costs no more, and has lost the traces of the interior point."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from cases import random_problem
from scipy.sparse import csc_array

from siting.model.build import build
from siting.solver.compile.matrix import Matrix, compile_model
from siting.solver.extensive_form.crossover import polish
from siting.solver.highs.engine import Limits, Task
from siting.solver.highs.retry import run


def interior_plan(seed: int) -> tuple[Matrix, np.ndarray]:
    """The relaxation of a random instance, solved without a crossover."""
    matrix = compile_model(build(random_problem(seed)))
    relaxed = replace(matrix, integer=np.zeros_like(matrix.integer))
    options = {"solver": "ipx", "run_crossover": "off", "ipm_optimality_tolerance": 1e-4}
    found = run(Task(relaxed, Limits(), 60.0, "relaxation", options))
    assert found.values is not None
    return relaxed, found.values


def violation(matrix: Matrix, values: np.ndarray) -> float:
    activity = csc_array((matrix.value, matrix.index, matrix.start), shape=(len(matrix.rows), len(values))) @ values
    return float(np.maximum(matrix.least - activity, activity - matrix.most).max())


@pytest.mark.parametrize("seed", range(4))
def test_no_dearer_no_less_feasible(seed: int) -> None:
    matrix, values = interior_plan(seed)
    better = polish(matrix, values, time.monotonic() + 60)
    assert matrix.cost @ better <= matrix.cost @ values + 1e-9
    assert violation(matrix, better) <= max(violation(matrix, values), 0) + 1e-6
    assert (better >= matrix.lower - 1e-7).all()
    assert (better <= matrix.upper + 1e-7).all()
    # What periods see is given, so only the decisions of the periods and what no period sees may move.
    exact = run(Task(matrix, Limits(gap=1e-9), 60.0, "exact"))
    assert exact.objective is not None
    assert matrix.cost @ better + matrix.offset >= exact.objective - 1e-6 * abs(exact.objective)


def test_without_time_the_plan_stays() -> None:
    matrix, values = interior_plan(0)
    assert np.array_equal(polish(matrix, values, time.monotonic() - 1), values)


def test_the_traces_are_gone() -> None:
    matrix, values = interior_plan(1)
    better = polish(matrix, values, time.monotonic() + 60)
    periods = ~matrix.first
    assert (better[periods] > 1e-9).sum() < (values[periods] > 1e-9).sum()
