"""Laws that every optimum obeys, on random problems with any of the rules.

With ``SITING_THOROUGH`` in the environment hypothesis tries new problems, as many as the variable says.
"""

import os

import numpy as np
import pandas as pd
import pytest
from cases import random_problem
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small import cost, optimum
from strategies import FEATURES, featured, problems
from transformed import dearer, more, renamed, split

from siting.problem.rules import rules

THOROUGH = int(os.environ.get("SITING_THOROUGH", "0"))
SMALL = 1e-6


def law(examples):
    """Few and always the same problems by default."""
    return settings(
        max_examples=THOROUGH or examples,
        derandomize=not THOROUGH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # A smaller seed is no simpler problem.
        phases=[Phase.generate],
    )


def same(least):
    return pytest.approx(least, rel=SMALL)


def above(least):
    """What a cost that is no lower may be at most below."""
    return least * (1 - SMALL) if np.isfinite(least) else least


@law(6)
@given(problems())
def test_no_rule_switched_off_raises_the_cost(p):
    base = cost(p)
    for rule in rules(p):
        assert cost(rule.without(p)) <= base * (1 + SMALL), rule.name


def test_rules_are_felt():
    """The law above would hold for rules that nobody reads."""
    p = featured(2, 2, 3, {"carbon price", "decisions", "headroom"})
    base = cost(p)
    without = {rule.name: cost(rule.without(p)) for rule in rules(p)}
    assert len(without) >= 5
    assert sum(value < base * 0.999 for value in without.values()) >= 2


def fewer_options(p):
    """Each kind of option with one less of it."""
    if len(p.supply):
        yield "a source", p.replace(supply=p.supply.iloc[1:])
    if len(p.storage):
        yield "a battery", p.replace(storage=p.storage.iloc[:0])
    if len(p.corridors):
        yield "a corridor", p.replace(corridors=p.corridors.iloc[:0])
    if len(p.cooling_options):
        yield "a cooling design", p.replace(cooling_options=p.cooling_options.iloc[:0])
    if len(p.sites) > 1 and p.sites["decision"].iloc[-1] == "free":
        last = p.sites.index[-1]
        bandwidth = p.bandwidth[p.bandwidth.index.get_level_values("site") != last]
        yield "a site", p.replace(sites=p.sites.iloc[:-1], bandwidth=bandwidth)


@law(5)
@given(problems())
def test_an_option_more_never_raises_the_cost(p):
    base = cost(p)
    for name, less in fewer_options(p):
        assert cost(less) >= above(base), name


def tighter(p):
    """Ways to ask for more or allow less that are no rules of the registry."""
    yield "less headroom", p.replace(regions=p.regions.assign(grid_mw=p.regions["grid_mw"] / 4))
    yield "less wind", p.replace(supply=p.supply.assign(most_mw=p.supply["most_mw"] / 10))
    yield "no waiting", p.replace(workloads=p.workloads.assign(max_delay_h=0))
    yield "lower latency", p.replace(workloads=p.workloads.assign(latency_ms=3.0))
    yield "more work", p.replace(demand=p.demand * 1.3)
    yield "larger modules", p.replace(compute_types=p.compute_types.assign(module_mw=p.compute_types["module_mw"] * 2))
    yield "dearer power", p.replace(hourly={**p.hourly, "price_per_mwh": p.hourly["price_per_mwh"] + 10})
    yield "less room", p.replace(sites=p.sites.assign(most_mw=p.sites["most_mw"] / 2))
    yield "no other site", p.replace(policy__site_counts=({"most": 1},))
    yield "dearer carbon", p.replace(carbon__price=p.settings.carbon.price + 50)


@law(8)
@given(problems(), st.data())
def test_tightening_never_lowers_the_cost(p, data):
    name, harder = data.draw(st.sampled_from(list(tighter(p))))
    assert cost(harder) >= above(cost(p)), name


@law(len(FEATURES))
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(FEATURES)))
def test_a_feature_that_only_asks_for_more_never_lowers_the_cost(seed, name):
    """Those that offer something instead, or change the weather, are left out."""
    offers = {"bandwidth", "cooling", "existing", "fleet", "pue cap", "pue tariff", "water", "decisions"}
    if name not in offers:
        assert cost(featured(seed, 2, 3, {name})) >= above(cost(featured(seed, 2, 3, ())))


@law(5)
@given(problems(), st.floats(0.1, 10))
def test_another_currency_scales_the_cost(p, factor):
    assert cost(dearer(p, factor)) == same(factor * cost(p))


@law(5)
@given(problems(), st.randoms(use_true_random=False))
def test_names_and_the_order_of_rows_change_nothing(p, random):
    assert cost(renamed(p, random)) == same(cost(p))


@law(4)
@given(problems(without=("stays in",)), st.floats(0.1, 0.9))
def test_a_region_split_in_two_costs_the_same(p, share):
    """Users, power and headroom of a region in two parts, which a free line without losses joins."""
    assert cost(split(p, share)) == same(cost(p))


def with_nothing(p):
    """Problems with something more that cannot matter."""
    region, hourly = p.regions.index[0], dict(p.hourly)
    site = p.sites.iloc[[0]].assign(decision="free")
    yield "no battery", more(p, "storage", {"region": region, "storage": "none", "most_mw": 0.0, "most_mwh": 0.0})
    nothing = more(p, "supply", {"region": region, "technology": "none", "most_mw": 0.0})
    yield "no power", nothing.replace(hourly={**hourly, "capacity_factor_none": hourly["capacity_factor_wind"]})
    yield "no room", p.replace(sites=pd.concat([p.sites, site.set_axis(["none"]).assign(most_mw=0.0)]))
    far = [{"region": n, "site": "far", "latency_ms": 1e6} for n in p.regions.index]
    yield "out of reach", more(p, "links", *far).replace(sites=pd.concat([p.sites, site.set_axis(["far"])]))
    idle = p.replace(workloads=pd.concat([p.workloads, p.workloads.iloc[[0]].set_axis(["none"])]))
    yield "no work", more(idle, "demand", {"region": region, "workload": "none", "mean_mw": 0.0})
    yield "no use", p.replace(compute_types=pd.concat([p.compute_types, p.compute_types.set_axis(["none"])]))


@law(4)
@given(problems(), st.data())
def test_what_cannot_matter_does_not(p, data):
    name, more = data.draw(st.sampled_from(list(with_nothing(p))))
    assert cost(more) == same(cost(p)), name


@law(3)
@given(problems())
def test_the_weights_of_equal_periods_may_be_shared(p):
    """One day that counts twice is two equal days."""
    calendar = p.calendar
    double = type(calendar)(hour=calendar.hour[[0, 0, 1]], weight=np.array([0.5, 1.0, 0.5]))
    assert cost(p.replace(calendar=double)) == same(cost(p))


@pytest.mark.parametrize("seed", range(2))
def test_a_higher_carbon_price_never_raises_carbon_nor_lowers_cost(seed):
    p = random_problem(seed)
    solutions = [optimum(p.replace(carbon__price=price)) for price in (0.0, 30.0, 100.0, 400.0)]
    carbon = np.array([solution.tables["carbon"]["carbon_t"].sum() for solution in solutions])
    paid = np.array([solution.objective for solution in solutions])
    assert (np.diff(carbon) <= SMALL * carbon[0]).all()
    assert (np.diff(paid) >= 0).all()
    assert carbon[-1] < carbon[0]
