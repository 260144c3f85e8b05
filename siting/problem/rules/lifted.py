"""Columns of tables as they are when a rule is off: limits so wide that no plan reaches them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.physics.network import gbps_per_mw
from siting.problem.derived import latency_ms, profiles
from siting.problem.designs import most_power_mw
from siting.problem.problem import Problem
from siting.problem.rules.kinds import Column


def filled(table: str, value: Any) -> Column:
    """The same value in every row of a table; NaN is a blank."""
    return lambda p: pd.Series(value, index=getattr(p, table).index)


def farthest(p: Problem) -> pd.Series[Any]:
    """A latency bound for each workload that no pair of its users and a site exceeds, ms."""
    users = p.demand[p.demand["mean_mw"] > 0].reset_index().groupby("workload")["region"].agg(list)
    most = {w: float(latency_ms(p).loc[names].to_numpy().max()) for w, names in users.items()}
    bound = p.workloads["latency_ms"]
    return pd.Series([max(float(own), most.get(w, 0.0)) for w, own in bound.items()], index=bound.index)


def whole_period(p: Problem) -> pd.Series[Any]:
    """Work that may wait may wait as long as the modelled period, h."""
    delay = p.workloads["max_delay_h"]
    return delay.mask(delay > 0, delay.clip(lower=p.calendar.hours))


def near_replicas(p: Problem) -> pd.Series[Any]:
    """Replicas may be at any other site, km; work without replicas keeps what it says."""
    return p.workloads["replica_km"].mask(p.workloads["replicas"] > 1, 0.0)


def decisions(p: Problem, given: str) -> pd.Series[Any]:
    """Sites of a decision as free ones. What exists stays as it is: it would be locked in by itself."""
    decision = p.sites["decision"]
    existing = p.capacity["existing_mw"].groupby(level="site").sum().reindex(p.sites.index).fillna(0.0)
    return decision.mask((decision == given) & (existing <= 0), "free")


def enough_grid(p: Problem) -> pd.Series[Any]:
    """Headroom that sites, storage and corridors of a region together cannot exceed, MW."""
    enough = most_power_mw(p).groupby(p.sites["region"]).sum()
    more = [p.storage["most_mw"].groupby(level="region").sum()]
    more += [p.corridors["most_mw"].groupby(p.corridors[end]).sum() for end in ("from_region", "to_region")]
    for part in more:
        enough = enough.add(part, fill_value=0.0)
    return p.regions["grid_mw"].clip(lower=enough.reindex(p.regions.index).fillna(0.0))


def enough_bandwidth(p: Problem) -> pd.Series[Any]:
    """Bandwidth that all data of the users of a region, each workload at its peak, do not exceed, Gbit/s."""
    peak = profiles(p).max() * gbps_per_mw(p.workloads["data_gb_per_mwh"])
    mean = p.demand["mean_mw"]
    data = mean * peak.reindex(mean.index.get_level_values("workload")).to_numpy()
    enough = data.groupby(level="region").sum()
    most = p.bandwidth["most_gbps"]
    here = enough.reindex(most.index.get_level_values("region")).fillna(0.0).to_numpy()
    return most.clip(lower=pd.Series(np.asarray(here), index=most.index))
