"""Most electricity that data centers of a region may use in a year.

In      p.regions.energy_quota_mwh
Rules   Σ energy of the sites of a region <= quota
Note    As a mean power, so that the row is of the size of the others. Regions without quota add nothing.
Proof   energy-quota
          energy_within_quota  energy_quota  test_the_rest_goes_to_the_next_region
"""

from __future__ import annotations

from typing import Any

from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the quotas of regions."""
    here: dict[str, list[str]] = {}
    region = p.sites["region"].to_dict()
    for s in m.SITE:
        here.setdefault(region[s], []).append(s)
    quota = {n: mwh for n, mwh in p.regions["energy_quota_mwh"].dropna().items() if n in here}
    if not quota:
        return

    @m.Constraint(list(quota), doc="Electricity of the sites of a region within its quota")
    def energy_within_quota(m: Any, n: str) -> Any:
        return sum(m.energy_mwh[s] for s in here[n]) / m.year_h <= quota[n] / m.year_h
