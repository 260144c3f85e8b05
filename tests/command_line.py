"""The command line as tests use it: in this process, or as one of its own that can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import tiny_problem

import siting
from siting.cli import main
from siting.instance import write


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Cli = Callable[..., Done]


@pytest.fixture(scope="session", name="instance")
def instance_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny_problem(), tmp_path_factory.mktemp("instances") / "tiny")


@pytest.fixture(name="cli")
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["siting", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Done(stop.value.code, said.out, said.err)

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="session", name="run")
def run_folder(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = start("solve", instance, "--out", folder, "--periods", 1, "--json")
    out, err = done.communicate(timeout=120)
    return folder, Done(done.returncode, out.decode(), err.decode())


def start(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(siting.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "siting", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "LC_ALL": "C.UTF-8", **environment},
    )
