"""Surcharge on a high PUE, by hand: at 25 °C the air-cooled design has a PUE of 1.333."""

import pytest
from small import MILLION, broken, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build

AIR = {"pue_shift": 0.0, "cooling": "air_cooled_chiller"}
ONE = {"sites": [AIR], "temperature": 25.0}
ENERGY = 40 * 1.333


def tariffs(*tiers, **rows):
    complete = [{"region": "a", "surcharge_per_mwh": 200.0, **tier} for tier in tiers]
    return problem(**{**ONE, **rows}, settings={"policy": {"pue_tariffs": complete}})


def test_without_tariffs_nothing_is_added():
    assert "pue surcharge" not in build(problem(**ONE)).cost.parts
    assert "pue surcharge" not in build(tariffs({"above_pue": 1.35})).cost.parts


@pytest.mark.parametrize(
    ("tiers", "per_mwh"),
    [
        ([{"above_pue": 1.3}], 200),
        ([{"above_pue": 1.333}], 0),
        ([{"above_pue": 1.3, "region": "b"}], 0),
        ([{"above_pue": 1.3, "surcharge_per_mwh": 500.0}, {"above_pue": 1.2}], 500),
        ([{"above_pue": 1.2}, {"above_pue": 1.3, "surcharge_per_mwh": 500.0}, {"above_pue": 1.4}], 500),
        ([{"above_pue": 1.2, "excess_only": True}], 200 * 0.133 / 1.333),
    ],
)
def test_the_highest_tier_exceeded_counts(tiers, per_mwh):
    p = tariffs(*tiers, regions=[{}, {"region": "b"}])
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(ENERGY * (100 + per_mwh))
    assert term(solution, "pue surcharge") == pytest.approx(ENERGY * per_mwh)
    assert audit(p, solution.tables, solution.objective).ok


@pytest.mark.parametrize(("surcharge", "site"), [(50.0, "s"), (150.0, "t")])
def test_the_surcharge_pays_for_a_better_design(surcharge, site):
    """The better design costs 5,000 more and saves 40 MWh · 0.1203 at 100, and all of the surcharge."""
    sites = [AIR, {"site": "t", "pue_shift": 0.0, "fixed_cost_per_year": 5000.0}]
    p = tariffs({"above_pue": 1.3, "surcharge_per_mwh": surcharge}, sites=sites)
    assert column(optimum(p), "place", "placed_mw", site=site) == pytest.approx([10])
    bad, good = ENERGY * (100 + surcharge), 40 * 1.2127 * 100 + 5000
    assert cost(p) == pytest.approx(min(bad, good))


def test_audit_finds_a_forgotten_surcharge():
    p = tariffs({"above_pue": 1.3})
    solution = optimum(p)
    tables = dict(solution.tables)
    tables["cost"] = tables["cost"][tables["cost"]["term"] != "pue surcharge"]
    assert broken(audit(p, tables)) == {"cost"}
