"""Least and most open sites.

In      p.settings.policy.site_counts
Tells   counted_sites[i]   open sites that rule i counts                 count
Rules   least <= Σ open <= most, over the sites of each rule (by tier, hub, region)
Note    Without rules nothing is added.
Proof   least-sites
          least_open_sites  site_counts  test_as_many_sites_open_as_the_rule_says
        most-sites
          most_open_sites   site_counts  test_as_many_sites_open_as_the_rule_says
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.derived import rule_sites
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the rules on the number of open sites."""
    rules = [rule for rule in p.settings.policy.site_counts if rule.least > 0 or rule.most is not None]
    if not rules:
        return
    m.SITE_COUNT = pyo.Set(initialize=range(len(rules)), doc="site_count")
    m.counted_sites = pyo.Expression(
        m.SITE_COUNT,
        rule=lambda m, i: sum(m.open[s] for s in rule_sites(p, rules[i])),
        doc="Open sites that a rule counts",
    )

    @m.Constraint([i for i in m.SITE_COUNT if rules[i].least > 0], doc="Least open sites")
    def least_open_sites(m: Any, i: int) -> Any:
        return m.counted_sites[i] >= rules[i].least

    @m.Constraint([i for i in m.SITE_COUNT if rules[i].most is not None], doc="Most open sites")
    def most_open_sites(m: Any, i: int) -> Any:
        return m.counted_sites[i] <= rules[i].most
