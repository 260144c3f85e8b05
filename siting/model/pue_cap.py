"""Cap on the PUE of new large sites.

In      p.settings.policy.pue_caps, PUE of every site and hour
Rules   open = 0 for every site in the scope of a cap that has no existing equipment, may grow to least_mw or more, and
        whose annual mean PUE exceeds the cap with every design; of several designs those that exceed it are not offered
Note    The PUE of a design is known before the plan; the mean is over all hours of the year.
        Without caps, or where every site keeps them, nothing is added.
Source  National hub plan of NDRC, CAC, MIIT and NEA, December 2021: 1.3 for new large centers, 1.25 in hubs (2025);
        NDRC reply on the Qingyang cluster: below 1.2
Proof   pue-cap
          pue_within_cap  pue_cap  test_a_site_above_the_cap_is_not_built
"""

from __future__ import annotations

from typing import Any

from siting.problem.designs import sites_over_pue_cap
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Close the sites that break a cap on PUE."""
    closed = sites_over_pue_cap(p)
    if not closed:
        return

    @m.Constraint(closed, doc="A new large site keeps the cap on PUE")
    def pue_within_cap(m: Any, s: str) -> Any:
        return m.open[s] <= 0
