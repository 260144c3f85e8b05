"""A folder is replaced whole or not at all, wherever the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from siting.files import atomic
from siting.files.atomic import clean, replaced

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and folder locks are POSIX")

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from siting.files import atomic
target, at, exchange = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "exchange"
if not exchange:
    atomic._exchange = lambda one, other: False
count = 0
def hook(event, args):
    global count
    if event.startswith(("os.", "shutil.", "open")):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
with atomic.replaced(target) as draft:
    for name in ("a", "b"):
        (draft / name).write_text("new")
"""


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def old(folder: Path) -> Path:
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text("old")
    return folder


OLD = {"a": "old", "b": "old", "c": "old"}
NEW = {"a": "new", "b": "new"}


@pytest.mark.parametrize("way", ["exchange", "rename"])
def test_killed_at_every_step(tmp_path: Path, way: str) -> None:
    if way == "exchange" and sys.platform != "linux":
        pytest.skip("folders change names in one step on Linux only")
    seen = set()
    for at in range(1, 100):
        place = tmp_path / str(at)
        place.mkdir()
        target = old(place / "run")
        environment = {**os.environ, "PYTHONPATH": str(Path(atomic.__file__).parents[1])}
        done = subprocess.run(
            [sys.executable, "-S", "-c", KILLED_AT, target, str(at), way], env=environment, check=False
        )
        if way == "rename":
            clean(target)
        seen.add("old" if content(target) == OLD else "new")
        assert content(target) in (OLD, NEW)
        with replaced(target) as draft:
            (draft / "a").write_text("next")
        assert [path.name for path in place.iterdir()] == ["run"]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    assert at > 10
    assert seen == {"old", "new"}


def test_an_exception_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = old(tmp_path / "run")

    def fail() -> None:
        with replaced(target) as draft:
            (draft / "a").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert content(target) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_new_folder_and_its_parents(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "run"
    with replaced(target) as draft:
        (draft / "a").write_text("new")
        assert not target.exists()
    assert content(target) == {"a": "new"}


def test_a_draft_in_use_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with replaced(target) as first:
        with replaced(target) as second:
            assert first.is_dir()
            assert first != second
        (first / "a").write_text("first")
    assert content(target) == {"a": "first"}
