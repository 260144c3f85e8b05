"""A program solved in a process of its own, which can be ended when time is out and whose crash loses nothing.

Interior point looks at the clock only between its iterations, one of which may take a minute, and a solver may crash.
The other process tells each better plan and bound as it has it, so what it knew is known when it is gone.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from siting.solver.compile.matrix import FloatArray
from siting.solver.highs.child import STOP
from siting.solver.highs.cost_scaling import paid
from siting.solver.highs.engine import BY_BRANCHING, Progress, Run, Task, contradicts, judged
from siting.solver.parallel.processes import sigint_blocked

_LATE_SHARE, _LEAST_LATE_S, _MOST_LATE_S = 0.04, 1.0, 10.0
"""So long after its time, as a share of it and within these limits, a solver that has not ended is ended."""
_STOPPING_S = 3.0
"""How long a solver may take to stop after Ctrl-C."""

CRASHED, LATE = "the solver crashed", "Time limit reached"
"""Reasons of runs that others ended."""


@dataclass
class _Known:
    """What the other process has told."""

    plan: FloatArray | None = None
    bound: float = -np.inf
    incumbent: float | None = None


class Isolated:
    """One task in a process of its own.

    Parameters
    ----------
    task : Task
        The program.
    """

    def __init__(self, task: Task) -> None:
        self._task, self._known = task, _Known(task.plan)
        self._begun = time.monotonic()
        path = os.pathsep.join(str(Path(place).resolve()) for place in sys.path)
        # Not multiprocessing: that would run the script of the user once more.
        with sigint_blocked():
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "siting.solver.highs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
            )
        self._writing = threading.Lock()
        self._said: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._send, daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()

    def run(self, progress: Callable[[Progress], None] | None) -> Run:
        """Wait for what comes back; Ctrl-C stops it and keeps what it has."""
        allowed = self._task.time_left_s
        ends = self._begun + allowed + min(max(_LATE_SHARE * allowed, _LEAST_LATE_S), _MOST_LATE_S)
        interrupted = False
        shown = self._begun
        try:
            while True:
                try:
                    left_s = ends - time.monotonic()
                    if left_s <= 0:
                        return self._as_known("stopped", LATE, interrupted)
                    kind, content = self._next(min(left_s, 0.1))
                    if kind == "done":
                        found: Run = content
                        return replace(found, interrupted=found.interrupted or interrupted)
                    if kind == "failed":
                        raise content
                    if kind == "gone":
                        return self._as_known("error", f"{CRASHED} ({self._how()})", interrupted)
                    if progress is not None and time.monotonic() - shown > 0.5:
                        shown, known = time.monotonic(), self._known
                        bound = known.bound if np.isfinite(known.bound) else None
                        progress(Progress(shown - self._begun, known.incumbent, bound, self._task.phase))
                except KeyboardInterrupt:
                    interrupted = True
                    ends = min(ends, time.monotonic() + _STOPPING_S)
                    self._stop()
        finally:
            self._end()

    def _next(self, wait_s: float) -> tuple[str, Any]:
        """The next message; what is known is taken down on the way."""
        try:
            kind, content = self._said.get(timeout=wait_s)
        except queue.Empty:
            return "nothing", None
        if kind == "plan":
            self._known.plan = content
        elif kind == "known":
            self._known.incumbent, bound = content
            self._known.bound = max(self._known.bound, -np.inf if bound is None else bound)
        return kind, content

    def _as_known(self, status: Any, reason: str, interrupted: bool) -> Run:
        """What is known of a solver that gave no answer."""
        matrix, plan, bound = self._task.matrix, self._known.plan, self._known.bound
        proof = BY_BRANCHING
        cost = None if plan is None else float(matrix.cost @ plan + matrix.offset)
        size = abs(matrix.offset) + (0.0 if plan is None else paid(matrix, plan))
        if bound <= self._task.bound or contradicts(cost, bound, size):
            bound, proof = self._task.bound, self._task.proof
        proven = bound if np.isfinite(bound) else None
        run = Run(status, cost, proven, plan, None, interrupted, reason, proof if proven is not None else "")
        return judged(run, self._task.limits.gap, size)

    def _send(self) -> None:
        matrix = self._task.matrix
        bare = replace(matrix, columns=list(range(len(matrix.columns))), rows=list(range(len(matrix.rows))))
        with suppress(OSError, ValueError), self._writing:  # It may be gone; that is noticed where it is waited for.
            # On the clock of the machine, which no one sets: the other process takes a moment to begin.
            question = replace(self._task, matrix=bare), self._begun + self._task.time_left_s
            pickle.dump(question, self._stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._stdin.flush()

    def _receive(self) -> None:
        with suppress(Exception):  # What is cut off in the middle is no message.
            while True:
                self._said.put(pickle.load(self._stdout))
        self._said.put(("gone", None))

    @property
    def _stdin(self) -> Any:
        return self.process.stdin

    @property
    def _stdout(self) -> Any:
        return self.process.stdout

    def _stop(self) -> None:
        with suppress(OSError, ValueError), self._writing:
            self._stdin.write(STOP)
            self._stdin.flush()

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5.0)
        code = self.process.returncode
        return "still there" if code is None else f"signal {-code}" if code < 0 else f"exit {code}"

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
