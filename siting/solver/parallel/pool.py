"""Pools of workers with state, such as warm solvers; the state of a lost worker is made again by another."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, islice
from typing import Any, Protocol, TypeVar

from siting.errors import WorkerError
from siting.solver.parallel.backends import Backend, DaskBackend, ProcessBackend, Worker, WorkerLostError
from siting.solver.parallel.worker_state import Key, StateLostError, ask, keep

T = TypeVar("T")

_TRIES = 5
"""How often in a row a worker may be lost over one call."""

_AHEAD = 2
"""Items submitted for each worker before the first result is taken."""

_numbers = count()


class WorkerPool(Protocol):
    """Workers, each with its own state."""

    size: int

    def ask(self, function: Callable[..., T], *arguments: Any) -> list[T]:
        """Call a function with the state of every worker and further arguments."""

    def share(self, function: Callable[..., T], items: Iterable[Any]) -> Iterator[T]:
        """Call a function for each item with the state of any worker; results in order."""

    def close(self) -> None:
        """Release the workers."""


def new_worker_pool(
    begin: Callable[..., Any], share: Callable[[int, int], tuple[Any, ...]], most: int, workers: int, cluster: str
) -> WorkerPool:
    """A pool of this process alone, of processes, or of workers of a cluster.

    Parameters
    ----------
    begin : callable
        Makes the state of a worker.
    share : callable
        The arguments of ``begin`` for worker i of so many.
    most : int
        At most so many, at least one.
    workers, cluster : int, str
        As of :class:`siting.solver.highs.engine.Limits`.
    """
    if not cluster and min(workers, most) == 1:
        return SerialPool(begin(*share(0, 1)))
    backend = DaskBackend(cluster, workers) if cluster else ProcessBackend(workers)
    size = min(backend.count, most)
    return ParallelPool(backend, begin, [share(i, size) for i in range(size)])


class SerialPool:
    """A pool without workers: calls are made in this process."""

    size = 1

    def __init__(self, state: Any) -> None:
        self._state = state

    def ask(self, function: Callable[..., T], *arguments: Any) -> list[T]:
        """Call a function with the state and further arguments."""
        return [function(self._state, *arguments)]

    def share(self, function: Callable[..., T], items: Iterable[Any]) -> Iterator[T]:
        """Call a function with the state for each item."""
        return (function(self._state, item) for item in items)

    def close(self) -> None:
        """Nothing to release."""


class ParallelPool:
    """A pool of workers of a backend.

    Parameters
    ----------
    backend : Backend
        Where they run; closed with the pool.
    begin : callable
        Makes the state of a worker.
    shares : sequence of tuple
        Its arguments for each worker.
    """

    def __init__(self, backend: Backend, begin: Callable[..., Any], shares: Sequence[tuple[Any, ...]]) -> None:
        self.size = len(shares)
        self._backend = backend
        self._slots = [_Slot(backend, begin, share) for share in shares]

    def ask(self, function: Callable[..., T], *arguments: Any) -> list[T]:
        """Call a function with the state of every worker and further arguments."""
        return [job.result() for job in [slot.ask(function, arguments) for slot in self._slots]]

    def share(self, function: Callable[..., T], items: Iterable[Any]) -> Iterator[T]:
        """Call a function for each item with the state of any worker; whichever is free takes the next."""
        left: queue.SimpleQueue[tuple[Any, Future[T]] | None] = queue.SimpleQueue()
        jobs: deque[Future[T]] = deque()
        coming = iter(items)

        def hand_out(count: int) -> None:
            for item in islice(coming, count):
                jobs.append(Future())
                left.put((item, jobs[-1]))

        # Not all at once: results that are not yet taken use memory.
        hand_out(_AHEAD * self.size)
        for slot in self._slots:
            slot.serve(function, left)
        try:
            while jobs:
                done = jobs.popleft().result()
                hand_out(1)
                yield done
        finally:
            for _ in self._slots:
                left.put(None)

    def close(self) -> None:
        """Release the workers."""
        for slot in self._slots:
            slot.close()
        self._backend.close()


class _Slot:
    """A worker of a pool: one call after the other; if it is lost, its state is made again in a new one."""

    def __init__(self, backend: Backend, begin: Callable[..., Any], share: tuple[Any, ...]) -> None:
        self._backend, self._begin, self._share = backend, begin, share
        self._worker: Worker | None = None
        self._key: Key = (backend.owner, -1)
        self._closed = False
        self._calls = ThreadPoolExecutor(1)

    def ask(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> Future[T]:
        return self._calls.submit(self._asked, function, arguments)

    def serve(self, function: Callable[..., T], items: queue.SimpleQueue[tuple[Any, Future[T]] | None]) -> None:
        """Take item after item until there is none."""
        self._calls.submit(self._serve, function, items)

    def close(self) -> None:
        self._closed = True
        self._calls.shutdown(wait=False, cancel_futures=True)
        self._leave()

    def _serve(self, function: Callable[..., T], items: queue.SimpleQueue[tuple[Any, Future[T]] | None]) -> None:
        while (one := items.get()) is not None and not self._closed:
            item, job = one
            try:
                job.set_result(self._asked(function, (item,)))
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                job.set_exception(error)

    def _asked(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        lost: Exception | None = None
        for _ in range(_TRIES):
            if self._closed:
                break
            try:
                answer: T = self._begun().call(ask, self._key, function, arguments)
            except (WorkerLostError, StateLostError) as error:
                self._leave()
                lost = error
            else:
                return answer
        raise WorkerError(
            f"Workers were lost {_TRIES} times in a row ({lost}): give them more memory, or try fewer workers."
        ) from lost

    def _begun(self) -> Worker:
        if self._worker is None:
            self._worker, self._key = self._backend.take(), (self._backend.owner, next(_numbers))
            self._worker.call(keep, self._key, self._begin, self._share)
        return self._worker

    def _leave(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.leave()
