"""Solving from the command line: rules of the user's own, no plan, limits, and being stopped."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import Cli, Done, start, stop_when_it_says
from tiny import tiny_problem

import siting
from siting.runs.messages import of_solve

LIMIT_SITES = """
import pyomo.environ as pyo

def add(m, p):
    m.mine = pyo.Var(m.SITE, bounds=(2, 3), doc="A variable of the user's")
    m.few = pyo.Constraint(expr=sum(m.open[s] for s in m.SITE) <= 2)
    m.cost.add("my fee", {"north": 7.0}, "million per year")
"""

# A market split puzzle: too hard to prove in the time of a test; with slack a plan is found at once, without none.
PUZZLE = """
import random
import pyomo.environ as pyo

def add(m, p):
    draw = random.Random(1)
    m.pick = pyo.Var(range(50), domain=pyo.Binary)
    m.over = pyo.Var(range(6), bounds=(0, {slack}))
    m.under = pyo.Var(range(6), bounds=(0, {slack}))
    m.split = pyo.ConstraintList()
    for row in range(6):
        share = [draw.randrange(100) for _ in range(50)]
        left = sum(a * m.pick[i] for i, a in enumerate(share)) + m.over[row] - m.under[row]
        m.split.add(left == sum(share) // 2)
    m.cost.add("puzzle", {{"north": 1000 * sum(m.over[r] + m.under[r] for r in range(6))}}, "million per year")
"""

STOP = """
import os, time

def add(m, p):
    os.kill(os.getpid(), {number})
    time.sleep(60)
"""


def result_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return found


def test_infeasible_says_the_least_carbon_and_keeps_the_earlier_plan(
    run: tuple[Path, Done], instance: Path, cli: Cli
) -> None:
    before = (run[0] / "result.json").read_bytes()
    done = cli("solve", instance, "--out", run[0], "--periods", 1, "--set", "carbon.cap_t=1", "--json")
    result = json.loads(done.out)
    assert done.code == 4
    assert result["status"] == "infeasible"
    assert result["objective"] is None
    assert result["least_carbon_t"] > 1000
    assert {note["code"] for note in result["messages"]} == {"least_proven", "kept"}
    assert (run[0] / "result.json").read_bytes() == before
    elsewhere = cli("solve", instance, "--periods", 1, "--set", "carbon.cap_t=1", "--lang", "zh")
    assert elsewhere.code == 4
    assert "不可行" in elsewhere.out
    assert {path.name for path in Path("run-tiny").iterdir()} == {"result.json", "log.txt"}
    shown = cli("show", "run-tiny")
    assert shown.code == 0
    assert "the least that any plan reaches" in shown.out
    assert cli("audit", "run-tiny").code == 2


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (None, "no such file"),
        ("def add(m, p:\n", "line 1: SyntaxError"),
        ("\nimport nothing_like_this\n", "line 2: ModuleNotFoundError"),
        ("add = 3\n", "must define a function add(m, p)"),
        ("def add(m):\n    pass\n", "must take two arguments"),
        ("def add(m, p):\n    x = 1\n    m.nothing.there = 1\n", "line 3: add failed: AttributeError"),
        ("raise SystemExit(0)\n", "line 1: SystemExit"),
        (
            "import pyomo.environ as pyo\n"
            "def add(m, p):\n    m.x = pyo.Constraint(expr=m.open['alpha'] * m.open['beta'] <= 1)\n",
            "cannot be solved",
        ),
    ],
)
def test_rules_that_fail_are_the_users(rules: str | None, said: str, instance: Path, cli: Cli) -> None:
    if rules is not None:
        Path("rules.py").write_text(rules)
    done = cli("solve", instance, "--periods", 1, "--edit", "rules.py")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not Path("run-tiny").exists()


def test_rules_of_the_user_by_three_doors(instance: Path, cli: Cli) -> None:
    Path("rules.py").write_text(LIMIT_SITES)
    done = cli("solve", instance, "--periods", 1, "--edit", "rules.py", "--gap", 1e-6, "--json")
    result = json.loads(done.out)
    assert done.code == 0
    assert result["options"]["edit"][0]["file"] == "rules.py"
    assert len(result["options"]["edit"][0]["sha256"]) == 64
    assert result["totals"]["cost_million"]["my fee"] == pytest.approx(7.0)
    assert pd.read_csv("run-tiny/tables/site.csv")["mine"].between(2, 3).all()
    assert cli("audit", "run-tiny").code == 0
    scope: dict[str, Callable[..., None]] = {}
    exec(LIMIT_SITES, scope)
    problem = siting.choose(siting.load(instance), 1)
    as_component = siting.solve(siting.build(problem, [*siting.COMPONENTS, scope["add"]]), gap=1e-6)
    m = siting.build(problem)
    scope["add"](m, problem)
    on_object = siting.solve(m, gap=1e-6)
    assert as_component.objective == pytest.approx(result["objective"], rel=1e-5)
    assert on_object.objective == pytest.approx(result["objective"], rel=1e-5)


def test_period_by_period(instance: Path, cli: Cli) -> None:
    Path("rules.py").write_text(LIMIT_SITES)
    asked = ("--periods", 2, "--edit", "rules.py", "--gap", 0.01, "--strategy", "decomposed", "--workers", 1)
    done = cli("solve", instance, *asked, "--json")
    result = json.loads(done.out)
    assert done.code == 0
    assert (result["options"]["strategy"], result["options"]["workers"]) == ("decomposed", 1)
    assert (result["solver"]["strategy"], result["audit"]["ok"]) == ("decomposed", True)
    assert pd.read_csv("run-tiny/tables/site.csv")["mine"].between(2, 3).all()
    Path("rules.py").write_text("import pyomo.environ as pyo\n\ndef add(m, p):\n    m.endless = pyo.Var()\n")
    done = cli("solve", instance, *asked)
    assert done.code == 2
    assert "endless" in done.err


def test_time_limit_without_a_plan_and_with_one(instance: Path, cli: Cli) -> None:
    Path("rules.py").write_text(PUZZLE.format(slack=0))
    done = cli("solve", instance, "--periods", 1, "--edit", "rules.py", "--time-limit", 0.5, "--json")
    assert done.code == 5
    assert json.loads(done.out)["status"] == "stopped"
    Path("rules.py").write_text(PUZZLE.format(slack=10_000))
    done = cli(
        "solve", instance, "--periods", 1, "--edit", "rules.py", "--time-limit", 1.5, "--json", "--no-check-year"
    )
    result = json.loads(done.out)
    assert done.code == 3
    assert result["status"] == "feasible"
    assert result["gap"] > 0.005
    assert [note["code"] for note in result["messages"]] == ["limit"]
    assert cli("audit", "run-tiny").code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"seconds_solve": 60.0}, "limit"), ({"seconds_solve": 2.0}, "undecided"), ({"interrupted": True}, "interrupted")],
)
def test_why_a_plan_is_not_proven_is_said_as_it_was(changes: dict[str, Any], code: str) -> None:
    p = siting.choose(tiny_problem(), 1)
    solved = siting.solve(p, time_limit=60.0)
    outcome = dataclasses.replace(solved.outcome, **changes)
    unproven = dataclasses.replace(solved, status="feasible", outcome=outcome)
    notes = of_solve(p, unproven, None)
    assert [note.code for note in notes] == [code]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_during_the_solve_keeps_the_plan(
    number: signal.Signals, instance: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("rules.py").write_text(PUZZLE.format(slack=10_000))
    stop_when_it_says(r"branch and bound: \d+ s, cost \d", number, monkeypatch)
    done = cli("solve", instance, "--out", "run", "--periods", 1, "--edit", "rules.py", "--time-limit", 60)
    assert done.code == 3
    result = result_of(Path("run"))
    assert result["status"] == "feasible"
    assert result["interrupted"] is True
    assert "messages" in result


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_before_the_solve_leaves_the_earlier_run(
    number: signal.Signals, run: tuple[Path, Done], instance: Path, cli: Cli, tmp_path: Path
) -> None:
    folder = tmp_path / "runs" / "run"
    shutil.copytree(run[0], folder)
    Path("rules.py").write_text(STOP.format(number=int(number)))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    asked = ("solve", instance, "--out", folder, "--periods", 1, "--edit", Path("rules.py").resolve())
    if number == signal.SIGINT:
        done = cli(*asked)
        assert done.code == 5
    else:
        process = start(*asked)
        done = Done(process.wait(timeout=60), *(text.decode() for text in process.communicate()))
        assert done.code == -signal.SIGKILL
        # What was asked is there to go on with.
        shutil.rmtree(folder / "checkpoint")
    assert "Traceback" not in done.err
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_failed_audit_is_never_shown_as_optimal(instance: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    # A rule that takes a rule of ours away: the solver is content, the audit is not.
    name = next(c.local_name for c in siting.build(tiny_problem()).period[0].component_objects() if "balance" in c.name)
    Path("rules.py").write_text(f"def add(m, p):\n    for d in m.PERIOD:\n        m.period[d].{name}.deactivate()\n")
    done = cli("solve", instance, "--periods", 1, "--edit", "rules.py", "--json")
    result = json.loads(done.out)
    assert done.code == 1
    assert result["status"] == "error"
    assert result["solver_status"] == "optimal"
    assert not result["audit"]["ok"]
    assert "audit_failed" in {note["code"] for note in result["messages"]}
    assert not Path("run-tiny/maps").exists()
