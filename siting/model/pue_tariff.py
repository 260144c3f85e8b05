"""Surcharge on the power of sites whose PUE is high.

In      p.settings.policy.pue_tariffs, PUE of every site and hour
Ports   reads energy_mwh, and period.design_power_mw where a site has a choice     cost + pue surcharge
Rules   cost = surcharge of the highest tier of the region that the site's annual mean PUE exceeds · energy of the
        site in the year, or only the share of it beyond the threshold (1 − threshold / PUE) where the tier says so
Note    The mean is over all hours of the year and known before the plan. Without tariffs nothing is added.
Source  Beijing, plan for existing data centers 2024-2027 (北京市存量数据中心优化工作方案, November 2024, as reported in
        the press): from 2026, above a PUE of 1.35, 200 yuan per MWh on the excess
Proof   pue-tariff
          cost + pue surcharge  cost  test_the_highest_tier_exceeded_counts
"""

from __future__ import annotations

from typing import Any

from siting.model.structure import COST, MILLION, by_region, yearly
from siting.problem.designs import open_choices, pue_surcharge_per_mwh
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the surcharge."""
    rate = pue_surcharge_per_mwh(p)
    charged: dict[tuple[str, str], float] = {sc: each for sc, each in rate.items() if each > 0}  # type: ignore[misc]
    if not charged:
        return
    offered = open_choices(p)
    own, region = p.sites["cooling"].to_dict(), p.sites["region"].to_dict()

    def drawn_mwh(s: str, c: str) -> Any:
        return yearly(m, lambda d, t: m.period[d].design_power_mw[s, c, t]) if s in offered else m.energy_mwh[s]

    here = {(s, c): each for (s, c), each in charged.items() if c in offered.get(s, [own[s]])}
    cost = {(s, c): each / MILLION * drawn_mwh(s, c) for (s, c), each in here.items()}
    m.cost.add("pue surcharge", by_region(cost, lambda sc: region[sc[0]]), COST)
