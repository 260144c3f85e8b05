"""Work that runs when it arrives, by hand."""

import numpy as np
import pytest
from small import column, cost, optimum, problem

from siting.model.build import build
from siting.physics.peaks import undominated
from siting.problem import Calendar
from siting.solving.solution import solve

FAR = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
    "price": {"a": 100.0, "b": 10.0},
}


@pytest.mark.parametrize(("bound_ms", "expected"), [(9.0, 4 * 10 * 100), (10.0, 4 * 10 * 10)])
def test_work_goes_no_further_than_its_latency_bound(bound_ms, expected):
    # 10 degrees of the equator are 1,112 km; times 1.8 times 4.897 us/km makes 9.80 ms.
    assert cost(problem(**FAR, workloads=[{"latency_ms": bound_ms}])) == pytest.approx(expected)


def test_a_full_site_leaves_the_rest_to_the_next():
    p = problem(**FAR, capacity=[{"site": "t", "most_mw": 6.0}])
    solution = optimum(p)
    assert column(solution, "arc", "assigned_mw", site="t") == [6]
    assert column(solution, "place", "placed_mw", site="s") == [4]
    assert cost(p) == pytest.approx(4 * (6 * 10 + 4 * 100))


def test_the_load_follows_the_profile():
    p = problem(price=[1, 10, 100, 1000], workloads=[{"profile": "day"}], profile={"day": [0, 1, 2, 1]})
    assert cost(p) == pytest.approx(0 + 100 + 2000 + 10_000)


def test_the_peak_counts_in_hours_that_are_not_modelled():
    modelled = Calendar(hour=np.arange(4)[None, :], weight=np.array([2.0]))
    p = problem(
        8,
        price=1.0,
        workloads=[{"profile": "day"}],
        profile={"day": [1, 1, 1, 1, 0.5, 0.5, 2, 1]},
        calendar=modelled,
        compute_types=[{"capex_per_kw": 1.0, "lifetime_years": 1.0}],
    )
    solution = optimum(p)
    assert column(solution, "site_compute", "modules") == [20]
    assert column(solution, "site_hour", "power_mw") == pytest.approx([10] * 4)


def test_the_peak_counts_at_each_site():
    """Enough equipment in ``b`` does not help work that runs in ``a``, where power is cheap."""
    p = problem(
        8,
        regions=[{}, {"region": "b"}],
        sites=[{}, {"site": "t", "region": "b"}],
        price={"a": 10.0, "b": 100.0},
        capacity=[{"site": "t", "existing_mw": 20.0}],
        workloads=[{"profile": "day"}],
        profile={"day": [1, 1, 1, 1, 0.5, 0.5, 2, 1]},
        calendar=Calendar(hour=np.arange(4)[None, :], weight=np.array([2.0])),
        compute_types=[{"capex_per_kw": 0.1, "lifetime_years": 1.0}],
    )
    assert column(optimum(p), "site_compute", "modules") == [20, 0]


def test_peaks_at_different_hours_do_not_add_up():
    p = problem(
        price=0.0,
        workloads=[{"profile": "day"}, {"workload": "night", "profile": "night"}],
        demand=[{}, {"workload": "night", "mean_mw": 20.0}],
        profile={"day": [2, 1, 0, 1], "night": [0, 1, 2, 1]},
        compute_types=[{"capex_per_kw": 1.0}],
    )
    # The hours need 20, 30, 40 and 30 MW; the two peaks alone are 20 and 40.
    assert column(optimum(p), "site_compute", "modules") == [40]


def test_peaks_are_the_hours_that_no_other_dominates():
    shape = np.array([[1.0, 2], [2, 1], [1, 1], [2, 1], [0, 2], [1.5, 1.5]])
    assert sorted(undominated(shape).tolist()) == [[1, 2], [1.5, 1.5], [2, 1]]


def test_peaks_of_a_random_year_imply_every_hour():
    shape = np.random.default_rng(3).uniform(0, 2, (500, 3))
    kept = undominated(shape)
    assert len(kept) < len(shape)
    assert all((kept >= row).all(axis=1).any() for row in shape)
    assert all((shape == row).all(axis=1).any() for row in kept)


@pytest.mark.parametrize("delay", [0, 5])
def test_work_that_no_site_may_take_is_not_left_out_in_silence(delay):
    p = problem(workloads=[{"latency_ms": 1.0, "max_delay_h": delay}], links=[{"latency_ms": 2.0}])
    solution = solve(build(p))
    assert solution.status == "infeasible"
    assert "demand_has_a_site[web,a]" in solution.outcome.reason


def test_work_is_only_at_open_sites():
    p = problem(**FAR, settings={"finance": {"discount_rate": 0.0}})
    sites = p.sites.assign(fixed_cost_per_year=[0.0, 3601.0])
    solution = optimum(p.replace(sites=sites))
    # Opening t would save 4 h x 10 MW x 90 = 3600.
    assert column(solution, "site", "open", site="t") == [0]
    assert column(solution, "arc", "assigned_mw", site="t") == [0]
