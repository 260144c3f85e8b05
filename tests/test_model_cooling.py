"""Power use of a site, by hand."""

import pytest
from small import column, cost, optimum, problem


def test_idle_share_and_pue():
    p = problem(
        2,
        price=[100, 10],
        temperature=[25.0, 19.0],
        sites=[{"pue_shift": 0.0}],
        compute_types=[{"module_mw": 20.0, "idle_share": 0.3}],
        workloads=[{"profile": "day"}],
        profile={"day": [1.5, 0.5]},
    )
    power = [1.2127 * (0.3 * 20 + 0.7 * 15), 1.0887 * (0.3 * 20 + 0.7 * 5)]
    solution = optimum(p)
    assert column(solution, "site_hour", "power_mw") == pytest.approx(power)
    assert column(solution, "site", "energy_mwh") == pytest.approx([sum(power)])
    assert cost(p) == pytest.approx(100 * power[0] + 10 * power[1])


def test_types_of_a_site_add_up():
    p = problem(
        1,
        sites=[{"pue_shift": 0.0}],
        temperature=19.0,
        compute_types=[{"idle_share": 0.5, "module_mw": 20.0}, {"compute": "ai", "idle_share": 0.0}],
        workloads=[{}, {"workload": "train", "compute": "ai"}],
        demand=[{}, {"workload": "train", "mean_mw": 4.0}],
    )
    assert column(optimum(p), "site_hour", "power_mw") == pytest.approx([1.0887 * (0.5 * 20 + 0.5 * 10 + 4)])


def test_the_cooler_site_is_chosen():
    p = problem(
        sites=[{"pue_shift": 0.0}, {"site": "t", "pue_shift": 0.0}],
        temperature={"a": 25.0, "t": 19.0},
    )
    solution = optimum(p)
    assert column(solution, "place", "placed_mw", site="t") == pytest.approx([10])
    assert cost(p) == pytest.approx(4 * 10 * 1.0887 * 100)


def test_a_closed_site_draws_nothing():
    solution = optimum(problem(sites=[{}, {"site": "t", "decision": "closed"}]))
    assert column(solution, "site", "energy_mwh") == pytest.approx([40, 0])
