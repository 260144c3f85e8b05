"""Cover rows: true of every plan with whole modules, and tighter than the relaxation."""

import pyomo.environ as pyo
import pytest
from cases import random_problem
from small import problem, solved

from siting.model.build import COMPONENTS, build

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
