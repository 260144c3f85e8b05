"""A problem built in pieces is the problem built at once: rows, columns, and the tables of a plan."""

import gc

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from cases import random_rows
from full import full_problem
from scipy.sparse import csr_array
from small import problem

import siting.solving.compiled
from siting.model.build import COMPONENTS, build
from siting.problem import Calendar
from siting.runs.edits import read_edit
from siting.solver.compile.chunk import compile_chunk
from siting.solver.compile.matrix import compile_model, label_of
from siting.solver.compile.merge import chunks
from siting.solver.compile.two_stage import Plan, split
from siting.solving.compiled import compile_problem
from siting.solving.solution import read_tables, solve

COST = "million per year"


def everything():
    """Every rule at once, in four periods of two hours."""
    hours = np.array([[0, 1], [1, 2], [2, 3], [0, 1]])
    calendar = Calendar(hour=hours, weight=np.array([0.75, 0.25, 0.625, 0.375]))
    tariff = {"region": "a", "above_pue": 1.0, "surcharge_per_mwh": 3.0}
    return full_problem().replace(calendar=calendar, policy__pue_tariffs=[tariff])


def mine(m, p):
    """A user's own: once, for each period, inside periods, and across them; a cost with a number in each period."""
    m.staff = pyo.Var(m.SITE, bounds=(1.0, 3.0))
    m.season = pyo.Var(m.PERIOD, bounds=(0.0, 9.0))
    m.idle = pyo.Var(bounds=(-1.0, 5.0), domain=pyo.Integers)
    m.cost.add("seasons", {"b": sum(m.period[d].weight * m.season[d] for d in m.PERIOD)}, COST)
    m.reserve = pyo.Expression(expr=sum(m.period[d].weight * (m.season[d] + 1) for d in m.PERIOD) + m.staff["s"])
    m.in_season = pyo.Constraint(m.PERIOD, rule=lambda m, d: m.season[d] >= p.calendar.weight[d])
    m.all_seasons = pyo.Constraint(expr=m.reserve <= 60.0)
    m.budget = pyo.Constraint(expr=sum(m.cost_total[n] for n in m.REGION) <= 1e6)
    for d in m.PERIOD:
        m.period[d].shed_mw = pyo.Var(m.REGION, m.HOUR, bounds=(0.0, 1.0))
        m.period[d].power_in.add("shed", {i: m.period[d].shed_mw[i] for i in m.period[d].shed_mw}, "MW")
    m.cost.add("staff", {"a": m.staff["s"] + 0.1 * m.reserve + 7.0}, COST)
    m.cost_total["b"].expr = m.cost_total["b"].expr + sum(m.period[d].weight for d in m.PERIOD)


@pytest.fixture(scope="module", autouse=True)
def _in_pieces():
    """As if the periods were long: one a piece."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siting.solving.compiled, "WHOLE_REGION_H", 0)
        patch.setattr(siting.solving.compiled, "PIECE_H", 1)
        patch.setattr(siting.solving.compiled, "PIECE_REGION_H", 1)
        yield


@pytest.fixture(scope="module", params=[(), (mine,)], ids=["ours", "a user's too"])
def both(_in_pieces, request):
    """In pieces, and at once."""
    p, components = everything(), [*COMPONENTS, *request.param]
    return compile_problem(p, components), build(p, components)


def close(one, other):
    """Whether two sparse matrices are equal but for the rounding of sums."""
    return abs(csr_array(one) - csr_array(other)).max() <= 1e-11 * abs(csr_array(one)).max()


def order(labels, wanted):
    """Where the wanted labels are."""
    place = {label: i for i, label in enumerate(labels)}
    return [place[label] for label in wanted]


def test_rows_and_columns_are_those_of_the_whole(both):
    compiled, whole = both[0], split(compile_model(both[1]))
    assert not compiled.one_piece
    program = compiled.program
    assert program.offset == pytest.approx(whole.offset, rel=1e-12)
    x = order(program.first.labels, whole.first.labels)
    for name in ("cost", "lower", "upper", "integer"):
        assert getattr(program.first, name)[x] == pytest.approx(getattr(whole.first, name), rel=1e-12), name
    for kind in ("own", "coupling"):
        rows, theirs = getattr(program, kind), getattr(whole, kind)
        r = order(rows.labels, theirs.labels)
        assert sorted(r) == list(range(len(rows)))
        assert rows.least[r] == pytest.approx(theirs.least, rel=1e-12)
        assert rows.most[r] == pytest.approx(theirs.most, rel=1e-12)
        assert close(getattr(whole, f"{kind}_first"), getattr(program, f"{kind}_first")[r][:, x])
    r = order(program.coupling.labels, whole.coupling.labels)
    for d, other in zip(program.periods, whole.periods, strict=True):
        y, q = order(d.columns.labels, other.columns.labels), order(d.rows.labels, other.rows.labels)
        assert d.name == other.name
        assert sorted(q) == list(range(len(d.rows)))
        assert close(other.T, d.T[q][:, x])
        assert close(other.W, d.W[q][:, y])
        assert close(other.coupling, d.coupling[r][:, y])
        assert d.columns.cost[y] == pytest.approx(other.columns.cost, rel=1e-12)
        assert d.columns.upper[y] == pytest.approx(other.columns.upper)
        assert d.rows.most[q] == pytest.approx(other.rows.most)


def test_tables_are_those_of_a_model_with_the_same_values(both):
    compiled, m = both
    program, rng = compiled.program, np.random.default_rng(0)
    plan = Plan(
        rng.uniform(0, 9, len(program.first)), tuple(rng.uniform(0, 9, len(d.columns)) for d in program.periods)
    )
    values = {"": dict(zip(program.first.labels, plan.first, strict=True))}
    values |= {
        d.name: dict(zip(d.columns.labels, y, strict=True)) for d, y in zip(program.periods, plan.periods, strict=True)
    }
    for block in (m, *m.period.values()):
        for v in block.component_data_objects(pyo.Var, descend_into=False):
            v.set_value(values["" if block is m else block.name][label_of(v)], skip_validation=True)
    wanted, tables = read_tables(m), compiled.tables(plan)
    assert list(tables) == list(wanted)
    columns = {c for name in ("site", "period") for c in tables[name].columns}
    assert ({"staff", "season"} <= columns) == hasattr(m, "staff")
    assert set(tables["cost"]["term"]) >= {
        "fleet",
        "water",
        "pue surcharge",
        "bandwidth",
        "connection",
        *(("staff", "other") if hasattr(m, "staff") else ()),
    }
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(tables[name], table, rtol=1e-11, atol=1e-9)


def test_the_optimum_is_the_same_and_unused_variables_are_nearest_to_zero():
    p, components = everything(), [*COMPONENTS, mine, window]
    solution = solve(compile_problem(p, components), gap=1e-6)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(solve(build(p, components), gap=1e-6).objective, rel=1e-5)
    assert solution.tables["cost"]["cost_million"].sum() == pytest.approx(solution.objective)
    seasons = solution.tables["period"]
    assert seasons["weight"] @ seasons["season"] == pytest.approx(12.0)
    assert solution.tables["total"]["idle"].tolist() == [0.0]


def window(m, p):
    m.window = pyo.Constraint(expr=(12.0, sum(m.period[d].weight * m.season[d] for d in m.PERIOD), 60.0))


def neighbours(m, p):
    for d in m.PERIOD:
        block, before = m.period[d], m.period[m.PERIOD.prevw(d)]
        block.ramp = pyo.Constraint(expr=block.grid_mw["a", 0] - before.grid_mw["a", 1] <= 5)


def mean_of_periods(m, p):
    m.mean = pyo.Constraint(expr=sum(m.period[d].grid_mw["a", 0] for d in m.PERIOD) / len(m.PERIOD) <= 50)


def worst_period(m, p):
    m.worst = pyo.Constraint(expr=m.capacity_mw["s", "general"] >= max(m.period[d].weight for d in m.PERIOD))


def bound_by_periods(m, p):
    m.spare = pyo.Var(bounds=(0, len(m.PERIOD)))


def next_period(m, p):
    m.even = pyo.Constraint(expr=m.period[0].grid_mw["a", 0] == m.period[3].grid_mw["a", 0])


@pytest.mark.parametrize("rule", [neighbours, mean_of_periods, bound_by_periods, next_period])
def test_a_rule_that_pieces_cannot_show_is_built_in_the_whole(rule):
    p, components = everything(), [*COMPONENTS, rule]
    compiled = compile_problem(p, components)
    assert compiled.one_piece
    whole = split(compile_model(build(p, components)))
    assert len(compiled.program.coupling) == len(whole.coupling)
    assert [len(d.rows) for d in compiled.program.periods] == [len(d.rows) for d in whole.periods]


def test_what_a_model_without_periods_lacks_is_built_in_the_whole(monkeypatch):
    def only_with_periods(m, p):
        if len(m.PERIOD):
            m.late = pyo.Constraint(expr=m.capacity_mw["s", "general"] <= 1e5)

    monkeypatch.setattr(siting.solving.compiled, "COMPONENTS", (*COMPONENTS, only_with_periods))
    compiled = compile_problem(everything())
    assert "late is not the sum" in compiled.one_piece


def test_a_second_pair_finds_what_is_no_sum():
    p = everything().replace(calendar=Calendar(hour=np.arange(8)[:, None] % 4, weight=np.arange(1.0, 9.0)))
    assert "worst" in compile_problem(p, [*COMPONENTS, worst_period]).one_piece


def test_a_row_without_variables_that_does_not_hold():
    p = problem(workloads=[{"latency_ms": 0.0}], sites=[{"longitude_deg": 90.0}])
    solution = solve(p)
    assert solution.status == "infeasible"
    assert "demand_has_a_site[web,a]" in solution.outcome.reason


def test_which_pieces_are_built():
    assert chunks(12, 12, 1, False) == [tuple(range(12))]
    assert chunks(12, 12, 2, False) == [(0, 1, 2, 3, 4, 5), (6, 7, 8, 9, 10, 11), ()]
    assert chunks(3, 1, 2, False) == [(0, 1, 2)]
    assert chunks(9, 4, 1, False) == [(0, 1, 2), (3, 4, 5), (6, 7, 8), ()]
    assert chunks(9, 4, 2, False) == [(0, 1, 2), (3, 4), (5, 6), (7, 8), ()]
    assert chunks(4, 1, 3, False) == [(0,), (1,), (2,), (3,), ()]
    assert chunks(9, 4, 1, True) == [(0, 1), (2, 3), (4, 5, 6), (7, 8), (0,), (1,), (2,), (3,)]


RULE = "def add(m, p):\n    m.cost.add('fee', {'a': 3.0 * m.open['s0']}, 'million per year')\n"


def test_a_compiled_model_is_gone_without_the_collector(monkeypatch):
    p = everything()

    def left():
        gc.collect()
        gc.disable()
        try:
            siting.solving.compiled.Maker(p, COMPONENTS)((0, 1))
            return gc.collect()
        finally:
            gc.enable()

    few = left()
    monkeypatch.setattr(siting.solving.compiled, "_empty", lambda m: None)
    assert few < left() / 4


def test_what_others_froze_stays_frozen():
    gc.freeze()
    siting.solving.compiled.Maker(everything(), COMPONENTS)((0,))
    assert gc.get_freeze_count()


def test_other_processes_build_the_same(tmp_path):
    path = tmp_path / "rules.py"
    path.write_text(RULE)
    p = problem(8, **random_rows(1))
    p = p.replace(calendar=Calendar(hour=np.arange(8).reshape(4, 2), weight=np.ones(4)))
    components = [*COMPONENTS, read_edit(path)]
    one, other = compile_problem(p, components), compile_problem(p, components, workers=2)
    assert not other.one_piece
    assert one.program.first.labels == other.program.first.labels
    assert (one.program.first.cost == other.program.first.cost).all()
    assert one.program.first.cost[one.program.first.labels.index(("open", "s0"))] > 3.0
    for a, b in zip(one.program.periods, other.program.periods, strict=True):
        assert a.rows.labels == b.rows.labels
        assert (a.W != b.W).nnz == (a.T != b.T).nnz == (a.coupling != b.coupling).nnz == 0


@pytest.mark.parametrize(
    ("rule", "least", "most", "coefficients"),
    [
        pytest.param(lambda m: -(m.x[0] - m.twice) <= -m.twice, -np.inf, -2.0, [3, 4, 0], id="negation"),
        pytest.param(lambda m: 2 * (m.twice + 1) / 4 == m.q * m.x[1], -1.0, -1.0, [1, -1, 0], id="quotient"),
        pytest.param(lambda m: m.twice >= 3, 2.0, np.inf, [2, 2, 0], id="number on the right"),
        pytest.param(lambda m: m.q <= m.x[0], 2.0, np.inf, [1, 0, 0], id="parameter on the left"),
        pytest.param(lambda m: (1, m.x[0] - m.x[0] + m.x[1], m.q), 1.0, 2.0, [0, 1, 0], id="both sides"),
        pytest.param(lambda m: m.twice * m.four <= m.x[0] * pyo.sqrt(4.0 * m.q), -np.inf, -4.0,
                     [8 - 8**0.5, 8, 0], id="named number"),
        pytest.param(lambda m: m.x[0] ** 1 + m.fixed * m.x[1] <= m.fixed, -np.inf, 0.0, [1, 3, -1], id="left to Pyomo"),
    ],
)  # fmt: skip
def test_what_is_linear_is_read(rule, least, most, coefficients):
    rows = compile_chunk(odd(rule)).shared
    assert (rows.rows.least[0], rows.rows.most[0]) == pytest.approx((least, most))
    assert rows.first.toarray()[0] == pytest.approx(coefficients)


def test_what_is_not_linear_is_refused_by_name():
    other = odd(lambda m: m.x[0] <= 1)
    for rule, words in (
        (lambda m: m.x[0] * m.x[1] <= 1, "row contains nonlinear terms"),
        (lambda m: 1 / m.x[0] <= 1, "row contains nonlinear terms"),
        (lambda m: m.x[0] + other.x[1] <= 1, r"row contains the variable x\[1\], which the model does not hold"),
    ):
        with pytest.raises(ValueError, match=words):
            compile_chunk(odd(rule))


def test_a_row_without_limits_is_no_row():
    assert not len(compile_chunk(odd(lambda m: m.x[0] <= np.inf)).shared.rows)


def odd(rule):
    """A model with one row, and much to write it with."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var([0, 1])
    m.fixed = pyo.Var(initialize=3.0)
    m.fixed.fix()
    m.q = pyo.Param(initialize=2.0, mutable=True)
    m.twice = pyo.Expression(expr=m.x[0] + 2 * m.x[1] + m.x[0] + 1)
    m.four = pyo.Expression(expr=4.0)
    m.cost = pyo.Objective(expr=m.x[0])
    m.row = pyo.Constraint(rule=rule)
    return m
