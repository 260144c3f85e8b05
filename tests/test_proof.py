"""What is called proven is proven: in any unit of money, with a bound on the right side, of the program meant."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from cases import random_problem
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array
from second_solver import by_scip
from test_facility_location import random_case, reference_optimum, write_folder
from test_solver import knapsack, line
from transformed import dearer

import siting
from siting.errors import NumberError, UsageError
from siting.model.build import build
from siting.solver.benders.cuts import Cut
from siting.solver.benders.master import Master
from siting.solver.benders.recourse import reduce_periods
from siting.solver.benders.solve import solve_decomposed
from siting.solver.compile.matrix import Matrix, compile_model
from siting.solver.compile.two_stage import split
from siting.solver.highs import options as highs_options
from siting.solver.highs import retry
from siting.solver.highs import solve as highs
from siting.solver.highs.cost_scaling import factor, guessed
from siting.solver.highs.engine import (
    BY_BRANCHING,
    BY_DUALITY,
    Limits,
    Run,
    Task,
    apart,
    contradicts,
    judged,
    relative_gap,
)
from siting.solver.highs.options import check_options
from siting.solver.highs.retry import run
from siting.solving.solution import solve

UNITS = (1e-6, 1e-4, 1.0, 1e6)


def priced(matrix: Matrix, factor: float) -> Matrix:
    """The same program in another unit of money."""
    return replace(matrix, cost=matrix.cost * factor, offset=matrix.offset * factor)


def solved(matrix: Matrix, gap: float) -> Run:
    return run(Task(matrix, Limits(gap=gap, threads=1), 60.0, "test"))


def by_scipy(matrix: Matrix) -> float:
    """The optimum by SciPy, costs brought to a size that suits its tolerances."""
    sparse = csc_array((matrix.value, matrix.index, matrix.start), shape=matrix.shape)
    unit = 1e4 / guessed(matrix)
    result = milp(
        matrix.cost * unit,
        constraints=[LinearConstraint(sparse, matrix.least, matrix.most)],
        integrality=matrix.integer.astype(int),
        bounds=Bounds(matrix.lower, matrix.upper),
        options={"mip_rel_gap": 0.0},
    )
    assert result.success
    return float(result.fun / unit + matrix.offset)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("seed", [0, 3])
def test_warehouses_in_any_unit_of_money(tmp_path, seed, unit):
    """Written in millions the costs of a small case are thousandths, which tolerances of HiGHS cannot see."""
    fixed, capacity, demand, pair = random_case(seed)
    write_folder(tmp_path / "case", fixed * unit, capacity, demand, pair * unit)
    solution = siting.solve(siting.choose(siting.load(tmp_path / "case")), gap=1e-6, threads=1)
    assert (solution.status, solution.gap) == ("optimal", pytest.approx(0.0, abs=1e-6))
    assert solution.objective * 1e6 == pytest.approx(unit * reference_optimum(fixed, capacity, demand, pair), rel=2e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_plan_and_gap_in_any_unit(seed):
    """Yuan, millions of yuan and a millionth of that."""
    matrix = compile_model(build(random_problem(seed, modules_mw=7.0)))
    found = [solved(priced(matrix, unit), 0.01) for unit in UNITS]
    plan = np.round(found[2].values[matrix.integer])
    for unit, one in zip(UNITS, found, strict=True):
        assert one.status == "optimal"
        assert np.array_equal(np.round(one.values[matrix.integer]), plan)
        assert one.objective / unit == pytest.approx(found[2].objective, rel=1e-6)
        assert one.gap == pytest.approx(found[2].gap, abs=1e-6)


@pytest.mark.parametrize("strategy", ["whole", "decomposed"])
def test_the_same_cost_in_any_currency(strategy):
    p = random_problem(1)
    costs = [
        solve(dearer(p, unit), gap=1e-5, threads=1, strategy=strategy).objective / unit for unit in (1.0, 1e-6, 1e6)
    ]
    assert costs == pytest.approx([costs[0]] * 3, rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_bound_below_optimum_below_plan(seed):
    matrix = compile_model(build(random_problem(seed, modules_mw=7.0)))
    best = by_scipy(matrix)
    for gap in (0.0, 0.01, 0.2):
        found = solved(matrix, gap)
        assert found.status == "optimal"
        assert found.bound <= best * (1 + 1e-7)
        assert found.objective >= best * (1 - 1e-7)
        assert found.objective - found.bound <= max(gap, 1e-7) * found.objective * (1 + 1e-6)


def test_what_highs_calls_optimal_is_not_optimal_for_that():
    """With a wide absolute gap HiGHS ends as optimal far from the gap that was asked for."""
    solution = solve(knapsack(), gap=1e-6, threads=1, highs={"mip_abs_gap": 1e3})
    assert solution.outcome.reason == "Optimal"
    assert solution.gap > 1e-6
    assert solution.status == "feasible"


def test_who_proves_a_bound():
    assert solve(line(low=3.0)).outcome.proof == BY_DUALITY
    assert solve(knapsack(15, 2), gap=0.0).outcome.proof == BY_BRANCHING
    matrix = compile_model(knapsack(15, 2))
    relaxed = solved(replace(matrix, integer=np.zeros_like(matrix.integer)), 0.0)
    whole = solved(matrix, 0.0)
    assert relaxed.bound <= whole.bound <= whole.objective


@pytest.mark.parametrize("name", ["user_objective_scale", "user_bound_scale", "objective_bound", "small_matrix_value"])
def test_options_that_change_what_a_bound_means_are_refused(name):
    with pytest.raises(UsageError, match=f"HiGHS option {name} cannot be set"):
        check_options({name: 1})


def test_a_bound_above_the_cost_is_no_bound(monkeypatch):
    """Once in any way, then in another: what the relaxation proves stays."""
    assert relative_gap(0.01, 190.0) is None
    assert contradicts(0.01, 190.0, 0.01)
    assert not contradicts(1.0, 1.0 + 1e-9, 1.0)
    real = highs._money
    monkeypatch.setattr(highs, "_money", lambda value, unit: 190.0 if real(value, unit) is not None else None)
    ways = []
    here = retry.solve_here
    monkeypatch.setattr(retry, "solve_here", lambda task, watch: ways.append(dict(task.options)) or here(task, watch))
    found = solved(compile_model(build(random_problem(0))), 1e-6)
    assert len(ways) > 1
    assert found.reason == highs.WRONG_SIDE
    assert (found.status, found.proof) == ("feasible", BY_DUALITY)
    assert found.bound <= found.objective


def test_a_gap_of_money_near_zero():
    """Income that pays for nearly everything: what is left of it is rounding, as of all that is paid."""
    run = Run("feasible", 1e-9, -1e-9, np.ones(1), None, False, "")
    assert judged(run, 0.005, 5.0).gap == 0.0
    assert judged(run, 0.005, 1e-9).status == "feasible"
    assert relative_gap(0.0, 0.0) == 0.0
    assert relative_gap(0.0, -1.0) == 1.0


def coefficient(value: float, most: float | None = 100.0) -> Matrix:
    m = pyo.ConcreteModel()
    m.size = pyo.Var([7], bounds=(0, most))
    m.need = pyo.Constraint(expr=1.0 * m.size[7] >= 1)
    m.rule = pyo.Constraint(["a"], rule=lambda m, i: value * m.size[7] <= 5)
    m.aim = pyo.Objective(expr=m.size[7])
    return compile_model(m)


@pytest.mark.parametrize("value", [1e-10, -1e-12, 1e-300, 1e16])
def test_what_the_solver_would_drop_is_refused_by_name(value):
    with pytest.raises(NumberError, match=r"coefficient of size\[7\] in rule\[a\]"):
        solved(coefficient(value, None if abs(value) < 1e-100 else 1e12), 0.0)


def test_what_no_plan_can_feel_may_go():
    assert solved(coefficient(1e-12), 0.0).objective == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "value"), [("cost", np.inf), ("upper", 1e25), ("most", np.nan), ("cost", np.nan)])
def test_numbers_that_the_solver_takes_for_infinite_are_refused(name, value):
    matrix = coefficient(1.0)
    with pytest.raises(NumberError, match="size" if name != "most" else "rule|need"):
        solved(replace(matrix, **{name: np.full_like(getattr(matrix, name), value)}), 0.0)


def test_the_unit_of_the_solver():
    assert factor(0.01) * 0.01 == pytest.approx(1e4)
    assert factor(0.0) == factor(np.inf) == 1.0


def test_what_a_decomposition_would_drop_is_refused_by_name():
    program = split(compile_model(build(random_problem(0))))
    period = program.periods[1]
    W = period.W.copy()
    W.data[5] = 1e-10
    far = replace(period.columns, upper=np.full(len(period.columns), 1e6))
    changed = replace(program, periods=(program.periods[0], replace(period, W=W, columns=far)))
    with pytest.raises(NumberError, match=r"coefficient of period\[1\].* in period\[1\]"):
        solve_decomposed(changed, Limits(threads=1))


def test_faint_coefficients_of_a_cut_go_off_its_constant():
    """What HiGHS would drop from a cut is left out of it so that it stays below what it was."""
    program = split(compile_model(build(random_problem(0))))
    layout, periods = reduce_periods(program)
    master = Master(program, layout, periods, np.zeros(len(periods), dtype=np.int64), np.ones(len(program.coupling)))
    slope = np.full(len(layout.linking), -1e-10)
    slope[0] = 2.0
    master.add({0: Cut(5.0, slope, np.zeros(len(program.coupling)))})
    upper = program.first.upper[layout.linking]
    assert master.cuts["constant"][0] == pytest.approx(5.0 - 1e-10 * upper[1:].sum(), abs=1e-15)
    assert master.cuts["slope"][0].tolist() == [2.0, *np.zeros(len(layout.linking) - 1)]


def test_hipo_is_used_where_it_runs(monkeypatch):
    """With another version of highspy-extras HiGHS refuses it, and would take the simplex method instead."""
    assert highs_options.interior_point() == "hipo"

    class Mismatched(highs_options.highspy.Highs):
        def setOptionValue(self, name, value):
            refused = highs_options.highspy.HighsStatus.kError
            return refused if value == "hipo" else super().setOptionValue(name, value)

    monkeypatch.setattr(highs_options.highspy, "Highs", Mismatched)
    assert highs_options.interior_point.__wrapped__() == "ipx"


def test_two_plans_inside_their_gaps():
    assert apart((10.0, 9.5), (9.8, 9.7)) is False
    assert apart((10.0, 9.9), (9.8, 9.7)) is True
    assert apart((9.8, 9.7), (10.0, 9.9)) is True
    assert apart((9.8, None), (10.0, None)) is False
    assert apart((None, 9.0), (10.0, 9.9)) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_second_solver_finds_the_same_optimum(seed):
    """A bound of branch and bound is that of HiGHS: SCIP, of other authors, has none of its faults."""
    pytest.importorskip("pyscipopt", reason="a bound of branch and bound is not checked: pip install siting[check]")
    matrix = compile_model(build(random_problem(seed, modules_mw=7.0, carbon=bool(seed % 2))))
    cost, bound = by_scip(matrix)
    found = solved(matrix, 1e-6)
    assert found.bound <= cost * (1 + 1e-7)
    assert found.objective == pytest.approx(cost, rel=2e-6)
    assert found.objective >= bound * (1 - 1e-7)
