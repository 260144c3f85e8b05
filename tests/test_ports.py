"""Ports: running totals with a unit."""

import pyomo.environ as pyo
import pytest
from small import problem

from siting.model.build import build
from siting.model.ports import Port
from siting.solving.solution import solve


@pytest.fixture
def model():
    m = pyo.ConcreteModel()
    m.PLACE = pyo.Set(initialize=["a", "b"], doc="place")
    m.x = pyo.Var(m.PLACE, initialize=2.0)
    m.load = Port(m, "load", (m.PLACE,), "MW", "Load")
    return m


def test_parts_add_up(model):
    model.load.add("first", {"a": 3 * model.x["a"]}, "MW")
    model.load.add("second", {"a": 1.5, "b": model.x["b"]}, "MW")
    assert {i: pyo.value(model.load_total[i]) for i in model.PLACE} == {"a": 7.5, "b": 2.0}
    assert list(model.load.parts) == ["first", "second"]


def test_a_wrong_unit_is_refused(model):
    with pytest.raises(ValueError, match="is in MW, not in kW"):
        model.load.add("first", {"a": 1.0}, "kW")
    assert model.load.parts == {}


def test_a_repeated_part_is_refused(model):
    model.load.add("first", {"a": 1.0}, "MW")
    with pytest.raises(ValueError, match="has a part 'first' already"):
        model.load.add("first", {"b": 1.0}, "MW")
    assert pyo.value(model.load_total["b"]) == 0.0


def test_an_unknown_index_is_refused_and_nothing_is_added(model):
    with pytest.raises(KeyError, match="no index 'c'"):
        model.load.add("first", {"a": 1.0, "c": 1.0}, "MW")
    assert pyo.value(model.load_total["a"]) == 0.0
    assert model.load.parts == {}


def test_clone_has_its_own_total(model):
    model.load.add("first", {"a": model.x["a"]}, "MW")
    copy = model.clone()
    copy.load.add("second", {"a": copy.x["a"]}, "MW")
    copy.x["a"] = 5.0
    assert pyo.value(copy.load_total["a"]) == 10.0
    assert pyo.value(model.load_total["a"]) == 2.0
    assert list(model.load.parts) == ["first"]
    assert copy.load.total is copy.load_total


def test_a_term_added_after_the_build_reaches_objective_and_tables():
    m = build(problem(price=0.0))
    m.levy = pyo.Var(bounds=(3.0, None))
    m.cost.add("levy", {"a": 2 * m.levy}, "million per year")
    solution = solve(m, gap=0.0)
    assert solution.objective == pytest.approx(6.0)
    cost = solution.tables["cost"].set_index("term")["cost_million"]
    assert cost["levy"] == pytest.approx(6.0)


def test_power_added_after_the_build_reaches_the_balance():
    m = build(problem(4, price=100.0))
    block = m.period[0]
    block.power_out.add("town", {("a", t): 5.0 for t in m.HOUR}, "MW")
    assert solve(m, gap=0.0).objective == pytest.approx(4 * 15 * 100 / 1e6)


def test_carbon_added_after_the_build_reaches_price_and_cap():
    settings = {"carbon": {"price": 10.0, "cap_t": 30.0}}
    m = build(problem(4, price=0.0, settings=settings))
    m.carbon.add("town", {"a": 5.0}, "t per year")
    assert solve(m, gap=0.0).objective == pytest.approx((4 * 10 * 0.5 + 5) * 10 / 1e6)
    m.carbon.add("village", {"a": 6.0}, "t per year")
    assert solve(m, gap=0.0).status == "infeasible"


def test_a_clone_of_the_model_solves_to_the_same():
    m = build(problem())
    copy = m.clone()
    copy.cost.add("fee", {"a": 1.0}, "million per year")
    first, second = solve(m, gap=0.0), solve(copy, gap=0.0)
    assert second.objective == pytest.approx(first.objective + 1.0)
