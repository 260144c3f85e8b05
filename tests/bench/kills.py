"""``python -m tests.bench.kills``: kill solves at random moments, and see that nothing is lost and nothing is left.

Each round begins with a good run in a folder. A solve into the same folder is ended at a random moment: its driver, a
worker or all of its processes are killed, or it gets Ctrl-C or SIGTERM. After at most ten seconds none of its processes
lives, and no socket or folder of its is in the folder of temporary files; the good run is there, whole. Then ``siting
resume`` goes on (or, where there was nothing to go on with, the solve is asked again) and ends well, and nothing but
the run is beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import siting
from siting.auditor import audit
from siting.instance import write
from siting.runs.folder import read_run
from siting.runs.unfinished import can_go_on

sys.path.insert(0, str(Path(__file__).parents[1]))

from tiny import tiny_problem

GRACE_S = 10.0
"""After so long nothing is left of a killed command."""

WAYS = ("kill the driver", "kill a worker", "Ctrl-C", "SIGTERM", "kill all at once")
ENDS = (0, 3, 4, 5)
_MARK = "SITING_KILLS"


@dataclass
class Place:
    """Where one round happens: folders of its own, and a mark by which its processes are known."""

    root: Path
    instance: Path
    mark: str
    faults: list[str] = field(default_factory=list)

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.root / "here" / "run"

    @property
    def temporary(self) -> Path:
        """The folder of temporary files."""
        return self.root / "tmp"

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        """Begin a command in a session of its own, as in a terminal."""
        path = os.pathsep.join([str(Path(siting.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        more = {"PYTHONPATH": path, _MARK: self.mark, "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8"}
        return subprocess.Popen(
            [sys.executable, "-m", "siting", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=(self.root / "err").open("wb"),
            env={**os.environ, "OMP_NUM_THREADS": "1", **more},
            start_new_session=True,
        )

    def solve(self, strategy: str) -> subprocess.Popen[bytes]:
        """Begin a solve with two workers."""
        options = ("--periods", 4, "--gap", 1e-5, "--strategy", strategy, "--workers", 2, "--no-check-year")
        return self.start("solve", self.instance, "--out", self.run, *options)

    def processes(self) -> list[int]:
        """Those that carry the mark."""
        mark, found = f"{_MARK}={self.mark}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except OSError:
                continue  # It is gone, or not ours.
        return found

    def end(self) -> None:
        """Kill all that carry the mark."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def left(self) -> list[str]:
        """What is still there of commands that have ended."""
        running = [f"process {pid}" for pid in self.processes()]
        return running + [f"{path.relative_to(self.root)}" for path in self.temporary.rglob("*")]

    def check(self, good: bool, what: str) -> None:
        """Note a fault."""
        if not good:
            self.faults.append(what)

    def check_run(self, when: str) -> None:
        """The run in the folder is whole, and its audit passes."""
        try:
            problem, tables, result = read_run(self.run)
            good = result["status"] in ("optimal", "feasible") and audit(problem, tables, result["objective"]).ok
        except siting.SitingError as error:
            good, when = False, f"{when}: {error}"
        self.check(good, f"no good run {when}")


def strike(place: Place, driver: subprocess.Popen[bytes], way: str) -> None:
    """End a solve in one of the ways."""
    workers = [pid for pid in place.processes() if pid != driver.pid]
    if way == "kill a worker" and workers:
        os.kill(random.choice(workers), signal.SIGKILL)
    elif way in ("Ctrl-C", "SIGTERM"):
        number = signal.SIGINT if way == "Ctrl-C" else signal.SIGTERM
        # Ctrl-C reaches every process of a terminal.
        os.killpg(driver.pid, number) if way == "Ctrl-C" else driver.send_signal(number)
    elif way == "kill all at once":
        os.killpg(driver.pid, signal.SIGKILL)
    elif way == "kill the driver":
        driver.kill()


def wait_until_gone(place: Place, seconds: float = GRACE_S) -> list[str]:
    """What is left after so long, or nothing as soon as nothing is."""
    end = time.monotonic() + seconds
    while (left := place.left()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def one_round(place: Place, strategy: str, way: str, after_s: float) -> str:
    """One kill and what follows; how the command had ended."""
    driver = place.solve(strategy)
    try:
        driver.wait(after_s)
    except subprocess.TimeoutExpired:
        strike(place, driver, way)
    code = driver.wait(600)
    gone = place.left() == [] or (way == "kill all at once" and place.processes() == [])
    left = [] if gone else wait_until_gone(place)
    # A group that is killed as one leaves no one who could clean up.
    place.check(left == [] or (way == "kill all at once" and place.processes() == []), f"left after 10 s: {left}")
    place.check(code in ENDS or (code < 0 and way.startswith("kill")), f"the solve ended with {code}")
    place.check_run("after the kill")
    resumed = can_go_on(place.run)
    again = place.start("resume", place.run, "--time-limit", 300) if resumed else place.solve(strategy)
    code = again.wait(600)
    err = (place.root / "err").read_text()
    place.check(code == 0, f"{'resume' if resumed else 'the next solve'} ended with {code}: {err[-300:]}")
    place.check_run("in the end")
    beside = sorted(path.name for path in place.run.parent.iterdir())
    place.check(beside == ["run"], f"beside the run: {beside}")
    place.check(not (place.run / "checkpoint").exists(), "a checkpoint of a proven run")
    return "resumed" if resumed else "ended before" if code == 0 and way == "" else "begun again"


def main(arguments: list[str] | None = None) -> int:
    """Kill so many times; the number of faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--longest", type=float, default=0.0, help="latest moment, seconds; by default as long as a solve"
    )
    asked = parser.parse_args(arguments)
    random.seed(asked.seed)
    # So that what it began ends with it, and its folders are deleted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults, told = 0, Counter[str]()
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        (root / "tmp").mkdir()
        (root / "here").mkdir()
        instance = write(tiny_problem(), root / "instance")
        place, seconds = Place(root, instance, f"{os.getpid()}"), {}
        stack.callback(place.end)
        for strategy in ("decomposed", "whole"):
            begun = time.monotonic()
            code = place.solve(strategy).wait(600)
            seconds[strategy] = time.monotonic() - begun
            place.check(code == 0, f"the first solve ended with {code}")
        for number in range(asked.count):
            strategy, way = ("decomposed", "decomposed", "whole")[number % 3], WAYS[number % len(WAYS)]
            after = random.uniform(0.2, asked.longest or seconds[strategy])
            ended = one_round(place, strategy, way, after)
            told[f"{way}, {ended}"] += 1
            print(f"{number + 1:3d} {strategy:10s} {way:16s} after {after:5.1f} s: {ended} {place.faults}", flush=True)
            faults += len(place.faults)
            place.faults.clear()
            shutil.rmtree(place.temporary)
            place.temporary.mkdir()
    print(f"{asked.count} kills, {faults} faults; {dict(sorted(told.items()))}")
    return faults


if __name__ == "__main__":
    sys.exit(min(main(), 1))
