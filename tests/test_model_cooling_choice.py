"""Choice of a cooling design, by hand: at 25 °C water-side 1.2127, air-cooled 1.333, liquid 1.115."""

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from cases import random_problem
from small import MILLION, broken, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build
from siting.problem.derived import pue
from siting.problem.designs import as_chosen, as_offered
from siting.solving.solution import solve

SITE = {"pue_shift": 0.0, "lifetime_years": 1.0}
LIQUID = {"cooling": "liquid_dry_cooler"}
SAVED = 40 * 100 * (1.2127 - 1.115)
"""Energy cost that liquid cooling saves on 40 MWh of work."""


def chosen(solution, cooling, site="s"):
    (value,) = column(solution, "design", "chosen", site=site, cooling=cooling)
    return round(value)


def offer(*options, **rows):
    return problem(**{"sites": [SITE], "temperature": 25.0, "cooling_options": list(options), **rows})


def test_one_design_adds_nothing():
    for p in (problem(), offer(LIQUID, sites=[{**SITE, "decision": "closed"}, {"site": "t"}])):
        m = build(p)
        assert not hasattr(m, "chosen")
        assert not hasattr(m.period[0], "design_load_mw")


@pytest.mark.parametrize(("share", "cooling"), [(0.99, "liquid_dry_cooler"), (1.01, "waterside_economizer")])
def test_a_better_design_is_chosen_while_it_pays(share, cooling):
    """Exactly 10 modules of 1 MW are built where they cost (2 a year in all); the extra is per kW of them."""
    extra = share * SAVED / 10_000
    p = offer({**LIQUID, "extra_capex_per_kw": extra}, compute_types=[{"capex_per_kw": 0.001}])
    solution = optimum(p)
    assert chosen(solution, cooling) == 1
    assert solution.objective * MILLION == pytest.approx(4000 * 1.2127 + 2 - max(0, SAVED * (1 - share)))
    assert term(solution, "cooling design") == pytest.approx(share * SAVED if share < 1 else 0)
    assert column(solution, "site_hour", "power_mw") == pytest.approx([11.15 if share < 1 else 12.127] * 4)
    assert audit(p, solution.tables, solution.objective).ok


def test_idle_equipment_and_work_that_may_wait_are_under_the_design():
    p = offer(
        LIQUID,
        price=[10.0, 100.0],
        hours=2,
        compute_types=[{"module_mw": 20.0, "idle_share": 0.25}],
        workloads=[{"max_delay_h": 2}],
    )
    solution = optimum(p)
    assert column(solution, "site_hour", "power_mw") == pytest.approx([1.115 * 20, 1.115 * 5])
    assert audit(p, solution.tables, solution.objective).ok


def test_one_design_for_the_whole_year():
    """Cold hours favour the water-side design (1.0887 at 19 °C), warm ones liquid cooling; one is chosen."""
    p = offer(LIQUID, temperature=[19.0, 19.0, 19.0, 25.0])
    mixed = {"liquid_dry_cooler": 4 * 1.115, "waterside_economizer": 3 * 1.0887 + 1.2127}
    assert cost(p) == pytest.approx(1000 * min(mixed.values()))
    assert chosen(optimum(p), min(mixed, key=lambda c: mixed[c])) == 1


def test_every_decision_has_a_bound():
    """Prices of rows prove a bound only where each column is bounded."""
    m = build(offer(LIQUID, compute_types=[{"idle_share": 0.25, "usable_share": 0.8}]))
    assert all(load.ub == pytest.approx(0.75 * 0.8 * 100) for load in m.period[0].design_load_mw.values())
    assert all(x.ub is not None for x in m.component_data_objects(pyo.Var))


def test_existing_equipment_is_converted_at_a_price():
    extra = 0.001
    p = offer({**LIQUID, "extra_capex_per_kw": extra}, capacity=[{"existing_mw": 30.0}])
    assert cost(p) == pytest.approx(4000 * 1.115 + 1000 * 30 * extra)


def test_a_cap_on_pue_leaves_the_designs_that_keep_it():
    dear = {**LIQUID, "extra_capex_per_kw": 1.0}
    p = offer(dear, compute_types=[{"capex_per_kw": 0.001}])
    assert chosen(optimum(p), "waterside_economizer") == 1
    capped = p.replace(policy__pue_caps=({"most": 1.2},))
    assert len(build(p).DESIGN_CHOICE) == 2
    assert len(build(capped).DESIGN_CHOICE) == 0
    solution = optimum(capped)
    assert chosen(solution, "liquid_dry_cooler") == 1
    assert solution.objective * MILLION == pytest.approx(4000 * 1.115 + 2 + 10_000)
    assert audit(capped, solution.tables, solution.objective).ok
    # Where no design is left there is no table of them.
    assert broken(audit(p.replace(policy__pue_caps=({"most": 1.1},)), solution.tables)) == {"tables", "pue_cap"}
    assert solve(build(p.replace(policy__pue_caps=({"most": 1.1},)))).status == "infeasible"


def test_a_design_may_be_offered_only_where_a_cap_asks_for_it():
    """The tower of s breaks a cap of 1.1 and t is chilled to 1.0; a cap that is lifted later leaves the offer."""
    p = offer(LIQUID, {**LIQUID, "site": "t"}, sites=[{"pue_shift": 0.0}, {"site": "t"}])
    capped = p.replace(policy__pue_caps=({"most": 1.1},))
    asked = capped.replace(policy__cooling_choice="where_capped")
    assert list(as_offered(asked).cooling_options.index.get_level_values("site")) == ["s"]
    assert as_offered(capped) is capped
    assert not len(as_offered(p.replace(policy__cooling_choice="where_capped")).cooling_options)
    lifted = as_offered(asked).replace(policy__pue_caps=())
    assert list(as_offered(lifted.replace(policy__cooling_choice="free")).cooling_options.index) == [
        ("s", "liquid_dry_cooler")
    ]


def test_water_and_surcharge_follow_the_design():
    """Liquid cooling takes no water; a surcharge on it beyond the price of water keeps the tower."""
    p = offer({**LIQUID, "pue_shift": 0.0977}, regions=[{"water_price_per_m3": 5.0}])
    solution = optimum(p)
    assert column(solution, "site", "water_m3") == pytest.approx([0], abs=1e-6)
    assert audit(p, solution.tables, solution.objective).ok
    tariff = {"region": "a", "above_pue": 1.2, "surcharge_per_mwh": 30.0}
    q = p.replace(sites=p.sites.assign(pue_shift=-0.1), policy__pue_tariffs=(tariff,))
    solution = optimum(q)
    assert chosen(solution, "waterside_economizer") == 1
    latent = -0.0013 * 625 - 2.3097 * 25 + 2500.5
    litres = 1.1127 * 3600 / latent * 4 / 3
    assert solution.objective * MILLION == pytest.approx(40 * (111.27 + 5 * litres))
    assert audit(q, solution.tables, solution.objective).ok
    # Without the water price liquid pays the surcharge only where the tower is worse by more.
    r = q.replace(sites=q.sites.assign(pue_shift=0.4))
    solution = optimum(r)
    assert term(solution, "pue surcharge") == pytest.approx(40 * 1.2127 * 30)
    assert audit(r, solution.tables, solution.objective).ok


@pytest.mark.parametrize("hourly", [False, True])
def test_a_full_site_may_choose_a_design_with_a_higher_pue(hourly):
    """Air cooling saves 10,000; the site has room for the work and no more, and draws 13.33 MW for its 10."""
    site = {**SITE, "most_mw": 10.0, **({} if hourly else {"connection_cost_per_mw_year": 1.0})}
    p = offer(
        {"cooling": "air_cooled_chiller", "extra_capex_per_kw": -1.0},
        sites=[site],
        supply=[{}],
        cf={"wind": {"a": 1.0}},
        settings={"green": {"hourly_floors": [{"share": 1.0}] if hourly else []}},
    )
    assert cost(p) == pytest.approx(-10_000 + (0 if hourly else 13.33))


def test_audit_finds_a_wrong_choice():
    p = offer(LIQUID)
    solution = optimum(p)

    def judged(change):
        tables = {**solution.tables, "design": solution.tables["design"].copy()}
        change(tables["design"])
        return {check.name for check in audit(p, tables).failures}

    assert judged(lambda rows: None) == set()
    assert judged(lambda rows: rows.update({"chosen": np.array([0.5, 0.5])})) >= {"integrality"}
    assert "one_design" in judged(lambda rows: rows.update({"chosen": np.array([1.0, 1.0])}))
    assert "site_power" in judged(lambda rows: rows.update({"chosen": np.array([1.0, 0.0])}))
    assert "tables" in {c.name for c in audit(p, {k: v for k, v in solution.tables.items() if k != "design"}).failures}


def test_the_problem_as_chosen_has_the_pue_of_the_plan():
    p = offer(LIQUID)
    q = as_chosen(p, optimum(p).tables)
    assert pue(q)["s"].to_numpy() == pytest.approx(np.full(4, 1.115))
    assert as_chosen(p, {}) is p
    assert len(p.cooling_options) == len(q.cooling_options) == 1


@pytest.mark.parametrize("seed", range(2))
def test_free_choice_is_the_best_design_everywhere(seed):
    """With batteries, corridors, green floors and work that waits: liquid is better than 1.1064 + 0.1 at 20 °C."""
    base = random_problem(seed, green=True, carbon=True)
    base = base.replace(sites=base.sites.assign(pue_shift=0.1))
    options = pd.DataFrame({"site": base.sites.index, "cooling": "liquid_dry_cooler"})
    options = options.assign(pue_shift=0.0, wue_factor=1.0, extra_capex_per_kw=0.0).set_index(["site", "cooling"])
    p = base.replace(cooling_options=options)
    best = cost(base.replace(sites=base.sites.assign(cooling="liquid_dry_cooler", pue_shift=0.0)))
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(best, rel=1e-6)
    assert best < cost(base)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
