"""Tiers, by hand: 10 MW are needed; modules and sizes differ between a hub and an edge site."""

import numpy as np
import pytest
from model_size import added
from small import MILLION, column, cost, optimum, problem

from siting.auditor import audit
from siting.model import tiers

BOTH = {
    "sites": [{"site": "h"}, {"site": "e", "tier": "edge", "most_mw": 8.0}],
    "compute_types": [{"fixed_om_per_kw_year": 0.001}],
    "price": 0.0,
}


def test_modules_of_a_tier():
    """A MW costs 1 a year: of 4 MW modules three are needed, of 1 MW modules ten."""
    assert cost(problem(compute_types=BOTH["compute_types"], price=0.0)) == pytest.approx(10)
    p = problem(compute_types=BOTH["compute_types"], price=0.0, tiers=[{"compute": "general", "module_mw": 4.0}])
    solution = optimum(p)
    assert column(solution, "site_compute", "modules") == [3]
    assert column(solution, "site_compute", "capacity_mw") == pytest.approx([12])
    assert solution.objective * MILLION == pytest.approx(12)
    assert audit(p, solution.tables, solution.objective).ok


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Edge modules of 3 MW fill up what hub modules of 4 MW leave: 4 + 3 + 3.
        ([{"compute": "general", "module_mw": 4.0}, {"tier": "edge", "compute": "general", "module_mw": 3.0}], 10),
        # With 5 MW the edge site has one, the hub two: 13; the hub alone 12.
        ([{"compute": "general", "module_mw": 4.0}, {"tier": "edge", "compute": "general", "module_mw": 5.0}], 12),
    ],
)
def test_tiers_have_modules_of_their_own(rows, expected):
    assert cost(problem(**BOTH, tiers=rows)) == pytest.approx(expected)


@pytest.mark.parametrize("compute", ["", "general"])
def test_a_site_is_large_or_not_built(compute):
    """The hub is at least 20 MW: 20 a year. The edge site holds 8 MW at 1 a MW, so that the hub cannot be left out."""
    rows = [{"compute": compute, "least_mw": 20.0}]
    p = problem(**BOTH, tiers=rows)
    solution = optimum(p)
    assert column(solution, "site", "open") == [1, 0]
    assert solution.objective * MILLION == pytest.approx(20)
    assert "tier_least" in {check.name for check in audit(p, solution.tables).checks}
    small = p.replace(demand=p.demand.assign(mean_mw=8.0))
    assert column(optimum(small), "site", "open") == [0, 1]


@pytest.mark.parametrize("compute", ["", "general"])
def test_the_most_of_a_tier(compute):
    p = problem(**BOTH, demand=[{"mean_mw": 12.0}], tiers=[{"compute": compute, "most_mw": 4.0}])
    solution = optimum(p)
    assert column(solution, "site_compute", "capacity_mw") == pytest.approx([4, 8])
    assert audit(p, solution.tables, solution.objective).ok
    assert cost(p.replace(demand=p.demand.assign(mean_mw=12.5))) == np.inf


def test_all_types_together_count():
    """5 MW of each of two types: together they make the least of 10 MW, by themselves neither does."""
    p = problem(
        compute_types=[{"fixed_om_per_kw_year": 0.001}, {"compute": "ai", "fixed_om_per_kw_year": 0.001}],
        workloads=[{}, {"workload": "train", "compute": "ai"}],
        demand=[{"mean_mw": 5.0}, {"workload": "train", "mean_mw": 5.0}],
        price=0.0,
        tiers=[{"least_mw": 10.0}],
    )
    assert cost(p) == pytest.approx(10)
    each = p.replace(tiers=problem(tiers=[{"compute": "ai", "least_mw": 7.0}]).tiers)
    assert cost(each) == pytest.approx(12)


@pytest.mark.parametrize(("most_mw", "expected"), [(10.0, 10), (9.0, np.inf)])
def test_the_most_counts_all_types_together(most_mw, expected):
    p = problem(
        compute_types=[{"fixed_om_per_kw_year": 0.001}, {"compute": "ai", "fixed_om_per_kw_year": 0.001}],
        workloads=[{}, {"workload": "train", "compute": "ai"}],
        demand=[{"mean_mw": 5.0}, {"workload": "train", "mean_mw": 5.0}],
        price=0.0,
        tiers=[{"most_mw": most_mw}],
    )
    assert cost(p) == pytest.approx(expected)


@pytest.mark.parametrize(("row", "fails"), [({"least_mw": 11.0}, "tier_least"), ({"most_mw": 9.0}, "tier_most")])
def test_the_audit_finds_a_size_that_is_not_the_tiers(row, fails):
    p = problem(sites=[{"site": "h"}])
    tables = optimum(p).tables
    assert audit(p, tables).ok
    with_tier = p.replace(tiers=problem(tiers=[row]).tiers)
    assert fails in {check.name for check in audit(with_tier, tables).failures}


def test_without_least_sizes_nothing_is_added():
    assert added(problem(), tiers.add) == (0, 0)
    assert added(problem(tiers=[{"compute": "general", "module_mw": 2.0}]), tiers.add) == (0, 0)
    assert added(problem(tiers=[{"least_mw": 2.0}]), tiers.add) == (1, 0)
