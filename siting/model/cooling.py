"""Power that a site draws: IT load, idle equipment and cooling.

In      PUE of every site and hour (a function of outdoor temperature and cooling design), idle share
Tells   period.power_mw[s,t]   power drawn by the site                    MW
        energy_mwh[s]          energy drawn in the year                   MWh
Ports   reads period.it_load     period.power_out + sites
        reads period.design_power_mw where a site has a choice of designs
Rules   power = pue · Σ_k (idle share · capacity + (1 − idle share) · load)
Source  siting.physics.cooling
Proof   power-balance
          power_out + sites  site_power, site_energy  test_idle_share_and_pue
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import by_hour, by_region, yearly
from siting.problem.derived import pue
from siting.problem.designs import open_choices
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the power use of sites."""
    idle = p.compute_types["idle_share"].to_dict()
    region = p.sites["region"].to_dict()
    types: dict[str, list[str]] = {s: [] for s in m.SITE}
    for s, k in m.SITE_COMPUTE:
        types[s].append(k)
    effectiveness = pue(p)
    offered = open_choices(p)
    for d in m.PERIOD:
        block = m.period[d]
        factor = by_hour(effectiveness, p.calendar.hour[d])

        def power(block: Any, s: str, t: int, factor: dict[str, list[float]] = factor) -> Any:
            if s in offered:
                return sum(block.design_power_mw[s, c, t] for c in offered[s])
            return sum(
                factor[s][t] * idle[k] * m.capacity_mw[s, k]
                + factor[s][t] * (1 - idle[k]) * block.it_load_total[s, k, t]
                for k in types[s]
            )

        block.power_mw = pyo.Expression(m.SITE, m.HOUR, rule=power, doc="Power drawn by a site, MW")
        drawn = {(s, t): block.power_mw[s, t] for s in m.SITE for t in m.HOUR if types[s]}
        block.power_out.add("sites", by_region(drawn, lambda st: (region[st[0]], st[1])), "MW")
    m.energy_mwh = pyo.Expression(
        m.SITE,
        rule=lambda m, s: yearly(m, lambda d, t: m.period[d].power_mw[s, t]),
        doc="Energy drawn by a site in the year, MWh",
    )
