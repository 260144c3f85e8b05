"""Bandwidth between users and sites.

In      p.bandwidth                    existing, most, price; pairs without a row are not limited
        workload data volume, profiles
Decide  bandwidth_gbps[n,s]   bandwidth between region n and site s, existing included     Gbit/s
Ports   cost + bandwidth (to the origin)
Rules   data of work that cannot wait, in every hour of the year <= bandwidth
        data of work that cannot wait in every hour of a period + data of work that may wait, spread evenly over the
        period <= bandwidth
Source  siting.physics.network: Gbit/s per MW = GB per MWh · 8 / 3600
Note    What is moved costs besides by volume (see network); bandwidth is paid whether it is used or not. Work that
        may wait can be sent ahead and its results fetched later, hence the mean of the period. Without the table
        nothing is added.
Proof   bandwidth-limit
          data_within_bandwidth      bandwidth         test_work_that_cannot_wait_needs_its_peak_and_new_bandwidth_costs
          all_data_within_bandwidth  bandwidth         test_work_that_may_wait_needs_its_mean_beside_the_rest
          bounds of bandwidth_gbps   bandwidth_bounds  test_bits_are_traded_against_watts
        bandwidth-cost
          cost + bandwidth           cost              test_the_origin_pays
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from siting.model.structure import COST, MILLION, by_region
from siting.physics.network import gbps_per_mw
from siting.physics.peaks import undominated
from siting.problem.derived import profiles
from siting.problem.problem import FloatArray, Problem

Pair = tuple[str, str]


def add(m: Any, p: Problem) -> None:
    """Add bandwidth where the table gives it."""
    table = p.bandwidth
    if table.empty:
        return
    m.BANDWIDTH = pyo.Set(initialize=list(table.index), dimen=2, doc="region, site")
    existing, most = table["existing_gbps"].to_dict(), table["most_gbps"].to_dict()
    m.bandwidth_gbps = pyo.Var(
        m.BANDWIDTH,
        bounds=lambda m, *ns: (existing[ns], most[ns]),
        doc="Bandwidth between a region and a site, existing included, Gbit/s",
    )
    price = (table["cost_per_gbps_year"] / MILLION).to_dict()
    cost = {ns: price[ns] * (m.bandwidth_gbps[ns] - existing[ns]) for ns in m.BANDWIDTH}
    m.cost.add("bandwidth", by_region(cost, lambda ns: ns[0]), COST)

    rate: dict[Any, float] = gbps_per_mw(p.workloads["data_gb_per_mwh"]).to_dict()
    rigid = _work(m, "ARC", rate)
    shape = profiles(p)
    peaks = _peaks(shape, rigid)

    @m.Constraint(_rows(rigid, peaks), doc="Data of work that cannot wait fits the bandwidth in every hour of the year")
    def data_within_bandwidth(m: Any, n: str, s: str, i: int) -> Any:
        return _rigid_gbps(m, (n, s), rigid, peaks, rate, i) <= m.bandwidth_gbps[n, s]

    late = _work(m, "BATCH_ARC", rate)
    for d in m.PERIOD if late else ():
        _period(m, d, late, rigid, rate, _peaks(shape.iloc[p.calendar.hour[d]], rigid))


def _period(
    m: Any,
    d: int,
    late: dict[Pair, list[str]],
    rigid: dict[Pair, list[str]],
    rate: dict[str, float],
    peaks: dict[tuple[str, ...], FloatArray],
) -> None:
    block = m.period[d]
    alone = [(*ns, 0) for ns in late if ns not in rigid]
    both = _rows({ns: names for ns, names in rigid.items() if ns in late}, peaks)

    @block.Constraint(alone + both, doc="Data of all work fits the bandwidth, that of work that may wait spread evenly")
    def all_data_within_bandwidth(block: Any, n: str, s: str, i: int) -> Any:
        spread = sum(rate[w] * block.moved_mw[w, n, s] for w in late[n, s])
        return spread + _rigid_gbps(m, (n, s), rigid, peaks, rate, i) <= m.bandwidth_gbps[n, s]


def _work(m: Any, arcs: str, rate: dict[str, float]) -> dict[Pair, list[str]]:
    """Workloads that move data between each pair that has a row."""
    found: dict[Pair, list[str]] = {}
    for w, n, s in getattr(m, arcs, ()):
        if rate[w] > 0 and (n, s) in m.BANDWIDTH:
            found.setdefault((n, s), []).append(w)
    return found


def _peaks(shape: pd.DataFrame, rigid: dict[Pair, list[str]]) -> dict[tuple[str, ...], FloatArray]:
    return {names: undominated(shape[list(names)].to_numpy()) for names in {tuple(v) for v in rigid.values()}}


def _rows(rigid: dict[Pair, list[str]], peaks: dict[tuple[str, ...], FloatArray]) -> list[tuple[str, str, int]]:
    return [(*ns, i) for ns, names in rigid.items() for i in range(len(peaks[tuple(names)]))]


def _rigid_gbps(
    m: Any,
    ns: Pair,
    rigid: dict[Pair, list[str]],
    peaks: dict[tuple[str, ...], FloatArray],
    rate: dict[str, float],
    i: int,
) -> Any:
    names = rigid.get(ns, [])
    peak = peaks[tuple(names)][i] if names else ()
    return sum(rate[w] * float(x) * m.assigned_mw[w, *ns] for x, w in zip(peak, names, strict=True))
