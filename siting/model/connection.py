"""Connection of sites to the grid: a limit, and what its size costs.

In      p.sites.connection_mw (limit), connection_cost_per_mw_year
Decide  connected_mw[s]   power that the connection can carry                MW
Ports   cost + connection
Rules   power drawn by the site <= connected, in every modelled hour         connected <= limit
Note    All power of a site goes through its connection, also what its region generates. The day of the highest load is
        always among the typical periods. Sites without limit and cost are left alone.
Proof   connection-limit
          power_within_connection  connection  test_the_limit_sends_work_elsewhere
          bounds of connected_mw   connection  test_the_limit_sends_work_elsewhere
        connection-cost
          cost + connection        cost        test_the_highest_power_is_paid_for
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION, by_region
from siting.problem.designs import most_power_mw
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add connections."""
    limit, cost = p.sites["connection_mw"], p.sites["connection_cost_per_mw_year"]
    table = p.sites[limit.notna() | (cost > 0)]
    if table.empty:
        return
    m.CONNECTION = pyo.Set(initialize=list(table.index), doc="site")
    # No site draws more than its equipment at the worst PUE, so a missing limit has a bound all the same.
    most = most_power_mw(p).where(limit.isna(), limit).to_dict()
    m.connected_mw = pyo.Var(
        m.CONNECTION,
        initialize=0.0,
        bounds=lambda m, s: (0.0, most[s]),
        doc="Power that the connection of a site can carry, MW",
    )
    for d in m.PERIOD:

        @m.period[d].Constraint(m.CONNECTION, m.HOUR, doc="A site draws no more than its connection carries")
        def power_within_connection(block: Any, s: str, t: int) -> Any:
            return block.power_mw[s, t] <= m.connected_mw[s]

    region = p.sites["region"].to_dict()
    paid = {s: float(cost[s]) / MILLION * m.connected_mw[s] for s in m.CONNECTION if cost[s] > 0}
    m.cost.add("connection", by_region(paid, lambda s: region[s]), COST)
