"""Numbers that the solver would drop or take for infinite, and then solve another program without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from siting.errors import NumberError

if TYPE_CHECKING:
    from siting.solver.compile.matrix import Matrix
    from siting.solver.compile.two_stage import Columns, Rows, TwoStage

FloatArray = npt.NDArray[np.float64]
Name = Callable[[int], str]

SMALLEST, LARGEST, INFINITE = 1e-9, 1e15, 1e20
"""HiGHS drops coefficients below the first, refuses those from the second on, and takes bounds and costs from the third
on for infinite."""
FELT = 1e-7
"""How far a row may be off for the solver; a coefficient that moves it by less, whatever its column does, is rounding
and may go."""


def refuse_lost(matrix: Matrix, unit: float = 1.0) -> None:
    """Refuse a matrix, its costs times a unit of money, with a number that HiGHS would not take as it is.

    Raises
    ------
    NumberError
        If there is one; the message names its row and column.
    """

    def column(i: int) -> str:
        return _name(matrix.columns[i])

    def row(i: int) -> str:
        return _name(matrix.rows[i])

    sparse = matrix.sparse
    _coefficients(sparse, _reach(matrix.lower, matrix.upper), column, row)
    _ends("cost", matrix.cost * unit, column, endless=False)
    _ends("lower bound", matrix.lower, column)
    _ends("upper bound", matrix.upper, column)
    _ends("lower side", matrix.least, row)
    _ends("upper side", matrix.most, row)


def refuse_lost_of(program: TwoStage, unit: float) -> None:
    """Refuse a two-stage program as :func:`refuse_lost` does a matrix."""
    first = program.first
    reach = _reach(first.lower, first.upper)
    names = _names("", first)
    _block(program.own, first, "", unit)
    for rows, part in ((program.own, program.own_first), (program.coupling, program.coupling_first)):
        _coefficients(part, reach, names, _names("", rows))
    for period in program.periods:
        columns, rows, own = period.columns, period.rows, _names(period.name, period.columns)
        _block(rows, columns, period.name, unit)
        _coefficients(period.T, reach, names, _names(period.name, rows))
        _coefficients(period.W, _reach(columns.lower, columns.upper), own, _names(period.name, rows))
        _coefficients(period.coupling, _reach(columns.lower, columns.upper), own, _names("", program.coupling))


def _block(rows: Rows, columns: Columns, block: str, unit: float) -> None:
    _ends("cost", columns.cost * unit, _names(block, columns), endless=False)
    for what, values in (("lower bound", columns.lower), ("upper bound", columns.upper)):
        _ends(what, values, _names(block, columns))
    for what, values in (("lower side", rows.least), ("upper side", rows.most)):
        _ends(what, values, _names(block, rows))


def _coefficients(sparse: csc_array | csr_array, reach: FloatArray, column: Name, row: Name) -> None:
    size = np.abs(sparse.data)
    for at in np.flatnonzero(~(size < LARGEST) | ((size > 0) & (size < SMALLEST))).tolist():
        outer, inner = int(np.searchsorted(sparse.indptr, at, side="right")) - 1, int(sparse.indices[at])
        i, j = (inner, outer) if sparse.format == "csc" else (outer, inner)
        if not size[at] < SMALLEST or size[at] * reach[j] > FELT:
            raise NumberError(_lost(f"the coefficient of {column(j)} in {row(i)}", float(sparse.data[at])))


def _ends(what: str, values: FloatArray, name: Name, endless: bool = True) -> None:
    """Refuse numbers that are none, or so large that they count as infinite but are not meant so."""
    wrong = np.isnan(values) | ((np.abs(values) >= INFINITE) & ~(endless & np.isinf(values)))
    if wrong.any():
        at = int(wrong.argmax())
        raise NumberError(_lost(f"the {what} of {name(at)}", float(values[at])))


def _reach(lower: FloatArray, upper: FloatArray) -> FloatArray:
    return np.maximum(np.abs(lower), np.abs(upper))


def _lost(place: str, value: float) -> str:
    return (
        f"{place} is {value:g}, which the solver would drop or take for infinite, and then solve another problem; "
        "look for a size, cost or share that is too small or too large."
    )


def _names(block: str, items: Columns | Rows) -> Name:
    return lambda i: _name((block, items.labels[i]))


def _name(item: Any) -> str:
    """The name of what a row or column stands for, as Pyomo would write it."""
    if isinstance(item, tuple):
        block, (name, index) = item
        inner = "" if index is None else f"[{','.join(map(str, index if isinstance(index, tuple) else (index,)))}]"
        return f"{block}.{name}{inner}" if block else f"{name}{inner}"
    return str(getattr(item, "name", item))
