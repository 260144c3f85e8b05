"""Who may stand in for whom: work that other sites back up, and the pairs of sites that may do so."""

from __future__ import annotations

import pandas as pd

from siting.physics.distance import great_circle_km
from siting.problem.derived import arcs, groups
from siting.problem.once import once
from siting.problem.problem import Problem


@once
def backed(p: Problem) -> pd.DataFrame:
    """Columns workload, group, region: rigid work that other sites back up, origins with the same sites in a group.

    What one site backs up for a group can be split among its origins in proportion to their work at the other site,
    because all of them reach both sites; so groups lose nothing against single origins.
    """
    rows = p.workloads
    return groups(p, (rows["max_delay_h"] == 0) & ((rows["replicas"] > 1) | rows["survives_loss"]))


def backup_pairs(p: Problem, rule: str) -> pd.DataFrame:
    """Columns workload, group, site, site_2: admissible sites and the other ones that may back them up.

    Parameters
    ----------
    p : Problem
        The problem.
    rule : str
        ``replicas`` (the second site at least ``replica_km`` away) or ``survives_loss`` (any other site).
    """
    rows = p.workloads
    chosen = rows.index[rows["replicas"] > 1] if rule == "replicas" else rows.index[rows["survives_loss"]]
    if not len(chosen):
        return pd.DataFrame(columns=["workload", "group", "site", "site_2"], dtype=object)
    members = backed(p)
    sites = members[members["workload"].isin(chosen)].merge(arcs(p), on=["workload", "region"])
    sites = sites[["workload", "group", "site"]].drop_duplicates()
    pairs = sites.merge(sites, on=["workload", "group"], suffixes=("", "_2"))
    pairs = pairs[pairs["site"] != pairs["site_2"]]
    if rule == "replicas":
        one, other = (p.sites.index.get_indexer(pd.Index(pairs[name])) for name in ("site", "site_2"))
        apart = site_distance_km(p).to_numpy()[one, other]
        pairs = pairs[apart >= pairs["workload"].map(rows["replica_km"]).to_numpy(dtype=float) - 1e-9]
    return pairs.reset_index(drop=True)


@once
def site_distance_km(p: Problem) -> pd.DataFrame:
    """Great-circle distance, sites x sites, km."""
    latitude, longitude = p.sites["latitude_deg"].to_numpy(), p.sites["longitude_deg"].to_numpy()
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None, :], longitude[None, :])
    return pd.DataFrame(km, index=p.sites.index, columns=p.sites.index)
