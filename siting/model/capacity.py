"""Load fits into the equipment, hour by hour.

In      p.compute_types.usable_share
Ports   reads period.it_load
Rules   load of a compute type at a site <= usable share · its capacity, in every modelled hour in which deferrable
        work may run there (for work that cannot wait the whole year is checked once, see workloads)
Proof   peak-room
          load_within_capacity  hourly_load  test_deferrable_work_fills_the_valleys
"""

from __future__ import annotations

from typing import Any

from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the hourly capacity rows."""
    usable = p.compute_types["usable_share"].to_dict()
    for d in m.PERIOD:
        block = m.period[d]
        flexible = list(block.it_load.parts.get("flexible", {}))

        @block.Constraint(flexible, doc="All load fits into the usable capacity")
        def load_within_capacity(block: Any, s: str, k: str, t: int) -> Any:
            return block.it_load_total[s, k, t] <= usable[k] * m.capacity_mw[s, k]
