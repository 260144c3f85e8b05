"""What follows from the tables, by hand."""

import numpy as np
import pytest
from small import problem

from siting.physics.distance import EARTH_RADIUS_KM
from siting.problem import derived

DEGREE_KM = np.pi / 180 * EARTH_RADIUS_KM

TWO = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
}


def test_latency_is_distance_times_route_times_fibre():
    p = problem(**TWO, settings={"network": {"route_factor": 2.0, "fibre_us_per_km": 5.0, "equipment_ms": 0.5}})
    far = 10 * DEGREE_KM * 2 * 5e-3 + 0.5
    assert derived.latency_ms(p).to_numpy() == pytest.approx(np.array([[0.5, far], [far, 0.5]]))
    assert derived.latency_ms(p) is derived.latency_ms(p)
    assert list(derived.latency_ms(p).index) == ["a", "b"]


def test_a_link_overrides_what_it_gives_and_no_more():
    p = problem(
        **TWO,
        links=[{"region": "b", "site": "s", "latency_ms": 3.0}, {"region": "a", "site": "t", "cost_per_mwh": 7.0}],
        workloads=[{"data_gb_per_mwh": 2.0}],
        demand=[{}, {"region": "b"}],
        settings={"network": {"cost_per_gb_1000km": 100.0}},
    )
    latency = derived.latency_ms(p)
    assert latency.loc["b", "s"] == 3.0
    assert latency.loc["a", "t"] == pytest.approx(10 * DEGREE_KM * 1.8 * 4.897e-3)
    cost = derived.data_cost_per_mwh(p)
    assert cost["web", "a", "t"] == 7.0
    assert cost["web", "b", "s"] == pytest.approx(2 * 100 * 10 * DEGREE_KM / 1000)
    assert cost["web", "a", "s"] == 0.0


def test_site_compute():
    p = problem(
        sites=[{"most_mw": 50.0}, {"site": "t", "decision": "closed"}, {"site": "u", "most_mw": 0.0}],
        compute_types=[{}, {"compute": "ai"}],
        capacity=[
            {"existing_mw": 5.0, "most_mw": 80.0},
            {"site": "s", "compute": "ai", "existing_mw": 0.0, "most_mw": 0.0},
            {"site": "t", "existing_mw": 9.0},
        ],
    )
    table = derived.site_compute(p)
    assert table.to_dict("index") == {
        ("s", "general"): {"existing_mw": 5.0, "ended_mw": 0.0, "most_mw": 50.0, "module_mw": 1.0}
    }


def test_arcs():
    p = problem(
        **TWO,
        workloads=[{}, {"workload": "near", "latency_ms": 2.0}, {"workload": "idle"}],
        demand=[
            {"region": "b", "workload": "near"},
            {},
            {"region": "a", "workload": "idle", "mean_mw": 0.0},
        ],
    )
    assert derived.arcs(p).to_numpy().tolist() == [["web", "a", "s"], ["web", "a", "t"], ["near", "b", "t"]]


def test_a_bound_equal_to_the_latency_admits():
    p = problem(workloads=[{"latency_ms": 4.0}], links=[{"latency_ms": 4.0}])
    assert len(derived.arcs(p)) == 1
    assert len(derived.arcs(p.replace(workloads=p.workloads.assign(latency_ms=3.999)))) == 0


def test_batches_share_a_group_where_they_reach_the_same_sites():
    p = problem(
        regions=[{}, {"region": "b"}, {"region": "c", "longitude_deg": 50.0}],
        sites=[{}, {"site": "t", "region": "c", "longitude_deg": 50.0}],
        workloads=[{"max_delay_h": 2, "latency_ms": 5.0}, {"workload": "rigid"}],
        demand=[{}, {"region": "b"}, {"region": "c"}, {"workload": "rigid"}],
    )
    assert derived.batches(p).to_numpy().tolist() == [["web", 0, "a"], ["web", 0, "b"], ["web", 1, "c"]]


def test_pue_of_a_site_has_its_own_weather_first():
    p = problem(
        2,
        sites=[{"pue_shift": 0.0}, {"site": "t", "pue_shift": 0.1}],
        temperature={"a": [19.0, 25.0], "t": [22.0, 40.0]},
    )
    assert derived.pue(p)["s"].tolist() == pytest.approx([1.0887, 1.2127])
    assert derived.pue(p)["t"].tolist() == pytest.approx([1.2417, 1.5006])


def test_profiles_have_mean_one():
    p = problem(
        4,
        workloads=[{"profile": "day"}, {"workload": "flat"}],
        profile={"day": [0, 2, 4, 2], "unused": 1.0},
    )
    shape = derived.profiles(p)
    assert shape["web"].tolist() == [0, 1, 2, 1]
    assert shape["flat"].tolist() == [1, 1, 1, 1]


def test_grid_factor_by_hour_where_given():
    p = problem(2, regions=[{}, {"region": "b", "grid_factor_t_per_mwh": 0.7}], grid_factor={"a": [0.1, 0.9]})
    factor = derived.grid_factor_t_per_mwh(p)
    assert factor["a"].tolist() == [0.1, 0.9]
    assert factor["b"].tolist() == [0.7, 0.7]


def test_floor_sites():
    floors = [
        {"share": 0.1},
        {"share": 0.2, "tier": "hub", "region": "a"},
        {"share": 0.3, "site": "t"},
        {"share": 1, "hub": "h"},
    ]
    p = problem(
        regions=[{}, {"region": "b"}],
        sites=[
            {},
            {"site": "t", "tier": "city", "hub": "h"},
            {"site": "u", "region": "b", "hub": "h"},
            {"site": "v", "decision": "closed", "hub": "h"},
        ],
        settings={"green": {"floors": floors}},
    )
    assert derived.floor_sites(p) == [(0.1, ["s", "t", "u"]), (0.2, ["s"]), (0.3, ["t"]), (1, ["t", "u"])]
