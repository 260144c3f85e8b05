"""Green floors, by hand: 10 MW for 4 hours at 100; a MW of wind costs 1,000 and saves 400."""

import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.auditor import audit
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


def test_a_claim_that_counts_more_is_no_larger_than_the_use():
    """Of 80 MWh, 48 beyond the grid mix: s claims its 40, t 16 more, as half of what t claims is green anyway."""
    regions = [TWO["regions"][0], {**TWO["regions"][1], "grid_green_share": 0.5}]
    line = [{"existing_mw": 50.0}]
    p = problem(
        **TWO | {"regions": regions, "corridors": line}, settings=floors({"share": 0.6, "beyond_grid_mix": True})
    )
    assert cost(p) == pytest.approx(8000 + 14 * 600)


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


def with_certificates(price, most=None, **floor):
    green = {"floors": [{"share": 0.5, **floor}], "certificate_price": price}
    green |= {} if most is None else {"certificate_most_mwh": most}
    return problem(supply=[{"capex_per_kw": 1.0}], cf=STEADY, settings={"green": green})


@pytest.mark.parametrize(
    ("price", "most", "extra", "certificates"),
    [
        # 20 MWh are needed; one of wind costs 1,000 / 4 - 100 = 150 more than one from the grid.
        (120.0, None, 20 * 120, 20),
        (200.0, None, 20 * 150, 0),
        (120.0, 8.0, 8 * 120 + 12 * 150, 8),
        (0.0, None, 0.0, 20),
    ],
)
def test_certificates_have_a_price_and_a_limit(price, most, extra, certificates):
    p = with_certificates(price, most)
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(4000 + extra)
    assert column(solution, "site", "certificates_mwh") == pytest.approx([certificates], abs=1e-6)
    assert column(solution, "site", "own_mwh") == pytest.approx([20 - certificates], abs=1e-6)
    assert column(solution, "site", "claimed_mwh") == pytest.approx([20])
    assert term(solution, "certificates") == pytest.approx(price * certificates, abs=1e-6)
    assert audit(p, solution.tables, solution.objective).ok


def test_only_sites_under_a_floor_buy_certificates():
    p = problem(**TWO, settings={"green": {"floors": [{"share": 0.5, "site": "t"}], "certificate_price": 1.0}})
    solution = optimum(p)
    assert column(solution, "site", "certificates_mwh") == pytest.approx([0, 20])
    costs = solution.tables["cost"].set_index(["term", "region"])["cost_million"]
    assert costs["certificates", "b"] == pytest.approx(20 / MILLION)


def test_without_floors_certificates_add_nothing():
    p = problem(settings={"green": {"certificate_price": 1.0}})
    names = {c.local_name for c in build(p).component_objects()}
    assert names == {c.local_name for c in build(problem()).component_objects()}


def test_certificates_do_not_change_location_based_carbon():
    p = with_certificates(1.0)
    carbon = optimum(p).tables["carbon"].set_index("term")["carbon_t"]
    assert carbon["grid"] == pytest.approx(20)


@pytest.mark.parametrize(("mix", "needed"), [(0.0, 0.4), (0.2, 0.5), (0.6, 1.0)])
def test_a_floor_beyond_the_grid_mix(mix, needed):
    """Claims of c beside a grid that is green to g make c + (1 - c) g; that is c (1 - g) beyond the mix."""
    floor = {"share": 0.4, "beyond_grid_mix": True}
    p = problem(regions=[{"grid_green_share": mix}], supply=[{"capex_per_kw": 1.0}], cf=STEADY, settings=floors(floor))
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(4000 + 10 * needed * 600)
    assert audit(p, solution.tables, solution.objective).ok
    plain = p.replace(green__floors=({"share": 0.4},))
    assert cost(plain) == pytest.approx(4000 + 4 * 600)


def spoiled(solution, **columns):
    site = solution.tables["site"].copy()
    for name, amount in columns.items():
        site[name] += amount
    return {**solution.tables, "site": site}


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ({"certificates_mwh": 3.0}, "claim_parts"),
        ({"own_mwh": 3.0, "claimed_mwh": 3.0}, "green_total"),
        ({"certificates_mwh": 3.0, "claimed_mwh": 3.0}, "certificates"),
        ({"certificates_mwh": -3.0, "claimed_mwh": -3.0}, "green_floors"),
        ({"certificates_mwh": 30.0, "claimed_mwh": 30.0}, "green_of_site"),
        ({"certificates_mwh": 3.0, "claimed_mwh": 3.0}, "cost"),
        ({"own_mwh": -30.0, "certificates_mwh": 30.0}, "non_negative"),
    ],
)
def test_the_audit_finds_wrong_claims(columns, check):
    p = with_certificates(1200.0, 8.0)
    solution = optimum(with_certificates(120.0, 8.0))
    # The same plan at a price that makes a wrong number of certificates worth more than a thousandth of a million.
    paid = solution.tables["cost"].copy()
    paid.loc[paid["term"] == "certificates", "cost_million"] *= 10
    solution.tables["cost"] = paid
    assert audit(p, solution.tables).ok
    assert check in {c.name for c in audit(p, spoiled(solution, **columns)).failures}


def test_the_audit_finds_certificates_where_none_are_sold():
    p = problem(supply=[{"capex_per_kw": 1.0}], cf=STEADY, settings=floors({"share": 0.5}))
    solution = optimum(p)
    tables = {**solution.tables, "site": solution.tables["site"].assign(own_mwh=5.0, certificates_mwh=15.0)}
    assert {c.name for c in audit(p, tables).failures} == {"certificates"}
