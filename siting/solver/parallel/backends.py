"""Backends: processes of this machine, or workers of a Dask cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, wait
from importlib import import_module, metadata
from typing import Any, Protocol

from siting.errors import WorkerError
from siting.solver.parallel.processes import new_process_pool, sigint_blocked
from siting.solver.parallel.worker_state import drop_state_except

_CONNECT_S = 10.0
"""How long a scheduler may take to answer."""
_LOOK_S = 1.0
"""How often a cluster is asked whether a worker still lives."""
_WAIT_S = 60.0
"""How long to wait for a cluster to have any worker."""
_BIG = "1GB"
"""Size of a call from which Dask warns; the share of a worker is sent in one."""


class WorkerLostError(Exception):
    """A worker is gone, and its state with it."""


class Worker(Protocol):
    """One worker."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function there and wait for what it returns; WorkerLostError if the worker is gone."""

    def leave(self) -> None:
        """Release it."""


class Backend(Protocol):
    """Where workers come from: how many there are, and who owns their state."""

    count: int
    owner: str

    def take(self) -> Worker:
        """A new worker."""

    def close(self) -> None:
        """Release all workers."""


class ProcessBackend:
    """Processes of this machine.

    Parameters
    ----------
    count : int
        How many.
    """

    owner = "parent"

    def __init__(self, count: int) -> None:
        self.count = count

    def take(self) -> Worker:
        """A new process."""
        return _ProcessWorker()

    def close(self) -> None:
        """Nothing: a process ends when it is released."""


class _ProcessWorker:
    def __init__(self) -> None:
        self._pool = new_process_pool(1)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            with sigint_blocked():
                job = self._pool.submit(function, *arguments)
            return job.result()
        except (BrokenExecutor, CancelledError) as error:
            raise WorkerLostError("a process was ended, maybe for want of memory") from error

    def leave(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class DaskBackend:
    """Workers of a Dask cluster, one for each of their threads.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``tcp://scheduler:8786``.
    most : int
        Most workers; 0: all.

    Raises
    ------
    WorkerError
        If Dask is not installed, no scheduler answers, it has no workers, or they have not this version of siting.
    """

    def __init__(self, address: str, most: int = 0) -> None:
        try:
            dask = import_module("distributed")
        except ImportError as error:
            raise WorkerError(
                '--cluster needs Dask: pip install "siting[cluster]" here and on every machine.'
            ) from error
        import_module("dask").config.set({"distributed.admin.large-graph-warning-threshold": _BIG})
        try:
            self._client = dask.Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise WorkerError(f"No Dask scheduler answers at {address!r}. Start one with dask scheduler.") from error
        self.owner, self._address, self._killed = str(self._client.id), address, dask.scheduler.KilledWorker
        self._taken: list[str] = []
        self._lock = threading.Lock()
        try:
            there = sum(self._present().values())
            self._same_version()
            # What drivers that were killed have left.
            self._client.run(drop_state_except, self._client.run_on_scheduler(_clients), on_error="ignore")
        except BaseException:
            self._client.close()
            raise
        self.count = min(most, there) if most else there

    def take(self) -> Worker:
        """The worker that has most threads to spare."""
        with self._lock:
            threads = self._present()
            address = max(threads, key=lambda one: threads[one] - self._taken.count(one))
            self._taken.append(address)
        return _DaskWorker(self, address)

    def give_back(self, address: str) -> None:
        """A place that is no longer used."""
        with self._lock:
            self._taken.remove(address)

    def call(self, address: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call a function on one worker; WorkerLostError if it is gone."""
        executor = self._client.get_executor(workers=[address], allow_other_workers=False, pure=False)
        job = executor.submit(function, *arguments)
        while not wait([job], _LOOK_S).done:
            if address not in self._workers():
                # What may only run there would wait for it for ever.
                job.cancel()
                raise WorkerLostError(f"the worker {address} of the cluster is gone")
        try:
            return job.result()
        except (CancelledError, self._killed) as error:
            raise WorkerLostError(f"the worker {address} of the cluster was lost") from error

    def close(self) -> None:
        """Leave the workers as they were found."""
        try:
            owners = set(self._client.run_on_scheduler(_clients)) - {self.owner}
            self._client.run(drop_state_except, owners, on_error="ignore")
        except (OSError, ValueError, RuntimeError):
            pass  # There is no scheduler any more: whoever comes next forgets what is left.
        finally:
            self._client.close()

    def _present(self) -> dict[str, int]:
        """Threads of every worker; waits until there is one."""
        begun = time.monotonic()
        while not (threads := self._workers()):
            if time.monotonic() - begun > _WAIT_S:
                raise WorkerError(
                    f"The cluster {self._address} has no workers. Start some with dask worker {self._address}."
                )
            time.sleep(_LOOK_S)
        return threads

    def _workers(self) -> dict[str, int]:
        try:
            return dict(self._client.nthreads())
        except (OSError, ValueError, RuntimeError) as error:
            raise WorkerError(
                f"The Dask scheduler at {self._address} is silent. Once there is one, siting resume goes on."
            ) from error

    def _same_version(self) -> None:
        """A worker without siting, or with another one, would fail later and less clearly."""
        here = _version()
        for address, found in self._client.run(_version, on_error="return").items():
            if found != here:
                what = f"siting {found}" if isinstance(found, str) else f"no siting ({found})"
                raise WorkerError(
                    f"The worker {address} has {what}, here is siting {here}: install the same everywhere."
                )


class _DaskWorker:
    def __init__(self, cluster: DaskBackend, address: str) -> None:
        self._cluster, self._address = cluster, address

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._cluster.call(self._address, function, arguments)

    def leave(self) -> None:
        self._cluster.give_back(self._address)


def _clients(dask_scheduler: Any = None) -> list[str]:
    return list(dask_scheduler.clients)


def _version() -> str:
    return metadata.version("siting")
