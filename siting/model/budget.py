"""Most capital for all that is newly built.

In      p.settings.policy.capital_budget
Ports   reads capital
Rules   capital of new sites, buildings, equipment, sources, storage and corridors <= budget
Note    Paid once and not as an annuity; what exists is sunk. Without a budget nothing is added.
Proof   capital-budget
          capital_within_budget  capital_budget  test_capital_is_paid_once
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import MILLION
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the budget."""
    budget = p.settings.policy.capital_budget
    if budget is None:
        return
    m.capital_within_budget = pyo.Constraint(
        expr=sum(m.capital_total[n] for n in m.REGION) <= budget / MILLION, doc="Capital within the budget, million"
    )
