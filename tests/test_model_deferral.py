"""Work that may wait, by hand: 10 MW arrive every hour of a 4-hour day that wraps round."""

import numpy as np
import pytest
from small import column, cost, optimum, problem

from siting.problem import Calendar

PRICE = [100, 10, 100, 100]


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        (0, 100 + 3 * 1000),
        (1, 2 * 100 + 2 * 1000),  # hour 0 waits for hour 1
        (2, 3 * 100 + 1000),  # so does hour 3, over midnight
        (3, 4 * 100),
        (24, 4 * 100),  # a delay beyond the period is no more than the period
    ],
)
def test_work_follows_the_price_as_far_as_its_deadline(delay, expected):
    assert cost(problem(price=PRICE, workloads=[{"max_delay_h": delay}])) == pytest.approx(expected)


@pytest.mark.parametrize(("delay", "expected"), [(1, 10 * 50 + 30 * 10), (2, 40 * 10)])
def test_a_pooled_backlog_keeps_the_deadline_of_each_hour(delay, expected):
    """With one hour of delay the work of hour 0 runs at 50 in hour 1, though hours 2 and 3 have room for it."""
    assert cost(problem(price=[100, 50, 10, 10], workloads=[{"max_delay_h": delay}])) == pytest.approx(expected)


def test_the_plan_of_two_hours_delay():
    solution = optimum(problem(price=[50, 10, 100, 60], workloads=[{"max_delay_h": 2}]))
    # Hour 2 may run until hour 0 (50); hours 3, 0 and 1 run in hour 1.
    assert column(solution, "batch_site_hour", "flexible_mw") == pytest.approx([10, 30, 0, 0])
    assert column(solution, "batch_hour", "backlog_mwh") == pytest.approx([20, 0, 10, 20])


@pytest.mark.parametrize(
    ("delay", "expected"), [(0, 100), (1, 60), (2, 1), (3, 1)], ids=["at once", "next hour", "next day", "longer"]
)
def test_nothing_runs_before_it_arrives(delay, expected):
    p = problem(
        price=[1, 50, 100, 60],
        workloads=[{"max_delay_h": delay, "profile": "burst"}],
        profile={"burst": [0, 0, 1, 0]},
    )
    assert cost(p) == pytest.approx(40 * expected)


@pytest.mark.parametrize(("delay", "modules"), [(0, 40), (1, 20), (3, 10)])
def test_waiting_saves_equipment(delay, modules):
    p = problem(
        price=0.0,
        compute_types=[{"capex_per_kw": 1.0}],
        workloads=[{"max_delay_h": delay, "profile": "burst"}],
        profile={"burst": [0, 0, 1, 0]},
    )
    assert column(optimum(p), "site_compute", "modules") == [modules]


def test_nothing_leaks_from_period_to_period():
    calendar = Calendar(hour=np.arange(8).reshape(2, 4), weight=np.array([1.0, 3.0]))
    price = [100, 100, 100, 100, 10, 10, 10, 10]
    p = problem(8, price=price, workloads=[{"max_delay_h": 4}], calendar=calendar)
    assert cost(p) == pytest.approx(40 * 100 + 3 * 40 * 10)


REACH = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
    "demand": [{}, {"region": "b", "mean_mw": 5.0}],
    "price": {"a": 100.0, "b": 10.0},
}


def test_origins_that_reach_the_same_sites_are_pooled():
    solution = optimum(problem(**REACH, workloads=[{"max_delay_h": 2}]))
    assert sorted(set(column(solution, "batch_hour", "group"))) == [0]
    moved = solution.tables["batch_arc"].set_index(["region", "site"])["moved_mw"]
    assert moved.to_dict() == pytest.approx({("a", "s"): 0, ("a", "t"): 10, ("b", "s"): 0, ("b", "t"): 5})
    assert sum(column(solution, "batch_site_hour", "flexible_mw", site="t")) == pytest.approx(60)


def test_origins_that_do_not_are_not():
    p = problem(**REACH, workloads=[{"max_delay_h": 2, "latency_ms": 5.0}])
    solution = optimum(p)
    assert sorted(set(column(solution, "batch_hour", "group"))) == [0, 1]
    assert cost(p) == pytest.approx(4 * (10 * 100 + 5 * 10))


def test_a_pool_does_not_send_home_work_abroad_for_free():
    """Each origin's own work pays for its own way, though the pool is one."""
    fare = (("a", "t", 95.0), ("b", "t", 0.0), ("a", "s", 0.0), ("b", "s", 0.0))
    links = [{"region": n, "site": s, "cost_per_mwh": each} for n, s, each in fare]
    p = problem(**REACH, workloads=[{"max_delay_h": 2}], links=links)
    assert cost(p) == pytest.approx(4 * (10 * 100 + 5 * 10))
    assert cost(p.replace(links=p.links.assign(cost_per_mwh=[85.0, 0.0, 0.0, 0.0]))) == pytest.approx(
        4 * (10 * 95 + 5 * 10)
    )


def test_each_origin_has_its_own_work_done_and_no_more():
    """s holds 2 MW and t 10. What b does at s takes room there, so that all 10 MW of a pay 1 for the way to t."""
    fare = [("a", "s", 6.0), ("a", "t", 1.0), ("b", "s", 0.0), ("b", "t", 0.0)]
    p = problem(
        price=0.0,
        regions=[{}, {"region": "b"}],
        sites=[{"most_mw": 2.0}, {"site": "t", "most_mw": 10.0}],
        workloads=[{"max_delay_h": 1}],
        demand=[{}, {"region": "b", "mean_mw": 2.0}],
        links=[{"region": n, "site": s, "cost_per_mwh": each} for n, s, each in fare],
    )
    assert cost(p) == pytest.approx(4 * 10 * 1)
