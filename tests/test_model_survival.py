"""The loss of any one site, by hand."""

from __future__ import annotations

import pytest
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

THREE = {"sites": [{}, {"site": "t"}, {"site": "u"}], "price": 0.0}
PRICED = [{"capex_per_kw": 1.0, "lifetime_years": 1.0}]


def test_spare_capacity_serves_any_one_loss_and_not_all_at_once():
    p = problem(**THREE, compute_types=PRICED, workloads=[{"survives_loss": True}])
    # With thirds at three sites, half of each site's work goes to either other: 15 MW in all; 20 with two sites.
    p = p.replace(demand=p.demand.assign(mean_mw=12.0))
    assert cost(p) == pytest.approx(18_000)
    assert column(optimum(p), "site_compute", "modules") == [6, 6, 6]
    two = p.replace(sites=p.sites.iloc[:2])
    assert cost(two) == pytest.approx(24_000)


def test_without_the_switch_nothing_is_added():
    p = problem(**THREE, compute_types=PRICED)
    model = build(p)
    assert cost(p) == pytest.approx(10_000)
    assert not hasattr(model, "takeover_mw")
    assert not hasattr(model, "takeover_within_capacity")
    assert not {"survival", "survival_room"} & {check.name for check in audit(p, optimum(p).tables).checks}


def test_only_sites_that_the_users_reach_take_over():
    # u, 9.80 ms away, is beyond the bound; so s and t must be twins.
    p = problem(
        sites=[{}, {"site": "t"}, {"site": "u", "longitude_deg": 10.0}],
        price=0.0,
        compute_types=PRICED,
        workloads=[{"survives_loss": True, "latency_ms": 9.0}],
    )
    assert cost(p) == pytest.approx(20_000)
    alone = p.replace(sites=p.sites.iloc[[0, 2]])
    assert solve(build(alone)).status == "infeasible"


def test_only_work_that_asks_for_it_is_taken_over_and_the_rest_runs_on():
    p = problem(
        **THREE,
        compute_types=PRICED,
        workloads=[{"survives_loss": True}, {"workload": "plain"}],
        demand=[{"mean_mw": 4.0}, {"workload": "plain", "mean_mw": 10.0}],
    )
    # Halves of 4 MW at three sites need 6 MW; the other 10 MW need no spare.
    assert cost(p) == pytest.approx(16_000)


def test_peaks_count_and_work_of_other_hours_shares_the_room():
    p = problem(
        price=0.0,
        sites=[{}, {"site": "t"}],
        compute_types=PRICED,
        workloads=[{"survives_loss": True, "profile": "day"}, {"workload": "night", "profile": "night"}],
        demand=[{}, {"workload": "night", "mean_mw": 10.0}],
        profile={"day": [2, 0, 0, 2], "night": [0, 2, 2, 0]},
    )
    # Each site must hold the peak of 20 MW by day; by night the other work has that room.
    assert cost(p) == pytest.approx(40_000)


def test_different_users_share_the_spare_of_a_site():
    # s is near a, u is near b, t is near both: 5 MW of room at t back up s or u, whichever is lost.
    p = problem(
        regions=[{}, {"region": "b", "longitude_deg": 10.0}],
        sites=[{}, {"site": "t", "longitude_deg": 5.0}, {"site": "u", "longitude_deg": 10.0}],
        price=0.0,
        compute_types=PRICED,
        workloads=[{"survives_loss": True, "latency_ms": 5.0}],
        demand=[{"mean_mw": 5.0}, {"region": "b", "mean_mw": 5.0}],
    )
    solution = optimum(p)
    assert cost(p) == pytest.approx(15_000)
    assert column(solution, "site_compute", "modules") == [5, 5, 5]
    assert audit(p, solution.tables, solution.objective).ok


def test_work_that_may_wait_gives_way_meanwhile():
    p = problem(
        price=0.0,
        sites=[{}, {"site": "t"}],
        compute_types=PRICED,
        workloads=[{"survives_loss": True}, {"workload": "train", "max_delay_h": 2}],
        demand=[{}, {"workload": "train", "mean_mw": 10.0}],
    )
    assert cost(p) == pytest.approx(20_000)


def test_a_replica_gives_its_room_to_a_takeover():
    p = problem(price=0.0, sites=[{}, {"site": "t"}], compute_types=PRICED, workloads=[{"replicas": 2}])
    both = p.replace(workloads=p.workloads.assign(survives_loss=True))
    assert cost(both) == pytest.approx(cost(p)) == pytest.approx(20_000)


def test_the_audit_finds_what_is_not_taken_over():
    p = problem(**THREE, compute_types=PRICED, workloads=[{"survives_loss": True}])
    solution = optimum(p)
    tables = solution.tables
    assert audit(p, tables, solution.objective).ok

    def failed(table, name, change):
        new = {**tables, table: tables[table].assign(**{name: change(tables[table][name])})}
        return {check.name for check in audit(p, new).failures}

    assert failed("takeover", "takeover_mw", lambda v: v / 2) == {"survival"}
    assert failed("takeover", "takeover_mw", lambda v: v * 2) == {"survival", "survival_room"}
    assert "non_negative" in failed("takeover", "takeover_mw", lambda v: v - 1)
    assert "survival_room" in failed("site_compute", "modules", lambda v: v - 1)
    unasked = problem(**THREE, compute_types=PRICED)
    plain = optimum(unasked).tables
    assert "tables" in {check.name for check in audit(p, plain).failures}
