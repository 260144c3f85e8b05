"""Work that moves between zones, by hand: power costs 50 in the east, where all is asked for, and 100 in the west."""

import numpy as np
import pytest
from model_size import added
from small import column, cost, optimum, problem

from siting.model import relocation
from siting.problem import Calendar

BOTH = {
    "regions": [{"zone": "east"}, {"region": "b", "longitude_deg": 10.0, "zone": "west"}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
    "workloads": [{}, {"workload": "train", "max_delay_h": 2}],
    "demand": [{}, {"workload": "train", "mean_mw": 4.0}],
    "price": {"a": 50.0, "b": 100.0},
}


def moved(share, start="east", end="west", **rows):
    rule = {"from_zone": start, "to_zone": end, "share": share}
    return problem(**{**BOTH, **rows}, settings={"policy": {"relocation": [rule]}})


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_is_met_and_no_more(share):
    p = moved(share)
    assert cost(p) == pytest.approx(4 * 14 * (50 + 50 * share))
    if share:
        assert column(optimum(p), "relocation", "relocated_mw") == pytest.approx([14 * share])


@pytest.mark.parametrize(("share", "expected"), [(0.25, 4 * (10.5 * 50 + 3.5 * 100)), (0.3, float("inf"))])
def test_only_work_within_its_latency_can_move(share, expected):
    """Web must stay: 4 of 14 MW are the most that can go."""
    near = [{"latency_ms": 5.0}, {"workload": "train", "max_delay_h": 2}]
    assert cost(moved(share, workloads=near)) == pytest.approx(expected)


def test_deferrable_work_counts_by_the_weight_of_its_period():
    """Of 3 and 1 MW in days that count three times and once, half of the mean of 2.5 MW moves."""
    p = moved(
        0.5,
        workloads=[{"workload": "train", "max_delay_h": 1, "profile": "day"}],
        demand=[{"workload": "train", "mean_mw": 2.0}],
        profile={"day": [3.0, 3.0, 1.0, 1.0]},
        hours=4,
        calendar=Calendar(hour=np.array([[0, 1], [2, 3]]), weight=np.array([1.5, 0.5])),
    )
    solution = optimum(p)
    assert column(solution, "relocation", "relocated_mw") == pytest.approx([1.25])
    assert cost(p) == pytest.approx(4 * 2.5 * (50 + 50 * 0.5))


def test_a_zone_that_asks_for_nothing_adds_nothing():
    assert added(moved(0.5, start="west", end="east"), relocation.add) == (0, 0)


def test_without_a_share_nothing_is_added():
    assert added(moved(0.0), relocation.add) == (0, 0)
    assert added(moved(0.5), relocation.add) == (1, 0)
