"""Plans of a model from which what states one rule is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from siting.solver.highs.engine import Limits
from siting.solver.strategy import optimize
from siting.solving.solution import read_tables

Tables = dict[str, pd.DataFrame]

VISIBLE = 1e-2
"""A smaller breach, in the unit of the row, may be a rounding error."""


def constraints(m: Any) -> dict[str, list[Any]]:
    """The rows of every active constraint by name, those of all periods together."""
    rows: dict[str, list[Any]] = {}
    for component in m.component_objects(pyo.Constraint, active=True, descend_into=True):
        rows.setdefault(component.local_name, []).extend(component[i] for i in component)
    return {name: members for name, members in rows.items() if members}


def broken(m: Any, stated: str) -> Tables | None:
    """A plan that breaks one row, or one bound, of what states a rule by as much as it can, up to a unit.

    Parameters
    ----------
    m : ConcreteModel
        The model, as it was afterwards.
    stated : str
        Name of a constraint, or ``bounds of`` a variable; all its rows or bounds are taken away.

    Returns
    -------
    dict of str to DataFrame or None
        The plan; None if the rest of the model implies all of them.
    """
    if stated.startswith("one way of "):
        return both_ways(m, stated.removeprefix("one way of "))
    with _without(m, stated) as rows:
        ways = [(body, upper, 1) for body, _, upper in rows] + [(body, lower, -1) for body, lower, _ in rows]
        for body, bound, sign in ways:
            if bound is None:
                continue
            with _breach(m, body, bound, sign) as breach:
                if _has_plan(m) and pyo.value(breach) > VISIBLE:
                    return read_tables(m)
    return None


def both_ways(m: Any, variable: str) -> Tables | None:
    """A plan that sends both ways between two nodes, one of them by this variable."""
    legs, m.one_way = m.one_way, {}
    m.breach = pyo.Var(bounds=(0, 1))
    m.both = pyo.ConstraintList()
    m.most_breach = pyo.Objective(expr=-m.breach)
    m.total_cost.deactivate()
    try:
        every = [(name, place, ends) for name, mine in legs.items() for place, ends in mine.items()]
        for (tail, head), t in product(legs[variable].values(), m.HOUR):
            m.both.clear()
            for name, place, ends in every:
                if ends in ((tail, head), (head, tail)):
                    index = (*place, t) if isinstance(place, tuple) else (place, t)
                    sent = getattr(m.period[0], name)[index]
                    if sent.ub != 0:  # a line of one direction cannot
                        m.both.add(sent >= m.breach)
            if _has_plan(m) and pyo.value(m.breach) > VISIBLE:
                return read_tables(m)
    finally:
        m.one_way = legs
        m.total_cost.activate()
        for name in ("most_breach", "both", "breach"):
            m.del_component(name)
    return None


def cheapest(m: Any, stated: str) -> Tables:
    """The cheapest plan without it."""
    with _without(m, stated):
        assert _has_plan(m)
        return read_tables(m)


@contextmanager
def _without(m: Any, stated: str) -> Iterator[list[tuple[Any, Any, Any]]]:
    """Take away the rows of a constraint, or the bounds of a variable, and tell them: body, lower and upper bound."""
    variable = stated.removeprefix("bounds of ")
    if variable == stated:
        rows = constraints(m)[stated]
        for row in rows:
            row.deactivate()
        try:
            yield [(row.body, row.lower, row.upper) for row in rows]
        finally:
            for row in rows:
                row.activate()
        return
    found = [block.component(variable) for block in (m, *m.period.values())]
    bounds = [(each[i], each[i].lb, each[i].ub) for each in found if each is not None for i in each]
    for column, _, _ in bounds:
        column.bounds = (None, None)
    legs, m.one_way = m.one_way, {}  # Directions need a bound of what they forbid.
    try:
        yield bounds
    finally:
        m.one_way = legs
        for column, lower, upper in bounds:
            column.bounds = (lower, upper)


def _has_plan(m: Any) -> bool:
    outcome = optimize(m, Limits(gap=0.0, threads=1, highs={"mip_abs_gap": 0.0}))
    assert outcome.status in ("optimal", "infeasible"), outcome.reason
    return outcome.has_plan


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
