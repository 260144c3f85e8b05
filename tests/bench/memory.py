"""How long a command takes, and the most memory that all of its processes together take."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVERY_S = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
KB = 1024
GB = 1e9


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Parameters
    ----------
    seconds, cpu_s : float
        Wall clock from start to exit, and processor time of all its processes (without those of ``others``).
    peak_gb : float
        Largest sum over all processes of their proportional set size (memory shared by n processes counts 1/n in each).
    code : int
        Exit code; negative: killed by that signal.
    stopped : str
        Limit that ended it; empty: none.
    out, err : str
        What it printed.
    """

    seconds: float
    cpu_s: float
    peak_gb: float
    code: int
    stopped: str
    out: str
    err: str


def measure(
    command: Sequence[str], time_limit_s: float, memory_limit_gb: float = 20.0, others: Iterable[int] = ()
) -> Measured:
    """Run a command of this Python from the root of the repository, and kill it with its children at a limit.

    Parameters
    ----------
    command : sequence of str
        Arguments of Python, for example ``("-m", "siting", "list")``.
    time_limit_s, memory_limit_gb : float
        Wall clock and memory of all processes together.
    others : iterable of int
        Processes that work for it without being its children; their memory counts too.
    """
    before, begun = _cpu_of_children_s(), time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=out, stderr=err, start_new_session=True)
        watch = Watch((process.pid, *others))
        try:
            stopped = _wait(process, watch, begun + time_limit_s, memory_limit_gb)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            watch.end()
        seconds = time.monotonic() - begun
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    # Exact for what the command has waited for, a sample for the rest, as for the server that workers are copied from.
    spent = max(_cpu_of_children_s() - before, watch.cpu_s[process.pid])
    return Measured(seconds, spent, watch.peak_gb, process.returncode, stopped, *texts)


class Watch(threading.Thread):
    """Samples processes and all their descendants until it is ended: the most memory, and the processor time."""

    def __init__(self, roots: Iterable[int]) -> None:
        super().__init__(daemon=True)
        self.roots = tuple(roots)
        self.peak_gb = 0.0
        self.cpu_s = dict.fromkeys(self.roots, 0.0)
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.is_set():
            seen = _processes()
            families = {root: _family(root, seen) for root in self.roots}
            for root, family in families.items():
                # What has ended counts with its parent once that has asked for it.
                self.cpu_s[root] = max(self.cpu_s[root], sum(seen[process][1] for process in family))
            self.peak_gb = max(self.peak_gb, sum(map(_pss_kb, set().union(*families.values()))) * KB / GB)
            self._ended.wait(EVERY_S)

    def end(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()


def _processes() -> dict[int, tuple[int, float]]:
    """Parent and processor time of every process; needs the ``/proc`` of Linux."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            # The name in parentheses may hold spaces and parentheses; see proc(5) for the fields after it.
            fields = (place / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue  # gone meanwhile
        found[int(place.name)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return found


def _family(root: int, seen: dict[int, tuple[int, float]]) -> set[int]:
    children: dict[int, list[int]] = {}
    for process, (parent, _) in seen.items():
        children.setdefault(parent, []).append(process)
    found, waiting = set[int](), [root] if root in seen else []
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting += children.get(process, [])
    return found


def _pss_kb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # gone meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _wait(process: subprocess.Popen[bytes], watch: Watch, deadline: float, memory_limit_gb: float) -> str:
    while process.poll() is None:
        if time.monotonic() > deadline:
            return "time"
        if watch.peak_gb > memory_limit_gb:
            return "memory"
        time.sleep(EVERY_S / 5)
    return ""


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
