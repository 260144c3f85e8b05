"""Ports: named running totals in which the concepts meet.

A concept adds its part to a port and knows nothing of the others. The total is a named Pyomo Expression, so that a
part that is added after the build still reaches the balance, the caps and the objective.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo


class Port:
    """A running total over an index set.

    Parameters
    ----------
    block : Block
        Model or period that owns the total.
    name : str
        Name of the total's Expression on ``block``.
    sets : tuple of Set
        Index sets of the total.
    unit : str
        Unit of every part.
    doc : str
        What is added up.
    """

    def __init__(self, block: Any, name: str, sets: tuple[Any, ...], unit: str, doc: str) -> None:
        self.name = name
        self.unit = unit
        self.parts: dict[str, dict[Any, Any]] = {}
        total = pyo.Expression(*sets, initialize=0.0, doc=f"{doc}, {unit}")
        block.add_component(name + "_total", total)
        self.total = total

    def add(self, part: str, amounts: Mapping[Any, Any], unit: str) -> None:
        """Add a part.

        Parameters
        ----------
        part : str
            Name of the part; each may be added once.
        amounts : mapping
            Pyomo expression or number by index; missing indices add nothing.
        unit : str
            Must be the unit of the port.

        Raises
        ------
        ValueError
            If the unit is another one or the part was added before.
        KeyError
            If an index does not belong to the port.
        """
        if unit != self.unit:
            raise ValueError(f"port {self.name} is in {self.unit}, not in {unit} (part {part!r})")
        if part in self.parts:
            raise ValueError(f"port {self.name} has a part {part!r} already")
        unknown = [index for index in amounts if index not in self.total]
        if unknown:
            raise KeyError(f"port {self.name} has no index {unknown[0]!r} (part {part!r})")
        for index, amount in amounts.items():
            total = self.total[index]
            total.expr = total.expr + amount
        self.parts[part] = dict(amounts)
