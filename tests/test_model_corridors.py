"""Corridors, by hand: 10 MW for 4 hours in ``b`` at 100, while power costs 10 in ``a``."""

import pytest
from small import MILLION, column, optimum, problem, solved, term

from siting.auditor import audit
from siting.model.build import build
from siting.solving.solution import solve

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


@pytest.mark.parametrize("strategy", ["whole", "decomposed"])
@pytest.mark.parametrize(
    ("ends", "direction", "used"),
    [
        (("a", "b"), "forward", True),
        (("a", "b"), "backward", False),
        (("b", "a"), "forward", False),
        (("b", "a"), "backward", True),
    ],
)
def test_a_line_of_one_direction_carries_nothing_back(ends, direction, used, strategy):
    """It pays to send from ``a`` to ``b``; a line that runs the other way is neither used nor built."""
    line = {"from_region": ends[0], "to_region": ends[1], "capex_per_kw": 0.1, "direction": direction, **LINE}
    p = problem(**BASE, corridors=[line])
    solution = solve(build(p), gap=1e-6, threads=1, strategy=strategy)
    assert solution.objective * MILLION == pytest.approx(12.5 * (4 * 15 + 100) if used else 4000, rel=1e-4)
    sent = column(solution, "corridor_hour", direction + "_mw")
    assert sent == pytest.approx([12.5 if used else 0] * 4, abs=0.01)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    assert "corridor_direction" in {check.name for check in result.checks}


def test_a_line_of_one_direction_built_for_its_own_way_carries_nothing_back():
    """Prices turn over: 10 MW come from ``a`` for two hours, and nothing goes to it for the other two."""
    turning = {"a": [10.0, 10.0, 100.0, 100.0], "b": [100.0, 100.0, 10.0, 10.0]}
    here = {"sites": [{}, {"site": "t", "region": "b"}], "demand": [{}, {"region": "b"}]}
    fixed = {"workloads": [{"stays_in": "region"}], "price": turning, "regions": BASE["regions"], **here}
    for direction, expected in (("both", 8 * 100), ("forward", 6 * 100 + 2 * 1000)):
        p = problem(**fixed, corridors=[{"existing_mw": 50.0, "direction": direction}])
        assert optimum(p).objective * MILLION == pytest.approx(expected)


@pytest.mark.parametrize("strategy", ["whole", "decomposed"])
@pytest.mark.parametrize(
    ("row", "built_mw", "sent_mw", "expected"),
    [
        # Half of 8 MW; none can be built.
        ({"existing_mw": 8.0, "most_mw": 8.0}, 8, 4, 4 * (4 * 10 + 6 * 100)),
        # A MW sent saves 360 and needs 2 MW for 200: 12 MW more, so that half of 20 MW is sent.
        ({"existing_mw": 8.0, "capex_per_kw": 0.1}, 20, 10, 40 * 10 + 12 * 100),
        # At 400 for 2 MW it does not pay; the way ahead would, at 200.
        ({"existing_mw": 8.0, "capex_per_kw": 0.2}, 8, 4, 4 * (4 * 10 + 6 * 100)),
        ({"existing_mw": 8.0, "capex_per_kw": 0.1, "direction": "backward"}, 20, 10, 40 * 10 + 12 * 100),
        ({"existing_mw": 8.0, "capex_per_kw": 0.1, "reverse_share": 0.0}, 8, 0, 4000),
    ],
)
def test_the_way_back_is_a_share_of_the_headroom(row, built_mw, sent_mw, expected, strategy):
    """The line begins in ``b``, so that power for it comes the way back."""
    line = {"from_region": "b", "to_region": "a", "reverse_share": 0.5, **row}
    p = problem(**BASE, corridors=[line])
    solution = solve(build(p), gap=1e-6, threads=1, strategy=strategy)
    assert column(solution, "corridor", "corridor_mw") == pytest.approx([built_mw], abs=0.01)
    assert column(solution, "corridor_hour", "backward_mw") == pytest.approx([sent_mw] * 4, abs=0.01)
    assert solution.objective * MILLION == pytest.approx(expected, rel=1e-4)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    assert "corridor_reverse" in {check.name for check in result.checks}


def test_the_way_ahead_is_the_whole_headroom():
    p = problem(**BASE, corridors=[{"existing_mw": 10.0, "most_mw": 10.0, "reverse_share": 0.0}])
    assert optimum(p).objective * MILLION == pytest.approx(40 * 10)


@pytest.mark.parametrize(
    ("row", "check", "worst"),
    [({"direction": "backward"}, "corridor_direction", 10), ({"reverse_share": 0.25}, "corridor_reverse", 7.5)],
)
def test_the_audit_finds_power_against_the_direction(row, check, worst):
    ends = ("a", "b") if "direction" in row else ("b", "a")
    line = {"from_region": ends[0], "to_region": ends[1], "existing_mw": 10.0, "most_mw": 10.0}
    free = optimum(problem(**BASE, corridors=[line]))
    failures = audit(problem(**BASE, corridors=[{**line, **row}]), free.tables).failures
    assert {each.name: each.worst for each in failures} == {check: pytest.approx(worst)}


def test_without_a_share_no_row_is_added():
    m = build(problem(**BASE, corridors=[LINE, {**LINE, "corridor": "two", "reverse_share": 0.5}]))
    assert {c for c, _ in m.period[0].backward_within_its_share} == {"two"}
    assert not hasattr(build(problem(**BASE, corridors=[LINE])).period[0], "backward_within_its_share")


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
