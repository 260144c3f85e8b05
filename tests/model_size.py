"""How many rows and variables a model has, and has without some concepts."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.build import COMPONENTS, Component, build
from siting.problem import Problem


def size(m: Any) -> tuple[int, int]:
    """Rows and variables."""
    kinds = (pyo.Constraint, pyo.Var)
    rows, columns = (sum(1 for _ in m.component_data_objects(kind, active=True)) for kind in kinds)
    return rows, columns


def added(p: Problem, concept: Component) -> tuple[int, int]:
    """Rows and variables that a concept adds."""
    with_it, without = size(build(p)), size(build(p, [add for add in COMPONENTS if add is not concept]))
    return with_it[0] - without[0], with_it[1] - without[1]
