"""A solve that is killed goes on with ``siting resume``, and ends with the files of one that was not."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from command_line import Cli, start

from siting.files.atomic import locked
from siting.solver.benders.subproblem_pool import CutRequest, CutResponse, SubproblemWorker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and folder locks are POSIX")

# As long as there is a file beside it, the process is killed in its third pass.
KILL = """
import os, pathlib, signal
from itertools import count
from siting.solver.benders.subproblem_pool import SubproblemWorker

answer, calls = SubproblemWorker.answer, count()

def until_killed(crew, question):
    if pathlib.Path(__file__).with_suffix(".kill").exists() and next(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(crew, question)

SubproblemWorker.answer = until_killed

def add(m, p):
    pass
"""
ANSWER = SubproblemWorker.answer
ASKED = ("--periods", 2, "--gap", 1e-4, "--strategy", "decomposed", "--workers", 1)


@pytest.fixture(name="killed")
def killed_run(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Kill a solve in the middle, after it has found something."""
    # The rules change it in this process as well.
    monkeypatch.setattr(SubproblemWorker, "answer", ANSWER)

    def kill(folder: Path) -> Path:
        copy, rules = tmp_path / "copy", tmp_path / "rules.py"
        shutil.copytree(instance, copy)
        rules.write_text(KILL)
        rules.with_suffix(".kill").touch()
        process = start("solve", copy, "--out", folder, "--edit", rules, *ASKED)
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL
        rules.with_suffix(".kill").unlink()
        # What the run was asked is all in its folder, but for the rules.
        shutil.rmtree(copy)
        return rules

    return kill


def test_killed_and_resumed(killed: Callable[[Path], Path], instance: Path, cli: Cli) -> None:
    rules, folder = killed(Path("run").resolve()), Path("run")
    assert [path.name for path in folder.iterdir()] == ["checkpoint"]
    unfinished = cli("audit", folder)
    assert unfinished.code == 2
    assert "siting resume" in unfinished.err
    without = cli("resume", folder)
    assert (without.code, "rules.py (sha256 " in without.err) == (2, True)
    assert "--edit rules.py" in without.err
    done = cli("resume", folder, "--edit", rules, "--json")
    assert done.code == 0
    assert cli("audit", folder).code == 0
    through = json.loads(cli("solve", instance, "--out", "other", "--edit", rules, *ASKED, "--json").out)
    found = json.loads(done.out)
    assert found["objective"] == pytest.approx(through["objective"], rel=2e-4)
    assert found["bound"] <= through["objective"]
    assert {key: found[key] for key in ("options", "instance", "tables")} == {
        key: through[key] for key in ("options", "instance", "tables")
    }
    assert files(folder) == files(Path("other"))
    again = cli("resume", folder)
    assert again.code == 2
    assert "nothing to go on with" in again.err


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


def test_what_cannot_be_resumed(killed: Callable[[Path], Path], instance: Path, cli: Cli) -> None:
    """Changed rules, a damaged or foreign checkpoint, a run at work: one clear error, and nothing is touched."""
    folder = Path("run").resolve()
    rules = killed(folder)
    job, progress = folder / "checkpoint" / "job.json", folder / "checkpoint" / "progress.npz"
    asked, found = job.read_text(), progress.read_bytes()
    other = json.loads(asked)
    other["asked"]["periods"] = 1
    for path, content, said in (
        (rules, KILL + "# changed\n", "this is not it"),
        (job, asked[:-9], "damaged"),
        (job, asked.replace('"schema_version": 2', '"schema_version": 0'), "another version"),
        (job, asked.replace('"gap"', '"gaps"'), "another version"),
        (job, json.dumps(other), "another problem"),
        (progress, "nothing", "damaged"),
    ):
        before = path.read_bytes()
        path.write_text(content)
        done = cli("resume", folder, "--edit", rules)
        assert (done.code, "Traceback" in done.err) == (2, False)
        assert said in done.err
        path.write_bytes(before)
        assert (job.read_text(), progress.read_bytes()) == (asked, found)
    with locked(folder / "checkpoint"):
        done = cli("resume", folder, "--edit", rules)
    assert done.code == 2
    assert "Another process is at work" in done.err
    assert (job.read_text(), progress.read_bytes()) == (asked, found)
    # To solve anew gives it up.
    assert "given up" in cli("solve", instance, "--out", folder, "--periods", 1).err
    assert not (folder / "checkpoint").exists()


def test_interrupted_and_resumed(instance: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ctrl-C leaves can go on, too."""
    calls = count()

    def interrupted(crew: SubproblemWorker, question: CutRequest) -> CutResponse | None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return ANSWER(crew, question)

    monkeypatch.setattr(SubproblemWorker, "answer", interrupted)
    stopped = cli("solve", instance, "--out", "run", *ASKED)
    assert stopped.code in (3, 5)
    assert "siting resume run" in stopped.err
    assert cli("resume", "run").code == 0
    assert not Path("run/checkpoint").exists()
