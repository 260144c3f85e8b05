"""The rest of the system, by hand: 10 MW of data centers in a merit order of two plants, four hours of the year."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from cases import random_rows
from scipy.optimize import linprog
from small import MILLION, broken, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.auditor.accounts import carbon_accounts
from siting.errors import UsageError
from siting.model.build import build
from siting.problem import Calendar
from siting.problem.system import program
from siting.study.marginal import marginal_prices, yearly_means

COAL = {"technology": "coal", "existing_mw": 50.0, "variable_cost_per_mwh": 200.0, "factor_t_per_mwh": 0.9}
GAS = {"technology": "gas", "existing_mw": 50.0, "variable_cost_per_mwh": 400.0, "factor_t_per_mwh": 0.4}
LOAD = [30.0, 45.0, 50.0, 60.0]
ON = {"system": {"dispatch": True}}


def two_plants(settings=ON, **changes):
    return problem(**{"fleet": [COAL, GAS], "load": LOAD, "settings": settings, **changes})


@cache
def settled():
    return optimum(two_plants())


def test_the_fleet_serves_in_merit_order():
    assert column(settled(), "fleet_hour", "fleet_mw", technology="coal") == pytest.approx([40, 50, 50, 50])
    assert column(settled(), "fleet_hour", "fleet_mw", technology="gas") == pytest.approx([0, 5, 10, 20])


def test_only_what_the_data_centers_cause_is_paid_and_counted():
    # 10 coal; 5 coal and 5 gas; 10 gas; 10 gas. The tariff of 100 does not count.
    assert settled().objective * MILLION == pytest.approx(15 * 200 + 25 * 400)
    assert term(settled(), "fleet") == pytest.approx(13000)
    assert term(settled(), "grid energy") == 0
    carbon = settled().tables["carbon"].groupby("term")["carbon_t"].sum()
    assert carbon["fleet"] == pytest.approx(15 * 0.9 + 25 * 0.4)
    assert carbon["grid"] == 0


def test_the_audit_agrees_and_reports_the_whole_system():
    verdict = audit(two_plants(), settled().tables, settled().objective)
    assert verdict.ok
    whole = verdict.totals["system"]
    assert whole["cost_million"] * MILLION == pytest.approx(190 * 200 + 35 * 400)
    assert whole["cost_million_without"] * MILLION == pytest.approx(175 * 200 + 10 * 400)
    assert whole["carbon_t"] - whole["carbon_t_without"] == pytest.approx(23.5)


def test_the_price_is_the_cost_of_the_plant_that_serves_one_more_mw():
    prices = marginal_prices(two_plants(), settled().tables)
    assert prices["price_per_mwh"].to_list() == pytest.approx([200, 400, 400, 400], abs=1e-4)
    assert prices["factor_t_per_mwh"].to_list() == pytest.approx([0.9, 0.4, 0.4, 0.4])
    assert yearly_means(two_plants(), prices).loc["a"].to_list() == pytest.approx([350, 350, 0.525], abs=1e-4)


def test_a_price_of_carbon_turns_the_order_and_is_in_the_price():
    p = two_plants({**ON, "carbon": {"price": 500.0}})
    solution = optimum(p)
    # Coal costs 200 + 450, gas 400 + 200: gas runs first, with and without data centers.
    assert column(solution, "fleet_hour", "fleet_mw", technology="gas") == pytest.approx([40, 50, 50, 50])
    assert solution.objective * MILLION == pytest.approx(15 * 600 + 25 * 650)
    prices = marginal_prices(p, solution.tables)
    assert prices["price_per_mwh"].to_list() == pytest.approx([600, 650, 650, 650], abs=1e-4)
    assert prices["cost_per_mwh"].to_list() == pytest.approx([400, 200, 200, 200], abs=1e-4)


def test_a_full_fleet_has_no_price():
    p = two_plants(load=[30.0, 45.0, 50.0, 90.0])
    prices = marginal_prices(p, optimum(p).tables)
    assert np.isinf(prices["price_per_mwh"]).to_list() == [False, False, False, True]
    assert prices["factor_t_per_mwh"].isna().to_list() == [False, False, False, True]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_are_what_one_more_mwh_changes_in_a_new_dispatch(seed):
    draw = np.random.default_rng(seed)
    rows = [
        {"technology": f"t{i}", "existing_mw": draw.uniform(20, 40), "variable_cost_per_mwh": draw.uniform(100, 500),
         "factor_t_per_mwh": draw.uniform(0.2, 1.0), "least_share": 0.1 * i}
        for i in range(3)
    ]  # fmt: skip
    rows += [{"technology": "hydro", "existing_mw": 20.0, "most_mwh": 60.0}]
    rows += [{"technology": "wind", "existing_mw": 20.0, "capacity_factor": "wind"}]
    calendar = Calendar(hour=np.arange(8).reshape(2, 4), weight=np.array([1.5, 0.5]))
    load, wind = draw.uniform(30, 60, 8), {"wind": draw.uniform(0, 1, 8)}
    settings = {**ON, "carbon": {"price": 50.0}}
    p = problem(8, fleet=rows, load=load, cf=wind, calendar=calendar, settings=settings)
    bought = pd.DataFrame(
        {"region": "a", "period": np.repeat([0, 1], 4), "hour": np.tile(range(4), 2), "grid_mw": 10.0}
    )
    prices = marginal_prices(p, {"region_hour": bought})

    def dispatch(more):
        lp = program(p, "a", more)
        bounds = np.column_stack([lp.lower, lp.upper])
        found = linprog(lp.objective, lp.energy, lp.energy_most, lp.serve, lp.need, bounds)
        return lp.cost @ found.x, lp.carbon @ found.x

    base = np.array(dispatch(np.full((2, 4), 10.0)))
    for d, t in ((0, 0), (0, 3), (1, 2)):
        more = np.full((2, 4), 10.0)
        more[d, t] += 0.01
        change = (np.array(dispatch(more)) - base) / 0.01 / calendar.weight[d]
        row = prices[(prices["period"] == d) & (prices["hour"] == t)].iloc[0]
        assert [row["price_per_mwh"], row["factor_t_per_mwh"]] == pytest.approx(change, rel=1e-4)


def test_a_production_credit_makes_a_plant_cost_less_than_nothing():
    # With -100 coal runs first as before, and is paid for; with factor -0.2 it takes carbon out of the air.
    coal = COAL | {"variable_cost_per_mwh": -100.0, "factor_t_per_mwh": -0.2}
    p = two_plants(fleet=[coal, GAS])
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(15 * -100 + 25 * 400)
    assert solution.tables["carbon"]["carbon_t"].sum() == pytest.approx(15 * -0.2 + 25 * 0.4)
    assert audit(p, solution.tables, solution.objective).ok


def test_imports_and_the_network_charge():
    p = two_plants({"system": {"dispatch": True, "network_charge_per_mwh": 30.0}}, net_import=20.0)
    # The fleet serves 10, 25, 30 and 40 MW, so that coal alone has room for 10 MW more.
    assert cost(p) == pytest.approx(40 * (200 + 30))


def test_must_run_takes_the_place_of_cheaper_plants():
    p = two_plants(fleet=[COAL, {**GAS, "least_share": 0.2}], load=LOAD)
    # With 10 MW of gas always on, coal serves 20, 35, 40 and 50 MW and has room in three hours.
    assert cost(p) == pytest.approx(30 * 200 + 10 * 400)


def test_water_of_the_year_is_saved_for_the_dearest_hours():
    hydro = {"technology": "hydro", "existing_mw": 20.0, "most_mwh": 30.0, "green": True}
    p = two_plants(fleet=[COAL, GAS, hydro])
    solution = optimum(p)
    # 90 MWh of gas and coal beyond 50 MW would be needed: 35 MWh, of which water serves 30; without, 10, all by water.
    assert sum(column(solution, "fleet_hour", "fleet_mw", technology="hydro")) == pytest.approx(30)
    # Without data centers water replaces 10 MWh of gas and 20 of coal; with them 30 of gas.
    assert solution.objective * MILLION == pytest.approx(35 * 200 + 5 * 400)
    assert audit(p, solution.tables, solution.objective).ok
    prices = marginal_prices(p, solution.tables)
    # Coal is not full in the first hour; later water that is used up now has to be replaced by gas.
    assert prices["price_per_mwh"].to_list() == pytest.approx([200, 400, 400, 400], abs=1e-4)
    assert prices["factor_t_per_mwh"].to_list() == pytest.approx([0.9, 0.4, 0.4, 0.4])


def test_wind_follows_its_hours():
    wind = {"technology": "wind", "existing_mw": 40.0, "capacity_factor": "wind"}
    p = two_plants(fleet=[COAL, GAS, wind], cf={"wind": [1.0, 0.5, 0.0, 0.25]})
    # Coal serves 0, 25, 50 and 50 MW without; 10 + 10 MWh more of coal, and in the last two hours gas. In the first
    # hour 10 of the 40 MW of wind are left over and cost nothing.
    assert cost(p) == pytest.approx(0 + 10 * 200 + 10 * 400 + 10 * 400)


def test_weights_and_regions_without_a_fleet():
    calendar = Calendar(hour=np.arange(4).reshape(2, 2), weight=np.array([3.0, 1.0]))
    regions = [{}, {"region": "b"}]
    sites = [{}, {"site": "t", "region": "b"}]
    demand = [{}, {"region": "b"}]
    stays = [{"stays_in": "region"}]
    p = two_plants(calendar=calendar, regions=regions, sites=sites, demand=demand, workloads=stays)
    solution = optimum(p)
    # In a the first two hours count three times; b pays its tariff of 100 for 8 hours.
    assert term(solution, "fleet") == pytest.approx(3 * (2000 + 3000) + 4000 + 4000)
    assert term(solution, "grid energy") == pytest.approx(8 * 10 * 100)
    verdict = audit(p, solution.tables, solution.objective)
    assert verdict.ok, verdict.failures
    accounts = carbon_accounts(p, solution.tables)
    assert accounts["marginal_t"]["a"] == pytest.approx(3 * (9 + 4.5 + 2) + 4 + 4)
    assert np.isnan(accounts["marginal_t"]["b"])
    assert set(marginal_prices(p, solution.tables)["region"]) == {"a"}


@pytest.mark.parametrize("seed", [1, 2])
def test_one_large_plant_is_a_tariff_of_its_cost_and_factor(seed):
    rows, rate = random_rows(seed), {"a": (60.0, 0.3), "b": (80.0, 0.7)}
    hours = len(rows["price"]["a"])
    carbon = {"carbon": {"price": 40.0}}
    regions = [row | {"grid_factor_t_per_mwh": rate[row["region"]][1]} for row in rows["regions"]]
    tariff = rows | {"price": {n: price for n, (price, _) in rate.items()}, "regions": regions}
    fleet = [
        {"region": n, "existing_mw": 1000.0, "variable_cost_per_mwh": price, "factor_t_per_mwh": factor}
        for n, (price, factor) in rate.items()
    ]
    dispatched = problem(hours, **rows, fleet=fleet, load=500.0, settings={**ON, **carbon})
    assert cost(dispatched) == pytest.approx(cost(problem(hours, **tariff, settings=carbon)))


def test_a_cap_on_carbon_counts_the_increment():
    # 23.5 t in merit order; each MWh of gas instead of coal saves 0.5 t and costs 200.
    p = two_plants({**ON, "carbon": {"cap_t": 20.0}})
    assert cost(p) == pytest.approx(13000 + 3.5 / 0.5 * 200)


def test_load_that_cannot_be_served_leaves_no_plan():
    assert cost(two_plants(load=95.0)) == np.inf
    with pytest.raises(UsageError, match="fleet of a cannot serve its own load"):
        build(two_plants(load=101.0))


def test_switched_off_it_adds_nothing():
    off = build(two_plants(settings={}))
    assert not hasattr(off, "FLEET")
    assert "fleet" not in off.cost.parts
    assert "fleet" not in off.carbon.parts
    plain = build(problem())
    assert [c.name for c in off.component_objects()] == [c.name for c in plain.component_objects()]
    assert cost(two_plants(settings={})) == pytest.approx(4000)


TAMPERED = {
    "less than was dispatched": (30.0, {"system_balance"}),
    "more than is available": (51.0, {"system_balance", "system_bounds"}),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_audit_finds_a_tampered_dispatch(name):
    value, expected = TAMPERED[name]
    rows = settled().tables["fleet_hour"].copy()
    rows.loc[0, "fleet_mw"] = value
    verdict = audit(two_plants(), {**settled().tables, "fleet_hour": rows}, settled().objective)
    assert broken(verdict) == expected | {"cost", "carbon", "objective", "system_account"}


def test_the_audit_finds_water_that_was_not_there():
    hydro = {"technology": "hydro", "existing_mw": 20.0, "most_mwh": 30.0}
    p = two_plants(fleet=[COAL, GAS, hydro])
    tables = optimum(p).tables
    less = p.replace(fleet=p.fleet.assign(most_mwh=[np.nan, np.nan, 25.0]))
    assert "system_energy" in {check.name for check in audit(less, tables).failures}


def test_the_audit_finds_a_reference_that_is_not_the_cheapest():
    p = two_plants()
    tables = optimum(p).tables
    honest = p.cache["system_reference"]
    swapped = honest.fleet_mw.copy()
    swapped[0, :, 0] = [20.0, 10.0]
    p.cache["system_reference"] = type(honest)(swapped, honest.price_per_mwh, honest.scarcity_per_mwh)
    assert {"reference_cost"} <= {check.name for check in audit(p, tables).failures}
