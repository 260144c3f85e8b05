"""The two stages of a compiled model, taken apart and put together."""

import pyomo.environ as pyo
import pytest
from cases import random_problem
from scipy.sparse import csc_array

from siting.model.build import build
from siting.solver.compile.matrix import compile_model
from siting.solver.compile.two_stage import join, split
from siting.solver.highs.engine import Limits, Task
from siting.solver.highs.retry import run


def dense(matrix):
    return csc_array((matrix.value, matrix.index, matrix.start), shape=matrix.shape).toarray()


@pytest.fixture(scope="module")
def matrix():
    # The matrix knows its rows and columns by those of the model, which holds them.
    model = build(random_problem(1, green=True, carbon=True))
    yield compile_model(model)
    del model


def test_rows_are_where_their_columns_are(matrix):
    program = split(matrix)
    assert [d.name for d in program.periods] == ["period[0]", "period[1]"]
    assert {name for name, _ in program.own.labels} >= {"modules_only_where_open", "demand_met"}
    assert {name for name, _ in program.coupling.labels} == {"green_floor"}
    for d in program.periods:
        assert ("power_balance", ("a", 0)) in d.rows.labels
        assert ("grid_mw", ("a", 0)) in d.columns.labels
        assert d.T.shape == (len(d.rows), len(program.first))
        assert d.W.shape == (len(d.rows), len(d.columns))
        assert d.coupling.shape == (len(program.coupling), len(d.columns))


def test_nothing_is_lost(matrix):
    again = join(split(matrix))
    names = [label(c) for c in matrix.columns]
    order = [names.index(c) for c in again.columns]
    assert sorted(order) == list(range(len(names)))
    rows = [label(r) for r in matrix.rows]
    row_order = [rows.index(r) for r in again.rows]
    assert sorted(row_order) == list(range(len(rows)))
    assert (dense(again) == dense(matrix)[row_order][:, order]).all()
    for name in ("cost", "lower", "upper", "integer"):
        assert (getattr(again, name) == getattr(matrix, name)[order]).all()
    assert (again.least == matrix.least[row_order]).all()
    assert (again.most == matrix.most[row_order]).all()
    assert [again.blocks[b] for b in again.block if b >= 0] == [b for b, _ in again.columns if b]


def label(data):
    block = data.parent_block()
    return ("" if block is data.model() else block.name, (data.parent_component().local_name, data.index()))


def test_a_program_without_periods_and_one_split_again(matrix):
    m = pyo.ConcreteModel()
    m.x = pyo.Var([1, 2], bounds=(0, 3))
    m.row = pyo.Constraint(expr=m.x[1] + m.x[2] <= 4)
    m.aim = pyo.Objective(expr=-m.x[1] - 2 * m.x[2] + 1)
    program = split(compile_model(m))
    assert (program.periods, len(program.coupling), program.first.labels) == ((), 0, (("x", 1), ("x", 2)))
    assert run(Task(join(program), Limits(), 10.0, "direct")).objective == pytest.approx(-6)
    once, twice = split(matrix), split(join(split(matrix)))
    assert once.first.labels == twice.first.labels
    assert all((a.W != b.W).nnz == 0 for a, b in zip(once.periods, twice.periods, strict=True))
