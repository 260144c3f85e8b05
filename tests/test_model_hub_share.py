"""The share of hubs in new equipment, by hand: a MW costs 3,000 a year at the hub and 1,000 in the city."""

import pytest
from model_size import added
from small import column, cost, optimum, problem

from siting.model import hub_share

SITES = [
    {"capex_per_kw": 3.0, "lifetime_years": 1.0},
    {"site": "t", "tier": "city", "capex_per_kw": 1.0, "lifetime_years": 1.0},
]


def shared(share, **rows):
    return problem(price=0.0, **{"sites": SITES, **rows}, settings={"policy": {"hub_share_min": share}})


@pytest.mark.parametrize(("share", "in_hub"), [(0.0, 0), (0.5, 5), (0.55, 6), (0.6, 6), (1.0, 10)])
def test_modules_stand_in_hubs(share, in_hub):
    p = shared(share)
    assert cost(p) == pytest.approx(3000 * in_hub + 1000 * (10 - in_hub))
    assert column(optimum(p), "site_compute", "modules") == [in_hub, 10 - in_hub]


@pytest.mark.parametrize("site", ["s", "t"])
def test_what_exists_counts_on_neither_side(site):
    """5 of 10 MW are new, so 3 of them stand in the hub, wherever the old ones are."""
    assert cost(shared(0.6, capacity=[{"site": site, "existing_mw": 5.0}])) == pytest.approx(3 * 3000 + 2 * 1000)


def test_power_counts_and_not_the_number_of_modules():
    """One module of 8 MW in the hub is 80 % of 10 MW, five of 2 MW there are all of them."""
    types = [{"module_mw": 8.0}, {"compute": "ai", "module_mw": 1.0}]
    work = [{}, {"workload": "ai", "compute": "ai"}]
    only = [{"compute": "general", "site": "t", "most_mw": 0.0}, {"compute": "ai", "site": "s", "most_mw": 0.0}]
    demand = [{"mean_mw": 8.0}, {"workload": "ai", "mean_mw": 2.0}]
    rows = {"compute_types": types, "workloads": work, "capacity": only, "demand": demand}
    assert cost(shared(0.8, **rows)) == pytest.approx(8 * 3000 + 2 * 1000)
    assert cost(shared(0.81, **rows)) > 8 * 3000 + 2 * 1000


def test_a_city_in_the_area_of_a_hub_counts():
    assert cost(shared(0.6, sites=[SITES[0], SITES[1] | {"hub": "H"}])) == pytest.approx(1000 * 10)


def test_without_a_hub_nothing_new_can_be_built():
    assert cost(shared(0.6, sites=SITES[1:])) == float("inf")


def test_without_a_share_nothing_is_added():
    assert added(shared(0.0), hub_share.add) == (0, 0)
    assert added(shared(0.6), hub_share.add) == (1, 0)
