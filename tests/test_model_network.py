"""Moving data, by hand."""

import numpy as np
import pytest
from small import MILLION, cost, optimum, problem

from siting.physics.distance import EARTH_RADIUS_KM
from siting.problem import Calendar

KM = 10 * np.pi / 180 * EARTH_RADIUS_KM
FAR = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{"region": "b", "longitude_deg": 10.0}],
    "price": 0.0,
    "settings": {"network": {"cost_per_gb_1000km": 0.5}},
}


@pytest.mark.parametrize("delay", [0, 2])
def test_data_costs_by_volume_and_distance_and_the_origin_pays(delay):
    p = problem(**FAR, workloads=[{"data_gb_per_mwh": 2.0, "max_delay_h": delay}])
    solution = optimum(p)
    data = solution.tables["cost"].set_index(["term", "region"])["cost_million"] * MILLION
    assert data["data movement", "a"] == pytest.approx(40 * 2 * 0.5 * KM / 1000)
    assert ("data movement", "b") not in data.index or data["data movement", "b"] == 0


@pytest.mark.parametrize("delay", [0, 2])
def test_a_link_has_its_own_cost(delay):
    p = problem(**FAR, workloads=[{"data_gb_per_mwh": 2.0, "max_delay_h": delay}], links=[{"cost_per_mwh": 3.0}])
    assert cost(p) == pytest.approx(40 * 3)


@pytest.mark.parametrize("delay", [0, 2])
def test_the_year_is_what_the_weights_make_of_it(delay):
    calendar = Calendar(hour=np.array([[0, 1], [6, 7]]), weight=np.array([3.0, 1.0]))
    p = problem(8, **FAR, workloads=[{"max_delay_h": delay}], links=[{"cost_per_mwh": 3.0}], calendar=calendar)
    assert cost(p) == pytest.approx(80 * 3)


def test_distance_is_traded_against_power():
    p = problem(
        **{**FAR, "price": {"a": 100.0, "b": 10.0}},
        workloads=[{"data_gb_per_mwh": 1.0}],
    )
    both = p.replace(
        sites=problem(regions=FAR["regions"], sites=[{}, {"site": "t", "region": "b", "longitude_deg": 10.0}]).sites
    )
    assert cost(both) == pytest.approx(40 * min(100, 10 + 0.5 * KM / 1000))
    dear = both.replace(network__cost_per_gb_1000km=100.0)
    assert cost(dear) == pytest.approx(40 * 100)
