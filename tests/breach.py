"""Plans of a model from which one constraint is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from siting.solution import read_tables
from siting.solver.engine import Limits
from siting.solver.strategy import optimize

Tables = dict[str, pd.DataFrame]

VISIBLE = 1e-2
"""A smaller breach, in the unit of the row, may be a rounding error."""


def constraints(m: Any) -> dict[str, list[Any]]:
    """The rows of every active constraint by name, those of all periods together."""
    rows: dict[str, list[Any]] = {}
    for component in m.component_objects(pyo.Constraint, active=True, descend_into=True):
        rows.setdefault(component.local_name, []).extend(component[i] for i in component)
    return {name: members for name, members in rows.items() if members}


def broken(m: Any, name: str) -> Tables | None:
    """A plan that breaks some row by as much as it can, up to one unit; None if the rest of the model implies all."""
    rows = constraints(m)[name]
    with _without(rows):
        for row in rows:
            for bound, sign in ((row.upper, 1), (row.lower, -1)):
                if bound is None:
                    continue
                with _breach(m, row.body, bound, sign) as breach:
                    if _has_plan(m) and pyo.value(breach) > VISIBLE:
                        return read_tables(m)
    return None


def cheapest(m: Any, name: str) -> Tables:
    """The cheapest plan without the constraint."""
    with _without(constraints(m)[name]):
        assert _has_plan(m)
        return read_tables(m)


def _has_plan(m: Any) -> bool:
    outcome = optimize(m, Limits(gap=0.0, threads=1, highs={"mip_abs_gap": 0.0}))
    assert outcome.status in ("optimal", "infeasible"), outcome.reason
    return outcome.has_plan


@contextmanager
def _without(rows: list[Any]) -> Iterator[None]:
    for row in rows:
        row.deactivate()
    try:
        yield
    finally:
        for row in rows:
            row.activate()


@contextmanager
def _breach(m: Any, body: Any, bound: Any, sign: int) -> Iterator[Any]:
    """The row beyond its bound, by the most that there is a plan for."""
    m.breach = pyo.Var(bounds=(0, 1))
    m.row_is_broken = pyo.Constraint(expr=body - sign * m.breach == bound)
    m.most_breach = pyo.Objective(expr=-m.breach)
    m.total_cost.deactivate()
    try:
        yield m.breach
    finally:
        m.total_cost.activate()
        for name in ("most_breach", "row_is_broken", "breach"):
            m.del_component(name)
