"""Replicas at a second site, by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.problem.backups import backed, backup_pairs
from siting.solving.solution import solve

# On the equator a degree of longitude is 111.19 km: t is 111 km and u 1,112 km from s.
LINE = {
    "regions": [{}, {"region": "b", "longitude_deg": 1.0}],
    "sites": [{}, {"site": "t", "longitude_deg": 1.0}, {"site": "u", "longitude_deg": 10.0}],
}


def on_the_line(replica_km=0.0, **rows):
    """10 MW of work whose equipment costs 10,000, 20,000 or 50,000 at the three sites; power costs nothing."""
    workload = {"replicas": 2, "replica_km": replica_km, **rows.pop("workload", {})}
    p = problem(**LINE, price=0.0, workloads=[workload], **rows)
    sites = p.sites.assign(capex_per_kw=[1.0, 2.0, 5.0], lifetime_years=1.0)
    return p.replace(sites=sites)


@pytest.mark.parametrize(("km", "expected"), [(0.0, 30_000), (111.0, 30_000), (112.0, 60_000), (1001.0, 60_000)])
def test_the_second_site_is_far_enough_away(km, expected):
    p = on_the_line(km)
    assert cost(p) == pytest.approx(expected)


def test_without_replicas_nothing_is_added():
    p = on_the_line(500.0, workload={"replicas": 1})
    model = build(p)
    assert cost(p) == pytest.approx(10_000)
    assert not hasattr(model, "standby_mw")
    assert not hasattr(model, "replicas_within_capacity")
    names = {check.name for check in audit(p, optimum(p).tables).checks}
    assert not {"replicas", "replica_distance", "replica_room"} & names


def test_work_that_is_split_has_replicas_far_from_each_part():
    # Room for 5 MW each at s and t, which are near each other, and dear power at u: all work is at s and t, and all
    # replicas are at u. Half of them at s would leave work + near replicas within the demand at every site.
    p = on_the_line(500.0, capacity=[{"most_mw": 5.0}, {"site": "t", "most_mw": 5.0}])
    dear = p.hourly["price_per_mwh"].assign(b=1e3)
    p = p.replace(sites=p.sites.assign(region=["a", "a", "b"]), hourly={**p.hourly, "price_per_mwh": dear})
    solution = optimum(p)
    table = solution.tables["replica"]
    held = table[table["standby_mw"] > 1e-6].set_index(["site", "site_2"])["standby_mw"].to_dict()
    assert held == {("s", "u"): pytest.approx(5), ("t", "u"): pytest.approx(5)}
    assert cost(p) == pytest.approx(5 * 1000 + 5 * 2000 + 10 * 5000)
    assert audit(p, solution.tables, solution.objective).ok


def test_a_replica_reserves_the_peak_and_draws_idle_power_only():
    p = problem(
        price=[0.0, 1.0, 0.0, 0.0],
        sites=[{}, {"site": "t"}],
        compute_types=[{"idle_share": 0.25, "usable_share": 0.5}],
        workloads=[{"replicas": 2, "profile": "day"}],
        profile={"day": [1, 1, 2, 0]},
    )
    solution = optimum(p)
    # A peak of 20 MW needs 40 MW at either site; in the hour that costs, idle 80 MW and work 10 MW draw 20 + 7.5.
    assert sorted(column(solution, "site_compute", "modules")) == [40, 40]
    assert cost(p) == pytest.approx(0.25 * 80 + 0.75 * 10)


def test_work_beside_replicas_counts_hour_by_hour():
    p = problem(
        price=0.0,
        sites=[{}, {"site": "t"}],
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 1.0}],
        workloads=[{"replicas": 2, "profile": "day"}, {"workload": "night", "profile": "night"}],
        demand=[{}, {"workload": "night", "mean_mw": 20.0}],
        profile={"day": [2, 1, 0, 1], "night": [0, 1, 2, 1]},
    )
    # Two copies of (20, 10, 0, 10) and one of (0, 20, 40, 20): the sum peaks at 40, and so do both sites together.
    assert cost(p) == pytest.approx(40_000)


def test_work_that_may_wait_uses_the_reserve():
    rows = {
        "sites": [{}, {"site": "t"}],
        "compute_types": [{"capex_per_kw": 1.0, "lifetime_years": 1.0}],
        "workloads": [{"replicas": 2}, {"workload": "train", "max_delay_h": 2}],
        "price": 0.0,
    }
    p = problem(**rows, demand=[{}, {"workload": "train", "mean_mw": 10.0}])
    assert cost(p) == pytest.approx(20_000)


def test_no_site_far_enough_is_infeasible():
    assert solve(build(on_the_line(5000.0))).status == "infeasible"


def test_origins_that_reach_the_same_sites_share_a_group():
    p = on_the_line(demand=[{}, {"region": "b"}])
    assert backed(p)["group"].tolist() == [0, 0]
    assert len(backup_pairs(p, "replicas")) == 6
    assert len(backup_pairs(p.replace(workloads=p.workloads.assign(replica_km=500.0)), "replicas")) == 4
    assert cost(p) == pytest.approx(60_000)
    near = p.replace(workloads=p.workloads.assign(latency_ms=9.5))
    # Then the first region does not reach u, 9.80 ms away, and has a group of its own.
    assert backed(near)["group"].tolist() == [0, 1]


def changed(tables, table, **columns):
    """The tables with some columns made anew from the old table."""
    return {**tables, table: tables[table].assign(**{name: f(tables[table]) for name, f in columns.items()})}


def test_the_audit_finds_what_is_wrong_with_replicas():
    p = on_the_line(500.0)
    solution = optimum(p)
    assert audit(p, solution.tables, solution.objective).ok

    def failed(tables, q=p):
        return {check.name for check in audit(q, tables).failures}

    less = changed(solution.tables, "replica", standby_mw=lambda t: t["standby_mw"] / 2)
    assert failed(less) == {"replicas"}
    more = changed(solution.tables, "replica", standby_mw=lambda t: t["standby_mw"] * 2)
    assert failed(more) == {"replicas", "replica_room"}
    farther = p.replace(workloads=p.workloads.assign(replica_km=2000.0))
    assert "replicas" in failed(solution.tables, farther)
    negative = changed(solution.tables, "replica", standby_mw=lambda t: t["standby_mw"] - 1)
    assert "non_negative" in failed(negative)
    assert "tables" in failed({k: v for k, v in solution.tables.items() if k != "replica"})


def test_the_audit_measures_distances_itself():
    p = on_the_line(0.0)
    near = optimum(p).tables
    far = on_the_line(500.0)
    far.cache["siting.problem.backups.site_distance_km"] = pd.DataFrame(1e4, index=p.sites.index, columns=p.sites.index)
    assert "replica_distance" in {check.name for check in audit(far, near).failures}
