"""From a linear Pyomo model to HiGHS in one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from siting.errors import SolverError
from siting.solver.highs.small_coefficients import refuse_lost

FloatArray = npt.NDArray[np.float64]
Label = tuple[str, Any]
"""Name of a component and the index in it (None if it has none), inside the block that owns it."""


@dataclass(frozen=True)
class Leg:
    """Columns of the periods that carry something from one node to another, one in each hour.

    Flows that go round in a circle in the same hour only lose what they carry; no plan may have them.

    Parameters
    ----------
    model : str
        Name of the block that declares it and owns the periods: empty, or the stage of a pathway with a dot.
    name, place : str, object
        Of the columns: their component, and their index but for the hour, which stands last.
    tail, head : object
        The nodes.
    """

    model: str
    name: str
    place: Any
    tail: Any
    head: Any


@dataclass(frozen=True)
class Matrix:
    """A labelled linear program: ``least <= A x <= most``, ``lower <= x <= upper``, minimize ``cost · x + offset``.

    ``columns`` are the Pyomo variables and ``rows`` the Pyomo constraints in the order of the matrix, or labels that
    stand for them. ``block`` is the position in ``blocks`` of the period, of the model or of a stage of it, that owns a
    column; -1 if none does.
    """

    columns: list[Any]
    rows: list[Any]
    cost: FloatArray
    offset: float
    lower: FloatArray
    upper: FloatArray
    integer: npt.NDArray[np.bool_]
    block: npt.NDArray[np.int64]
    blocks: tuple[str, ...]
    start: npt.NDArray[np.int32]
    index: npt.NDArray[np.int32]
    value: FloatArray
    least: FloatArray
    most: FloatArray
    legs: tuple[Leg, ...] = ()

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Columns that no period owns: the decisions that are taken once."""
        return self.block < 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.columns)

    @property
    def sparse(self) -> csc_array:
        """Its coefficients."""
        return csc_array((self.value, self.index, self.start), shape=self.shape)


class ProvenInfeasibleError(Exception):
    """A constraint without variables does not hold, so no solver is needed to know that there is no plan."""


def compile_model(model: Any) -> Matrix:
    """Compile a Pyomo model with one linear objective to be minimized.

    Columns and rows are Pyomo's variables and constraints, in the order of Pyomo's own writer, and what stands in no
    row or cost is left out: plans are loaded into the variables. The compiler of :mod:`siting.solver.compile.chunk`
    names all of them by labels and takes them apart by block, which is of no use here.

    Raises
    ------
    ProvenInfeasibleError
        If a constraint without variables does not hold.
    ValueError
        If the model is not linear (the message of Pyomo names the component), or has not exactly one objective,
        or maximizes.
    """
    # Not at the head of the file: processes that only solve periods start in a quarter of the time without Pyomo.
    import pyomo.environ as pyo
    from pyomo.common.errors import InfeasibleConstraintException
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    objectives = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(objectives) != 1 or objectives[0].sense != pyo.minimize:
        names = ", ".join(f"{o.name} ({'min' if o.sense == pyo.minimize else 'max'})" for o in objectives) or "none"
        raise ValueError(f"a model needs exactly one active objective, to be minimized; this one has: {names}")
    try:
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as error:
        raise ProvenInfeasibleError(str(error)) from error
    kinds = np.array([row.bound_type for row in form.rows], dtype=int)
    rhs = np.asarray(form.rhs, dtype=float)
    columns = list(form.columns)
    bounds = [column.bounds for column in columns]
    block, blocks = _blocks(model, columns)
    return Matrix(
        columns=columns,
        rows=[row.constraint for row in form.rows],
        cost=np.asarray(form.c.todense(), dtype=float).ravel(),
        offset=float(form.c_offset[0]),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds]),
        upper=np.array([np.inf if up is None else up for _, up in bounds]),
        integer=np.array([not column.is_continuous() for column in columns], dtype=bool),
        block=block,
        blocks=blocks,
        start=np.asarray(form.A.indptr, dtype=np.int32),
        index=np.asarray(form.A.indices, dtype=np.int32),
        value=np.asarray(form.A.data, dtype=float),
        # bound_type: 0 equality, 1 upper, -1 lower
        least=np.where(kinds <= 0, rhs, -np.inf),
        most=np.where(kinds >= 0, rhs, np.inf),
        legs=declared_legs(model),
    )


def declared_legs(model: Any) -> tuple[Leg, ...]:
    """What the model and the stages of a pathway declare in their ``one_way``: ends of columns, by name and place."""
    found = []
    for block in model.block_data_objects(active=True, descend_into=True):
        prefix = "" if block is model else f"{block.name}."
        ends = vars(block).get("one_way", {})
        found += [Leg(prefix, name, place, *pair) for name, legs in ends.items() for place, pair in legs.items()]
    return tuple(found)


def owner_of(block: Any) -> Any:
    """The period that a block is or is in (of the model, or of a stage of it), else the model."""
    inner = block
    while inner.parent_block() is not None:
        if inner.parent_component().local_name == "period":
            return inner
        inner = inner.parent_block()
    return inner


def label_of(item: Any) -> Label:
    """The label of a Pyomo variable or constraint, or of what stands for it in a matrix of labels."""
    if isinstance(item, tuple):
        label: Label = item[1]
        return label
    block = item.parent_block()
    return inside(block) + item.parent_component().local_name, item.index()


def place_of(item: Any) -> tuple[str, Label]:
    """The period that owns a variable or constraint ("" if none does), and its label; or what stands for it."""
    if isinstance(item, tuple):
        place: tuple[str, Label] = item
        return place
    owner = owner_of(item.parent_block())
    return "" if owner.parent_block() is None else owner.name, label_of(item)


def inside(block: Any) -> str:
    """What comes before the names of a block's components in the block that owns it; nothing in most cases."""
    owner = owner_of(block)
    return "" if owner is block else f"{block.getname(fully_qualified=True, relative_to=owner)}."


def _blocks(model: Any, columns: list[Any]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The period that owns each column, and the names of the periods in the order of the model."""
    parents = {id(block): block for block in (column.parent_block() for column in columns)}
    owners = {key: owner_of(block) for key, block in parents.items()}
    known = {id(owner) for owner in owners.values()} - {id(model)}
    blocks = [block for block in model.block_data_objects(descend_into=True) if id(block) in known]
    place = {id(model): -1, **{id(block): i for i, block in enumerate(blocks)}}
    position = {key: place[id(owner)] for key, owner in owners.items()}
    owned = np.array([position[id(column.parent_block())] for column in columns], dtype=np.int64)
    return owned, tuple(block.name for block in blocks)


def pass_to(engine: highspy.Highs, matrix: Matrix, unit: float = 1.0) -> None:
    """Give a matrix to HiGHS, its costs times a unit of money.

    Raises
    ------
    NumberError
        If it holds a number that HiGHS would drop or take for infinite; the message names its row and column.
    """
    refuse_lost(matrix, unit)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.columns), len(matrix.rows)
    lp.col_cost_, lp.offset_ = matrix.cost * unit, matrix.offset * unit
    lp.col_lower_, lp.col_upper_ = matrix.lower, matrix.upper
    lp.row_lower_, lp.row_upper_ = matrix.least, matrix.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.start, matrix.index, matrix.value
    if matrix.integer.any():
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in matrix.integer]
    if engine.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the matrix")
