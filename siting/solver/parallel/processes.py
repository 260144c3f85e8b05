"""Worker processes: they ignore SIGINT, which the parent handles, and end when the parent ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from siting.solver.parallel.server import SOCKETS

_LIBRARIES = ["siting.solver.parallel.server", "siting.solving.compiled", "siting.solver.benders.subproblem_pool"]


def new_process_pool(
    count: int, begin: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> ProcessPoolExecutor:
    """A pool of processes, each of which calls ``begin(*arguments)`` first.

    A script that asks for one needs ``if __name__ == "__main__":``.
    """
    return ProcessPoolExecutor(count, context(), _begin, (begin, arguments))


@cache
def context() -> Any:
    """The start method: on Linux a fork server that has imported the libraries, elsewhere spawn.

    Workers are not forked from this process: a fork of a process with running threads may hang.
    """
    if sys.platform == "linux":
        from multiprocessing import forkserver, util

        copies = multiprocessing.get_context("forkserver")
        copies.set_forkserver_preload(_LIBRARIES)
        try:
            os.environ[SOCKETS] = f"{os.getpid()} {util.get_temp_dir()}"
            with sigint_blocked():
                forkserver.ensure_running()
        except OSError:
            pass  # Its socket cannot be made, as where the folder of temporary files has too long a name.
        else:
            return copies
        finally:
            # No other process is meant.
            os.environ.pop(SOCKETS, None)
    return multiprocessing.get_context("spawn")


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """Block SIGINT, which Ctrl-C sends to every process of the group, in processes that are started meanwhile."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with_parent() -> None:
    """A killed parent cannot tell its children."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
