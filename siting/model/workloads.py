"""Work that runs when it arrives.

In      p.demand, p.workloads (max_delay_h = 0), latency
Decide  assigned_mw[w,n,s]   mean IT load of region n's workload w served at s   MW
        placed_mw[w,s]       the same, summed over regions                       MW
Ports   period.it_load + rigid
Rules   all demand is assigned, only to sites within the latency bound and where its data may be (stays_in), which
        is an arc filter and not a constraint, and only to open sites (in the strong, pairwise form); the load
        follows the profile, and its peak over the whole year, not only over the modelled hours, fits into the capacity
Proof   all-work
          demand_met                demand_met       test_a_full_site_leaves_the_rest_to_the_next
          demand_has_a_site         demand_met       test_work_that_no_site_may_take_is_not_left_out_in_silence
          placed_is_assigned        placed           test_the_load_follows_the_profile
        open-sites
          assigned_only_where_open  redundant        test_work_is_only_at_open_sites
        peak-room
          peak_within_capacity      peak_load        test_the_peak_counts_at_each_site
        latency
          index of assigned_mw      admissible_arcs  test_work_goes_no_further_than_its_latency_bound
        stays-in
          index of assigned_mw      data_stays       test_model_stays_in.py::test_each_workload_has_its_own_rule
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import by_hour
from siting.physics.peaks import undominated
from siting.problem.derived import arcs, profiles
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the placement of work that cannot wait."""
    table = arcs(p)
    _unreachable(m, p, set(table[["workload", "region"]].itertuples(index=False, name=None)))
    table = table[table["workload"].map(p.workloads["max_delay_h"] == 0)]
    if table.empty:
        return
    demand = p.demand["mean_mw"].to_dict()
    rows = list(table.itertuples(index=False, name=None))
    m.ARC = pyo.Set(initialize=rows, dimen=3, doc="workload, region, site")
    origins: dict[tuple[str, str], list[str]] = {}
    reach: dict[tuple[str, str], list[str]] = {}
    for w, n, s in rows:
        origins.setdefault((w, s), []).append(n)
        reach.setdefault((w, n), []).append(s)
    m.PLACE = pyo.Set(initialize=list(origins), dimen=2, doc="workload, site")
    m.assigned_mw = pyo.Var(
        m.ARC,
        domain=pyo.NonNegativeReals,
        bounds=lambda m, w, n, s: (0, demand[n, w]),
        doc="Mean IT load of a region's workload served at a site, MW",
    )
    m.placed_mw = pyo.Var(
        m.PLACE,
        domain=pyo.NonNegativeReals,
        bounds=lambda m, w, s: (0, sum(demand[n, w] for n in origins[w, s])),
        doc="Mean IT load of a workload at a site, MW",
    )

    @m.Constraint(list(reach), doc="All work is done")
    def demand_met(m: Any, w: str, n: str) -> Any:
        return sum(m.assigned_mw[w, n, s] for s in reach[w, n]) == demand[n, w]

    @m.Constraint(m.PLACE, doc="A site's work is what regions send to it")
    def placed_is_assigned(m: Any, w: str, s: str) -> Any:
        return m.placed_mw[w, s] == sum(m.assigned_mw[w, n, s] for n in origins[w, s])

    @m.Constraint(m.ARC, doc="Work goes to open sites only")
    def assigned_only_where_open(m: Any, w: str, n: str, s: str) -> Any:
        return m.assigned_mw[w, n, s] <= demand[n, w] * m.open[s]

    _load(m, p)


def _unreachable(m: Any, p: Problem, reached: set[tuple[str, str]]) -> None:
    """Work that no site may take makes the plan infeasible; without a row it would be left undone in silence."""
    demand: dict[Any, float] = p.demand["mean_mw"].to_dict()
    lost = {(w, n): mw for (n, w), mw in demand.items() if mw > 0 and (w, n) not in reached}
    if not lost:
        return
    m.served_nowhere_mw = pyo.Expression(list(lost), initialize=0.0, doc="Work without an admissible site, MW")

    @m.Constraint(list(lost), doc="All work is done, also that which no site may take")
    def demand_has_a_site(m: Any, w: str, n: str) -> Any:
        return m.served_nowhere_mw[w, n] == lost[w, n]


def _load(m: Any, p: Problem) -> None:
    compute = p.workloads["compute"].to_dict()
    shape = profiles(p)
    usable = p.compute_types["usable_share"].to_dict()
    here: dict[tuple[str, str], list[str]] = {}
    for w, s in m.PLACE:
        here.setdefault((s, compute[w]), []).append(w)
    for d in m.PERIOD:
        hours = p.calendar.hour[d]
        rows = by_hour(shape, hours)
        load = {
            (s, k, t): sum(rows[w][t] * m.placed_mw[w, s] for w in names)
            for (s, k), names in here.items()
            for t in m.HOUR
        }
        m.period[d].it_load.add("rigid", load, "MW")
    peaks = {names: undominated(shape[list(names)].to_numpy()) for names in {tuple(v) for v in here.values()}}

    @m.Constraint(
        [(s, k, i) for (s, k), names in here.items() for i in range(len(peaks[tuple(names)]))],
        doc="Work that cannot wait fits into the capacity in every hour of the year",
    )
    def peak_within_capacity(m: Any, s: str, k: str, i: int) -> Any:
        names = here[s, k]
        peak = peaks[tuple(names)][i]
        return sum(float(x) * m.placed_mw[w, s] for x, w in zip(peak, names, strict=True)) <= (
            usable[k] * m.capacity_mw[s, k]
        )
