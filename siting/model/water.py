"""Water that cooling takes: its price and a yearly cap.

In      p.regions.water_price_per_m3, p.regions.water_cap_m3; WUE of every site and hour
Tells   water_m3[s]   water taken by a site in the year                   m³
Ports   reads period.power_mw, and period.design_power_mw where a site has a choice     cost + water
Rules   water = Σ WUE · IT energy, idle equipment included       Σ_s water <= cap of the region
Note    Without a price and a cap in any region nothing is added. Water for the power bought does not count.
Source  siting.physics.water
Proof   water-price
          cost + water      water, cost  test_water_has_its_price
        water-cap
          water_within_cap  water_cap    test_the_cap_moves_just_enough
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION, by_hour, by_region, yearly
from siting.problem.designs import design_pue, design_wue, open_choices, water_counts
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add water use, its cost and its caps."""
    if not water_counts(p):
        return
    # The power of a site is its IT power times PUE, so that its water per MWh of power is WUE / PUE.
    per_mwh = design_wue(p) / design_pue(p)
    offered = open_choices(p)
    own = p.sites["cooling"].to_dict()
    rate = {d: by_hour(per_mwh, p.calendar.hour[d]) for d in m.PERIOD}

    def water(m: Any, s: str) -> Any:
        if s in offered:
            return yearly(
                m, lambda d, t: sum(rate[d][s, c][t] * m.period[d].design_power_mw[s, c, t] for c in offered[s])
            )
        return yearly(m, lambda d, t: rate[d][s, own[s]][t] * m.period[d].power_mw[s, t])

    m.water_m3 = pyo.Expression(m.SITE, rule=water, doc="Water taken by a site in the year, m³")
    region = p.sites["region"].to_dict()
    price = p.regions["water_price_per_m3"].to_dict()
    paid = {s: price[region[s]] / MILLION * m.water_m3[s] for s in m.SITE if price[region[s]]}
    m.cost.add("water", by_region(paid, lambda s: region[s]), COST)
    used = by_region({s: m.water_m3[s] for s in m.SITE}, lambda s: region[s])
    cap = p.regions["water_cap_m3"].dropna().to_dict()

    # Per hour of the year, which keeps the coefficients near those of the other rows.
    @m.Constraint([n for n in m.REGION if n in cap and n in used], doc="Water of the year within the region's cap")
    def water_within_cap(m: Any, n: str) -> Any:
        return used[n] / m.year_h <= cap[n] / m.year_h
