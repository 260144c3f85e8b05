"""Opening sites and buying equipment, by hand."""

import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.model.build import build
from siting.solving.solution import solve

TWO_SITES = [{"fixed_cost_per_year": 5000.0}, {"site": "t", "fixed_cost_per_year": 3000.0}]


def decided(**by_site):
    return [{**row, "decision": by_site.get(row.get("site", "s"), "free")} for row in TWO_SITES]


@pytest.mark.parametrize(
    ("decisions", "expected", "opened"),
    [
        ({}, 3000, [0, 1]),
        ({"s": "open"}, 5000, [1, 0]),
        ({"t": "closed"}, 5000, [1, 0]),
        ({"s": "closed"}, 3000, [0, 1]),
    ],
)
def test_the_cheaper_site_opens_unless_told_otherwise(decisions, expected, opened):
    solution = optimum(problem(price=0.0, sites=decided(**decisions)))
    assert solution.objective * MILLION == pytest.approx(expected)
    assert column(solution, "site", "open") == opened


def test_all_closed_is_infeasible():
    p = problem(sites=decided(s="closed", t="closed"))
    assert solve(build(p)).status == "infeasible"


def test_opening_capital_is_spread_over_the_life():
    p = problem(price=0.0, sites=[{"opening_capex": 2e6, "lifetime_years": 20.0, "fixed_cost_per_year": 7.0}])
    assert cost(p) == pytest.approx(1e5 + 7)
    # 0.0871845570 is the annuity of 20 years at 6 %.
    assert cost(p.replace(finance__discount_rate=0.06)) == pytest.approx(2e6 * 0.0871845570 + 7)


@pytest.mark.parametrize(("usable", "modules"), [(1.0, 3), (0.8, 4)])
def test_modules_are_whole_and_each_has_its_price(usable, modules):
    p = problem(
        price=0.0,
        compute_types=[
            {
                "module_mw": 4.0,
                "usable_share": usable,
                "capex_per_kw": 1000.0,
                "lifetime_years": 5.0,
                "fixed_om_per_kw_year": 10.0,
            }
        ],
        sites=[{"capex_per_kw": 500.0, "lifetime_years": 20.0}],
    )
    solution = optimum(p)
    kw = modules * 4 * 1000
    assert column(solution, "site_compute", "modules") == [modules]
    assert column(solution, "site_compute", "capacity_mw") == [modules * 4]
    assert term(solution, "compute") == pytest.approx(kw * (1000 / 5 + 10))
    assert term(solution, "building") == pytest.approx(kw * 500 / 20)


def test_existing_capacity_is_locked_in_and_its_capital_is_sunk():
    p = problem(
        price=0.0,
        sites=TWO_SITES,
        capacity=[{"existing_mw": 7.0}],
        compute_types=[{"capex_per_kw": 5.0, "lifetime_years": 1.0, "fixed_om_per_kw_year": 1.0}],
    )
    solution = optimum(p)
    # s must stay open, so three more modules there are cheaper than opening t too.
    assert column(solution, "site", "open") == [1, 0]
    assert column(solution, "site_compute", "capacity_mw") == [10, 0]
    assert solution.objective * MILLION == pytest.approx(5000 + 3000 * 5 + 10_000 * 1)


def test_existing_capacity_that_nobody_needs_is_still_kept():
    p = problem(price=0.0, sites=TWO_SITES, capacity=[{"existing_mw": 7.0, "most_mw": 7.0}], demand=[{"mean_mw": 8.0}])
    solution = optimum(p)
    assert column(solution, "site", "open") == [1, 1]
    assert column(solution, "site_compute", "capacity_mw", site="s") == [7]
    assert column(solution, "site_compute", "modules", site="t")[0] >= 1


SHARED = {
    "compute_types": [{}, {"compute": "ai"}],
    "workloads": [{}, {"workload": "train", "compute": "ai"}],
    "demand": [{"mean_mw": 6.0}, {"workload": "train", "mean_mw": 6.0}],
}


def test_types_share_the_site():
    assert cost(problem(price=0.0, sites=[{"most_mw": 12.0, "fixed_cost_per_year": 5.0}], **SHARED)) == pytest.approx(5)
    assert solve(build(problem(sites=[{"most_mw": 11.0}], **SHARED))).status == "infeasible"


def test_an_open_site_has_its_cost_whatever_may_wait():
    site = [{"fixed_cost_per_year": 500.0}]
    assert cost(problem(price=0.0, sites=site, workloads=[{"max_delay_h": 1}])) == pytest.approx(500)


def test_no_site_is_open_and_empty():
    """Two sites must open; one module of 10 MW, 500 a year, would hold all work."""
    p = problem(
        price=0.0,
        sites=[{"site": name, "capex_per_kw": 1.0} for name in "st"],
        compute_types=[{"module_mw": 10.0}],
        settings={"policy": {"site_counts": [{"least": 2}]}},
    )
    assert cost(p) == pytest.approx(2 * 500)
    assert cost(p.replace(policy__site_counts=())) == pytest.approx(500)


def test_a_site_that_must_be_open_has_equipment():
    """t has no work to do, and must be open all the same: with a module of 4 MW at 1 a kW; without room it cannot."""
    sites = [{}, {"site": "t", "decision": "open", "capex_per_kw": 20.0}]
    p = problem(price=0.0, sites=sites, compute_types=[{"module_mw": 4.0}], demand=[{"mean_mw": 4.0}])
    solution = optimum(p)
    # All work is done there: one module is needed in any case.
    assert column(solution, "site_compute", "modules", site="t") == [1]
    assert column(solution, "site", "open") == [0, 1]
    assert solution.objective * MILLION == pytest.approx(4000)
    small = p.replace(sites=p.sites.assign(most_mw=[100.0, 3.0]))
    assert solve(build(small)).status == "infeasible"


def test_a_site_has_its_least_size_or_is_not_built():
    """t is cheap and has at least 12 MW: 12 a year against 10 at 1.1 (s), unless it holds what exists."""
    sites = [{"capex_per_kw": 0.022}, {"site": "t", "capex_per_kw": 0.02, "least_mw": 12.0}]
    p = problem(price=0.0, sites=sites)
    assert cost(p) == pytest.approx(11)
    assert column(optimum(p), "site", "open") == [1, 0]
    dear = p.replace(sites=p.sites.assign(capex_per_kw=[0.03, 0.02]))
    assert cost(dear) == pytest.approx(12)
    assert column(optimum(dear), "site_compute", "capacity_mw") == [0, 12]
    there = problem(price=0.0, sites=sites, capacity=[{"site": "t", "existing_mw": 5.0}])
    assert column(optimum(there), "site_compute", "capacity_mw") == [0, 12]
    both = problem(price=0.0, sites=[{"least_mw": 6.0}, {"site": "t", "least_mw": 6.0, "decision": "open"}])
    assert column(optimum(both), "site", "open")[1] == 1


def test_a_type_has_its_own_most():
    limit = [{"compute": "ai", "most_mw": 5.0}]
    assert solve(build(problem(capacity=limit, **SHARED))).status == "infeasible"


def test_a_rounding_error_does_not_cost_a_module():
    p = problem(
        price=0.0,
        sites=[{"most_mw": 0.3}],
        compute_types=[{"module_mw": 0.1}],
        demand=[{"mean_mw": 0.3}],
    )
    assert column(optimum(p), "site_compute", "modules") == [3]


def test_a_part_of_a_module_does_not_fit():
    p = problem(sites=[{"most_mw": 11.0}], compute_types=[{"module_mw": 4.0}])
    assert solve(build(p)).status == "infeasible"
