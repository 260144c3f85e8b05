"""Hourly matched shares, by hand: 10 MW for 4 hours at 100; a MW of wind costs 1,000."""

import pytest
from small import MILLION, column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

STEADY = {"wind": {"a": 1.0}}
WIND = [{"capex_per_kw": 1.0}]


def hourly(*floors, **green):
    return {"green": {"hourly_floors": list(floors), **green}}


def checked(p):
    """The optimum, which passes the audit."""
    solution = optimum(p)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    return solution


def test_power_is_matched_in_its_own_hour():
    p = problem(supply=WIND, cf={"wind": {"a": [1, 1, 0, 0]}}, settings=hourly({"share": 0.5}))
    solution = checked(p)
    assert solution.objective * MILLION == pytest.approx(10 * 1000 + 20 * 100)
    assert column(solution, "region_hour", "matched_mw") == pytest.approx([10, 10, 0, 0])
    more = p.replace(green__hourly_floors=({"share": 0.51},))
    assert solve(build(more)).status == "infeasible"


def test_a_battery_carries_green_power_to_another_hour():
    p = problem(
        supply=WIND,
        cf={"wind": {"a": [1, 1, 0, 0]}},
        storage=[{"capex_per_kwh": 0.1}],
        settings=hourly({"share": 0.75}),
    )
    # 5 MW more of wind for 2 hours fill 10 MWh, at 100 each; the other 10 MWh of the dark hours are bought.
    solution = checked(p)
    assert solution.objective * MILLION == pytest.approx(15 * 1000 + 10 * 100 + 10 * 100)
    assert sum(column(solution, "storage_hour", "green_discharge_mw")) == pytest.approx(10)


def test_grid_power_from_a_battery_does_not_count():
    p = problem(
        price=[0, 200, 200, 200],
        supply=WIND,
        cf=STEADY,
        storage=[{"existing_mw": 30.0, "existing_mwh": 30.0}],
        settings=hourly({"share": 0.5}),
    )
    assert cost(p.replace(green__hourly_floors=())) == pytest.approx(0, abs=1e-6)
    # Buying in the free hour would cost nothing; 20 MWh must come from 5 MW of wind.
    assert checked(p).objective * MILLION == pytest.approx(5 * 1000)


TWO = {
    "regions": [{}, {"region": "b", "longitude_deg": 10.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0, "tier": "city"}],
    "workloads": [{"latency_ms": 5.0}],
    "demand": [{}, {"region": "b"}],
    "supply": WIND,
    "cf": STEADY,
}
LINE = {"existing_mw": 50.0, "loss_share": 0.2}


@pytest.mark.parametrize("scope", [{"region": "b"}, {"site": "t"}, {"tier": "city"}])
def test_power_must_reach_the_region(scope):
    p = problem(**TWO, settings=hourly({"share": 0.5, **scope}))
    assert solve(build(p)).status == "infeasible"
    joined = problem(**TWO, corridors=[LINE], settings=hourly({"share": 0.5, **scope}))
    solution = checked(joined)
    # 6.25 MW of wind arrive as 5.
    assert solution.objective * MILLION == pytest.approx(4000 + 2000 + 6250)
    assert column(solution, "corridor_hour", "green_forward_mw") == pytest.approx([6.25] * 4)


@pytest.mark.parametrize("ends", ["ab", "ba"])
def test_green_power_takes_the_line_that_is_built(ends):
    """A MW of line costs 100, in whichever direction power goes through it."""
    line = {"from_region": ends[0], "to_region": ends[1], "capex_per_kw": 0.1, "loss_share": 0.2}
    p = problem(**TWO, corridors=[line], settings=hourly({"share": 0.5, "region": "b"}))
    assert checked(p).objective * MILLION == pytest.approx(4000 + 2000 + 6250 + 625)


def test_grid_power_from_another_region_does_not_count():
    p = problem(**TWO, price={"a": 1.0, "b": 100.0}, corridors=[LINE], settings=hourly({"share": 0.5, "region": "b"}))
    # b's 10 MW come as 12.5 over the line; half of them must be wind, the rest is a's grid at 1.
    assert checked(p).objective * MILLION == pytest.approx(6.25 * 1000 + 4 * (10 + 6.25) * 1)


def test_power_that_is_not_green_does_not_match():
    gas = {"technology": "gas", "existing_mw": 10.0, "most_mw": 10.0, "green": False}
    p = problem(supply=[*WIND, gas], cf={**STEADY, "gas": {"a": 1.0}}, settings=hourly({"share": 0.5}))
    assert checked(p).objective * MILLION == pytest.approx(5 * 1000)


def test_certificates_do_not_match():
    green = {"floors": [{"share": 0.5}], "certificate_price": 1.0}
    assert cost(problem(settings=hourly(**green))) == pytest.approx(4000 + 20)
    assert solve(build(problem(settings=hourly({"share": 0.1}, **green)))).status == "infeasible"


def test_what_is_matched_here_is_not_claimed_there():
    """a matches 20 MWh of its wind; t may claim what is left and sent."""
    rows = TWO | {"corridors": [{"existing_mw": 50.0}]}
    p = problem(**rows, settings=hourly({"share": 0.5, "region": "a"}, floors=[{"share": 0.5, "site": "t"}]))
    assert checked(p).objective * MILLION == pytest.approx(4000 + 10 * 1000)
    more = p.replace(green__floors=({"share": 0.6, "site": "t"},))
    assert cost(more) == pytest.approx(4000 - 400 + 11 * 1000)
    # What a's own sites claim is what they match.
    own = p.replace(green__floors=({"share": 0.5, "site": "s"},))
    assert cost(own) == pytest.approx(8000 + 5 * 600)


@pytest.mark.parametrize("settings", [hourly(), hourly({"share": 0.0})])
def test_switched_off_it_adds_nothing(settings):
    names = {c.name for c in build(problem(storage=[{}], settings=settings)).component_objects()}
    assert names == {c.name for c in build(problem(storage=[{}])).component_objects()}


def test_the_small_model_is_what_it_should_be():
    """One hour, one region: a column and 3 rows more than without the floor."""
    off = solved_size(problem(1, supply=WIND, cf=STEADY))
    on = solved_size(problem(1, supply=WIND, cf=STEADY, settings=hourly({"share": 0.5})))
    assert (on[0] - off[0], on[1] - off[1]) == (3, 1)


def solved_size(p):
    outcome = optimum(p).outcome
    return outcome.rows, outcome.columns


FULL = problem(
    **{**TWO, "storage": [{"existing_mw": 30.0, "existing_mwh": 30.0}]},
    corridors=[LINE],
    price={"a": [0, 200, 200, 200], "b": 100.0},
    settings=hourly({"share": 0.5, "region": "b"}, floors=[{"share": 0.25, "site": "t"}]),
)


@pytest.fixture(scope="module")
def plan():
    return checked(FULL)


@pytest.mark.parametrize(
    ("table", "name", "amount", "check"),
    [
        ("region_hour", "matched_mw", 30.0, "green_parts"),
        ("region_hour", "matched_mw", 1.0, "green_balance"),
        ("region_hour", "matched_mw", -1.0, "hourly_floors"),
        ("region_hour", "matched_mw", -9.0, "non_negative"),
        ("storage_hour", "green_stored_mwh", 50.0, "green_parts"),
        ("storage_hour", "green_charge_mw", 1.0, "green_storage"),
        ("storage_hour", "green_discharge_mw", -1.0, "non_negative"),
        ("corridor_hour", "green_forward_mw", 40.0, "green_parts"),
        ("corridor_hour", "green_backward_mw", 1.0, "green_balance"),
    ],
)
def test_the_audit_follows_green_power(plan, table, name, amount, check):
    tables = {**plan.tables, table: plan.tables[table].copy()}
    tables[table][name] += amount
    assert check in {c.name for c in audit(FULL, tables).failures}


def test_the_audit_finds_a_claim_of_what_another_region_matched(plan):
    """t claims 2.5 MW that came over the line; b has matched 5 MW, which is what it has reserved."""
    reserved = plan.tables["claim_region"]
    assert column(plan, "claim_region", "reserved_mw", region="b") == pytest.approx([5])
    less = reserved.assign(reserved_mw=reserved["reserved_mw"] - 1.0)
    failed = {c.name for c in audit(FULL, {**plan.tables, "claim_region": less}).failures}
    assert failed == {"claims_delivered"}


def test_the_audit_misses_a_table_without_the_match(plan):
    tables = {**plan.tables, "region_hour": plan.tables["region_hour"].drop(columns="matched_mw")}
    assert {"tables", "hourly_floors"} <= {c.name for c in audit(FULL, tables).failures}
