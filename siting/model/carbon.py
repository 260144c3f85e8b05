"""Price and cap of carbon.

In      p.settings.carbon
Ports   reads carbon     cost + carbon
Rules   CO2 of the year <= cap          cost = price · CO2
Note    Location-based: what each region's grid emits for the power bought, plus what sources emit, plus what was
        emitted to make what is built, spread over its life.
Proof   carbon-price
          cost + carbon      cost        test_each_tonne_has_its_price
        carbon-cap
          carbon_within_cap  carbon_cap  test_the_cap_moves_just_enough
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the carbon price and cap."""
    carbon = p.settings.carbon
    if carbon.price:
        m.cost.add("carbon", {n: carbon.price / MILLION * m.carbon_total[n] for n in m.REGION}, COST)
    if carbon.cap_t is not None:
        m.carbon_within_cap = pyo.Constraint(
            expr=sum(m.carbon_total[n] for n in m.REGION) <= carbon.cap_t, doc="CO2 of the year within the cap"
        )
