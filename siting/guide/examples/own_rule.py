"""A rule of one's own: what does it cost to have at least 60 % of all IT power in hubs."""

from tempfile import mkdtemp

import siting
from siting.instance.starter import write_starter


def hubs_first(m, p):
    """At least 60 % of all IT power stands at sites of tier hub."""

    @m.Constraint(doc="At least 60 % of IT power in hubs")
    def least_share_of_hubs(m):
        hubs = sum(m.capacity_mw[s, k] for s, k in m.SITE_COMPUTE if p.sites.at[s, "tier"] == "hub")
        return hubs >= 0.6 * sum(m.capacity_mw[s, k] for s, k in m.SITE_COMPUTE)


problem = siting.choose(siting.load(write_starter(mkdtemp(), "start")), 1)
free = siting.solve(problem, gap=0.001)
ruled = siting.solve(problem, gap=0.001, components=[*siting.COMPONENTS, hubs_first])
assert siting.audit(problem, ruled.tables, ruled.objective, own_rules=True).ok

capacity = ruled.sites.groupby("tier")["capacity_mw"].sum()
print(f"hubs: {capacity['hub'] / capacity.sum():.0%} of IT power")
print(f"cost of the rule: {ruled.bound - free.objective:.2f} to {ruled.objective - free.bound:.2f} million a year")
