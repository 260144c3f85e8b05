"""Floors on the green share of sites, met by own green power and by certificates.

In      p.settings.green.floors, certificate_price, certificate_most_mwh; p.regions.grid_green_share
Decide  own_mw[d,s]           own green power that the site claims, mean over the period    MW
        certificates_mw[d,s]  certificates that it buys, mean over the period               MW
        claimed_forward_mw, claimed_backward_mw[d,l]   green power for claims that a corridor carries, mean,
                              at the sending end                                            MW
        stored_green_mw[d,n,t]   power into storage that must be green                      MW
        reserved_mw[d,n]      the larger of what a region's sites claim and what is matched hour by hour    MW
Tells   own_mwh[s], certificates_mwh[s]   the same of the year                              MWh
        claimed_mwh[s]        their sum                                                     MWh
Ports   cost + certificates
Rules   in each period and region:
        claimed by its sites + sent for claims + (1 − η) · green power into storage
            <= green generation + arriving for claims · (1 − loss)
        green power into storage[t] >= charge[t] − grid[t] − generation that is not green[t] − arriving[t]
        own[s] + certificates[s] <= power of s                 sent for claims <= what the corridor carries, each way
        sent for claims <= arriving + green generation that is not direct + discharge, where there are direct sources
        in the year:
        Σ_s certificates <= what is for sale
        Σ claimed >= share · Σ energy, over the sites of each floor
        a floor beyond the grid mix: Σ (1 − green share of the grid) · claimed >= share · Σ energy
Note    An account of energy by period, not by hour: a claim is delivered, that is within what is green and generated
        in the region or brought to it over lines in the same period, and each MWh is claimed once. On a line green
        power loses what the line loses, and in a battery what that loses, if nothing else can have charged it. What
        grid power loses is no green loss. What a battery holds at the end of a period is power that is not green, as
        far as there is such power (unless an hourly floor follows green power over the end): a claim is at most what
        a site uses, and what is sent for claims at most what a line carries, so that the rest falls on green power by
        the balance of the region.
        Certificates stand for green power generated elsewhere: they count for floors and for the market-based account,
        and change neither the hourly matched share nor location-based carbon. Regions without a site under a floor
        matter as far as lines join them to one. Without floors nothing is added.
Proof   green-floor
          green_floor                    green_floors      test_the_floor_is_met_and_no_more
          claims_are_delivered           claims_delivered  test_a_claim_is_delivered_over_lines_and_bears_their_losses
          claims_take_the_line_forward   claims_delivered  test_a_claim_takes_no_more_than_the_line_carries
          claims_take_the_line_backward  claims_delivered  test_a_claim_takes_no_more_than_the_line_carries
          green_power_is_stored          claims_delivered  test_green_power_bears_what_its_battery_loses
          direct_claims_stay             claims_delivered  test_direct_power_is_not_claimed_elsewhere
          claimed_within_use             green_of_site     test_a_site_claims_no_more_than_it_uses
        beyond-grid-mix
          green_floor              green_floors   test_a_floor_beyond_the_grid_mix
        certificates-limit
          certificates_for_sale    certificates   test_certificates_have_a_price_and_a_limit
        hourly-floor
          matched_is_reserved  claims_delivered  test_model_matching.py::test_what_is_matched_here_is_not_claimed_there
          claimed_is_reserved  claims_delivered  test_model_matching.py::test_what_is_matched_here_is_not_claimed_there
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr import SumExpression

from siting.model.structure import COST, MILLION, by_region
from siting.problem.derived import floor_credit, floor_sites, joined_regions
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
    region: dict[Any, str] = p.sites["region"].to_dict()
    regions = joined_regions(p, {region[s] for s in bound})
    m.CLAIM_REGION = pyo.Set(initialize=regions, doc="region")
    lines = [c for c in getattr(m, "CORRIDOR", ()) if p.corridors.at[c, "from_region"] in regions]
    m.CLAIM_CORRIDOR = pyo.Set(initialize=lines, doc="corridor")
    most_mw = most_power_mw(p).to_dict()
    for d in m.PERIOD:
        block = m.period[d]
        block.own_mw = _of_sites(m, most_mw, "Own green power claimed by a site, mean over the period, MW")
        if p.settings.green.certificate_price is not None:
            block.certificates_mw = _of_sites(m, most_mw, "Certificates bought by a site, mean over the period, MW")
        _within_use(m, block)
        _delivered(m, p, d, _claims_of_regions(m, block, region, most_mw))
    _told(m, p, region)

    @m.Constraint(m.FLOOR, doc="Least green share")
    def green_floor(m: Any, f: int) -> Any:
        share, sites, credit = floors[f]
        claimed = sum(credit[s] * m.claimed_mwh[s] for s in sites)
        return claimed / m.year_h >= share * sum(m.energy_mwh[s] for s in sites) / m.year_h


def _of_sites(m: Any, most_mw: dict[Any, float], doc: str) -> Any:
    return pyo.Var(m.FLOOR_SITE, bounds=lambda block, s: (0.0, most_mw[s]), initialize=0.0, doc=doc)


def _mean(m: Any, amount: Any) -> Any:
    """Mean over the hours of a period of ``amount(hour)``."""
    return pyo.quicksum(amount(t) for t in m.HOUR) / len(m.HOUR)


def _within_use(m: Any, block: Any) -> None:
    @block.Constraint(m.FLOOR_SITE, doc="A site claims no more than it uses")
    def claimed_within_use(block: Any, s: str) -> Any:
        bought = block.certificates_mw[s] if hasattr(block, "certificates_mw") else 0.0
        return block.own_mw[s] + bought <= _mean(m, lambda t: block.power_mw[s, t])


def _claims_of_regions(m: Any, block: Any, region: dict[str, str], most_mw: dict[Any, float]) -> dict[str, Any]:
    """What each region needs of green power: what its sites claim, or what is matched there if that is more."""
    claimed = {n: sum((block.own_mw[s] for s in m.FLOOR_SITE if region[s] == n), 0.0) for n in m.CLAIM_REGION}
    if not hasattr(block, "matched_mw"):
        return claimed
    most = {n: sum(mw for s, mw in most_mw.items() if region[s] == n) for n in m.CLAIM_REGION}
    block.reserved_mw = pyo.Var(
        m.CLAIM_REGION,
        bounds=lambda block, n: (0.0, most[n]),
        doc="Own green power matched in a region or claimed by its sites, mean over the period, MW",
    )

    @block.Constraint(m.CLAIM_REGION, doc="What is matched is reserved")
    def matched_is_reserved(block: Any, n: str) -> Any:
        return _mean(m, lambda t: block.matched_mw[n, t]) <= block.reserved_mw[n]

    @block.Constraint([n for n in m.CLAIM_REGION if n in {region[s] for s in m.FLOOR_SITE}], doc="So is a claim")
    def claimed_is_reserved(block: Any, n: str) -> Any:
        return claimed[n] <= block.reserved_mw[n]

    return {n: block.reserved_mw[n] for n in m.CLAIM_REGION}


def _delivered(m: Any, p: Problem, d: int, needed: dict[str, Any]) -> None:
    """Green power in and out of each region, over the period."""
    block = m.period[d]
    sources = [ng for ng in getattr(m, "SUPPLY", ()) if ng[0] in needed and p.supply.at[ng, "green"]]
    made: dict[str, Any] = dict.fromkeys(needed, 0.0)
    direct: dict[str, Any] = {}
    for n, g in sources:
        output = _mean(m, lambda t, n=n, g=g: block.generation_mw[n, g, t])
        made[n] += output
        if p.supply.at[(n, g), "direct"]:
            direct[n] = direct.get(n, 0.0) + output
    sent, arriving = _lines(m, p, block) if len(m.CLAIM_CORRIDOR) else ({}, {})
    lost = _lost(m, p, block, [n for n in m.CLAIM_REGION if any(n == place for place, _ in sources)])
    for n, given in _carried(m, p, d).items():
        if n in made:
            made[n] += given

    @block.Constraint(m.CLAIM_REGION, doc="What is claimed is green and generated in the region or brought to it")
    def claims_are_delivered(block: Any, n: str) -> Any:
        return needed[n] + sent.get(n, 0.0) + lost.get(n, 0.0) <= made[n] + arriving.get(n, 0.0)

    @block.Constraint([n for n in direct if n in sent], doc="Direct power is not claimed in other regions")
    def direct_claims_stay(block: Any, n: str) -> Any:
        stored = [nb for nb in getattr(m, "STORAGE", ()) if nb[0] == n]
        given = _mean(m, lambda t: sum(block.discharge_mw[*nb, t] for nb in stored)) if stored else 0.0
        return sent[n] <= made[n] - direct[n] + arriving[n] + given


def _carried(m: Any, p: Problem, d: int) -> dict[str, Any]:
    """Green power that storage gives beyond what it takes up in the period, where hourly floors follow it."""
    if not hasattr(m, "green_start_mwh"):
        return {}
    root, then = (p.storage["round_trip_efficiency"] ** 0.5).to_dict(), (d + 1) % p.calendar.periods
    given: dict[str, Any] = {}
    for n, b in m.STORAGE:
        less = m.green_start_mwh[n, b, d] - m.green_start_mwh[n, b, then]
        given[n] = given.get(n, 0.0) + root[n, b] / len(m.HOUR) * less
    return given


def _lost(m: Any, p: Problem, block: Any, regions: list[str]) -> dict[str, Any]:
    """What storage loses of green power: of what it takes up beyond all other power that enters the node."""
    here = {n: [nb for nb in getattr(m, "STORAGE", ()) if nb[0] == n] for n in regions}
    here = {n: every for n, every in here.items() if every}
    if not here:
        return {}
    power: dict[Any, float] = p.storage["most_mw"].to_dict()
    efficiency: dict[Any, float] = p.storage["round_trip_efficiency"].to_dict()
    most = {n: sum(power[nb] for nb in every) for n, every in here.items()}
    block.stored_green_mw = pyo.Var(
        m.CLAIM_REGION,
        m.HOUR,
        bounds=lambda block, n, t: (0.0, most.get(n, 0.0)),
        doc="Power into storage that must be green, as no other is there, MW",
    )
    charged, entering = block.power_out.parts["storage"], block.power_in.parts
    green = [ng for ng in m.SUPPLY if p.supply.at[ng, "green"]]

    @block.Constraint(list(here), m.HOUR, doc="What storage takes up beyond power that is not green is green")
    def green_power_is_stored(block: Any, n: str, t: int) -> Any:
        other = sum(entering[name].get((n, t), 0.0) for name in ("grid", "generation", "corridors") if name in entering)
        other -= sum(block.generation_mw[*ng, t] for ng in green if ng[0] == n)
        return block.stored_green_mw[n, t] >= charged[n, t] - other

    lost = {n: 1 - max(efficiency[nb] for nb in every) for n, every in here.items()}
    return {n: lost[n] * _mean(m, lambda t, n=n: block.stored_green_mw[n, t]) for n in here}


def _lines(m: Any, p: Problem, block: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is sent and what arrives for claims, by region."""
    sent: dict[str, Any] = {}
    arriving: dict[str, Any] = {}
    loss: dict[Any, float] = p.corridors["loss_share"].to_dict()
    for way, end, from_end, to_end in (
        ("forward", "first", "from_region", "to_region"),
        ("backward", "second", "to_region", "from_region"),
    ):
        flow = getattr(block, f"{way}_mw")
        part = pyo.Var(
            m.CLAIM_CORRIDOR,
            bounds=lambda block, c, flow=flow: (0.0, flow[c, m.HOUR.first()].ub),
            doc=f"Green power for claims sent by the {end} end, mean over the period, MW",
        )
        block.add_component(f"claimed_{way}_mw", part)
        row = pyo.Constraint(
            m.CLAIM_CORRIDOR,
            rule=lambda block, c, part=part, flow=flow: part[c] <= _mean(m, lambda t: flow[c, t]),
            doc="What is sent for claims is at most what is sent",
        )
        block.add_component(f"claims_take_the_line_{way}", row)
        for c in m.CLAIM_CORRIDOR:
            sender, receiver = str(p.corridors.at[c, from_end]), str(p.corridors.at[c, to_end])
            kept = 1.0 - loss[c]
            sent[sender] = sent.get(sender, 0.0) + part[c]
            arriving[receiver] = arriving.get(receiver, 0.0) + kept * part[c]
    return sent, arriving


def _told(m: Any, p: Problem, region: dict[str, str]) -> None:
    """Claims of the year, and what certificates cost."""

    def of_year(name: str, s: str) -> Any:
        if s not in m.FLOOR_SITE:
            return 0.0
        hours = len(m.HOUR)
        parts = [hours * m.period[d].weight * getattr(m.period[d], name)[s] for d in m.PERIOD]
        return SumExpression(parts)

    m.own_mwh = pyo.Expression(m.SITE, rule=lambda m, s: of_year("own_mw", s), doc="Own green energy claimed, MWh")
    price, limit = p.settings.green.certificate_price, p.settings.green.certificate_most_mwh
    if price is not None:
        m.certificates_mwh = pyo.Expression(
            m.SITE, rule=lambda m, s: of_year("certificates_mw", s), doc="Certificates bought by a site, MWh"
        )
        paid = {s: price / MILLION * m.certificates_mwh[s] for s in m.FLOOR_SITE}
        m.cost.add("certificates", by_region(paid, lambda s: region[s]), COST)
        if limit is not None:
            m.certificates_for_sale = pyo.Constraint(
                expr=sum(m.certificates_mwh[s] for s in m.FLOOR_SITE) / m.year_h <= limit / m.year_h,
                doc="Certificates within what is for sale",
            )
    m.claimed_mwh = pyo.Expression(
        m.SITE,
        rule=lambda m, s: m.own_mwh[s] + (m.certificates_mwh[s] if price is not None else 0.0),
        doc="Green energy claimed by a site, MWh",
    )
