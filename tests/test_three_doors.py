"""A user's own rule and variables, through each of the doors."""

import importlib.util

import pyomo.environ as pyo
import pytest
from small import problem

from siting.model.build import COMPONENTS, build
from siting.solving.solution import solve

RULES = '''
"""At most one open site per region."""

import pyomo.environ as pyo


def one_site_per_region(m, p):
    m.most_sites = pyo.Constraint(
        m.REGION,
        rule=lambda m, n: sum(m.open[s] for s in m.SITE if p.sites.at[s, "region"] == n) <= 1,
    )
'''


@pytest.fixture
def p():
    """Three sites of 8 MW for 16 MW of work: without a rule the two in ``a`` are cheapest."""
    rows = [("s", "a", 10.0), ("t", "a", 20.0), ("u", "b", 100.0)]
    sites = [{"site": s, "region": n, "most_mw": 8.0, "fixed_cost_per_year": fee} for s, n, fee in rows]
    return problem(price=0.0, regions=[{}, {"region": "b"}], sites=sites, demand=[{"mean_mw": 16.0}])


def one_site_per_region(m, p):
    def rule(m, n):
        return sum(m.open[s] for s in m.SITE if p.sites.at[s, "region"] == n) <= 1

    m.most_sites = pyo.Constraint(m.REGION, rule=rule)


def on_the_object(p, tmp_path):
    m = build(p)
    one_site_per_region(m, p)
    return m


def as_a_component(p, tmp_path):
    return build(p, [*COMPONENTS, one_site_per_region])


def from_a_file(p, tmp_path):
    path = tmp_path / "rules.py"
    path.write_text(RULES, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("rules", path)
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    m = build(p)
    rules.one_site_per_region(m, p)
    return m


@pytest.mark.parametrize("door", [on_the_object, as_a_component, from_a_file])
def test_every_door_gives_the_same_optimum(p, door, tmp_path):
    assert solve(build(p), gap=0.0).objective * 1e6 == pytest.approx(30)
    solution = solve(door(p, tmp_path), gap=0.0)
    assert solution.objective * 1e6 == pytest.approx(110)
    assert solution.tables["site"].set_index("site")["open"].to_dict() == {"s": 1, "t": 0, "u": 1}


def test_own_variables_have_tables_like_ours(p):
    m = build(p)
    m.TEAM = pyo.Set(initialize=["red", "blue"], doc="team")
    m.staff = pyo.Var(m.SITE, m.TEAM, bounds=(2.0, 9.0), doc="People")
    m.wages = pyo.Expression(m.SITE, rule=lambda m, s: 3 * sum(m.staff[s, team] for team in m.TEAM))
    m.director = pyo.Var(bounds=(1.0, 1.0))
    m.cost.add("wages", {"a": m.wages["s"] + m.wages["t"], "b": m.wages["u"]}, "million per year")
    tables = solve(m, gap=0.0).tables
    staff = tables["site_team"]
    assert list(staff.columns) == ["site", "team", "staff"]
    assert staff["staff"].tolist() == [2.0] * 6
    assert tables["site"]["wages"].tolist() == [12.0] * 3
    assert tables["total"]["director"].tolist() == [1.0]
    cost = tables["cost"].set_index(["term", "region"])["cost_million"]
    assert cost["wages", "a"] == pytest.approx(24)


def test_own_hourly_variables_too(p):
    m = build(p)
    for d in m.PERIOD:
        m.period[d].spare_mw = pyo.Var(m.SITE, m.HOUR, bounds=(1.0, 2.0))
        m.period[d].reserve_mw = pyo.Var(m.REGION, bounds=(4.0, 5.0))
        m.period[d].power_out.add("spare", {("a", t): m.period[d].spare_mw["s", t] for t in m.HOUR}, "MW")
        m.period[d].sent_to_mw = pyo.Var(m.PERIOD, bounds=(3.0, 3.0))
    m.season = pyo.Var(m.PERIOD, bounds=(7.0, 7.0))
    tables = solve(m, gap=0.0).tables
    assert tables["period_period"].to_dict("list") == {"period": [0], "period_2": [0], "sent_to_mw": [3.0]}
    hours = tables["site_hour"]
    assert list(hours.columns) == ["period", "site", "hour", "power_mw", "spare_mw"]
    assert len(hours) == 3 * 4
    assert hours["spare_mw"].notna().all()
    assert list(tables["region"].columns) == ["region", "cost_total", "carbon_total", "capital_total"]
    assert tables["period_region"].to_numpy().tolist() == [[0, "a", 4.0], [0, "b", 4.0]]
    assert set(tables["period"].columns) == {"period", "weight", "first_hour", "season"}
    assert tables["period"]["season"].tolist() == [7.0]


def test_a_pair_of_sites_has_two_columns(p):
    m = build(p)
    m.together = pyo.Var(m.SITE, m.SITE, bounds=(0.0, 1.0))
    table = solve(m, gap=0.0).tables["site_site"]
    assert list(table.columns) == ["site", "site_2", "together"]
    assert len(table) == 9


def test_what_is_added_to_a_total_without_a_name_is_shown(p):
    m = build(p)
    m.cost_total["b"].expr = m.cost_total["b"].expr + 5.0
    solution = solve(m, gap=0.0)
    cost = solution.tables["cost"].set_index(["term", "region"])["cost_million"]
    assert cost["other", "b"] == pytest.approx(5.0)
    assert cost.sum() == pytest.approx(solution.objective)
