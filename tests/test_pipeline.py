"""A run from Python: what ``siting solve`` does, with a result, events and a log, and nothing printed."""

from __future__ import annotations

import inspect
import json
import logging
from pathlib import Path

import pytest
from command_line import Cli, command_line, instance_folder  # noqa: F401 - fixtures
from tiny import tiny_problem

import siting
from siting.cli.exits import FAULT, INFEASIBLE, LIMIT, NO_PLAN, SOLVED, of_run, of_study
from siting.cli.solve import solve as solve_command
from siting.errors import UsageError
from siting.options import OF_A_RUN, RunChanges, SolveOptions, SolverChanges
from siting.runs.folder import read_run
from siting.runs.journal import Event, PhaseBegan, PhaseEnded, Saving, Told


def test_a_run_from_python(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    caplog.set_level(logging.INFO, "siting")
    folder = tmp_path / "run"
    done = siting.run(instance, SolveOptions(gap=0.01), folder, events.append, periods=1, check_year=False)
    assert (done.status, done.folder) == ("optimal", folder)
    assert (done.gap or 0.0) <= 0.01
    assert done.audit is not None
    assert done.audit.ok
    assert done.tables["site"].equals(read_run(folder)[1]["site"])
    assert done.content == (folder / "result.json").read_bytes()
    assert done.document["options"]["periods"] == 1
    assert [message["code"] for message in done.document["messages"]] == [message.code for message in done.messages]
    assert "optimal" in repr(done)
    assert not done.can_go_on
    begun = [event.name for event in events if isinstance(event, PhaseBegan)]
    assert begun == ["load", "maps", "periods", "build", "solve", "audit", "save", "maps"]
    assert begun == [event.name for event in events if isinstance(event, PhaseEnded)]
    assert sum(isinstance(event, Saving) for event in events) == 1
    log = (folder / "log.txt").read_text()
    assert "building the model" in log
    assert {"building the model", "auditing the plan"} <= set(caplog.messages)
    assert capsys.readouterr() == ("", "")


def test_a_run_without_a_plan_keeps_the_earlier_one(instance: Path, tmp_path: Path) -> None:
    folder, once = tmp_path / "run", SolveOptions(gap=0.01, periods=1, check_year=False)
    before = siting.run(instance, once, folder).content
    done = siting.run(instance, once, folder, settings={"carbon.cap_t": 1}, language="zh")
    assert (done.status, done.folder, done.target) == ("infeasible", None, folder)
    assert [message.code for message in done.messages] == ["least_proven", "kept"]
    assert done.document["messages"][1]["text"] == done.messages[1].text("zh")
    assert (folder / "result.json").read_bytes() == before


def test_what_is_in_the_way_is_told(instance: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run" / "checkpoint"
    folder.mkdir(parents=True)
    (folder / "progress.npz").touch()
    told: list[Event] = []
    siting.run(instance, None, folder.parent, told.append, periods=1, check_year=False)
    assert [event.message.code for event in told if isinstance(event, Told)] == ["links_computed", "given_up"]
    with pytest.raises(UsageError, match="nothing to go on with"):
        siting.resume(folder.parent)


def test_options_and_keywords_ask_for_the_same() -> None:
    p = siting.choose(tiny_problem(), 1)
    one, other = siting.solve(p, SolveOptions(gap=0.2, time_limit_s=60.0)), siting.solve(p, gap=0.2, time_limit=60.0)
    assert one.outcome.limits == other.outcome.limits
    assert one.objective == other.objective == siting.solve_model(siting.build(p), SolveOptions(gap=0.2)).objective
    with pytest.raises(UsageError, match=r"periods.*siting\.run"):
        siting.solve(p, SolveOptions(periods=2))
    with pytest.raises(TypeError, match="no such option of a solve: tolerance"):
        siting.solve(p, tolerance=0.2)  # type: ignore[call-arg]


def test_options_of_highs_by_their_former_name_are_deprecated() -> None:
    p = siting.choose(tiny_problem(), 1)
    with pytest.warns(DeprecationWarning, match="highs="):
        assert siting.solve(p, options={"presolve": "off"}).outcome.limits.highs == {"presolve": "off"}  # type: ignore[arg-type]


def test_the_command_line_has_the_same_options_and_defaults() -> None:
    defaults = SolveOptions()
    fields = set(vars(defaults))
    assert set(RunChanges.__annotations__) == fields | {"time_limit"}
    assert set(SolverChanges.__annotations__) == (fields | {"time_limit"}) - set(OF_A_RUN)
    command = inspect.signature(inspect.unwrap(solve_command)).parameters
    for name in ("gap", "seed", "threads", "base", "pathway", "strategy", "cluster", "check_year"):
        assert command[name].default == getattr(defaults, name), name
    assert command["time_limit"].default == defaults.time_limit_s
    # A command has a process of its own, and may use every core; a script needs a guard for that.
    assert (command["workers"].default, defaults.workers) == (0, 1)


@pytest.mark.parametrize(
    ("needed", "others", "faults", "code"),
    [
        (["optimal"], ["optimal"], False, SOLVED),
        (["optimal"], ["feasible"], False, LIMIT),
        (["optimal"], ["stopped"], False, LIMIT),
        (["feasible"], [], False, LIMIT),
        (["stopped", "infeasible"], [], False, INFEASIBLE),
        (["stopped"], ["optimal"], False, NO_PLAN),
        (["optimal"], ["unbounded"], False, FAULT),
        (["infeasible"], [], True, FAULT),
    ],
)
def test_one_place_says_the_exit_code(needed: list[str], others: list[str], faults: bool, code: int) -> None:
    assert of_study(needed, others, faults) == code
    if not others and not faults and len(needed) == 1:
        assert of_run(needed[0]) == code


def test_the_command_line_and_python_write_the_same(instance: Path, cli: Cli) -> None:
    assert cli("solve", instance, "--out", "a", "--periods", 1, "--workers", 1, "--no-check-year").code == 0
    siting.run(instance, out="b", periods=1, hours=24, check_year=False)
    first, second = (json.loads(Path(name, "result.json").read_text()) for name in "ab")
    for result in (first, second):
        for name in ("seconds", "finished", "result_sha256"):
            result.pop(name, None)
    assert first == second
    names = [{path.relative_to(name).as_posix() for path in Path(name).rglob("*")} for name in "ab"]
    assert names[0] == names[1]
