"""Caps on PUE, by hand: at 25 °C the water-side design has a PUE of 1.2127, and the air-cooled one 1.333."""

import pytest
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

TWO = {
    "sites": [
        {"pue_shift": 0.0, "cooling": "air_cooled_chiller", "hub": "h"},
        {"site": "t", "pue_shift": 0.0, "fixed_cost_per_year": 1e5, "tier": "city"},
    ],
    "temperature": 25.0,
}
GOOD, BAD = 4000 * 1.2127 + 1e5, 4000 * 1.333


def capped(*caps, **rows):
    return problem(**{**TWO, **rows}, settings={"policy": {"pue_caps": list(caps)}})


def test_without_caps_nothing_is_added():
    assert not hasattr(build(problem(**TWO)), "pue_within_cap")
    assert not hasattr(build(capped({"most": 1.34})), "pue_within_cap")


def test_a_site_above_the_cap_is_not_built():
    p = capped({"most": 1.3})
    solution = optimum(p)
    assert column(solution, "site", "open") == [0, 1]
    assert solution.objective * 1e6 == pytest.approx(GOOD)
    assert cost(problem(**TWO)) == pytest.approx(BAD)
    assert audit(p, solution.tables, solution.objective).ok


@pytest.mark.parametrize(
    ("cap", "binds"),
    [
        ({"most": 1.333}, False),
        ({"most": 1.3329}, True),
        ({"most": 1.3, "least_mw": 100.0}, True),
        ({"most": 1.3, "least_mw": 100.1}, False),
        ({"most": 1.3, "tier": "hub"}, True),
        ({"most": 1.3, "tier": "city"}, False),
        ({"most": 1.3, "hub": "h"}, True),
        ({"most": 1.3, "region": "a"}, True),
        ({"most": 1.3, "site": "t"}, False),
        ({"most": 1.3, "site": "s", "tier": "city"}, False),
    ],
)
def test_a_cap_binds_only_its_sites(cap, binds):
    assert cost(capped(cap)) == pytest.approx(GOOD if binds else BAD)


def test_what_exists_may_stay_and_grow():
    p = capped({"most": 1.3}, capacity=[{"existing_mw": 1.0}])
    assert column(optimum(p), "place", "placed_mw", site="s") == pytest.approx([10])


def test_the_mean_of_the_year_counts_not_the_modelled_hours():
    """Two hours at 20 °C and two at 25 °C: 1.313 and 1.333, 1.323 in the mean."""
    warm = {"temperature": [20.0, 20.0, 25.0, 25.0]}
    assert column(optimum(capped({"most": 1.3231}, **warm)), "site", "open") == [1, 0]
    assert column(optimum(capped({"most": 1.3229}, **warm)), "site", "open") == [0, 1]


def test_no_site_keeps_the_cap():
    assert solve(build(capped({"most": 1.2}))).status == "infeasible"


def test_audit_finds_a_site_above_the_cap():
    tables = optimum(problem(**TWO)).tables
    result = audit(capped({"most": 1.4}, {"most": 1.3, "hub": "h"}), tables)
    assert [(check.name, check.where) for check in result.failures] == [("pue_cap", "cap 2, site=s")]
