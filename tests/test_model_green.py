"""Green floors, by hand: 10 MW for 4 hours at 100; a MW of wind costs 1,000 and saves 400."""

import pytest
from small import MILLION, column, cost, optimum, problem

from siting.model.build import build
from siting.solution import solve

STEADY = {"wind": {"a": 1.0}}


def floors(*rows):
    return {"green": {"floors": list(rows)}}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_floor_is_met_and_no_more(share):
    p = problem(supply=[{"capex_per_kw": 1.0}], cf=STEADY, settings=floors({"share": share}))
    solution = optimum(p)
    assert column(solution, "supply", "supply_mw") == pytest.approx([10 * share])
    assert solution.objective * MILLION == pytest.approx(4000 + 10 * share * 600)
    if share:
        assert column(solution, "site", "claimed_mwh") == pytest.approx([40 * share])
    else:
        assert "claimed_mwh" not in solution.tables["site"]


TWO = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0, "tier": "city"}],
    "workloads": [{"latency_ms": 5.0}],
    "demand": [{}, {"region": "b"}],
    "supply": [{"capex_per_kw": 1.0}],
    "cf": STEADY,
}


def test_a_green_mwh_is_claimed_once():
    """Both sites need half of their 40 MWh; wind in ``a`` can only run up to the 10 MW used there."""
    p = problem(**TWO, settings=floors({"share": 0.5, "site": "s"}, {"share": 0.5, "site": "t"}))
    assert cost(p) == pytest.approx(8000 + 10 * 600)
    more = p.replace(green__floors=({"share": 0.6, "site": "s"}, {"share": 0.5, "site": "t"}))
    assert solve(build(more)).status == "infeasible"


@pytest.mark.parametrize(
    ("scope", "wind_mw"), [({"tier": "hub"}, 4), ({"region": "b"}, 4), ({}, 8), ({"site": "t"}, 4)]
)
def test_a_floor_binds_only_its_sites(scope, wind_mw):
    p = problem(**TWO, settings=floors({"share": 0.4, **scope}))
    assert cost(p) == pytest.approx(8000 + wind_mw * 600)


def test_a_site_claims_no_more_than_it_uses():
    """One site cannot claim for the other."""
    p = problem(**TWO, settings=floors({"share": 1.0, "tier": "hub"}))
    claimed = column(optimum(p), "site", "claimed_mwh")
    assert claimed == pytest.approx([40, 0])


def test_power_that_is_not_green_does_not_count():
    gas = {"technology": "gas", "existing_mw": 10.0, "most_mw": 10.0, "green": False}
    p = problem(supply=[{"capex_per_kw": 1.0}, gas], cf={**STEADY, "gas": {"a": 1.0}}, settings=floors({"share": 0.5}))
    assert cost(p) == pytest.approx(5 * 1000)


def test_losses_on_the_way_are_charged_to_green_power():
    p = problem(
        regions=[{}, {"region": "b"}],
        sites=[{"region": "b"}],
        demand=[{"region": "b"}],
        supply=[{"capex_per_kw": 1.0}],
        cf=STEADY,
        corridors=[{"existing_mw": 50.0, "loss_share": 0.2}],
        settings=floors({"share": 0.5}),
    )
    # 6.25 MW of wind arrive as 5 MW; the other 5 MW are bought at home.
    assert cost(p) == pytest.approx(6.25 * 1000 + 20 * 100)
    # Buying in a would pay for its own losses with green power.
    assert column(optimum(p), "region_hour", "grid_mw", region="a") == pytest.approx([0] * 4, abs=1e-6)


def test_without_any_green_source_a_floor_cannot_be_met():
    assert solve(build(problem(settings=floors({"share": 0.01})))).status == "infeasible"
