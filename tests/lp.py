"""What one concept adds to a model of one period, as an LP file: its costs, its rows and its variables."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from siting.model.build import COMPONENTS, Component
from siting.problem import Problem

CONCEPTS = {add.__module__.rpartition(".")[2]: add for add in COMPONENTS}
PORTS = ("carbon", "capital", "it_load", "power_in", "power_out")


def lp(p: Problem, concept: str) -> str:
    """The LP file; what the concept adds to ports other than cost is in the comments."""
    add, m = CONCEPTS[concept], pyo.ConcreteModel()
    m.built = (0,)
    own, parts = _added(m, p, add)
    title = (sys.modules[add.__module__].__doc__ or "").partition("\n")[0]
    lines = [f"\\ {concept}: {title}"]
    for port, part in parts:
        if port != "cost":
            lines += [f"\\ {port} + {part}", *_amounts(m, port, part)]
    costs = [amount for port, part in parts if port == "cost" for amount in _port(m, port).parts[part].values()]
    objective = next((each.expr for each in own if each.ctype is pyo.Objective), sum(costs))
    lines += ["min", f" cost: {_linear(generate_standard_repn(objective))}", "st"]
    rows = [each[i] for each in own if each.ctype is pyo.Constraint for i in each]
    lines += [line for row in rows if row.active for line in _row(row)]
    columns = [each[i] for each in own if each.ctype is pyo.Var for i in each]
    lines += ["bounds", *(_bounds(column) for column in columns)]
    for kind, some in (("bin", [c for c in columns if c.is_binary()]),
                       ("gen", [c for c in columns if c.is_integer() and not c.is_binary()])):  # fmt: skip
        lines += [kind, *(f" {_name(column)}" for column in some)] if some else []
    return "\n".join([*lines, "end", ""])


def _added(m: Any, p: Problem, concept: Component) -> tuple[list[Any], list[tuple[str, str]]]:
    """Components and parts of ports that a concept adds while a whole model is built."""
    own, parts = [], []
    for add in COMPONENTS:
        before = {id(each) for each in _components(m)}, set(_parts(m))
        add(m, p)
        if add is concept:
            own = [each for each in _components(m) if id(each) not in before[0]]
            parts = [part for part in _parts(m) if part not in before[1]]
    return own, parts


def _components(m: Any) -> Iterator[Any]:
    yield from m.component_objects((pyo.Objective, pyo.Constraint, pyo.Var), descend_into=True)


def _parts(m: Any) -> Iterator[tuple[str, str]]:
    for port in ("cost", *PORTS):
        if hasattr(m, "period"):
            yield from ((port, part) for part in _port(m, port).parts)


def _port(m: Any, name: str) -> Any:
    return getattr(m, name) if hasattr(m, name) else getattr(m.period[0], name)


def _amounts(m: Any, port: str, part: str) -> list[str]:
    rows = _port(m, port).parts[part].items()
    return [f"\\  {_index(index)}: {_linear(generate_standard_repn(amount))}" for index, amount in rows]


def _row(row: Any) -> Iterator[str]:
    repn = generate_standard_repn(row.body)
    constant, repn.constant = repn.constant, 0.0
    # A row without variables holds or does not hold; no LP file can say it.
    lead = " " if repn.linear_vars else "\\ "
    upper, lower = (None if bound is None else pyo.value(bound) - constant for bound in (row.upper, row.lower))
    sides = [("=", upper)] if row.equality else [("<=", upper), (">=", lower)]
    for sign, bound in sides:
        if bound is not None:
            yield f"{lead}{_name(row)}: {_linear(repn)} {sign} {_number(bound)}"


def _bounds(column: Any) -> str:
    lower, upper = (pyo.value(bound) for bound in (column.lb, column.ub))
    if lower is not None and lower == upper:
        return f" {_name(column)} = {_number(lower)}"
    low = "-inf" if lower is None else _number(lower)
    return f" {low} <= {_name(column)}" + ("" if upper is None else f" <= {_number(upper)}")


def _linear(repn: Any) -> str:
    terms = []
    for factor, variable in zip(repn.linear_coefs, repn.linear_vars, strict=True):
        sign, size = "-" if factor < 0 else "+", _number(abs(factor))
        terms.append(f"{sign} {_name(variable)}" if size == "1" else f"{sign} {size} {_name(variable)}")
    if repn.constant:
        terms.append(f"{'-' if repn.constant < 0 else '+'} {_number(abs(repn.constant))}")
    return " ".join(terms) or "0"


def _name(data: Any) -> str:
    component = data.parent_component()
    return component.local_name + (_index(data.index()) if component.is_indexed() else "")


def _index(index: Any) -> str:
    return f"({','.join(map(str, index if isinstance(index, tuple) else (index,)))})"


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"
