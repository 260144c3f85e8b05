"""Processes that work for this one: deaf to Ctrl-C, which is this one's to take, and gone when it is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


def new_pool(
    count: int, begin: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> ProcessPoolExecutor:
    """A pool of processes, each of which calls ``begin(*arguments)`` first.

    A script that asks for one needs ``if __name__ == "__main__":``.
    """
    # Not forked: a copy of a process with running threads may hang.
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (begin, arguments))


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C in a terminal reaches every process of the group; processes begun meanwhile are deaf to it."""
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
