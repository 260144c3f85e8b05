"""The matrix compiler: a Pyomo model of some periods as labelled rows, one chunk of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC
from pyomo.common.numeric_types import native_numeric_types
from pyomo.core.expr import EqualityExpression, InequalityExpression
from pyomo.repn.util import categorize_valid_components
from scipy.sparse import csr_array

from siting.solver.compile.linear_forms import Reader, RefusedError
from siting.solver.compile.matrix import FloatArray, Label, Leg, declared_legs, inside, owner_of
from siting.solver.compile.two_stage import Columns, Rows, name_of

Reported = Mapping[str, Mapping[Label, Any]]
"""Expressions to be told with the plan, by label, by the name of the period that owns them ("" for the model)."""

OBJECTIVE: Label = ("objective", None)

_VALID = {pyo.Block, pyo.Constraint, pyo.Var, pyo.Param, pyo.Expression, pyo.Set, pyo.RangeSet, pyo.Suffix}


@dataclass(frozen=True)
class Part:
    """Rows that touch first-stage columns and those of one block; a told expression has its constant on both sides."""

    rows: Rows
    first: csr_array
    block: csr_array


@dataclass(frozen=True)
class Shared:
    """Rows of the model itself: their parts over the first-stage columns and over those of each block."""

    rows: Rows
    first: csr_array
    blocks: dict[str, csr_array]


@dataclass(frozen=True)
class Chunk:
    """Some periods of a model.

    Parameters
    ----------
    first : Columns
        Decisions of the model itself; costs are zero, because the objective is one of the shared told rows.
    columns : dict of str to Columns
        Decisions of each block.
    rows, told : dict of str to Part
        Constraints and told expressions of each block.
    shared, shared_told : Shared
        Those of the model itself, and those of a block that touch another block.
    legs : tuple of Leg
        Flows that may not go round in a circle.
    """

    first: Columns
    columns: dict[str, Columns]
    rows: dict[str, Part]
    told: dict[str, Part]
    shared: Shared
    shared_told: Shared
    legs: tuple[Leg, ...] = ()


def compile_chunk(model: Any, told: Reported | None = None) -> Chunk:
    """Compile a Pyomo model, every variable a column and every constraint a row, used or not.

    Parameters
    ----------
    model : ConcreteModel
        Linear, with one objective to be minimized.
    told : mapping, optional
        Expressions whose values are wanted with the plan.

    Raises
    ------
    ValueError
        If something is not linear (the message names it), or there is not exactly one objective to be minimized.
    """
    with PauseGC():
        return _compile(model, told or {})


def _compile(model: Any, told: Reported) -> Chunk:
    objective = the_objective(model)
    _refuse_unknown(model)
    components: dict[str, list[Any]] = {"": []}
    for block in model.block_data_objects(descend_into=True):
        owner = owner_of(block)
        mine = components.setdefault("" if owner is model else owner.name, [])
        mine += block.component_objects(pyo.Var, descend_into=False)
    read_off = {name: _columns(mine) for name, mine in components.items()}
    columns = {name: mine for name, (mine, _) in read_off.items()}
    read = Reader([v for _, variables in read_off.values() for v in variables])
    start = np.cumsum([0, *map(len, columns.values())])
    forms = _Forms(read)
    for block in model.block_data_objects(active=True, descend_into=True):
        owner = owner_of(block)
        name = "" if owner is model else owner.name
        for component in block.component_objects(pyo.Constraint, active=True, descend_into=False):
            forms.constrain(name, inside(block) + component.local_name, component)
    expressions = _Forms(read)
    expressions.tell("", OBJECTIVE, objective.expr)
    for name, items in told.items():
        for label, expression in items.items():
            expressions.tell(name, label, expression)
    rows, shared = forms.take_apart(list(columns), start)
    spoken, shared_told = expressions.take_apart(list(columns), start)
    first = columns.pop("")
    return Chunk(first, columns, rows, spoken, shared, shared_told, declared_legs(model))


def the_objective(model: Any) -> Any:
    """The objective of a model.

    Raises
    ------
    ValueError
        If there is not exactly one active objective, to be minimized.
    """
    found = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(found) != 1 or found[0].sense != pyo.minimize:
        names = ", ".join(f"{o.name} ({'min' if o.sense == pyo.minimize else 'max'})" for o in found) or "none"
        raise ValueError(f"a model needs exactly one active objective, to be minimized; this one has: {names}")
    return found[0]


def _refuse_unknown(model: Any) -> None:
    _, unknown = categorize_valid_components(model, active=True, valid=_VALID, targets={pyo.Objective})
    if unknown:
        names = ", ".join(item.name for items in unknown.values() for item in items)
        raise ValueError(f"a linear model holds variables, expressions and constraints only; this one has: {names}")


def _columns(components: list[Any]) -> tuple[Columns, list[Any]]:
    labels: list[Label] = []
    variables: list[Any] = []
    for component in components:
        name = inside(component.parent_block()) + component.local_name
        for index, variable in component.items():
            labels.append((name, index))
            variables.append(variable)
    # A variable that is fixed has one value left.
    bounds = [(v.value, v.value) if v.fixed else v.bounds for v in variables]
    columns = Columns(
        labels=tuple(labels),
        cost=np.zeros(len(labels)),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        upper=np.array([np.inf if up is None else up for _, up in bounds], dtype=float),
        integer=np.array([not v.is_continuous() for v in variables], dtype=bool),
    )
    return columns, variables


class _Forms:
    """Rows as they are read, then taken apart by block."""

    def __init__(self, read: Reader) -> None:
        self.read = read
        self.owner: list[str] = []
        self.labels: list[Label] = []
        self.least: list[float] = []
        self.most: list[float] = []
        self.start, self.index, self.value = [0], list[int](), list[float]()

    def constrain(self, owner: str, name: str, component: Any) -> None:
        for index, row in component.items():
            if row.active:
                self._constrain(owner, (name, index), row)

    def _constrain(self, owner: str, label: Label, row: Any) -> None:
        relation = row.expr
        kind = relation.__class__
        sides = relation.args if kind is EqualityExpression or kind is InequalityExpression else ()
        if sides and not any(isinstance(side, float) and not isfinite(side) for side in sides):
            left, right = sides
            # As Pyomo has it: what varies is on the left, unless a number is.
            turned = left.__class__ in native_numeric_types or not left.is_potentially_variable()
            constant = self._add(owner, label, right, left) if turned else self._add(owner, label, left, right)
            equal = kind is EqualityExpression
            self.least.append(0.0 - constant if equal or turned else -np.inf)
            self.most.append(np.inf if turned and not equal else 0.0 - constant)
            return
        low, body, up = row.to_bounded_expression(True)
        if low is not None or up is not None:
            constant = self._add(owner, label, body)
            self.least.append(-np.inf if low is None else low - constant)
            self.most.append(np.inf if up is None else up - constant)

    def tell(self, owner: str, label: Label, expression: Any) -> None:
        constant = self._add(owner, label, expression)
        self.least.append(constant)
        self.most.append(constant)

    def _add(self, owner: str, label: Label, plus: Any, minus: Any = None) -> float:
        """A row of one expression, or of the difference of two."""
        try:
            constant = self.read(plus, 1.0, self.index, self.value)
            if minus is not None:
                constant += self.read(minus, -1.0, self.index, self.value)
        except RefusedError as error:
            raise ValueError(f"{name_of(label, owner)} contains {error}") from error
        self.owner.append(owner)
        self.labels.append(label)
        self.start.append(len(self.index))
        return constant

    def take_apart(self, names: list[str], start: npt.NDArray[np.int64]) -> tuple[dict[str, Part], Shared]:
        """Parts by block, and the rows that are no single block's; ``names`` own the columns from ``start`` on."""
        shape = (len(self.labels), int(start[-1]))
        start_of_row = np.array(self.start, dtype=np.int32)
        matrix = csr_array((np.array(self.value), np.array(self.index, dtype=np.int32), start_of_row), shape=shape)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        owner = np.array([names.index(n) for n in self.owner], dtype=np.int64)
        block = np.searchsorted(start, matrix.indices, side="right") - 1
        row = np.repeat(np.arange(shape[0]), np.diff(matrix.indptr))
        elsewhere = np.zeros(shape[0], dtype=bool)
        elsewhere[row[(block > 0) & (block != owner[row])]] = True
        owner[elsewhere] = 0
        by_column = matrix.tocsc()
        sides = [by_column[:, start[i] : start[i + 1]].tocsr() for i in range(len(names))]
        parts = {
            name: Part(self._rows(mine), sides[0][mine], sides[i][mine])
            for i, name in enumerate(names)
            if i and (mine := np.flatnonzero(owner == i)).size
        }
        rest = np.flatnonzero(owner == 0)
        shared = {name: sides[i][rest] for i, name in enumerate(names) if i}
        return parts, Shared(self._rows(rest, qualified=True), sides[0][rest], shared)

    def _rows(self, chosen: npt.NDArray[np.int64], qualified: bool = False) -> Rows:
        labels = [self.labels[i] for i in chosen]
        if qualified:
            labels = [
                (f"{self.owner[i]}.{name}" if self.owner[i] else name, index)
                for i, (name, index) in zip(chosen, labels, strict=True)
            ]
        return Rows(tuple(labels), _floats(self.least, chosen), _floats(self.most, chosen))


def _floats(values: list[float], chosen: npt.NDArray[np.int64]) -> FloatArray:
    return np.array(values, dtype=float)[chosen]
