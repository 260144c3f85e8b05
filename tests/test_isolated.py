"""A solver in a process of its own: the same answers, on time, and nothing lost when it dies."""

import signal
import threading
import time

import pytest
from cases import random_problem
from test_solver import knapsack

from siting.model.build import build
from siting.solver.compile.matrix import compile_model
from siting.solver.highs import isolated_process, retry
from siting.solver.highs.engine import Limits, Run, Task
from siting.solver.highs.isolated_process import CRASHED, LATE, Isolated
from siting.solver.highs.retry import run

LIMITS = Limits(gap=0.0, threads=1)


@pytest.fixture
def apart(monkeypatch):
    monkeypatch.setattr(retry, "ISOLATED_ROWS", 1)


def dies(monkeypatch, times, with_signal=signal.SIGKILL):
    """The first so many processes of the solver get a signal as they begin."""
    begun: list[Task] = []

    class Dying(Isolated):
        def __init__(self, task: Task) -> None:
            super().__init__(task)
            begun.append(task)
            if len(begun) <= times:
                self.process.send_signal(with_signal)

    monkeypatch.setattr(retry, "Isolated", Dying)
    return begun


def test_the_same_answer(apart):
    matrix = compile_model(build(random_problem(0)))
    there = run(Task(matrix, LIMITS, 60.0, "test"))
    here = retry.solve_here(Task(matrix, LIMITS, 60.0, "test"), retry.Watch("test", 60.0))
    assert (there.status, there.objective, there.bound, there.proof) == (
        here.status,
        here.objective,
        here.bound,
        here.proof,
    )
    assert there.values.tolist() == here.values.tolist()


def test_a_crash_is_tried_again_in_another_way(apart, monkeypatch):
    begun = dies(monkeypatch, 1)
    found = run(Task(compile_model(knapsack(12, 2)), LIMITS, 60.0, "test"))
    assert found.status == "optimal"
    assert [dict(task.options) for task in begun] == [{}, {"presolve": "off"}]


def test_a_solver_that_always_crashes_is_an_error_with_what_is_known(apart, monkeypatch):
    begun = dies(monkeypatch, 9, signal.SIGSEGV)
    matrix = compile_model(knapsack(12, 2))
    found = run(Task(matrix, LIMITS, 60.0, "test"))
    assert len(begun) == 3
    assert (found.status, found.values, found.reason) == ("error", None, f"{CRASHED} (signal 11)")
    plan = matrix.lower.copy()
    known = run(Task(matrix, LIMITS, 60.0, "test", plan=plan, bound=-1e4))
    assert (known.status, known.objective, known.bound) == ("feasible", 0.0, -1e4)
    assert known.values.tolist() == plan.tolist()


def test_a_solver_that_does_not_look_at_the_clock_is_ended(apart, monkeypatch):
    dies(monkeypatch, 9, signal.SIGSTOP)
    begun = time.monotonic()
    found = run(Task(compile_model(knapsack(12, 2)), LIMITS, 0.3, "test"))
    assert time.monotonic() - begun < 0.3 + isolated_process._LEAST_LATE_S + 2
    assert (found.status, found.reason) == ("stopped", LATE)


def test_what_was_found_before_the_end_is_kept(apart, monkeypatch):
    """A better plan is told as it is found."""
    said: list[str] = []

    class Hanging(Isolated):
        def _next(self, wait_s):
            kind, content = super()._next(wait_s)
            said.append(kind)
            if kind == "plan":
                self.process.send_signal(signal.SIGSTOP)
                monkeypatch.setattr(isolated_process.time, "monotonic", lambda: self._begun + 1e6)
            return kind, content

    monkeypatch.setattr(retry, "Isolated", Hanging)
    found = run(Task(compile_model(knapsack()), LIMITS, 60.0, "test"))
    monkeypatch.undo()
    assert "plan" in said
    assert (found.status, found.reason) == ("feasible", LATE)
    assert found.values is not None
    # The relaxation was told before.
    assert found.bound < found.objective


def test_ctrl_c_stops_it_and_keeps_the_plan(apart, monkeypatch):
    pressed = []

    class Pressed(Isolated):
        def _next(self, wait_s):
            kind, content = super()._next(wait_s)
            if kind == "plan" and not pressed:
                pressed.append(kind)
                raise KeyboardInterrupt
            return kind, content

    monkeypatch.setattr(retry, "Isolated", Pressed)
    found = run(Task(compile_model(knapsack()), LIMITS, 60.0, "test"))
    assert isinstance(found, Run)
    assert found.interrupted
    assert found.objective < 0
    assert found.bound < found.objective


def test_no_process_is_left(apart):
    before = threading.active_count()
    solver = Isolated(Task(compile_model(knapsack(12, 2)), LIMITS, 60.0, "test"))
    solver.run(None)
    assert solver.process.returncode is not None
    time.sleep(0.1)
    assert threading.active_count() <= before
