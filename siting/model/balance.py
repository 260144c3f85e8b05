"""Power balance of every region and hour, and the objective.

Ports   reads period.power_in, period.power_out, cost
Rules   power in = power out            least cost per year
Proof   power-balance
          power_balance  power_balance, energy_account  test_power_balances_from_the_tables_alone
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add balances and the objective; ports that grow later still reach both."""
    for d in m.PERIOD:
        block = m.period[d]

        @block.Constraint(m.REGION, m.HOUR, doc="Power in equals power out")
        def power_balance(block: Any, n: str, t: int) -> Any:
            return block.power_in_total[n, t] == block.power_out_total[n, t]

    m.total_cost = pyo.Objective(
        expr=sum(m.cost_total[n] for n in m.REGION), sense=pyo.minimize, doc="Cost, million per year"
    )
