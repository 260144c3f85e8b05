"""What every plan pays for servers is no decision, and the gap is also told of the rest."""

import pytest
from cases import random_problem
from small import optimum, problem
from strategies import FEATURES, featured

from siting.problem.needed import gap_of_decided, needed_million, needed_mw


def servers(p):
    cost = optimum(p).tables["cost"]
    return cost.loc[cost["term"] == "compute", "cost_million"].sum()


def test_found_by_hand():
    """10 MW on average, twice that in one of four hours, over 80 % of the equipment, of which 5 MW exist: 20 MW new."""
    types = [{"module_mw": 1.0, "capex_per_kw": 3.0, "lifetime_years": 3.0, "usable_share": 0.8}]
    p = problem(
        compute_types=types,
        workloads=[{"profile": "day"}],
        profile={"day": [2.0, 1.0, 0.5, 0.5]},
        capacity=[{"existing_mw": 5.0}],
    )
    assert needed_mw(p) == {"general": pytest.approx(25.0)}
    assert needed_million(p) == pytest.approx(20 * 1000 * 1.0 / 1e6)
    assert servers(p) == pytest.approx(needed_million(p))
    assert needed_mw(p.replace(workloads=p.workloads.assign(max_delay_h=2))) == {"general": pytest.approx(12.5)}


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_pays_less(seed):
    p = random_problem(seed)
    assert 0 < needed_million(p) <= servers(p) * (1 + 1e-9)


@pytest.mark.parametrize("feature", ["existing", "cooling", "decisions"])
def test_no_plan_pays_less_with(feature):
    assert feature in FEATURES
    p = featured(1, 2, 3, {feature})
    assert 0 < needed_million(p) <= servers(p) * (1 + 1e-9)


def test_the_gap_of_what_is_decided():
    assert gap_of_decided(100.0, 99.0, 60.0) == pytest.approx(1 / 40)
    assert gap_of_decided(100.0, 99.0, 100.0) is None
    assert gap_of_decided(None, 99.0, 0.0) is None
