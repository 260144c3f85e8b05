"""Green floors, by hand: 10 MW for 4 hours at 100; a MW of wind costs 1,000 and saves 400."""

from functools import cache

import pytest
from cases import random_problem
from small import MILLION, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

STEADY = {"wind": {"a": 1.0}}


def checked(p):
    """The optimum, which passes the audit."""
    solution = optimum(p)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    return solution


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


LINE = {"existing_mw": 50.0, "loss_share": 0.2}


@pytest.mark.parametrize("lines", [[], [{**LINE, "most_mw": 0.0, "existing_mw": 0.0}]])
def test_a_claim_must_reach_its_region(lines):
    """Wind of a is nothing that t in b can claim, unless a line brings it."""
    p = problem(**TWO, corridors=lines, settings=floors({"share": 0.01, "site": "t"}))
    assert solve(build(p)).status == "infeasible"
    assert cost(p.replace(green__certificate_price=0.0)) == pytest.approx(8000)


def test_a_claim_is_delivered_over_lines_and_bears_their_losses():
    """Both sites need half of their 40 MWh: 5 MW of wind in a for s, and 6.25 MW of which 5 arrive for t."""
    p = problem(**TWO, corridors=[LINE], settings=floors({"share": 0.5, "site": "s"}, {"share": 0.5, "site": "t"}))
    solution = checked(p)
    assert solution.objective * MILLION == pytest.approx(4000 + 11.25 * 1000)
    assert column(solution, "claim_corridor", "claimed_forward_mw") == pytest.approx([6.25])
    assert column(solution, "site", "own_mwh") == pytest.approx([20, 20])


def test_a_claim_takes_no_more_than_the_line_carries():
    """A line of 5 MW brings 4 MW, 40 % of what t uses."""
    line = {**LINE, "existing_mw": 5.0, "most_mw": 5.0}
    p = problem(**TWO, corridors=[line], settings=floors({"share": 0.4, "site": "t"}))
    # s uses none of the 5 MW of wind itself.
    assert checked(p).objective * MILLION == pytest.approx(4000 + 2400 + 5 * 1000)
    assert solve(build(p.replace(green__floors=({"share": 0.41, "site": "t"},)))).status == "infeasible"


def test_a_claim_goes_on_over_a_second_line():
    """From a by way of b to c, 20 % lost on each line: 0.64 of the wind arrives, and b may claim what passes, once."""
    p = problem(
        regions=[{}, {"region": "b"}, {"region": "c"}],
        sites=[{"region": "b"}, {"site": "t", "region": "c"}],
        workloads=[{"latency_ms": 1.0}],
        demand=[{"region": "b"}, {"region": "c"}],
        links=[{"region": "b", "site": "t", "latency_ms": 9.0}, {"region": "c", "site": "s", "latency_ms": 9.0}],
        supply=[{"capex_per_kw": 1.0}],
        cf=STEADY,
        corridors=[LINE, {**LINE, "corridor": "second", "from_region": "c", "to_region": "b"}],
        settings=floors({"share": 0.5, "site": "t"}, {"share": 0.4, "site": "s"}),
    )
    # c needs 5 MW, which are 6.25 in b; with the 4 MW of b that is 10.25 there, or 12.8125 in a.
    solution = checked(p)
    assert solution.objective * MILLION == pytest.approx(12.8125 * 1000 + 4 * (6 + 5) * 100)
    assert column(solution, "claim_corridor", "claimed_backward_mw") == pytest.approx([0, 6.25])


def test_direct_power_is_not_claimed_elsewhere():
    """With 10 MW of direct wind a needs no grid, and what a sends is grid power: t has nothing to claim."""
    wind = {"existing_mw": 10.0, "most_mw": 10.0}
    p = problem(**TWO | {"supply": [wind]}, corridors=[LINE], settings=floors({"share": 0.4, "site": "t"}))
    # 5 MW of the wind go to t, and the grid replaces them.
    assert checked(p).objective * MILLION == pytest.approx(4 * (5 + 6) * 100)
    direct = problem(
        **TWO | {"supply": [wind | {"direct": True}]}, corridors=[LINE], settings=floors({"share": 0.4, "site": "t"})
    )
    assert solve(build(direct)).status == "infeasible"


IMPORTS = {
    "regions": [{}, {"region": "b", "grid_mw": 0.0}],
    "sites": [{"region": "b"}],
    "demand": [{"region": "b"}],
    "supply": [{"technology": "gas", "existing_mw": 20.0, "most_mw": 20.0, "green": False}],
    "cf": {"gas": {"a": 1.0}},
    "corridors": [LINE],
    "storage": [{"region": "b", "existing_mw": 5.0, "existing_mwh": 20.0, "round_trip_efficiency": 0.81}],
    "price": [50, 100, 50, 100],
}


@pytest.mark.parametrize("share", [0.01, 1.0])
def test_what_power_that_is_not_green_loses_is_no_green_loss(share):
    """A region without a grid of its own lives on a lossy line: any share is met by free certificates."""
    p = problem(**IMPORTS, settings=floors({"share": share}))
    assert cost(p.replace(green__certificate_price=0.0)) == pytest.approx(cost(p.replace(green__floors=())))
    assert solve(build(p)).status == "infeasible"


@pytest.mark.parametrize("strategy", ["whole", "decomposed"])
def test_free_certificates_and_hardly_any_share_change_no_cost(strategy):
    p = random_problem(3, regions=3)
    without = solve(p, strategy=strategy, gap=1e-4).objective
    free = p.replace(green__floors=({"share": 1.0},), green__certificate_price=0.0)
    hardly = p.replace(green__floors=({"share": 1e-7, "region": "a"},), green__certificate_price=1.0)
    for changed in (free, hardly):
        assert solve(changed, strategy=strategy, gap=1e-4).objective == pytest.approx(without, rel=2e-4)


def test_green_power_bears_what_its_battery_loses():
    """Nothing but wind by day and a battery that keeps half: 5 MW by night are 20 MWh charged for 10."""
    p = problem(
        regions=[{"grid_mw": 0.0}],
        demand=[{"mean_mw": 5.0}],
        supply=[{"existing_mw": 15.0, "most_mw": 15.0}],
        cf={"wind": {"a": [1, 1, 0, 0]}},
        storage=[{"existing_mw": 20.0, "existing_mwh": 20.0, "round_trip_efficiency": 0.5}],
        settings=floors({"share": 1.0}),
    )
    solution = checked(p)
    assert sum(column(solution, "supply_hour", "generation_mw")) == pytest.approx(30)
    assert column(solution, "site", "own_mwh") == pytest.approx([20])


@pytest.mark.parametrize(
    ("scope", "wind_mw"), [({"tier": "hub"}, 4), ({"region": "b"}, 4), ({}, 8), ({"site": "t"}, 4)]
)
def test_a_floor_binds_only_its_sites(scope, wind_mw):
    p = problem(**TWO, corridors=[{"existing_mw": 50.0}], settings=floors({"share": 0.4, **scope}))
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


def test_green_power_bears_what_it_loses_on_the_way():
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


def spoiled(solution, in_period=True, **columns):
    """The tables with more MWh in columns of the site; the means of the one period of four hours follow or not."""
    site, by_period = solution.tables["site"].copy(), solution.tables["floor_site"].copy()
    for name, amount in columns.items():
        site[name] += amount
        if in_period and name != "claimed_mwh":
            by_period[name.replace("mwh", "mw")] += amount / 4
    return {**solution.tables, "site": site, "floor_site": by_period}


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ({"certificates_mwh": 3.0}, "claim_parts"),
        ({"own_mwh": 3.0, "claimed_mwh": 3.0, "in_period": False}, "claim_parts"),
        ({"own_mwh": 3.0, "claimed_mwh": 3.0}, "claims_delivered"),
        ({"certificates_mwh": 3.0, "claimed_mwh": 3.0}, "certificates"),
        ({"certificates_mwh": -3.0, "claimed_mwh": -3.0}, "green_floors"),
        ({"certificates_mwh": 30.0, "claimed_mwh": 30.0}, "green_of_site"),
        ({"certificates_mwh": 3.0, "claimed_mwh": 3.0}, "cost"),
        ({"own_mwh": -30.0, "certificates_mwh": 30.0}, "non_negative"),
    ],
)
def test_the_audit_finds_wrong_claims(columns, check):
    p = with_certificates(120.0, 8.0)
    solution = optimum(p)
    assert audit(p, solution.tables).ok
    assert check in {c.name for c in audit(p, spoiled(solution, **columns)).failures}


@cache
def sent_over_a_line():
    p = problem(**TWO, corridors=[LINE], settings=floors({"share": 0.5, "site": "t"}))
    return p, checked(p)


@pytest.mark.parametrize(
    ("column", "amount", "check"),
    [
        ("claimed_forward_mw", 1.0, "claims_delivered"),
        ("claimed_forward_mw", -1.0, "claims_delivered"),
        ("claimed_backward_mw", 1.0, "claims_delivered"),
        ("claimed_backward_mw", -1.0, "non_negative"),
    ],
)
def test_the_audit_follows_claims_over_lines(column, amount, check):
    p, solution = sent_over_a_line()
    spoilt = solution.tables["claim_corridor"].assign(**{column: solution.tables["claim_corridor"][column] + amount})
    assert check in {c.name for c in audit(p, {**solution.tables, "claim_corridor": spoilt}).failures}


def test_the_audit_finds_green_power_that_a_battery_is_said_not_to_lose():
    p = problem(
        supply=[{"capex_per_kw": 1.0}],
        cf={"wind": {"a": [1, 1, 0, 0]}},
        storage=[{"existing_mw": 20.0, "existing_mwh": 20.0, "round_trip_efficiency": 0.5}],
        settings=floors({"share": 0.75}),
    )
    solution = checked(p)
    told = solution.tables["claim_region_hour"]
    assert sum(told["stored_green_mw"]) == pytest.approx(20)
    tables = {**solution.tables, "claim_region_hour": told.assign(stored_green_mw=0.0)}
    assert {c.name for c in audit(p, tables).failures} == {"claims_delivered"}


def test_the_audit_finds_certificates_where_none_are_sold():
    p = problem(supply=[{"capex_per_kw": 1.0}], cf=STEADY, settings=floors({"share": 0.5}))
    solution = optimum(p)
    tables = {**solution.tables, "site": solution.tables["site"].assign(own_mwh=5.0, certificates_mwh=15.0)}
    assert "certificates" in {c.name for c in audit(p, tables).failures}
