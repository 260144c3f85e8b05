"""The capital budget, by hand: a MW of wind costs 1,000 once, 100 a year for ten years, and saves 400 a year."""

import pyomo.environ as pyo
import pytest
from model_size import added
from small import MILLION, column, cost, optimum, problem

from siting.model import budget
from siting.model.build import build

WIND = {"supply": [{"capex_per_kw": 1.0, "lifetime_years": 10.0}], "cf": {"wind": {"a": 1.0}}}


def limited(capital, **rows):
    policy = {} if capital is None else {"capital_budget": capital}
    return problem(**{**WIND, **rows}, settings={"policy": policy})


@pytest.mark.parametrize(("capital", "wind_mw"), [(None, 10), (20000.0, 10), (6000.0, 6), (0.0, 0)])
def test_capital_is_paid_once(capital, wind_mw):
    p = limited(capital)
    assert cost(p) == pytest.approx(100 * wind_mw + 400 * (10 - wind_mw))
    assert column(optimum(p), "supply", "supply_mw") == pytest.approx([wind_mw])


def test_what_exists_is_sunk():
    existing = [{**WIND["supply"][0], "existing_mw": 7.0}]
    assert column(optimum(limited(1000.0, supply=existing)), "supply", "supply_mw") == pytest.approx([8])


def test_too_little_for_the_equipment_is_infeasible():
    types = [{"capex_per_kw": 2.0}]
    assert cost(limited(20000.0, compute_types=types, supply=[], cf={})) < float("inf")
    assert cost(limited(19999.0, compute_types=types, supply=[], cf={})) == float("inf")


def test_every_new_thing_counts():
    """One of each: what the parts of the port come to, in currency."""
    p = limited(
        1e9,
        regions=[{}, {"region": "b"}],
        sites=[
            {"opening_capex": 7e6, "capex_per_kw": 10.0},
            {"site": "t", "region": "b", "opening_capex": 3e6, "capex_per_kw": 20.0},
        ],
        compute_types=[{"module_mw": 2.0, "capex_per_kw": 5.0}],
        capacity=[{"existing_mw": 4.0}],
        supply=[{"capex_per_kw": 1.0, "existing_mw": 1.0}],
        storage=[{"capex_per_kw": 3.0, "capex_per_kwh": 4.0, "existing_mw": 1.0, "existing_mwh": 2.0}],
        corridors=[{"capex_per_kw": 6.0, "existing_mw": 1.0}],
    )
    m = build(p)
    m.open.set_values({"s": 1, "t": 1})
    m.modules.set_values({("s", "general"): 1, ("t", "general"): 3})
    m.supply_mw["a", "wind"], m.storage_mw["a", "battery"], m.storage_mwh["a", "battery"] = 5.0, 3.0, 10.0
    m.corridor_mw["line"] = 3.0
    parts = {
        (part, n): round(pyo.value(amount) * MILLION)
        for part, amounts in m.capital.parts.items()
        for n, amount in amounts.items()
    }
    assert parts == {
        ("site opening", "b"): 3_000_000,  # the site in a has been opened
        ("building", "a"): 20_000,
        ("building", "b"): 120_000,
        ("compute", "a"): 10_000,
        ("compute", "b"): 30_000,
        ("supply", "a"): 4_000,
        ("storage", "a"): 2 * 3_000 + 8 * 4_000,
        ("corridors", "a"): 6_000,
        ("corridors", "b"): 6_000,
    }
    assert pyo.value(m.capital_within_budget.body) * MILLION == pytest.approx(sum(parts.values()))


def test_without_budget_nothing_is_added():
    assert added(limited(None), budget.add) == (0, 0)
    assert added(limited(0.0), budget.add) == (1, 0)
