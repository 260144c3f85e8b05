"""Utilisation floors, by hand: 10 MW of web work with a peak of 20 MW, and 4 MW of work that may wait."""

import numpy as np
import pytest
from model_size import added
from small import column, cost, optimum, problem

from siting.model import utilisation
from siting.problem import Calendar

BOTH = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0, "tier": "city"}],
    "compute_types": [{"module_mw": 4.0}],
    "workloads": [
        {"latency_ms": 5.0, "profile": "day"},
        {"workload": "train", "latency_ms": 1000.0, "max_delay_h": 3},
    ],
    "demand": [{}, {"workload": "train", "mean_mw": 4.0}],
    "profile": {"day": [2.0, 0.0, 1.0, 1.0]},
    "price": {"a": 100.0, "b": 50.0},
}


def floored(*floors, **rows):
    return problem(**{**BOTH, **rows}, settings={"policy": {"utilisation_floors": list(floors)}})


def test_work_that_could_run_cheaper_elsewhere_fills_the_site():
    """Web needs 20 MW at s and uses half of it; 12 of 20 MW are 60 %, so 2 MW of training come from the cheap site."""
    assert cost(floored()) == pytest.approx(4 * (10 * 100 + 4 * 50))
    p = floored({"share": 0.6, "site": "s"})
    assert cost(p) == pytest.approx(4 * (12 * 100 + 2 * 50))
    solution = optimum(p)
    assert column(solution, "batch_arc", "moved_mw", site="s") == pytest.approx([2])
    assert column(solution, "site_compute", "capacity_mw", site="s") == [20]


@pytest.mark.parametrize("scope", [{"tier": "hub"}, {"region": "a"}, {}])
def test_a_floor_binds_each_of_its_sites(scope):
    """At t 2 MW of training use half of one module of 4 MW, unless the floor binds t too: then all moves to s."""
    expected = 4 * 14 * 100 if not scope else 4 * (12 * 100 + 2 * 50)
    assert cost(floored({"share": 0.6, **scope})) == pytest.approx(expected)


def test_the_highest_of_several_floors_counts():
    p = floored({"share": 0.5, "tier": "hub"}, {"share": 0.6, "site": "s"})
    assert cost(p) == pytest.approx(4 * (12 * 100 + 2 * 50))
    assert added(p, utilisation.add) == (1, 0)


@pytest.mark.parametrize(("share", "feasible"), [(0.7, True), (0.71, False)])
def test_no_more_than_all_work_can_fill_the_peak(share, feasible):
    assert (cost(floored({"share": share, "site": "s"})) < float("inf")) == feasible


@pytest.mark.parametrize(("share", "feasible"), [(0.25, True), (0.26, False)])
def test_what_exists_must_be_used_too(share, feasible):
    p = problem(
        capacity=[{"existing_mw": 40.0}], settings={"policy": {"utilisation_floors": [{"share": share, "tier": "hub"}]}}
    )
    assert (cost(p) < float("inf")) == feasible


@pytest.mark.parametrize(("share", "feasible"), [(0.83, True), (0.84, False)])
def test_the_mean_counts_periods_by_weight(share, feasible):
    """3 and 1 MW of waiting work, three times and once: 2.5 MW on average in the 3 MW that the first day needs."""
    p = problem(
        workloads=[{"workload": "train", "max_delay_h": 1, "profile": "day"}],
        demand=[{"workload": "train", "mean_mw": 2.0}],
        profile={"day": [3.0, 3.0, 1.0, 1.0]},
        calendar=Calendar(hour=np.array([[0, 1], [2, 3]]), weight=np.array([1.5, 0.5])),
        settings={"policy": {"utilisation_floors": [{"share": share}]}},
    )
    assert (cost(p) < float("inf")) == feasible


def test_without_floors_nothing_is_added():
    assert added(floored(), utilisation.add) == (0, 0)
    assert added(floored({"share": 0.0}), utilisation.add) == (0, 0)
