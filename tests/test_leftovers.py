"""A process that is killed takes its helpers and their folders with it (at random: ``python -m tests.bench.kills``)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import siting
from siting.files.atomic import draft_prefix, replaced
from siting.runs.folder import target_of
from siting.solver.parallel.server import SOCKETS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies of one process are for Linux")

READY = """
import time
from siting.solver.parallel import processes as workers
if __name__ == "__main__":
    workers._LIBRARIES[1:] = []
    pool = workers.new_process_pool(1)
    print(pool.submit(abs, -1).result(), flush=True)
    time.sleep(60)
"""


EARLY = """
import os, time
from siting.solver.parallel import server
from siting.solver.parallel import processes as workers
if __name__ == "__main__":
    workers._LIBRARIES[1:] = ["slow"]
    workers.context()
    print(1, flush=True)
    time.sleep(60)
"""


def processes(mark: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(("text", "least"), [(READY, 3), (EARLY, 2)], ids=["at work", "while libraries are imported"])
def test_nothing_is_left_of_a_killed_driver(text: str, least: int, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(siting.__file__).parents[1]) + f":{tmp_path.parent}",
        "TMPDIR": str(tmp_path),
    }
    script = tmp_path.with_suffix(".py")
    script.write_text(text)
    (script.parent / "slow.py").write_text("import time\nfor _ in range(1000): time.sleep(0.1)\n")
    mark = f"TMPDIR={tmp_path}"
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"1\n"
        assert list(tmp_path.iterdir())
        assert len(processes(mark)) >= least
        driver.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while (list(tmp_path.iterdir()) or processes(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
    assert processes(mark) == []
    assert SOCKETS not in os.environ


def test_what_a_killed_try_leaves_is_deleted_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "run"
    (tmp_path / f"{draft_prefix(target)}abc").mkdir()
    assert target_of(target) == target
    with replaced(target):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
