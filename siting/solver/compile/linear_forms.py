"""Linear forms of expressions of Pyomo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyomo.common.numeric_types import native_numeric_types
from pyomo.core.base import SortComponents
from pyomo.core.expr import (
    DivisionExpression,
    LinearExpression,
    MonomialTermExpression,
    NegationExpression,
    ProductExpression,
    SumExpression,
)
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import VarRecorder


class Reader:
    """Linear forms of expressions over the variables of a model; a named expression is read once.

    A model is made of little else than sums of numbers times variables. Those are read here, in a fraction of the time
    that Pyomo's own walk takes; whatever else is linear after all is left to it.

    Parameters
    ----------
    variables : list of Var data
        In the order in which forms count them.
    """

    def __init__(self, variables: list[Any]) -> None:
        self.place = {id(v): i for i, v in enumerate(variables)}
        self.named: dict[int, tuple[float, list[int], list[float]]] = {}
        # Functions, not methods: a reader that holds itself would wait for the garbage collector.
        self.of_kind: dict[Any, Callable[..., float]] = {
            MonomialTermExpression: Reader._product,
            ProductExpression: Reader._product,
            DivisionExpression: Reader._quotient,
            NegationExpression: Reader._negative,
            LinearExpression: Reader._sum,
            SumExpression: Reader._sum,
        }

    def __call__(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        """Add the variables of ``scale * expression`` and their coefficients to two lists; the constant is returned.

        A variable may be listed more than once, with coefficients that add up.

        Raises
        ------
        RefusedError
            If it is not linear, or contains a variable of another model.
        """
        kind = expression.__class__
        read = self.of_kind.get(kind)
        if read is None:
            read = self.of_kind[kind] = self._reads(expression)
        return read(self, expression, scale, index, value)

    def _reads(self, expression: Any) -> Callable[..., float]:
        """What reads all expressions of this kind."""
        if expression.__class__ in native_numeric_types:
            return Reader._constant
        if expression.is_variable_type():
            return Reader._variable
        if expression.is_expression_type() and expression.is_named_expression_type():
            return Reader._named
        return Reader._other

    def _constant(self, number: Any, scale: float, index: list[int], value: list[float]) -> float:
        return float(scale * number)

    def _variable(self, variable: Any, scale: float, index: list[int], value: list[float]) -> float:
        i = self.place.get(id(variable))
        if i is not None:
            index.append(i)
            value.append(scale)
            return 0.0
        if not variable.fixed:
            raise RefusedError(f"the variable {variable.name}, which the model does not hold")
        return scale * float(variable.value)

    def _sum(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        constant = 0.0
        place = self.place
        for term in expression.args:
            # Most terms are a variable, or a number times one; a call for each would take twice the time.
            factor, variable = term.args if term.__class__ is MonomialTermExpression else (1.0, term)
            i = place.get(id(variable))
            if i is None or factor.__class__ not in native_numeric_types:
                constant += self(term, scale, index, value)
            else:
                index.append(i)
                value.append(scale * factor)
        return constant

    def _product(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        one, other = expression.args
        factor = one if one.__class__ in native_numeric_types else self._number(one)
        if factor is None:
            factor, other = self._number(other), one
        if factor is None:
            return self._other(expression, scale, index, value)
        return self(other, scale * factor, index, value)

    def _quotient(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        one, other = expression.args
        number = self._number(other)
        if number is None or number == 0:
            return self._other(expression, scale, index, value)
        return self(one, scale / number, index, value)

    def _number(self, expression: Any) -> float | None:
        """The value of an expression without variables."""
        index = list[int]()
        number = self(expression, 1.0, index, [])
        return None if index else number

    def _negative(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        return self(expression.args[0], -scale, index, value)

    def _named(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        known = self.named.get(id(expression))
        if known is None:
            own_index, own_value = list[int](), list[float]()
            constant = self(expression.expr, 1.0, own_index, own_value)
            known = self.named[id(expression)] = (constant, *_added_up(own_index, own_value))
        constant, own_index, own_value = known
        index += own_index
        value += own_value if scale == 1.0 else [scale * x for x in own_value]
        return scale * constant

    def _other(self, expression: Any, scale: float, index: list[int], value: list[float]) -> float:
        """What Pyomo makes of it."""
        recorder = VarRecorder(found := dict[int, Any](), SortComponents.unsorted)
        form = LinearRepnVisitor({}, var_recorder=recorder).walk_expression(expression)
        if form.nonlinear is not None:
            raise RefusedError("nonlinear terms")
        return scale * float(form.constant) + sum(
            self._variable(found[key], scale * x, index, value) for key, x in form.linear.items()
        )


class RefusedError(ValueError):
    """What no linear row over the variables of the model may contain; the message says what it is."""


def _added_up(index: list[int], value: list[float]) -> tuple[list[int], list[float]]:
    """Each variable once."""
    if len(set(index)) == len(index):
        return index, value
    total: dict[int, float] = {}
    for i, x in zip(index, value, strict=True):
        total[i] = total.get(i, 0.0) + x
    return list(total), list(total.values())
