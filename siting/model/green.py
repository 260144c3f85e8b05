"""Floors on the green share of sites, met by own green power and by certificates.

In      p.settings.green.floors, certificate_price, certificate_most_mwh; p.regions.grid_green_share
Decide  own_mw[s]            own green power that the site claims, mean over the year    MW
        certificates_mw[s]   certificates that it buys, mean over the year               MW
Tells   own_mwh[s], certificates_mwh[s]   the same as energy                             MWh
        claimed_mwh[s]       their sum                                                   MWh
Ports   cost + certificates
Rules   Σ_s own <= Σ energy of sites − grid energy − generation that is not green
        Σ_s certificates <= what is for sale
        claimed[s] <= energy[s]                 Σ claimed >= share · Σ energy, over the sites of each floor
        a floor beyond the grid mix: Σ (1 − green share of the grid) · claimed >= share · Σ energy
Note    Certificates stand for green power generated elsewhere: they count for floors and for the market-based account,
        and change neither the hourly matched share nor location-based carbon. Claims and certificates are settled
        after the year (siting.study.year_check).
        A yearly account: each green MWh is claimed once, by any site of the instance, and every loss on the way
        (batteries, corridors) is charged to green power, which therefore covers at least the losses. Without floors
        nothing is added.
Proof   green-floor
          green_floor            green_floors   test_the_floor_is_met_and_no_more
          claimed_is_green       green_total    test_a_green_mwh_is_claimed_once
          claimed_within_use     green_of_site  test_a_claim_that_counts_more_is_no_larger_than_the_use
        beyond-grid-mix
          green_floor            green_floors   test_a_floor_beyond_the_grid_mix
        certificates-limit
          certificates_for_sale  certificates   test_certificates_have_a_price_and_a_limit
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION, by_region, yearly
from siting.problem.derived import floor_credit, floor_sites
from siting.problem.designs import most_power_mw
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add green floors."""
    every = zip(floor_sites(p), floor_credit(p), strict=True)
    floors = [(share, sites, credit) for (share, sites), credit in every if share > 0 and sites]
    if not floors:
        return
    m.FLOOR = pyo.Set(initialize=range(len(floors)), doc="floor")
    bound = sorted({s for _, sites, _ in floors for s in sites}, key=list(m.SITE).index)
    m.FLOOR_SITE = pyo.Set(initialize=bound, doc="site")
    most_mw = most_power_mw(p).to_dict()

    def within(m: Any, s: str) -> tuple[float, float]:
        return (0.0, most_mw[s] if s in m.FLOOR_SITE else 0.0)

    m.own_mw = pyo.Var(
        m.SITE,
        domain=pyo.NonNegativeReals,
        initialize=0.0,
        bounds=within,
        doc="Own green power claimed by a site, mean over the year, MW",
    )
    m.own_mwh = pyo.Expression(
        m.SITE, rule=lambda m, s: m.year_h * m.own_mw[s], doc="Own green energy claimed by a site, MWh"
    )
    claimed = {s: m.own_mw[s] + 0.0 for s in m.SITE}
    if p.settings.green.certificate_price is not None:
        _certificates(m, p, p.settings.green.certificate_price, within)
        claimed = {s: m.own_mw[s] + m.certificates_mw[s] for s in m.SITE}
    m.claimed_mwh = pyo.Expression(
        m.SITE, rule=lambda m, s: m.year_h * claimed[s], doc="Green energy claimed by a site, MWh"
    )
    mean_mw = {s: m.energy_mwh[s] / m.year_h for s in m.SITE}
    not_green = [ng for ng in getattr(m, "SUPPLY", ()) if not p.supply.at[ng, "green"]]

    def bought(d: int, t: int) -> Any:
        block = m.period[d]
        return sum(block.grid_mw[n, t] for n in m.REGION) + sum(block.generation_mw[*ng, t] for ng in not_green)

    m.own_green_mw = sum(mean_mw.values()) - yearly(m, bought) / m.year_h

    @m.Constraint(doc="No green MWh is claimed twice")
    def claimed_is_green(m: Any) -> Any:
        return sum(m.own_mw[s] for s in bound) <= m.own_green_mw

    @m.Constraint(m.FLOOR_SITE, doc="A site claims no more than it uses")
    def claimed_within_use(m: Any, s: str) -> Any:
        return claimed[s] <= mean_mw[s]

    @m.Constraint(m.FLOOR, doc="Least green share")
    def green_floor(m: Any, f: int) -> Any:
        share, sites, credit = floors[f]
        return sum(credit[s] * claimed[s] for s in sites) >= share * sum(mean_mw[s] for s in sites)


def _certificates(m: Any, p: Problem, price: float, within: Any) -> None:
    """Certificates that sites under a floor may buy."""
    limit = p.settings.green.certificate_most_mwh
    m.certificates_mw = pyo.Var(
        m.SITE,
        domain=pyo.NonNegativeReals,
        initialize=0.0,
        bounds=within,
        doc="Certificates bought by a site, mean over the year, MW",
    )
    m.certificates_mwh = pyo.Expression(
        m.SITE, rule=lambda m, s: m.year_h * m.certificates_mw[s], doc="Certificates bought by a site, MWh"
    )
    region = p.sites["region"].to_dict()
    paid = {s: price / MILLION * m.certificates_mwh[s] for s in m.FLOOR_SITE}
    m.cost.add("certificates", by_region(paid, lambda s: region[s]), COST)
    if limit is not None:
        m.certificates_for_sale = pyo.Constraint(
            expr=sum(m.certificates_mw[s] for s in m.FLOOR_SITE) <= limit / m.year_h,
            doc="Certificates within what is for sale",
        )
