"""Cover rows: true of every plan with whole modules, and tighter than the relaxation."""

import numpy as np
import pyomo.environ as pyo
import pytest
from cases import random_problem
from scipy.optimize import linprog
from small import problem, solved

from siting.model.build import COMPONENTS, build
from siting.model.covers import densest_window_mw

PLAIN = [add for add in COMPONENTS if not add.__module__.endswith(".covers")]


def relaxed(p, components):
    m = build(p, components)
    pyo.TransformationFactory("core.relax_integer_vars").apply_to(m)
    return solved(m).objective


@pytest.mark.parametrize("seed", range(3))
def test_covers_keep_the_optimum(seed):
    p = random_problem(seed, sites=4, modules_mw=7.0)
    assert len(PLAIN) == len(COMPONENTS) - 1
    assert solved(build(p)).objective == pytest.approx(solved(build(p, PLAIN)).objective, rel=1e-6)
    assert relaxed(p, PLAIN) - 1e-9 <= relaxed(p, None) <= solved(build(p)).objective + 1e-9


@pytest.mark.parametrize(("existing_mw", "modules", "plain"), [(0.0, 3, 2.5), (1.0, 3, 2.25), (3.0, 2, 1.75)])
def test_modules_of_the_relaxation_by_hand(existing_mw, modules, plain):
    p = problem(
        price=0.0,
        compute_types=[{"module_mw": 4.0, "capex_per_kw": 1.0, "lifetime_years": 1.0}],
        capacity=[{"existing_mw": existing_mw}],
    )
    assert relaxed(p, None) * 1e6 == pytest.approx(modules * 4000)
    assert relaxed(p, PLAIN) * 1e6 == pytest.approx(plain * 4000)


def test_each_reach_has_its_own_cover():
    """Work that cannot leave ``a`` needs two modules there, all work together three."""
    p = problem(
        regions=[{}, {"region": "b", "longitude_deg": 10.0}],
        sites=[{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
        workloads=[{"latency_ms": 5.0}, {"workload": "any", "max_delay_h": 1}],
        demand=[{"mean_mw": 5.0}, {"workload": "any", "mean_mw": 5.0}],
        compute_types=[{"module_mw": 4.0}],
    )
    m = build(p)
    rows = [str(row.expr) for row in m.whole_modules_cover_demand.values()]
    assert rows == ["2  <=  modules[s,general]", "3  <=  modules[s,general] + modules[t,general]"]


def least_capacity(rigid, by_delay):
    """One period as a linear program: runs by hours of delay, hour of arrival and wait."""
    hours = len(rigid)
    runs = [(d, t, w) for d in by_delay for t in range(hours) for w in range(min(d, hours - 1) + 1)]
    arrivals = [(d, t) for d in by_delay for t in range(hours)]
    load, arrived = np.zeros((hours, len(runs) + 1)), np.zeros((len(arrivals), len(runs) + 1))
    load[:, 0] = -1
    for i, (d, t, w) in enumerate(runs, 1):
        load[(t + w) % hours, i] = 1
        arrived[arrivals.index((d, t)), i] = 1
    cost = np.eye(1, len(runs) + 1)[0]
    return linprog(cost, load, -rigid, arrived, [by_delay[d][t] for d, t in arrivals]).fun


@pytest.mark.parametrize("seed", range(20))
def test_the_densest_window_is_the_least_capacity(seed):
    draw = np.random.default_rng(seed)
    hours = int(draw.integers(2, 13))
    rigid = draw.random(hours) * draw.integers(0, 3)
    waits = draw.choice(np.arange(1, 16), size=draw.integers(1, 4), replace=False)
    by_delay = {int(d): draw.random(hours) ** 3 * 4 for d in waits}
    found = densest_window_mw({0: rigid[None], **{d: load[None] for d, load in by_delay.items()}})
    assert found == pytest.approx(least_capacity(rigid, by_delay))
