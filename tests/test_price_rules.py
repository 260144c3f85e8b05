"""The price of each rule by hand: 10 MW for 4 hours at 100 cost 4,000 and emit 20 t."""

import dataclasses

import pytest
from small import MILLION, problem

from siting.errors import UsageError
from siting.problem.rules import Rule, rules
from siting.solver.highs.engine import Limits
from siting.study.price_rules import price_rules
from siting.study.rule_prices import STOPPED, Case, RulePrice, RulePrices

EXACT = Limits(gap=0.0, threads=1, highs={"mip_abs_gap": 0.0})
WIND = {"supply": [{"capex_per_kw": 1.0}], "cf": {"wind": {"a": 1.0}}}
"""A MW of wind costs 1,000 and saves 400."""
TWO = {"regions": [{}, {"region": "b", "longitude_deg": 10.0, "grid_factor_t_per_mwh": 0.0}],
       "price": {"a": 100.0, "b": 10.0}}  # fmt: skip
NEAR, FAR = {}, {"site": "t", "region": "b", "longitude_deg": 10.0}
"""A site at home, and one 1,112 km away (9.8 ms) where power costs a tenth and is clean."""

CASES = {
    # rule: problem, cost and t with it, cost and t without it
    "green-floor": (WIND | {"settings": {"green": {"floors": [{"share": 0.5}]}}}, 7000, 10, 4000, 20),
    "carbon-price": (
        {"regions": [{"grid_factor_t_per_mwh": 1.0}, {"region": "b", "grid_factor_t_per_mwh": 0.0}],
         "sites": [{}, {"site": "t", "region": "b"}], "price": {"a": 10.0, "b": 100.0},
         "settings": {"carbon": {"price": 91.0}}}, 4000, 0, 400, 40,
    ),
    "carbon-cap": (
        {"regions": [{"grid_factor_t_per_mwh": 1.0}, {"region": "b", "grid_factor_t_per_mwh": 0.0}],
         "sites": [{}, {"site": "t", "region": "b"}], "price": {"a": 10.0, "b": 100.0},
         "settings": {"carbon": {"cap_t": 20.0}}}, 2200, 20, 400, 40,
    ),
    # 10 MW of servers hold 500 t over 5 years; the tonnes are there whether they are charged or not.
    "embodied": (
        {"compute_types": [{"embodied_t_per_mw": 50.0}], "settings": {"carbon": {"price": 1.0}}},
        4120, 120, 4020, 120,
    ),
    "latency-web": (TWO | {"sites": [NEAR, FAR], "workloads": [{"latency_ms": 5.0}]}, 4000, 20, 400, 0),
    # The work of the last hour may wait for the first, where power is cheap; the rest comes too early for that.
    "deadline-web": (
        {"workloads": [{"max_delay_h": 1}], "price": [10.0, 100.0, 100.0, 100.0]}, 2200, 20, 400, 20,
    ),
    "locked-in": (
        {"sites": [{}, {"site": "t", "decision": "open", "fixed_cost_per_year": 500.0}]}, 4500, 20, 4000, 20,
    ),
    "forbidden": (TWO | {"sites": [NEAR, FAR | {"decision": "closed"}]}, 4000, 20, 400, 0),
    "grid-headroom": (
        {"regions": [{"grid_mw": 4.0}, {"region": "b"}], "price": {"a": 10.0, "b": 100.0},
         "corridors": [{"existing_mw": 50.0}]}, 4 * (4 * 10 + 6 * 100), 20, 400, 20,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_rule_has_its_price(name):
    given, dear, dirty, cheap, clean = CASES[name]
    p = problem(**given)
    (rule,) = (rule for rule in rules(p) if rule.name == name)
    prices = price_rules(p, EXACT, only=[rule])
    (price,) = prices.rules
    assert prices.full.status == price.without.status == "optimal"
    assert prices.full.cost_million * MILLION == pytest.approx(dear)
    assert price.without.cost_million * MILLION == pytest.approx(cheap)
    assert prices.full.carbon_t == pytest.approx(dirty)
    assert price.without.carbon_t == pytest.approx(clean)
    assert price.verdict == "priced"
    assert price.cost_change_percent == pytest.approx(100 * (dear / cheap - 1))
    assert price.carbon_change_percent == (pytest.approx(100 * (dirty / clean - 1)) if clean else None)
    assert price.least_million == pytest.approx(price.most_million)
    assert prices.faults == ()


def test_a_rule_that_is_kept_anyway_is_free():
    wind = {"existing_mw": 10.0, "most_mw": 10.0, "variable_cost_per_mwh": 50.0}
    p = problem(supply=[wind], cf=WIND["cf"], settings={"green": {"floors": [{"share": 0.5}]}})
    prices = price_rules(p, EXACT)
    assert prices.full.cost_million * MILLION == pytest.approx(2000)
    assert [price.verdict for price in prices.rules] == ["free"]


def test_the_rule_without_which_there_is_a_plan():
    p = problem(settings={"green": {"floors": [{"share": 0.5}]}})
    prices = price_rules(p, EXACT)
    assert prices.full.status == "infeasible"
    assert [price.verdict for price in prices.rules] == ["blocks"]
    assert prices.rules[0].without.cost_million * MILLION == pytest.approx(4000)
    assert prices.rules[0].cost_change_percent is None
    both = price_rules(p.replace(carbon__cap_t=1.0), EXACT)
    assert {price.rule.name: price.verdict for price in both.rules} == {
        "carbon-cap": "not_the_reason",
        "embodied": "not_the_reason",
        "green-floor": "not_the_reason",
    }
    assert both.faults == ()


def case(cost, bound, status="optimal", **more):
    found = Case(status, cost, bound, None, 10.0, False, "", (), 0.0)
    return dataclasses.replace(found, **more)


NOTHING = Rule("it", "it", "它", "", lambda p: True, lambda p: p)


@pytest.mark.parametrize(
    ("full", "without", "verdict", "least", "most"),
    [
        (case(100, 99.9), case(95, 94), "priced", 4.9, 6),
        (case(100, 98), case(99.5, 97), "within_gap", 0, 3),
        # A plan without the rule that happens to be dearer is no fault: its bound is not.
        (case(100, 98), case(101, 97), "within_gap", 0, 3),
        (case(100, 100), case(100, 100), "free", 0, 0),
        (case(100, 99), case(102, 101), "fault", 0, 0),
        (case(100, 99), case(None, None, "infeasible"), "fault", None, None),
        (case(100, 99), case(90, 90, audit_failures=("balance",)), "fault", 9, 10),
        (case(100, 99), STOPPED, "unknown", None, None),
        (case(100, None, "feasible"), case(90, 90), "unknown", None, 10),
        (case(None, None, "infeasible"), case(90, 90), "blocks", None, None),
        (case(None, None, "infeasible"), case(None, None, "infeasible"), "not_the_reason", None, None),
        (case(None, None, "infeasible"), STOPPED, "unknown", None, None),
        (STOPPED, case(90, 90), "unknown", None, None),
    ],
)
def test_what_two_solves_prove(full, without, verdict, least, most):
    price = RulePrice(NOTHING, full, without)
    assert price.verdict == verdict
    assert price.least_million == (None if least is None else pytest.approx(least))
    assert price.most_million == (None if most is None else pytest.approx(most))
    faults = RulePrices(full, (price,)).faults
    assert (len(faults) == 1) == (verdict == "fault")
    assert all("without it" in fault for fault in faults)


def test_a_change_that_is_no_relaxation_is_found_out():
    """A rule whose absence makes power dearer contradicts what a rule is."""
    dearer = lambda p: p.replace(hourly={**p.hourly, "price_per_mwh": p.hourly["price_per_mwh"] * 2})  # noqa: E731
    prices = price_rules(problem(), EXACT, only=[dataclasses.replace(NOTHING, without=dearer)])
    assert [price.verdict for price in prices.rules] == ["fault"]
    assert prices.faults == ("without it: at least 0.008, with it 0.004 million",)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refused_option_is_the_users(workers):
    p = problem(settings={"carbon": {"price": 1.0}})
    with pytest.raises(UsageError, match="presolved"):
        price_rules(p, Limits(highs={"presolved": "on"}), workers=workers)


def test_ctrl_c_keeps_what_is_solved():
    p = problem(settings={"carbon": {"price": 1.0}})

    def interrupt(rule, case):
        raise KeyboardInterrupt

    prices = price_rules(p, EXACT, tell=interrupt)
    assert prices.full.status == "optimal"
    assert [price.without for price in prices.rules] == [STOPPED, STOPPED]
    assert [price.verdict for price in prices.rules] == ["unknown", "unknown"]
