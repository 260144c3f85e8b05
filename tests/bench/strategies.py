"""Whole against decomposed as the year grows, with one and two processes, and on a cluster of Dask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from .command import CELLS, solve
from .report import Cell, Section, Table

TITLE = "Whole and decomposed"
DAYS = (4, 8, 14, 28, 91, 365)
LIMIT_S = 900.0
GAP = "0.01"
CLUSTER_DAYS = 28

WAYS = (("whole", 1), ("decomposed", 1), ("decomposed", 2))


def run(quick: bool) -> Section:
    """Solve ``china`` in every way; a limit is told as such."""
    instance, days, limit_s = ("jing-jin-ji-meng", (2, 4), 60.0) if quick else ("china", DAYS, LIMIT_S)
    rows: list[list[Cell]] = []
    for count in days:
        for way, workers in WAYS:
            options = ("--periods", str(count), "--gap", GAP, "--strategy", way, "--workers", str(workers))
            done = solve(instance, *options, limit_s=limit_s)
            rows.append([count, way, f"{workers}", *done.cells])
    words = (
        f"`siting solve {instance} --periods DAYS --gap {GAP}` with `--strategy` and `--workers`, at most "
        f"{limit_s:,.0f} s for the solver; import to exit."
    )
    return Section(TITLE, [Table(words, ("days", "way", "processes", *CELLS), rows), *_on_clusters(quick)])


def _on_clusters(quick: bool) -> list[Table]:
    if not find_spec("distributed"):
        return []
    instance, days = ("jing-jin-ji-meng", 4) if quick else ("china", CLUSTER_DAYS)
    rows: list[list[Cell]] = []
    for workers in (1, 2):
        with cluster(workers) as (address, processes):
            options = ("--periods", str(days), "--gap", GAP, "--strategy", "decomposed", "--cluster", address)
            done = solve(instance, *options, limit_s=LIMIT_S, others=processes)
        rows.append([workers, *done.cells])
    words = (
        f"The same for {days} days of `{instance}` with `--cluster`: workers of Dask on this machine, one thread each; "
        "their memory counts, their processor seconds do not."
    )
    return [Table(words, ("Dask workers", *CELLS), rows)]


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[int]]]:
    """The address of a scheduler of Dask, and the processes of its workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as local:
        yield local.scheduler_address, [worker.pid for worker in local.workers.values()]
