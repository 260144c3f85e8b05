"""Corridors, by hand: 10 MW for 4 hours in ``b`` at 100, while power costs 10 in ``a``."""

import pytest
from small import MILLION, column, optimum, problem, solved, term

from siting.auditor import audit
from siting.model.build import build

BASE = {
    "regions": [{}, {"region": "b"}],
    "sites": [{"region": "b"}],
    "demand": [{"region": "b"}],
    "price": {"a": 10.0, "b": 100.0},
}
LINE = {"loss_share": 0.2, "wheeling_cost_per_mwh": 5.0}


@pytest.mark.parametrize(
    ("row", "built_mw", "expected"),
    [
        # A MW sent saves 0.8 x 100 - 15 in each of 4 hours, 260 in all.
        ({"capex_per_kw": 0.1}, 12.5, 12.5 * (4 * 15 + 100)),
        ({"capex_per_kw": 0.2, "fixed_om_per_kw_year": 0.1}, 0, 4000),
        ({"capex_per_kw": 0.5, "existing_mw": 5.0}, 5, 5 * 4 * 15 + 4 * 6 * 100),
        ({"capex_per_kw": 0.4, "lifetime_years": 4.0, "existing_mw": 5.0}, 12.5, 12.5 * 60 + 7.5 * 100),
        ({"existing_mw": 5.0, "most_mw": 5.0}, 5, 5 * 4 * 15 + 4 * 6 * 100),
    ],
)
def test_a_line_is_built_and_used_while_it_pays(row, built_mw, expected):
    solution = optimum(problem(**BASE, corridors=[{**LINE, **row}]))
    assert column(solution, "corridor", "corridor_mw") == pytest.approx([built_mw])
    assert solution.objective * MILLION == pytest.approx(expected)


@pytest.mark.parametrize(("ends", "way"), [(("a", "b"), "forward_mw"), (("b", "a"), "backward_mw")])
def test_a_line_works_both_ways_and_loses_on_the_way(ends, way):
    row = {"from_region": ends[0], "to_region": ends[1], "capex_per_kw": 0.1, **LINE}
    solution = optimum(problem(**BASE, corridors=[row]))
    assert column(solution, "corridor_hour", way) == pytest.approx([12.5] * 4)
    assert column(solution, "region_hour", "grid_mw", region="a") == pytest.approx([12.5] * 4)
    other = {"forward_mw": "backward_mw", "backward_mw": "forward_mw"}[way]
    assert column(solution, "corridor_hour", other) == pytest.approx([0] * 4, abs=1e-9)


def test_the_line_is_shared_by_its_ends_and_the_sender_pays_for_wheeling():
    solution = optimum(problem(**BASE, corridors=[{"capex_per_kw": 0.1, **LINE}]))
    cost = solution.tables["cost"].set_index(["term", "region"])["cost_million"] * MILLION
    assert cost["corridors", "a"] == pytest.approx(625)
    assert cost["corridors", "b"] == pytest.approx(625)
    assert cost["wheeling", "a"] == pytest.approx(4 * 12.5 * 5)
    assert cost["wheeling", "b"] == pytest.approx(0, abs=1e-6)
    assert term(solution, "corridors") == pytest.approx(1250)


def test_power_may_pass_through_a_region():
    p = problem(
        regions=[{}, {"region": "b"}, {"region": "c", "grid_mw": 0.0}],
        sites=[{"region": "b"}],
        demand=[{"region": "b"}],
        price={"a": 10.0, "b": 100.0, "c": 1.0},
        corridors=[
            {"corridor": "one", "to_region": "c", "existing_mw": 50.0, "loss_share": 0.1},
            {"corridor": "two", "from_region": "c", "existing_mw": 50.0, "loss_share": 0.2},
        ],
    )
    assert optimum(p).objective * MILLION == pytest.approx(4 * 10 * 10 / (0.9 * 0.8))


@pytest.mark.parametrize("most_mw", [10.0, 20.0])
def test_no_line_burns_power(most_mw):
    """At a negative price sending to and fro would burn power; one way it takes 10 MW from where they are paid for."""
    line = {"existing_mw": 10.0, "most_mw": most_mw, "capex_per_kw": 1e3, "loss_share": 0.1}
    p = problem(1, regions=[{}, {"region": "b"}], price={"a": -100.0, "b": 50.0}, corridors=[line])
    solution = optimum(p)
    assert column(solution, "corridor_hour", "forward_mw") == pytest.approx([0], abs=1e-5)
    assert column(solution, "corridor_hour", "backward_mw") == pytest.approx([0], abs=1e-5)
    assert solution.objective * MILLION == pytest.approx(-10 * 100)


LOSSY_LINE = {"existing_mw": 10.0, "most_mw": 10.0, "loss_share": 0.5}


@pytest.mark.parametrize(
    "lines",
    [
        # To and fro on one; against each other on two, whichever way they are drawn; round a ring, either way.
        [("a", "b")],
        [("a", "b"), ("a", "b")],
        [("a", "b"), ("b", "a")],
        [("a", "b"), ("b", "c"), ("c", "a")],
        [("a", "b"), ("c", "b"), ("c", "a")],
        [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("b", "a")],
    ],
)
def test_nothing_goes_round_in_a_circle(lines):
    """Each loses half; where power is paid for in ``a`` alone, only what comes back to it would burn any."""
    names = sorted({end for ends in lines for end in ends})
    rows = [
        {**LOSSY_LINE, "corridor": f"l{i}", "from_region": one, "to_region": other}
        for i, (one, other) in enumerate(lines)
    ]
    p = problem(
        1,
        regions=[{"region": n, "grid_mw": 1e4 if n == "a" else 0.0} for n in names],
        price={"a": -100.0, **dict.fromkeys(names[1:], 50.0)},
        corridors=rows,
    )
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(-10 * 100)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    m = build(p)
    m.one_way.clear()
    burning = solved(m)
    assert burning.objective * MILLION < -1100
    assert "corridor_one_direction" in {check.name for check in audit(p, burning.tables).failures}


@pytest.mark.parametrize(
    ("row", "circuits", "built_mw", "expected"),
    [
        # 10 MW leave 2 MW to buy at 100; 20 MW cost 750 + 4,000, none 4,000. By any amount: 12.5 MW and 3,250.
        ({"step_mw": 10.0, "capex_per_kw": 0.2}, 1, 10, 10 * (4 * 15 + 200) + 4 * 2 * 100),
        # A circuit of 25 MW pays if it is cheap, though half of it stays empty.
        ({"step_mw": 25.0, "capex_per_kw": 0.1}, 1, 25, 12.5 * 4 * 15 + 25 * 100),
        ({"step_mw": 25.0, "capex_per_kw": 0.2}, 0, 0, 4000),
        # On top of 5 MW: 4 MW twice.
        ({"step_mw": 4.0, "capex_per_kw": 0.1, "existing_mw": 5.0}, 2, 13, 12.5 * 60 + 8 * 100),
        # Of 7 MW no more than one circuit of 4 MW can be built.
        ({"step_mw": 4.0, "existing_mw": 5.0, "most_mw": 12.0}, 1, 9, 9 * 60 + 4 * 2.8 * 100),
    ],
)
def test_a_line_is_expanded_by_whole_circuits(row, circuits, built_mw, expected):
    p = problem(**BASE, corridors=[{**LINE, **row}])
    solution = optimum(p)
    assert column(solution, "circuit", "circuits") == [circuits]
    assert column(solution, "corridor", "corridor_mw") == pytest.approx([built_mw])
    assert solution.objective * MILLION == pytest.approx(expected)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok
    assert "corridor_circuits" in {check.name for check in result.checks}


def test_without_a_size_there_are_no_circuits():
    m = build(problem(**BASE, corridors=[LINE, {**LINE, "corridor": "two", "step_mw": 5.0}]))
    assert list(m.circuits) == ["two"]
    assert not hasattr(build(problem(**BASE, corridors=[LINE])), "circuits")


def test_the_audit_finds_part_of_a_circuit():
    p = problem(**BASE, corridors=[{**LINE, "step_mw": 10.0, "capex_per_kw": 0.2}])
    tables = dict(optimum(p).tables)
    tables["corridor"] = tables["corridor"].assign(corridor_mw=12.0)
    check = next(c for c in audit(p, tables).failures if c.name == "corridor_circuits")
    assert (check.where, check.worst) == ("corridor=line", pytest.approx(2))
