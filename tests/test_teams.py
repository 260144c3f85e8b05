"""Workers that are killed cost time and nothing else: processes of this machine, and those of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys

import pytest
from cases import random_days
from test_decomposed import GAP, GREEN, agree, program_of

import siting
from siting.errors import WorkerError
from siting.solver.parallel import backends as places
from siting.solver.parallel import pool as teams
from siting.solver.parallel import processes as workers
from siting.solver.parallel import worker_state as kept
from siting.solver.parallel.pool import new_worker_pool
from siting.solving import compiled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


def plus(kept_number, more):
    return kept_number + more, os.getpid()


def end_yourself(number):
    os.kill(os.getpid(), signal.SIGKILL)


def killing(process_ids, at):
    """A listener that kills the first process there is after some passes."""

    def tell(progress):
        if progress.passes in at:
            at.remove(progress.passes)
            os.kill(process_ids()[0], signal.SIGKILL)

    return tell


def test_each_keeps_its_own_and_a_lost_one_is_replaced_but_not_for_ever(monkeypatch):
    team = new_worker_pool(int, lambda i, size: (10 * i,), 2, 9, "")
    try:
        (first, one), (second, other) = team.ask(plus, 1)
        assert (first, second, team.size) == (1, 11, 2)
        assert len({one, other, os.getpid()}) == 3
        os.kill(other, signal.SIGKILL)
        (first, same), (second, new) = team.ask(plus, 2)
        assert (first, second, same) == (2, 12, one)
        assert new != other
        assert sorted(number % 10 for number, _ in team.share(plus, range(4))) == [0, 1, 2, 3]
        monkeypatch.setattr(teams, "_TRIES", 1)
        with pytest.raises(WorkerError, match="1 times in a row"):
            team.ask(end_yourself)
    finally:
        team.close()


def test_alone_nobody_else_is_asked():
    team = new_worker_pool(int, lambda i, size: (10 * i,), 5, 1, "")
    assert team.ask(plus, 1) == [(1, os.getpid())]
    assert [number for number, _ in team.share(plus, range(3))] == [0, 1, 2]
    team.close()


def test_a_killed_process_changes_nothing():
    """The dispatch of a lost worker is found again within its budgets, so that the floors of the year still hold."""

    def children():
        return [child.pid for child in multiprocessing.active_children()]

    agree(program_of(random_days(3, 4, settings=GREEN)), workers=2, listen=killing(children, [3, 30]))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are begun anew in any case")
def test_where_nothing_can_be_copied_processes_are_begun_anew(monkeypatch):
    def no_socket():
        raise OSError("AF_UNIX path too long")

    assert workers.context().get_start_method() == "forkserver"
    monkeypatch.setattr("multiprocessing.forkserver.ensure_running", no_socket)
    workers.context.cache_clear()
    try:
        assert workers.context().get_start_method() == "spawn"
        with workers.new_process_pool(1) as pool:
            assert pool.submit(os.getpid).result() != os.getpid()
    finally:
        workers.context.cache_clear()


@pytest.mark.parametrize("missing", ["package", "scheduler"])
def test_a_cluster_that_is_not_there(monkeypatch, missing):
    if missing == "package":
        monkeypatch.setitem(sys.modules, "distributed", None)
    else:
        pytest.importorskip("distributed")
        monkeypatch.setattr(places, "_CONNECT_S", 0.2)
    with pytest.raises(WorkerError, match="pip install" if missing == "package" else "No Dask scheduler"):
        siting.solve(random_days(0, 3), strategy="decomposed", cluster="tcp://127.0.0.1:9")


def test_on_a_cluster(monkeypatch):
    """Pieces and periods on two workers of Dask, one of which is killed twice; nothing stays behind on them."""
    dask = pytest.importorskip("distributed")
    monkeypatch.setattr(compiled, "WHOLE_REGION_H", 0)
    monkeypatch.setattr(compiled, "PIECE_H", 1)
    monkeypatch.setattr(compiled, "PIECE_REGION_H", 1)
    p = random_days(3, 4, settings=GREEN)
    alone = siting.solve(p, gap=GAP, strategy="decomposed")
    with dask.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        with dask.Client(address, set_as_default=False) as client:
            client.run(kept.keep, ("a driver that was killed", 0), int, ())

            def workers():
                return [worker.process.pid for worker in cluster.workers.values() if worker.process.pid]

            found = siting.solve(
                p, gap=GAP, strategy="decomposed", workers=0, cluster=address, progress=killing(workers, [4, 20])
            )
            assert client.run(left_behind) == dict.fromkeys(client.nthreads(), 0)
    assert (found.status, found.outcome.strategy) == ("optimal", "decomposed")
    assert found.objective == pytest.approx(alone.objective, rel=2 * GAP)
    assert siting.audit(p, found.tables, found.objective).ok


def left_behind():
    return len(kept._kept)
