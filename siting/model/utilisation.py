"""Least use of the equipment of a site (上架率).

In      p.settings.policy.utilisation_floors
Rules   mean IT load of the year >= share · installed IT power (existing and new), at each site of each floor
Note    Linear, because both sides are: the mean of rigid work is what is placed at the site, that of deferrable work
        the mean of what moves there in the periods. A closed site has neither, and one row with the highest share
        says what several floors on a site say. Without floors nothing is added.
Proof   utilisation-floor
          utilisation_floor  utilisation_floors  test_work_that_could_run_cheaper_elsewhere_fills_the_site
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.derived import rule_sites
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add utilisation floors."""
    types: dict[str, list[str]] = {}
    for s, k in m.SITE_COMPUTE:
        types.setdefault(s, []).append(k)
    share: dict[str, float] = {}
    for floor in p.settings.policy.utilisation_floors:
        for s in rule_sites(p, floor):
            if floor.share > 0 and s in types:
                share[s] = max(floor.share, share.get(s, 0.0))
    if not share:
        return
    load: dict[str, Any] = dict.fromkeys(share, 0.0)
    for w, s in getattr(m, "PLACE", ()):
        if s in share:
            load[s] += m.placed_mw[w, s]
    for w, n, s in getattr(m, "BATCH_ARC", ()):
        if s in share:
            load[s] += sum(
                m.period[d].weight * p.calendar.hours / m.year_h * m.period[d].moved_mw[w, n, s] for d in m.PERIOD
            )
    m.UTILISATION_FLOOR_SITE = pyo.Set(initialize=[s for s in m.SITE if s in share], doc="site")

    @m.Constraint(m.UTILISATION_FLOOR_SITE, doc="Least mean load per installed IT power")
    def utilisation_floor(m: Any, s: str) -> Any:
        return load[s] >= share[s] * sum(m.capacity_mw[s, k] for k in types[s])
