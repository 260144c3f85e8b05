"""The command line as tests use it: in this process, which is quicker, or as one of its own that can be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
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
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["siting", *map(str, arguments)])
        with as_installed(), pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Done(stop.value.code, said.out, said.err)

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def as_installed() -> AbstractContextManager[None]:
    """Columns of text as pandas makes them where nothing is set."""
    return pd.option_context("mode.string_storage", "auto")


def stop_when_it_says(pattern: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send this process a signal as soon as it says something on stderr."""
    sent: list[str] = []
    write = sys.stderr.write

    def watched(text: str) -> int:
        if not sent and re.search(pattern, text):
            sent.append(text)
            os.kill(os.getpid(), number)
        return write(text)

    monkeypatch.setattr(sys.stderr, "write", watched)


@pytest.fixture(scope="session", name="run")
def run_folder(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, run_with_files(tmp_path_factory, "solve", instance, "--out", folder, "--periods", 1, "--json")


def run_with_files(tmp_path_factory: pytest.TempPathFactory, *arguments: object) -> Done:
    """Run with files in the place of stdout and stderr, so that nothing escapes that is written below Python."""
    place, codes = tmp_path_factory.mktemp("streams"), []
    sys.stdout.flush()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setattr(sys, "argv", ["siting", *map(str, arguments)])
        patch.setattr(sys, "excepthook", sys.excepthook)
        stack.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            stack.callback(os.close, kept := os.dup(descriptor))
            stack.callback(os.dup2, kept, descriptor)
            file = stack.enter_context((place / name).open("w", encoding="utf-8"))
            os.dup2(file.fileno(), descriptor)
            patch.setattr(sys, name, file)
        with as_installed(), pytest.raises(SystemExit) as stop:
            main()
        codes.append(stop.value.code)
    out, err = ((place / name).read_bytes().decode() for name in ("stdout", "stderr"))
    return Done(codes[0], out, err)


def start(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(siting.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "siting", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "LC_ALL": "C.UTF-8", **environment},
    )
