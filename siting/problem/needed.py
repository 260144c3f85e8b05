"""What every plan pays for servers, wherever it puts them: the part of the cost that is not decided.

Each compute type needs at least the load of the highest hour of the year of work that cannot wait, and at least the
mean of all its work, over the share of the equipment that work may use. What exceeds the equipment that exists is
bought at any site at the same price, so that no decision changes this much of the cost, beside which a gap looks small.
"""

from __future__ import annotations

import numpy as np

from siting.physics.finance import annuity
from siting.problem.derived import profiles
from siting.problem.problem import Problem

_PRICED = ("lifetime_years", "capex_per_kw", "fixed_om_per_kw_year")


def needed_mw(p: Problem) -> dict[str, float]:
    """The least IT power of each compute type."""
    shape, weight = profiles(p), p.calendar.weight[:, None]
    mean_mw = p.demand["mean_mw"].groupby(level="workload").sum()
    needed = {}
    for k, type_ in p.compute_types.iterrows():
        mine = [w for w in p.workloads.index[p.workloads["compute"] == k] if w in mean_mw.index]
        if not mine:
            needed[str(k)] = 0.0
            continue
        load_mw = shape[mine].to_numpy() * mean_mw[mine].to_numpy()
        rigid = (p.workloads.loc[mine, "max_delay_h"] == 0).to_numpy()
        modelled = load_mw.sum(axis=1)[p.calendar.hour]
        mean = float((modelled * weight).sum() / (weight.sum() * p.calendar.hours))
        needed[str(k)] = max(float(load_mw[:, rigid].sum(axis=1).max()), mean) / float(type_["usable_share"])
    return needed


def needed_million(p: Problem) -> float:
    """The least that any plan of one year pays for servers, million."""
    types, rate = p.compute_types, p.settings.finance.discount_rate
    existing = p.capacity["existing_mw"].groupby(level="compute").sum()
    total = 0.0
    for k, mw in needed_mw(p).items():
        life, capex, upkeep = (float(types[name][k]) for name in _PRICED)
        per_mw = 1000 * (annuity(rate, life) * capex + upkeep)
        total += max(0.0, mw - float(existing.get(k, 0.0))) * per_mw
    return float(np.nan_to_num(total / 1e6))


def gap_of_decided(objective: float | None, bound: float | None, needed: float | None) -> float | None:
    """The distance of cost and bound as a share of the cost that is decided; None where that is not known."""
    if objective is None or bound is None or needed is None or objective <= needed:
        return None
    return max(0.0, objective - bound) / (objective - needed)
