"""Periods in one common shape, smaller than they were compiled.

Given a plan, a row with a single decision of the period, as ``generation <= capacity factor · capacity``, is a bound of
that column; it leaves the rows and becomes a *cap*: a bound that is linear in the plan. Rows that the plan could break
get priced *shortfall* columns, so that every period has a dispatch for every plan (complete recourse), and none of
them may be used in the end. All of it follows from the matrix. Rows and columns that only some periods have are kept
for all, without effect where they are missing, so that periods can be averaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from siting.solver.cache import IdentityCache
from siting.solver.compile.matrix import FloatArray, Label
from siting.solver.compile.two_stage import Period, TwoStage, activity
from siting.solver.compressed import CompressedList, Items, View
from siting.solver.duality import least_sum

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """What all periods share.

    Parameters
    ----------
    links : ndarray of int
        First-stage columns that some period's rows see.
    passed_on : ndarray of int
        Places among the linking variables of those that only two periods see, of more: what one passes on to another.
    columns, rows : tuple of labels
        Columns of a period and the rows that stay rows.
    caps : dict of label to label
        Rows that become caps, and the column that each of them bounds.
    raised, lowered : ndarray of int
        Rows that may miss their least or exceed their most; each has a shortfall column.
    """

    linking: Ints
    period_states: Ints
    columns: tuple[Label, ...]
    rows: tuple[Label, ...]
    caps: dict[Label, Label]
    raised: Ints
    lowered: Ints


@dataclass(frozen=True)
class Recourse:
    """One period in the common layout: ``least <= T x + W y <= most``, ``lower <= y <= upper``.

    ``y[capped] <= most_cap − cap · x`` besides, and ``usage · y`` is the period's part of the coupling constraints;
    ``x`` are the links. Infinite where there is no bound.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    capped: Ints
    cap: csr_array
    most_cap: FloatArray
    T: csr_array
    W: csc_array
    least: FloatArray
    most: FloatArray
    usage: csr_array


def without_cost(period: Recourse) -> Recourse:
    """A period in which nothing costs but what is missed."""
    return replace(period, cost=np.zeros_like(period.cost))


def ranges(
    periods: Items[Recourse], groups: npt.NDArray[np.int64], count: int, rules: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least cost of each group within the bounds of its columns, least and most use of each coupling constraint."""
    cost, least, most = np.zeros(count), np.zeros((count, rules)), np.zeros((count, rules))
    for group, period in zip(groups.tolist(), periods, strict=True):
        cost[group] += least_sum(period.cost, period.lower, period.upper)
        use = period.usage.tocoo()
        at_lower, at_upper = use.data * period.lower[use.col], use.data * period.upper[use.col]
        np.add.at(least[group], use.row, np.minimum(at_lower, at_upper))
        np.add.at(most[group], use.row, np.maximum(at_lower, at_upper))
    return cost, least, most


def reduce_periods(program: TwoStage) -> tuple[Layout, CompressedList[Recourse]]:
    """The layout of a program and its periods in it, opened one at a time."""
    count = np.zeros(len(program.first), dtype=np.int64)
    for period in program.periods:
        count[np.unique(period.T.indices)] += 1
    seen = count > 0
    linking = np.flatnonzero(seen)
    period_states = np.flatnonzero(count[linking] <= 2) if len(program.periods) > 2 else linking[:0]
    low, up = program.first.lower[linking], program.first.upper[linking]
    where = np.cumsum(seen) - 1
    parts = View(program.periods, lambda period: _Part(period, _narrow(period.T, where, len(linking)), low, up))
    columns, every_row, caps = _Union(), _Union(), _Caps()
    low_fails: dict[Label, None] = {}
    high_fails: dict[Label, None] = {}
    for part in parts:
        labels = part.period.rows.labels
        columns.add(part.period.columns.labels)
        every_row.add(labels)
        caps.add(part)
        low_fails |= dict.fromkeys(labels[i] for i in np.flatnonzero(part.low_fails).tolist())
        high_fails |= dict.fromkeys(labels[i] for i in np.flatnonzero(part.high_fails).tolist())
    taken = caps.chosen()
    rows = tuple(label for label in every_row.labels if label not in taken)
    row_at = {label: i for i, label in enumerate(rows)}
    raised, lowered = (
        np.array(sorted(row_at[label] for label in fails if label in row_at), dtype=np.int64)
        for fails in (low_fails, high_fails)
    )
    layout = Layout(linking, period_states, columns.labels, rows, taken, raised, lowered)
    return layout, CompressedList(map(_Places(layout), parts))


class _Part:
    """A period, and which of its rows hold when it does nothing, whatever the plan."""

    def __init__(self, period: Period, T: csr_array, low: FloatArray, up: FloatArray) -> None:
        self.period, self.T = period, T
        columns, rows = period.columns, period.rows
        rest = np.clip(0.0, columns.lower, columns.upper)
        still = period.W @ rest
        least_T, most_T = activity(T, low, up)
        slack = 1e-9 * (1.0 + np.abs(still))
        self.low_fails = still + least_T < rows.least - slack
        self.high_fails = still + most_T > rows.most + slack

    def caps(self) -> tuple[Ints, Ints]:
        """Rows that bound one column from above, and that column."""
        W, rows = self.period.W, self.period.rows
        single = np.flatnonzero(np.diff(W.indptr) == 1)
        column, value = W.indices[W.indptr[single]], W.data[W.indptr[single]]
        above = np.where(value > 0, np.isneginf(rows.least[single]), np.isposinf(rows.most[single]))
        fits = above & ~self.low_fails[single] & ~self.high_fails[single] & (value != 0)
        return single[fits], column[fits]


class _Caps:
    """Rows that are a cap of the same column in every period that has them, at most one for each column."""

    def __init__(self) -> None:
        self._found: dict[Label, Label | None] = {}
        self._latest: tuple[Any, ...] = ()

    def add(self, part: _Part) -> None:
        """The rows of one more period."""
        names, of = part.period.rows.labels, part.period.columns.labels
        rows, columns = part.caps()
        latest = names, of, rows.tobytes(), columns.tobytes()
        if latest == self._latest:
            return
        self._latest = latest
        mine = {names[i]: of[j] for i, j in zip(rows.tolist(), columns.tolist(), strict=True)}
        for label in names:
            column = mine.get(label)
            if self._found.setdefault(label, column) != column:
                self._found[label] = None

    def chosen(self) -> dict[Label, Label]:
        """Rows and the column that each of them bounds."""
        by_column: dict[Label, Label] = {}
        for label, column in self._found.items():
            if column is not None:
                by_column.setdefault(column, label)
        return {label: column for column, label in by_column.items()}


class _Union:
    """All labels of some periods, each once."""

    def __init__(self) -> None:
        self.labels: tuple[Label, ...] = ()

    def add(self, labels: tuple[Label, ...]) -> None:
        """The labels of one more period."""
        if labels != self.labels:
            self.labels = tuple(dict.fromkeys((*self.labels, *labels)))


def _narrow(T: csr_array, where: Ints, width: int) -> csr_array:
    return csr_array((T.data, where[T.indices], T.indptr), shape=(T.shape[0], width))


class _Places:
    """Puts periods into a layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._capped = positions(layout.columns)(tuple(layout.caps.values()))
        self._columns, self._rows, self._caps = map(positions, (layout.columns, layout.rows, layout.caps))

    def __call__(self, part: _Part) -> Recourse:
        """A period in the layout."""
        layout, capped = self._layout, self._capped
        columns, rows = part.period.columns, part.period.rows
        m, n = len(layout.rows), len(layout.columns)
        at, to, own = self._columns(columns.labels), self._rows(rows.labels), self._caps(rows.labels)
        kept, cap_rows = np.flatnonzero(to >= 0), np.flatnonzero(own >= 0)
        cost, lower, upper = np.zeros(n), np.zeros(n), np.zeros(n)
        cost[at], lower[at], upper[at] = columns.cost, columns.lower, columns.upper
        least, most = np.full(m, -np.inf), np.full(m, np.inf)
        least[to[kept]], most[to[kept]] = rows.least[kept], rows.most[kept]
        sign = _coefficient(part.period.W, cap_rows)
        most_cap = upper[capped].copy()
        most_cap[own[cap_rows]] = np.where(sign > 0, rows.most[cap_rows], rows.least[cap_rows]) / sign
        coupling, linking = part.period.coupling, np.arange(part.T.shape[1])
        return Recourse(
            cost=cost,
            lower=lower,
            upper=upper,
            capped=capped,
            cap=_moved(part.T, cap_rows, own, linking, (len(capped), len(linking)), 1 / sign),
            most_cap=most_cap,
            T=_moved(part.T, kept, to, linking, (m, len(linking))),
            W=csc_array(_moved(part.period.W, kept, to, at, (m, n))),
            least=least,
            most=most,
            usage=_moved(coupling, np.arange(coupling.shape[0]), None, at, (coupling.shape[0], n)),
        )


def positions(labels: Iterable[Label]) -> IdentityCache[Ints]:
    """Where any labels are among these; -1: nowhere."""
    at = {label: i for i, label in enumerate(labels)}
    return IdentityCache(lambda some: np.array([at.get(label, -1) for label in some], dtype=np.int64))


def _coefficient(W: csr_array, rows: Ints) -> FloatArray:
    """The coefficient of rows that have only one."""
    return np.asarray(W.data[W.indptr[rows]], dtype=float)


def _moved(
    matrix: csr_array, rows: Ints, to: Ints | None, at: Ints, shape: tuple[int, int], factor: FloatArray | None = None
) -> csr_array:
    """Chosen rows of a matrix, times a factor, at their new rows and columns."""
    picked = csr_array(matrix[rows]).tocoo()
    row = rows[picked.row] if to is None else to[rows[picked.row]]
    data = picked.data if factor is None else picked.data * factor[picked.row]
    return csr_array((data, (row, at[picked.col])), shape=shape)
