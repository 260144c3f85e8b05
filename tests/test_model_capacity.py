"""Load that waits and load that cannot share the equipment."""

import pytest
from small import column, cost, optimum, problem

MIXED = {
    "workloads": [{"profile": "day"}, {"workload": "train", "max_delay_h": 3}],
    "demand": [{}, {"workload": "train", "mean_mw": 6.0}],
    "profile": {"day": [2, 1, 0, 1]},
}


@pytest.mark.parametrize(("usable", "modules"), [(1.0, 20), (0.8, 25)])
def test_deferrable_work_fills_the_valleys(usable, modules):
    # 40 MWh cannot wait and peak at 20 MW; 24 MWh fit into the 40 MWh below that peak.
    p = problem(price=0.0, compute_types=[{"usable_share": usable, "capex_per_kw": 1.0}], **MIXED)
    solution = optimum(p)
    assert column(solution, "site_compute", "modules") == [modules]
    load = column(solution, "site_compute_hour", "it_load_total")
    assert sum(load) == pytest.approx(64)
    assert max(load) <= 20 + 1e-6


def test_the_cheap_hour_is_full():
    # Hour 2 is free of other work: 20 of the 24 MWh run there at 1, the other 4 in hour 3 at 10.
    p = problem(price=[100, 100, 1, 10], sites=[{"most_mw": 20.0}], **MIXED)
    assert cost(p) == pytest.approx(20 * 100 + 10 * 100 + 0 * 1 + 10 * 10 + 20 * 1 + 4 * 10)
