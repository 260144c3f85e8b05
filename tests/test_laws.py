"""Laws that every optimum obeys, on small random problems."""

import numpy as np
import pandas as pd
import pytest
from cases import HOURS, random_problem, random_rows
from small import cost, optimum, problem

SEEDS = range(2)
SMALL = 1e-6


def narrow(p):
    """Priced bandwidth of every pair."""
    pairs = pd.MultiIndex.from_product([p.regions.index, p.sites.index], names=["region", "site"])
    return pd.DataFrame({"existing_gbps": 0.0, "most_gbps": 0.5, "cost_per_gbps_year": 100.0}, index=pairs)


def tighter(p):
    """Ways to ask for more or allow less."""
    sites, storage = p.sites, p.storage
    yield "less headroom", p.replace(regions=p.regions.assign(grid_mw=p.regions["grid_mw"] / 4))
    yield "a site closed", p.replace(sites=sites.assign(decision=["closed"] + ["free"] * (len(sites) - 1)))
    yield "a site open", p.replace(sites=sites.assign(decision=["open"] + ["free"] * (len(sites) - 1)))
    yield "no battery", p.replace(storage=storage.iloc[:0])
    yield "no corridor", p.replace(corridors=p.corridors.iloc[:0])
    yield "less wind", p.replace(supply=p.supply.assign(most_mw=p.supply["most_mw"] / 10))
    yield "no waiting", p.replace(workloads=p.workloads.assign(max_delay_h=0))
    yield "lower latency", p.replace(workloads=p.workloads.assign(latency_ms=3.0))
    yield "more work", p.replace(demand=p.demand * 1.3)
    yield "green floor", p.replace(green__floors=({"share": 0.6},))
    yield "carbon cap", p.replace(carbon__cap_t=40.0)
    yield "cap on water", p.replace(regions=p.regions.assign(water_cap_m3=250.0))
    yield "price of water", p.replace(regions=p.regions.assign(water_price_per_m3=20.0))
    yield "larger modules", p.replace(compute_types=p.compute_types.assign(module_mw=p.compute_types["module_mw"] * 2))
    yield "more sites", p.replace(policy__site_counts=({"least": 3},))
    yield "fewer sites", p.replace(policy__site_counts=({"most": 1},))
    yield "more use", p.replace(policy__utilisation_floors=({"share": 0.7},))
    yield "more in hubs", p.replace(policy__hub_share_min=0.9)
    zoned = p.replace(regions=p.regions.assign(zone=list(p.regions.index)))
    yield "work moved", zoned.replace(policy__relocation=({"from_zone": "a", "to_zone": "b", "share": 0.6},))
    yield "quota", p.replace(regions=p.regions.assign(energy_quota_mwh=120.0))
    yield "budget", p.replace(policy__capital_budget=20000.0)
    yield "data at home", p.replace(workloads=p.workloads.assign(stays_in="region"))
    yield "any site lost", p.replace(workloads=p.workloads.assign(survives_loss=True))
    yield "replicas", p.replace(workloads=p.workloads.assign(replicas=2))
    yield "narrow lines", p.replace(bandwidth=narrow(p))


@pytest.mark.parametrize("seed", SEEDS)
def test_tightening_never_lowers_the_cost(seed):
    p = random_problem(seed)
    base = cost(p)
    harder = {name: cost(q) for name, q in tighter(p)}
    assert {name: value for name, value in harder.items() if value < base * (1 - SMALL)} == {}
    assert any(base * 1.001 < value for value in harder.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_higher_carbon_price_never_raises_carbon_nor_lowers_cost(seed):
    p = random_problem(seed)
    solutions = [optimum(p.replace(carbon__price=price)) for price in (0.0, 30.0, 100.0, 400.0)]
    carbon = np.array([solution.tables["carbon"]["carbon_t"].sum() for solution in solutions])
    paid = np.array([solution.objective for solution in solutions])
    assert (np.diff(carbon) <= SMALL * carbon[0]).all()
    assert (np.diff(paid) >= 0).all()
    assert carbon[-1] < carbon[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    p = random_problem(seed, green=True, carbon=True)
    names = ("regions", "sites", "compute_types", "workloads", "demand", "supply", "storage", "corridors")
    shuffled = {name: getattr(p, name).iloc[rng.permutation(len(getattr(p, name)))] for name in names}
    hourly = {name: table[list(rng.permutation(table.columns))] for name, table in p.hourly.items()}
    assert cost(p.replace(**shuffled, hourly=hourly)) == pytest.approx(cost(p), rel=SMALL)


MONEY = ("capex", "cost", "fixed_om")


@pytest.mark.parametrize("seed", SEEDS)
def test_another_currency_scales_the_cost(seed):
    p = random_problem(seed, carbon=True)
    scaled = {}
    for name in ("sites", "compute_types", "supply", "storage", "corridors", "links"):
        table = getattr(p, name)
        money = [c for c in table.columns if any(word in c for word in MONEY)]
        scaled[name] = table.assign(**{c: table[c] * 7 for c in money})
    hourly = {**p.hourly, "price_per_mwh": p.hourly["price_per_mwh"] * 7}
    dear = p.replace(
        **scaled,
        hourly=hourly,
        carbon__price=p.settings.carbon.price * 7,
        network__cost_per_gb_1000km=p.settings.network.cost_per_gb_1000km * 7,
    )
    assert cost(dear) == pytest.approx(7 * cost(p), rel=SMALL)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_cannot_matter_does_not(seed):
    rows = random_rows(seed)
    settings = {"network": {"cost_per_gb_1000km": 0.5}, "carbon": {"price": 20.0}}
    base = cost(problem(2 * HOURS, **rows, settings=settings))

    def with_rows(**more):
        return cost(
            problem(2 * HOURS, **{**rows, **{k: rows.get(k, []) + v for k, v in more.items()}}, settings=settings)
        )

    far = {"site": "far", "region": "a", "latitude_deg": 80.0, "longitude_deg": 180.0}
    equal = pytest.approx(base, rel=SMALL)
    assert with_rows(storage=[{"region": "b", "storage": "none", "most_mw": 0.0, "most_mwh": 0.0}]) == equal
    assert with_rows(sites=[far], links=[{"region": n, "site": "far", "latency_ms": 1e6} for n in ("a", "b")]) == equal
    assert with_rows(sites=[{**far, "most_mw": 0.0}]) == equal
    assert with_rows(workloads=[{"workload": "none"}], demand=[{"workload": "none", "mean_mw": 0.0}]) == equal
    assert with_rows(supply=[{"region": "a", "technology": "none", "most_mw": 0.0}]) == equal
    assert with_rows(compute_types=[{"compute": "unused"}]) == equal


@pytest.mark.parametrize("seed", SEEDS)
def test_the_weights_of_equal_periods_may_be_shared(seed):
    """One day that counts twice is two equal days."""
    p = random_problem(seed)
    calendar = p.calendar
    double = type(calendar)(hour=calendar.hour[[0, 0, 1]], weight=np.array([0.5, 1.0, 0.5]))
    assert cost(p.replace(calendar=double)) == pytest.approx(cost(p), rel=SMALL)


def test_a_region_split_in_two_costs_the_same():
    """Users at one place in two rows are the users of one."""
    one = problem(regions=[{}, {"region": "b"}], demand=[{"mean_mw": 9.0}], sites=[{"fixed_cost_per_year": 5.0}])
    two = one.replace(
        demand=pd.DataFrame(
            {"mean_mw": [4.0, 5.0]},
            index=pd.MultiIndex.from_tuples([("a", "web"), ("b", "web")], names=one.demand.index.names),
        )
    )
    assert cost(two) == pytest.approx(cost(one))
