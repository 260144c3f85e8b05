"""Least share of new computing equipment in the areas of national hubs.

In      p.settings.policy.hub_share_min
Rules   Σ new IT power in the areas of hubs >= share · Σ new IT power of all sites
Note    A site is in the area of a hub if it is of tier hub or names its hub: a hub is a region of provinces, and its
        clusters are where it starts.
        New power is what modules add; existing equipment counts on neither side. Without a share nothing is added.
Proof   hub-share
          new_compute_in_hubs  hub_share  test_modules_stand_in_hubs
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.derived import site_compute
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the share of hubs."""
    share = p.settings.policy.hub_share_min
    if share == 0 or not len(m.SITE_COMPUTE):
        return
    module = site_compute(p)["module_mw"].to_dict()
    hub = ((p.sites["tier"] == "hub") | (p.sites["hub"] != "")).to_dict()
    new_mw = {sk: module[sk] * m.modules[sk] for sk in m.SITE_COMPUTE}
    # In one sum: a hub's modules count 1 - share, those of other sites -share.
    m.new_compute_in_hubs = pyo.Constraint(
        expr=sum(((1.0 if hub[s] else 0.0) - share) * mw for (s, _), mw in new_mw.items()) >= 0,
        doc="Least share of new IT power in hubs",
    )
