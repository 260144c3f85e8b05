"""A linear program in two stages: what is decided once, and what every period decides after it.

    minimize    offset + first.cost · x + Σ_d columns_d.cost · y_d
    own rows    own.least    <= own_first · x                               <= own.most
    coupling    coupling.least <= coupling_first · x + Σ_d coupling_d · y_d <= coupling.most
    period d    rows_d.least <= T_d · x + W_d · y_d                         <= rows_d.most
    bounds      lower <= x, y_d <= upper, some of them whole

T and W are the technology and the recourse matrix of the literature (Birge and Louveaux, Introduction to Stochastic
Programming, 2011). Everything is named by labels, not by objects of Pyomo, so that a program can be sent to another
process and outlives the model; equal labels of different periods are one object, which keeps a year small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, csc_array, csr_array

from siting.solver.compile.matrix import FloatArray, Label, Leg, Matrix, label_of
from siting.solver.compressed import Items


@dataclass(frozen=True)
class Columns:
    """Variables: their labels, cost, bounds, and which are whole."""

    labels: tuple[Label, ...]
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Rows:
    """Constraints: their labels and both sides, infinite where there is none."""

    labels: tuple[Label, ...]
    least: FloatArray
    most: FloatArray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Period:
    """What is decided in one period.

    Parameters
    ----------
    name : str
        Name of its block, as ``period[3]``.
    columns, rows : Columns, Rows
        Of the period alone.
    T : csr_array, shape (rows, first-stage columns)
        What first-stage decisions mean for the rows.
    W : csr_array, shape (rows, columns)
        The period's own part of the rows.
    coupling : csr_array, shape (coupling constraints, columns)
        Its part of the rows that tie periods together.
    """

    name: str
    columns: Columns
    rows: Rows
    T: csr_array
    W: csr_array
    coupling: csr_array


@dataclass(frozen=True)
class TwoStage:
    """A two-stage program; see the head of the file.

    Parameters
    ----------
    first : Columns
        Decisions that are taken once.
    offset : float
        Constant of the objective.
    own, own_first : Rows, csr_array of shape (own rows, first-stage columns)
        Rows that no period touches.
    coupling, coupling_first : Rows, csr_array of shape (coupling constraints, first-stage columns)
        Rows that touch several periods.
    periods : sequence of Period
        In the order of the model; those of a long program are packed.
    legs : tuple of Leg
        Flows of the periods that may not go round in a circle (see :mod:`siting.solver.directions`).
    """

    first: Columns
    offset: float
    own: Rows
    own_first: csr_array
    coupling: Rows
    coupling_first: csr_array
    periods: Items[Period]
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Values of the first-stage columns, and of those of each period."""

    first: FloatArray
    periods: tuple[FloatArray, ...]


def activity(matrix: csr_array, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and most of ``matrix · x`` over the bounds of ``x``."""
    positive, negative = matrix.maximum(0), matrix.minimum(0)
    return positive @ lower + negative @ upper, positive @ upper + negative @ lower


def plan_of(program: TwoStage, values: FloatArray) -> Plan:
    """A plan from the values of the columns of :func:`join`."""
    ends = np.cumsum([len(program.first), *(len(period.columns) for period in program.periods)])
    first, *periods = np.split(values, ends[:-1])
    return Plan(first, tuple(periods))


def split(matrix: Matrix) -> TwoStage:
    """The two stages of a compiled model: each block that owns columns is a period.

    Rows that touch no block are the first stage's own, rows that touch one are that period's, rows that touch several
    are coupling constraints.
    """
    sparse = csr_array(matrix.sparse)
    touched = _touched(matrix, sparse)
    first = np.flatnonzero(matrix.first)
    own, coupling = np.flatnonzero(touched == _NONE), np.flatnonzero(touched == _SEVERAL)
    by_column = csc_array(sparse)
    x = csr_array(by_column[:, first])
    periods = []
    for d, name in enumerate(matrix.blocks):
        columns, rows = np.flatnonzero(matrix.block == d), np.flatnonzero(touched == d)
        y = csr_array(by_column[:, columns])
        periods.append(Period(name, _columns(matrix, columns), _rows(matrix, rows), x[rows], y[rows], y[coupling]))
    return TwoStage(
        first=_columns(matrix, first),
        offset=matrix.offset,
        own=_rows(matrix, own),
        own_first=x[own],
        coupling=_rows(matrix, coupling),
        coupling_first=x[coupling],
        periods=tuple(periods),
        legs=matrix.legs,
    )


def join(program: TwoStage) -> Matrix:
    """The extensive form as one matrix: first-stage columns, then the periods'; own rows, coupling, the periods'."""
    periods = list(program.periods)
    below: list[list[Any]] = [[program.own_first, *(None for _ in periods)]]
    below += [[program.coupling_first, *(d.coupling for d in periods)]]
    below += [[d.T, *(d.W if d is other else None for other in periods)] for d in periods]
    sparse = csc_array(block_array(below, format="csc"))
    columns = [program.first, *(d.columns for d in periods)]
    rows = [program.own, program.coupling, *(d.rows for d in periods)]
    names = ("", *(d.name for d in periods))
    return Matrix(
        columns=[(name, label) for name, part in zip(names, columns, strict=True) for label in part.labels],
        rows=[(name, label) for name, part in zip(("", *names), rows, strict=True) for label in part.labels],
        cost=np.concatenate([part.cost for part in columns]),
        offset=program.offset,
        lower=np.concatenate([part.lower for part in columns]),
        upper=np.concatenate([part.upper for part in columns]),
        integer=np.concatenate([part.integer for part in columns]),
        block=np.repeat(np.arange(-1, len(periods)), [len(part) for part in columns]),
        blocks=names[1:],
        start=sparse.indptr.astype(np.int32),
        index=sparse.indices.astype(np.int32),
        value=sparse.data,
        least=np.concatenate([part.least for part in rows]),
        most=np.concatenate([part.most for part in rows]),
        legs=program.legs,
    )


def name_of(label: Label, block: str = "") -> str:
    """How Pyomo would write it: ``period[3].power_balance[a,0]``."""
    name, index = label
    where = f"{block}." if block else ""
    if index is None:
        return f"{where}{name}"
    return f"{where}{name}[{','.join(map(str, index if isinstance(index, tuple) else (index,)))}]"


def idle(least: FloatArray, most: FloatArray, *parts: csr_array) -> npt.NDArray[np.bool_]:
    """Rows without variables that hold."""
    empty = np.all([np.diff(part.indptr) == 0 for part in parts], axis=0)
    return np.asarray(empty & (least <= _ZERO) & (most >= -_ZERO))


def impossible_row(program: TwoStage) -> str:
    """A row without variables that does not hold, so that there is no plan; empty if there is none."""
    for block, rows, parts in (
        ("", program.own, (program.own_first,)),
        *((period.name, period.rows, (period.T, period.W)) for period in program.periods),
    ):
        empty = np.all([np.diff(part.indptr) == 0 for part in parts], axis=0)
        wrong = empty & ~idle(rows.least, rows.most, *parts)
        if wrong.any():
            return name_of(rows.labels[int(np.argmax(wrong))], block)
    return ""


_NONE, _SEVERAL = -1, -2
_ZERO = 1e-9


def _touched(matrix: Matrix, sparse: csr_array) -> npt.NDArray[np.int64]:
    """The block that each row touches; ``_NONE`` or ``_SEVERAL``."""
    block = matrix.block[sparse.indices]
    row = np.repeat(np.arange(sparse.shape[0]), np.diff(sparse.indptr))[block >= 0]
    lowest = np.full(sparse.shape[0], len(matrix.blocks))
    highest = np.full(sparse.shape[0], _NONE)
    np.minimum.at(lowest, row, block[block >= 0])
    np.maximum.at(highest, row, block[block >= 0])
    return np.where((highest == _NONE) | (lowest == highest), highest, _SEVERAL)


def _columns(matrix: Matrix, chosen: npt.NDArray[np.int64]) -> Columns:
    return Columns(
        tuple(label_of(matrix.columns[i]) for i in chosen.tolist()),
        matrix.cost[chosen],
        matrix.lower[chosen],
        matrix.upper[chosen],
        matrix.integer[chosen],
    )


def _rows(matrix: Matrix, chosen: npt.NDArray[np.int64]) -> Rows:
    labels = tuple(label_of(matrix.rows[i]) for i in chosen.tolist())
    return Rows(labels, matrix.least[chosen], matrix.most[chosen])
