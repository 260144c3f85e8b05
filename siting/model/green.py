"""Floors on the green share of sites.

In      p.settings.green.floors
Decide  claimed_mw[s]    green power that the site claims, mean over the year          MW
Tells   claimed_mwh[s]   the same as energy                                            MWh
Rules   Σ_s claimed <= Σ energy of sites − grid energy − generation that is not green
        claimed[s] <= energy[s]                 Σ claimed >= share · Σ energy, over the sites of each floor
Note    A yearly account: each green MWh is claimed once, by any site of the instance, and every loss on the way
        (batteries, corridors) is charged to green power, which therefore covers at least the losses. Without floors
        nothing is added.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import yearly
from siting.problem.derived import design_pue, floor_sites
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add green floors."""
    floors = [(share, sites) for share, sites in floor_sites(p) if share > 0 and sites]
    if not floors:
        return
    m.FLOOR = pyo.Set(initialize=range(len(floors)), doc="floor")
    bound = sorted({s for _, sites in floors for s in sites}, key=list(m.SITE).index)
    m.FLOOR_SITE = pyo.Set(initialize=bound, doc="site")
    most_mw = (p.sites["most_mw"] * design_pue(p).max().groupby(level=0).max()).to_dict()
    m.claimed_mw = pyo.Var(
        m.SITE,
        domain=pyo.NonNegativeReals,
        initialize=0.0,
        bounds=lambda m, s: (0, most_mw[s] if s in m.FLOOR_SITE else 0),
        doc="Green power claimed by a site, mean over the year, MW",
    )
    m.claimed_mwh = pyo.Expression(
        m.SITE, rule=lambda m, s: m.year_h * m.claimed_mw[s], doc="Green energy claimed by a site, MWh"
    )
    mean_mw = {s: m.energy_mwh[s] / m.year_h for s in m.SITE}
    not_green = [ng for ng in getattr(m, "SUPPLY", ()) if not p.supply.at[ng, "green"]]

    def bought(d: int, t: int) -> Any:
        block = m.period[d]
        return sum(block.grid_mw[n, t] for n in m.REGION) + sum(block.generation_mw[ng, t] for ng in not_green)

    @m.Constraint(doc="No green MWh is claimed twice")
    def claimed_is_green(m: Any) -> Any:
        return sum(m.claimed_mw[s] for s in bound) <= sum(mean_mw.values()) - yearly(m, bought) / m.year_h

    @m.Constraint(m.FLOOR_SITE, doc="A site claims no more than it uses")
    def claimed_within_use(m: Any, s: str) -> Any:
        return m.claimed_mw[s] <= mean_mw[s]

    @m.Constraint(m.FLOOR, doc="Least green share")
    def green_floor(m: Any, f: int) -> Any:
        share, sites = floors[f]
        return sum(m.claimed_mw[s] for s in sites) >= share * sum(mean_mw[s] for s in sites)
