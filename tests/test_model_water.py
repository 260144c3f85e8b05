"""Water of cooling, by hand: at 20 °C a kilogram takes 2,453.786 kJ, and a tower at four cycles takes 4/3 of it."""

import pytest
from small import MILLION, broken, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

M3_PER_MWH = 3600 / 2453.786 * 4 / 3
TWO = {
    "regions": [{}, {"region": "b"}],
    "sites": [{}, {"site": "t", "region": "b"}],
    "price": {"a": 10.0, "b": 100.0},
}


def size(m):
    """Variables and rows."""
    return m.nvariables(), m.nconstraints()


def test_without_price_and_cap_nothing_is_added():
    m = build(problem())
    assert not hasattr(m, "water_m3")
    assert "water" not in m.cost.parts
    assert size(m) == size(build(problem(regions=[{"water_price_per_m3": 1.0}])))


def test_water_has_its_price():
    p = problem(regions=[{"water_price_per_m3": 5.0}])
    solution = optimum(p)
    assert column(solution, "site", "water_m3") == pytest.approx([40 * M3_PER_MWH])
    assert term(solution, "water") == pytest.approx(5 * 40 * M3_PER_MWH)
    assert solution.objective * MILLION == pytest.approx(4000 + 200 * M3_PER_MWH)


def test_pue_and_idle_equipment_take_water():
    """20 MW with 30 % idle power and 10 MW of load: 13 MW of IT power, whose losses leave as heat as well."""
    p = problem(
        1,
        sites=[{"pue_shift": 0.0, "wue_factor": 0.5}],
        temperature=25.0,
        compute_types=[{"module_mw": 20.0, "idle_share": 0.3}],
        regions=[{"water_price_per_m3": 1.0}],
    )
    latent = -0.0013 * 625 - 2.3097 * 25 + 2500.5
    expected = 0.5 * 13 * 1.2127 * 3600 / latent * 4 / 3
    assert column(optimum(p), "site", "water_m3") == pytest.approx([expected])


@pytest.mark.parametrize(("price", "site"), [(40.0, "s"), (50.0, "t")])
def test_the_price_moves_work_to_a_dry_design(price, site):
    """The water of a MWh in ``a`` costs 90 at a price of 90 / 1.956 = 46."""
    rows = {**TWO, "regions": [{"water_price_per_m3": price}, {"region": "b"}]}
    rows["sites"] = [{}, {"site": "t", "region": "b", "cooling": "air_cooled_chiller"}]
    assert column(optimum(problem(**rows)), "place", "placed_mw", site=site) == pytest.approx([10])


def test_the_cap_moves_just_enough():
    p = problem(**{**TWO, "regions": [{"water_cap_m3": 30 * M3_PER_MWH}, {"region": "b"}]})
    solution = optimum(p)
    assert column(solution, "site", "water_m3") == pytest.approx([30 * M3_PER_MWH, 10 * M3_PER_MWH])
    assert cost(p) == pytest.approx(30 * 10 + 10 * 100)
    assert audit(p, solution.tables, solution.objective).ok


def test_a_cap_below_what_is_needed():
    assert solve(build(problem(regions=[{"water_cap_m3": 39 * M3_PER_MWH}]))).status == "infeasible"


def test_liquid_cooling_with_dry_coolers_takes_none():
    p = problem(sites=[{"cooling": "liquid_dry_cooler", "pue_shift": 0.0}], regions=[{"water_cap_m3": 0.0}])
    assert cost(p) == pytest.approx(4000 * 1.115)


def judged(p, tables):
    return broken(audit(p, tables))


def test_audit_finds_wrong_water():
    p = problem(regions=[{"water_price_per_m3": 5.0, "water_cap_m3": 1e6}])
    tables = optimum(p).tables
    assert judged(p, tables) == set()
    dry = p.replace(regions=p.regions.assign(water_cap_m3=40 * M3_PER_MWH - 5))
    assert judged(dry, tables) == {"water_cap"}
    dear = p.replace(regions=p.regions.assign(water_price_per_m3=500.0))
    assert judged(dear, tables) == {"cost"}
    tables["site"]["water_m3"] += 5
    assert judged(p, tables) == {"water"}
    del tables["site"]["water_m3"]
    assert judged(p, tables) == {"tables", "water"}
