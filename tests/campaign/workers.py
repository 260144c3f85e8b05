"""Processes that try mutants one after another: who takes too long is killed, who dies is replaced."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .trial import Verdict, attempt

TIMEOUT_S = 60.0


class _Worker:
    """A process, its pipe, and the seed that it has."""

    def __init__(self, bases: Sequence[Path]) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, bases), daemon=True)
        self.process.start()
        theirs.close()
        self.seed: int | None = None
        self.since = 0.0

    def give(self, seed: int) -> None:
        self.seed, self.since = seed, time.monotonic()
        self.pipe.send(seed)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection[Any, Any], bases: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        while True:
            try:
                seed = pipe.recv()
            except EOFError:
                return
            pipe.send(attempt(seed, bases, Path(place) / "mutant"))


def verdicts(seeds: Sequence[int], bases: Sequence[Path], count: int) -> Iterator[Verdict]:
    """How each mutant ended, in the order in which they end."""
    left = list(reversed(seeds))
    workers = [_Worker(bases) for _ in range(min(count, len(left)))]
    try:
        for worker in workers:
            worker.give(left.pop())
        while any(worker.seed is not None for worker in workers):
            busy = {worker.pipe: worker for worker in workers if worker.seed is not None}
            ready = wait(list(busy), timeout=1.0)
            for number, worker in enumerate(workers):
                if worker.seed is None:
                    continue
                verdict = None
                if worker.pipe in ready:
                    try:
                        verdict = worker.pipe.recv()
                    except EOFError:
                        verdict = Verdict(worker.seed, "crash")
                elif time.monotonic() - worker.since > TIMEOUT_S:
                    verdict = Verdict(worker.seed, "hang")
                if verdict is None:
                    continue
                yield verdict
                if verdict.ending in ("crash", "hang"):
                    worker.end()
                    worker = workers[number] = _Worker(bases)
                worker.seed = None
                if left:
                    worker.give(left.pop())
    finally:
        for worker in workers:
            worker.end()
