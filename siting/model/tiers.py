"""Least sizes of open sites by tier (梯次布局): a hub is large or it is not built.

In      p.tiers (least_mw by tier and compute type, or for all types together)
Rules   least_mw · open <= Σ capacity of the site, of one type or of all
Note    Modules and most sizes of a tier are bounds of the decisions in ``sites`` (siting.problem.tiers). Without
        least sizes nothing is added.
Proof   tier-least
          least_of_tier  tier_least  test_a_site_is_large_or_not_built
"""

from __future__ import annotations

from typing import Any

from siting.problem.problem import Problem
from siting.problem.tiers import least_mw


def add(m: Any, p: Problem) -> None:
    """Add least sizes."""
    least = least_mw(p)
    if not least:
        return
    types: dict[tuple[str, str], list[str]] = {}
    for s, k in m.SITE_COMPUTE:
        types[s, k] = [k]
        types.setdefault((s, ""), []).append(k)

    @m.Constraint(list(least), doc="An open site has the least size of its tier")
    def least_of_tier(m: Any, s: str, k: str) -> Any:
        return least[s, k] * m.open[s] <= sum(m.capacity_mw[s, own] for own in types.get((s, k), ()))
