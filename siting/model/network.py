"""Moving data between users and sites.

In      workload data volume, distance, p.settings.network.cost_per_gb_1000km, p.links.cost_per_mwh
Ports   cost + data movement (to the origin)
Rules   cost = energy of the work served at the site · data per MWh · distance · price, or the link's own cost per MWh
Note    Latency acts before the model: only pairs within the bound exist (siting.problem.derived.arcs).
"""

from __future__ import annotations

from typing import Any

from siting.model.structure import COST, MILLION, by_region
from siting.problem.derived import data_cost_per_mwh
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the cost of moving data."""
    rate = (data_cost_per_mwh(p) / MILLION).to_dict()
    cost = {}
    if hasattr(m, "ARC"):
        cost = {arc: rate[arc] * m.year_h * m.assigned_mw[arc] for arc in m.ARC if rate[arc]}
    if hasattr(m, "BATCH_ARC"):
        hours = p.calendar.hours
        for arc in m.BATCH_ARC:
            if rate[arc]:
                cost[arc] = sum(rate[arc] * hours * m.period[d].weight * m.period[d].moved_mw[arc] for d in m.PERIOD)
    m.cost.add("data movement", by_region(cost, lambda arc: arc[1]), COST)
