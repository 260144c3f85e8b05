"""What came back from HiGHS, and by which way."""

import time
from types import SimpleNamespace

import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from cases import random_problem
from scipy.sparse import csc_array
from small import problem

from siting.errors import UsageError
from siting.model.build import build
from siting.solver.compile.matrix import Matrix, compile_model
from siting.solver.extensive_form import solve as whole
from siting.solver.highs import engine
from siting.solver.highs import options as highs_options
from siting.solver.highs import solve as highs
from siting.solver.highs.engine import Limits, Progress, Task, relative_gap
from siting.solver.highs.options import check_options
from siting.solving.solution import solve


def knapsack(items=45, rows=8, seed=1):
    """A multi-dimensional knapsack: easy to fill, long to prove."""
    rng = np.random.default_rng(seed)
    value, weight = rng.integers(50, 99, items), rng.integers(20, 99, (rows, items))
    m = pyo.ConcreteModel()
    m.ITEM = pyo.RangeSet(items)
    m.x = pyo.Var(m.ITEM, domain=pyo.Binary)
    m.room = pyo.Constraint(
        range(rows), rule=lambda m, r: sum(int(weight[r, i - 1]) * m.x[i] for i in m.ITEM) <= int(weight[r].sum() // 2)
    )
    m.value = pyo.Objective(expr=-sum(int(value[i - 1]) * m.x[i] for i in m.ITEM))
    return m


def line(sense=pyo.minimize, low=None, up=None):
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(low, up))
    m.y = pyo.Var(bounds=(0, 1))
    m.row = pyo.Constraint(expr=m.x + m.y >= -5 if low is None else m.x + m.y >= low)
    m.aim = pyo.Objective(expr=m.x + 2 * m.y, sense=sense)
    return m


def test_optimal():
    m = line(low=3.0)
    solution = solve(m)
    assert (solution.status, solution.gap) == ("optimal", 0.0)
    assert solution.objective == solution.bound == pytest.approx(3.0)
    assert m.x.value == pytest.approx(3.0)
    assert solution.outcome.reason == "Optimal"


def test_infeasible_by_presolve():
    solution = solve(build(problem(sites=[{"most_mw": 5.0}])))
    assert solution.status == "infeasible"
    assert (solution.objective, solution.gap, solution.tables) == (None, None, {})
    assert not solution.outcome.has_plan


def test_infeasible_by_the_solver():
    m = knapsack(6, 1)
    m.more = pyo.Constraint(expr=m.x[1] + m.x[2] + m.x[3] == 1.5)
    assert solve(m, highs={"presolve": "off"}).status == "infeasible"


def test_infeasible_by_the_compiler():
    m = line(low=0.0)
    m.nothing = pyo.Expression(expr=0.0)
    m.never = pyo.Constraint(expr=m.nothing == 5.0)
    solution = solve(m)
    assert (solution.status, solution.outcome.strategy) == ("infeasible", "compile")
    assert "never" in solution.outcome.reason


@pytest.mark.parametrize("presolve", ["on", "off"])
@pytest.mark.parametrize("domain", [pyo.Reals, pyo.Integers])
def test_unbounded(presolve, domain):
    m = line()
    m.row.deactivate()
    m.z = pyo.Var(domain=domain)
    m.tie = pyo.Constraint(expr=m.z <= m.y + 3)
    m.aim.expr = m.z
    solution = solve(m, highs={"presolve": presolve})
    assert solution.status == "unbounded"
    assert (solution.objective, solution.bound, solution.tables) == (None, None, {})


@pytest.mark.parametrize("cost", [1.0, -1.0])
def test_neither_is_taken_for_the_other(cost):
    """HiGHS may only know that a problem is infeasible or unbounded; the objective decides nothing about the first."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(bounds=(0, None)), pyo.Var(bounds=(0, None))
    m.one = pyo.Constraint(expr=m.x - m.y >= 1)
    m.two = pyo.Constraint(expr=m.x - m.y <= 0)
    m.aim = pyo.Objective(expr=cost * m.x)
    assert solve(m).status == "infeasible"
    m.two.deactivate()
    assert solve(m).status == ("optimal" if cost > 0 else "unbounded")


def test_a_limit_before_any_plan():
    solution = solve(knapsack(), gap=0.0, highs={"mip_max_nodes": 0, "mip_heuristic_effort": 0.0, "presolve": "off"})
    assert solution.status == "stopped"
    assert (solution.objective, solution.tables) == (None, {})


def test_a_limit_with_a_plan():
    solution = solve(knapsack(), gap=0.0, threads=1, highs={"mip_max_improving_sols": 1})
    assert solution.status == "feasible"
    assert solution.gap > 0
    assert solution.objective > solution.bound
    assert solution.outcome.has_plan


def test_the_gap_is_respected():
    m = knapsack()
    best = solve(knapsack(20), gap=0.0)
    assert best.gap == 0.0
    loose = solve(m, gap=0.2, threads=1)
    assert loose.status == "optimal"
    assert 0.0 < loose.gap <= 0.2


def test_relative_gap():
    assert relative_gap(-10.0, -12.0) == pytest.approx(0.2)
    assert relative_gap(10.0, None) is None
    assert relative_gap(None, 1.0) is None
    assert relative_gap(1.0, -np.inf) is None


def test_options_reach_highs_by_name():
    matrix = compile_model(line(low=0.0))
    limits = Limits(gap=0.25, seed=7, threads=1, highs={"presolve": "off", "mip_abs_gap": "0.5", "mip_max_nodes": 3.0})
    held = highs.prepared(Task(matrix, limits, 12.0, "line"), matrix, 1.0)
    names = ("mip_rel_gap", "random_seed", "threads", "presolve", "mip_abs_gap", "mip_max_nodes")
    assert [held.getOptionValue(name)[1] for name in names] == [0.25, 7, 1, "off", 0.5, 3]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("presolv", "off", "HiGHS has no option 'presolv'"),
        ("presolve", "perhaps", "the value 'perhaps' is refused"),
        ("mip_feasibility_tolerance", -1.0, "the value -1.0 is refused"),
        ("mip_max_nodes", "many", "the value 'many' is refused"),
        ("mip_max_nodes", None, "the value None is refused"),
        ("output_flag", "maybe", "the value 'maybe' is refused"),
    ],
)
def test_a_wrong_option(name, value, message):
    with pytest.raises(UsageError, match=message):
        solve(line(low=0.0), highs={name: value})


@pytest.mark.parametrize("version", ["1.14.0", "1.15.0", "1.9.12", "0.99.99"])
def test_an_old_highs_is_refused(version, monkeypatch):
    monkeypatch.setattr(highs_options.highspy, "Highs", lambda: SimpleNamespace(version=lambda: version))
    with pytest.raises(UsageError, match=f"HiGHS {version} is installed"):
        highs_options.require_highs()


@pytest.mark.parametrize("version", ["1.15.1", "1.16.0", "2.0.0"])
def test_a_new_highs_is_accepted(version, monkeypatch):
    monkeypatch.setattr(highs_options.highspy, "Highs", lambda: SimpleNamespace(version=lambda: version))
    assert highs_options.require_highs() == version


@pytest.mark.parametrize(("seed", "gap"), [(0, 1e-4), (1, 1e-4), (2, 1e-4), (2, 0.3)])
def test_relax_and_round_is_as_good(seed, gap, monkeypatch):
    p = random_problem(seed, sites=3, modules_mw=7.0)
    best = solve(build(p), gap=0.0, threads=1).objective
    monkeypatch.setattr(whole, "LARGE_ROWS", 10)
    solution = solve(build(p), gap=gap, threads=1)
    assert solution.status == "optimal"
    assert solution.outcome.strategy in ("relax and round", "branch and bound from a rounded relaxation")
    assert best * (1 - 1e-6) <= solution.objective <= best * (1 + 1e-6) / (1 - gap)
    assert solution.bound <= best * (1 + 1e-6)
    assert all(abs(x - round(x)) < 1e-9 for x in solution.tables["site_compute"]["modules"])


def test_full_sites_send_a_module_elsewhere():
    """2.5 modules of 5 MW fill x and y is empty: x = 3 does not fit, x = 2 is too little, and y has no neighbour."""
    sparse = csc_array(np.array([[1.0, 1.0], [5.0, 0.0]]))
    program = Matrix(
        columns=["x", "y"],
        rows=["enough", "room"],
        cost=np.zeros(2),
        offset=0.0,
        lower=np.zeros(2),
        upper=np.full(2, 9.0),
        integer=np.ones(2, dtype=bool),
        block=np.full(2, -1),
        blocks=(),
        start=sparse.indptr.astype(np.int32),
        index=sparse.indices.astype(np.int32),
        value=sparse.data,
        least=np.array([2.5, -np.inf]),
        most=np.array([np.inf, 12.5]),
    )
    rounded = whole._rounded(program, np.ones(2), np.array([2.5, 0.0]), 0.02, 0.0, time.monotonic() + 9)
    assert rounded.tolist() == [2.0, 1.0]


def test_a_wide_gap_needs_no_branching(monkeypatch):
    monkeypatch.setattr(whole, "LARGE_ROWS", 10)
    solution = solve(build(problem(compute_types=[{"module_mw": 4.0, "capex_per_kw": 0.1}])), gap=0.9)
    assert solution.outcome.strategy == "relax and round"


def test_relaxation_tells_infeasible_too(monkeypatch):
    monkeypatch.setattr(whole, "LARGE_ROWS", 1)
    solution = solve(build(problem(regions=[{"grid_mw": 1.0}])))
    assert (solution.status, solution.outcome.strategy, solution.bound) == ("infeasible", "relaxation", None)


def test_a_stopped_branching_keeps_the_rounded_plan_and_the_bound(monkeypatch):
    """Whatever branch-and-bound had time for, the plan and the proof that were there before stay."""
    monkeypatch.setattr(whole, "LARGE_ROWS", 10)
    real = whole.run

    def no_time(task, progress=None):
        if task.phase == "branch and bound":
            return engine.Run("stopped", None, None, None, None, False, "Time limit reached")
        return real(task, progress)

    monkeypatch.setattr(whole, "run", no_time)
    p = random_problem(2, modules_mw=7.0, carbon=True)
    solution = solve(build(p), gap=0.0, threads=1)
    assert solution.status == "feasible"
    assert solution.bound < solution.objective
    assert 1e-4 < solution.gap < 0.5
    assert solution.tables["site"]["open"].sum() > 0


def test_an_interrupt_while_rounding_does_not_start_branching(monkeypatch):
    monkeypatch.setattr(whole, "LARGE_ROWS", 10)
    real, phases = whole.run, []

    def stopped(task, progress=None):
        phases.append(task.phase)
        if task.phase == "rounded plan":
            return engine.Run("stopped", None, None, None, None, True, "Interrupted by user")
        return real(task, progress)

    monkeypatch.setattr(whole, "run", stopped)
    solution = solve(build(random_problem(0)), gap=0.0)
    assert "rounded plan" in phases
    assert "branch and bound" not in phases
    assert (solution.status, solution.outcome.interrupted, solution.tables) == ("stopped", True, {})


class SlowEngine(highspy.Highs):
    """HiGHS that says a few times too often that it still runs."""

    looks = 4

    def startSolve(self):
        super().startSolve()
        self.looks = 0

    def is_solver_running(self):
        self.looks += not super().is_solver_running()
        return self.looks < 4


def test_progress_is_reported(monkeypatch):
    monkeypatch.setattr(highs.highspy, "Highs", SlowEngine)
    clock = iter(np.arange(0.0, 1e4, 0.4))
    fast = SimpleNamespace(monotonic=lambda: float(next(clock)), sleep=time.sleep)
    monkeypatch.setattr(highs, "time", fast)
    seen = []
    solution = solve(knapsack(20), gap=0.0, threads=1, progress=seen.append)
    assert seen
    assert all(isinstance(event, Progress) and event.phase == "branch and bound" for event in seen)
    assert seen[-1].incumbent == pytest.approx(solution.objective)
    assert seen[-1].gap is not None


def test_the_matrix_is_the_model():
    m = line(low=1.0, up=4.0)
    m.both = pyo.Constraint(expr=pyo.inequality(2.0, 3 * m.x - m.y, 9.0))
    m.equal = pyo.Constraint(expr=m.x + 3 == 5 - m.y)
    m.n = pyo.Var(domain=pyo.Integers, bounds=(-2, 2))
    m.aim.expr = m.x + 2 * m.y - m.n + 7
    matrix = compile_model(m)
    column = {v.name: i for i, v in enumerate(matrix.columns)}
    assert matrix.offset == 7
    assert {name: matrix.cost[i] for name, i in column.items()} == {"x": 1, "y": 2, "n": -1}
    assert (matrix.lower[column["x"]], matrix.upper[column["x"]]) == (1, 4)
    assert matrix.integer[column["n"]]
    assert matrix.integer.sum() == 1
    sides = [(row.name, lo, up) for row, lo, up in zip(matrix.rows, matrix.least, matrix.most, strict=True)]
    assert ("equal", 2.0, 2.0) in sides
    assert max(lo for name, lo, _ in sides if name == "both") == 2.0
    assert min(up for name, _, up in sides if name == "both") == 9.0


def test_one_objective_to_be_minimized():
    m = line(low=0.0)
    m.second = pyo.Objective(expr=m.y)
    with pytest.raises(ValueError, match=r"aim \(min\), second \(min\)"):
        solve(m)
    m.second.deactivate()
    m.aim.deactivate()
    with pytest.raises(ValueError, match="none"):
        solve(m)
    with pytest.raises(ValueError, match=r"aim \(max\)"):
        solve(line(sense=pyo.maximize, low=0.0, up=3.0))


def test_a_product_of_variables_is_refused_by_name():
    m = line(low=0.0)
    m.product = pyo.Constraint(expr=m.x * m.y >= 1)
    with pytest.raises(Exception, match="product"):
        solve(m)


@pytest.mark.parametrize("name", ["time_limit", "mip_rel_gap", "random_seed", "threads"])
def test_options_with_a_word_of_their_own_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="instead"):
        check_options({name: 1})


@pytest.mark.parametrize("status", ["error", "infeasible", "stopped"])
def test_a_plan_in_hand_outlives_branch_and_bound(status: str) -> None:
    plan = engine.Run("feasible", 10.0, 9.0, np.ones(2), None, False, "rounded")
    ended = engine.Run(status, None, None, None, None, False, "ended")
    matrix = compile_model(line(low=0.0))
    kept = whole._better(matrix, ended, plan, 9.0, 0.005)
    assert (kept.status, kept.objective, kept.bound) == ("feasible", 10.0, 9.0)
    assert whole._better(matrix, ended, None, 9.0, 0.005).status == status
