"""Rules of data: where it may be, and the bandwidth that it takes."""

from __future__ import annotations

import numpy as np

from siting.auditor.report import Ledger
from siting.auditor.tables import Plan
from siting.problem import Problem, derived

GIGABIT_PER_GIGABYTE = 8.0


def check_stay(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Nothing is served outside the region, or the zone, that its data may not leave."""
    if not (p.workloads["stays_in"] != "").any():
        return
    ledger.good("data_stays")
    zone = p.regions["zone"].to_dict()
    both = ((plan.axes.rigid, plan.assigned_mw), (plan.axes.delayed, plan.moved_mw.max(axis=0, initial=0.0)))
    for axis, served in both:
        outside = np.zeros_like(served)
        for i, workload in enumerate(axis[1]):
            stays_in = p.workloads["stays_in"].loc[workload]
            for j, region in enumerate(p.regions.index):
                for k, place in enumerate(p.sites["region"]):
                    same = region == place or (stays_in == "zone" and zone[region] and zone[region] == zone[place])
                    if stays_in and not same:
                        outside[i, j, k] = served[i, j, k]
        ledger.at_most("data_stays", outside, 0.0, [axis, ledger.region, ledger.site], "MW")


def check_bandwidth(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """Bandwidth within its bounds, and the data of every pair within its bandwidth in every hour."""
    if p.bandwidth.empty:
        return
    axis, table = plan.axes.bandwidth, p.bandwidth
    existing, most = table["existing_gbps"].to_numpy(dtype=float), table["most_gbps"].to_numpy(dtype=float)
    ledger.at_most("bandwidth_bounds", existing, plan.bandwidth_gbps, [axis], "Gbit/s", what="at least existing_gbps")
    ledger.at_most("bandwidth_bounds", plan.bandwidth_gbps, most, [axis], "Gbit/s", what="at most most_gbps")
    region = p.regions.index.get_indexer(table.index.get_level_values("region"))
    site = p.sites.index.get_indexer(table.index.get_level_values("site"))
    gb = p.workloads["data_gb_per_mwh"]
    rigid, delayed = list(plan.axes.rigid[1]), list(plan.axes.delayed[1])
    rigid_gb = gb.reindex(rigid).to_numpy(dtype=float)[:, None] * plan.assigned_mw[:, region, site]
    every_hour = derived.profiles(p)[rigid].to_numpy(dtype=float) @ rigid_gb * GIGABIT_PER_GIGABYTE / 3600
    ledger.at_most("bandwidth", every_hour.max(axis=0), plan.bandwidth_gbps, [axis], "Gbit/s", what="whole year")
    late_gb = gb.reindex(delayed).to_numpy(dtype=float)[None, :, None] * plan.moved_mw[:, :, region, site]
    late = late_gb.sum(axis=1) * GIGABIT_PER_GIGABYTE / 3600
    data = every_hour[p.calendar.hour].max(axis=1) + late
    ledger.at_most("bandwidth", data, plan.bandwidth_gbps[None, :], [ledger.period, axis], "Gbit/s", what="all work")
