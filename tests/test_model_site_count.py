"""Least and most open sites, by hand: the hub costs 5,000 a year, the city 3,000, and one of them is enough."""

import pytest
from model_size import added
from small import column, cost, optimum, problem

from siting.model import site_count

SITES = [
    {"fixed_cost_per_year": 5000.0, "hub": "h"},
    {"site": "t", "tier": "city", "fixed_cost_per_year": 3000.0},
    {"site": "u", "tier": "city", "fixed_cost_per_year": 1000.0, "decision": "closed"},
]


def counted(*rules):
    return problem(price=0.0, sites=SITES, settings={"policy": {"site_counts": list(rules)}})


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        ({"least": 2}, [1, 1, 0]),
        ({"tier": "hub", "least": 1}, [1, 0, 0]),
        ({"tier": "city", "most": 0}, [1, 0, 0]),
        ({"hub": "h", "least": 1, "most": 1}, [1, 0, 0]),
        ({"region": "a", "most": 1}, [0, 1, 0]),
    ],
)
def test_as_many_sites_open_as_the_rule_says(rule, opened):
    """Where the hub must open, the cheapest plan puts everything there: then the city stays closed."""
    p = counted(rule)
    assert column(optimum(p), "site", "open") == opened
    assert cost(p) == pytest.approx(5000 * opened[0] + 3000 * opened[1])


def test_all_rules_hold_together():
    p = counted({"tier": "city", "least": 1}, {"tier": "hub", "least": 1})
    assert cost(p) == pytest.approx(8000)
    assert column(optimum(p), "site_count", "counted_sites") == [1, 1]


@pytest.mark.parametrize("rule", [{"least": 3}, {"tier": "edge", "least": 1}, {"most": 0}])
def test_more_than_there_are_or_none_is_infeasible(rule):
    assert cost(counted(rule)) == float("inf")


def test_without_rules_nothing_is_added():
    assert added(counted(), site_count.add) == (0, 0)
    assert added(counted({"tier": "hub"}), site_count.add) == (0, 0)
    assert added(counted({"least": 1, "most": 2}), site_count.add) == (2, 0)
