"""The process in which HiGHS solves a large program: it may be ended at any moment, and so may the solver.

It reads a task from its standard input, writes better plans and bounds as they come, and what came back in the end. It
ends with the process that began it, which it notices by the end of its input.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from typing import Any, BinaryIO

from siting.solver.compile.matrix import FloatArray
from siting.solver.highs.engine import Progress
from siting.solver.highs.solve import Watch, solve_here

STOP = b"stop"
"""What tells it to end with what it has."""


class Teller:
    """Writes messages for the process that began this one; plans come from a thread of HiGHS.

    Parameters
    ----------
    out : binary file
        To which it writes.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, kind: str, content: Any) -> None:
        """Write a message of some kind."""
        with self._lock:
            pickle.dump((kind, content), self._out, protocol=pickle.HIGHEST_PROTOCOL)
            self._out.flush()

    def progress(self, now: Progress) -> None:
        """Tell what is known."""
        self("known", (now.incumbent, now.bound))

    def plan(self, values: FloatArray) -> None:
        """Tell a better plan."""
        self("plan", values)


def serve() -> None:
    """Solve one task."""
    # Whoever stops a whole group of processes stops the one that began this one, which tells it what to do.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # What a library prints must not get between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tell = Teller(out)
    task, ends = pickle.load(sys.stdin.buffer)
    watch = Watch(task.phase, max(ends - time.monotonic(), 0.1), tell.progress, tell.plan)
    threading.Thread(target=_listen, args=(watch,), daemon=True).start()
    try:
        answer: tuple[str, Any] = ("done", solve_here(task, watch))
    except Exception as error:  # noqa: BLE001 - raised where the answer is awaited
        answer = ("failed", error)
    tell(*answer)
    # Not by way of a solver that may hang: the answer is out.
    os._exit(0)


def _listen(watch: Watch) -> None:
    """Stop the solver when told so, and end when there is no one left to tell."""
    while word := sys.stdin.buffer.read(len(STOP)):
        if word == STOP:
            watch.stop()
    os._exit(1)


if __name__ == "__main__":
    serve()
