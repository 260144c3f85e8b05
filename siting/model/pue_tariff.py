"""Surcharge on the power of sites whose PUE is high.

In      p.settings.policy.pue_tariffs, PUE of every site and hour
Ports   reads energy_mwh     cost + pue surcharge
Rules   cost = surcharge of the highest tier of the region that the site's annual mean PUE exceeds · energy of the
        site in the year, or only the share of it beyond the threshold (1 − threshold / PUE) where the tier says so
Note    The mean is over all hours of the year and known before the plan. Without tariffs nothing is added.
Source  Beijing, plan for existing data centers 2024-2027 (北京市存量数据中心优化工作方案, November 2024): from 2026, above
        a PUE of 1.35, 200 yuan per MWh on the excess, and 500 above twice the limit
"""

from __future__ import annotations

from typing import Any

from siting.model.structure import COST, MILLION, by_region
from siting.problem.derived import pue_surcharge_per_mwh
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the surcharge."""
    rate = pue_surcharge_per_mwh(p)
    charged = rate[rate > 0].to_dict()
    if not charged:
        return
    region = p.sites["region"].to_dict()
    cost = {s: each / MILLION * m.energy_mwh[s] for s, each in charged.items()}
    m.cost.add("pue surcharge", by_region(cost, lambda s: region[s]), COST)
