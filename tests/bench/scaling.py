"""More sites and more regions: ``china`` cut into synthetic prefectures, built, solved, and what follows for more."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import siting
from siting.solving.compiled import compile_problem

from .command import CELLS, solve
from .memory import GB, measure
from .prefectures import prefectures
from .report import Cell, Section, Table, shown

TITLE = "Scaling in sites and regions"
CASES = ((31, 50, 14), (31, 200, 14), (31, 1000, 14), (100, 111, 14), (340, 351, 14))
QUICK = ((31, 50, 1),)
LIMIT_S, LIMIT_GB = 1800.0, 20.0
GAP = "0.01"

COUNTIES, YEAR_DAYS, CORES = 3000, 365, 64


@dataclass(frozen=True)
class Size:
    """A program: regions, sites and days of the case, and what was measured when it was made."""

    regions: int
    sites: int
    days: int
    found: dict[str, Any]
    peak_gb: float


def built(folder: Path, days: int) -> dict[str, Any]:
    """Load an instance and make its program, in pieces; seconds of each step, and the size of what comes out."""
    marks = [time.monotonic()]
    problem = siting.load(folder)
    marks.append(time.monotonic())
    problem = siting.choose(problem, days, 24)
    marks.append(time.monotonic())
    program = compile_problem(problem).program
    marks.append(time.monotonic())
    periods = program.periods
    shared = [program.own_first, program.coupling_first, *(d.coupling for d in periods)]
    by_period = [matrix for d in periods for matrix in (d.T, d.W)]
    pairs = sum(label[0] == "assigned_mw" for label in program.first.labels)
    moved = sum(label[0] == "moved_mw" for label in periods[0].columns.labels)
    return {
        "seconds": [after - before for before, after in pairwise(marks)],
        "rows": len(program.own) + len(program.coupling) + sum(len(d.rows) for d in periods),
        "columns": len(program.first) + sum(len(d.columns) for d in periods),
        "nonzeros": int(sum(matrix.nnz for matrix in (*shared, *by_period))),
        "integers": int(program.first.integer.sum()),
        "pairs": pairs,
        "moved": moved,
    }


def run(quick: bool) -> Section:
    """Build and solve prefectures of growing number."""
    building: list[list[Cell]] = []
    solving: list[list[Cell]] = []
    sizes = []
    for regions, sites, days in QUICK if quick else CASES:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "prefectures"
            siting.write(prefectures(regions, sites), folder)
            case: list[Cell] = [regions, sites, days]
            done = measure(("-m", "tests.bench.scaling", str(folder), str(days)), LIMIT_S, LIMIT_GB)
            if not done.out:
                building.append([*case, f"{done.stopped} limit", *[None] * 7, f"{done.peak_gb:.2f} GB"])
                continue
            size = Size(regions, sites, days, json.loads(done.out), done.peak_gb)
            sizes.append(size)
            counts = [size.found[name] for name in ("rows", "columns", "integers", "nonzeros")]
            building.append([*case, "built", *counts, *size.found["seconds"], f"{size.peak_gb:.2f} GB"])
            solved = solve(folder, "--periods", str(days), "--gap", GAP, limit_s=LIMIT_S)
            solving.append([*case, solved.result.get("solver", {}).get("strategy"), *solved.cells])
    case_columns = ("regions", "sites", "days")
    parts = ("rows", "columns", "integers", "nonzeros", "load", "periods", "build", "peak memory")
    words = (
        "`china` with its provinces cut into synthetic prefectures (`python -m tests.bench.prefectures FOLDER REGIONS "
        "SITES`). Seconds to load, to choose the days and to build and compile the program, one process."
    )
    solves = (
        f"The same solved: `siting solve FOLDER --periods DAYS --gap {GAP}`, at most {LIMIT_S:,.0f} s for the solver."
    )
    tables = [
        Table(words, (*case_columns, "ended", *parts), building),
        Table(solves, (*case_columns, "way", *CELLS), solving),
    ]
    if sizes:
        tables.append(beyond(sizes[-1]))
    return Section(TITLE, tables)


def beyond(size: Size) -> Table:
    """From the measured program to 3,000 counties and 8,760 hours on a cluster, by proportion."""
    found, regions, days = size.found, size.regions, size.days
    # Columns for pairs of regions and sites grow with both; all else with regions and days.
    pairs = found["pairs"] + found["moved"] * days
    rest, build_s, matrix_gb = found["columns"] - pairs, found["seconds"][-1], 12 * found["nonzeros"] / GB
    wider, longer = COUNTIES / regions, YEAR_DAYS / days
    more = wider * longer
    rows: list[list[Cell]] = [
        ["columns of one day, without pairs", rest / days, rest / days * wider, "regions"],
        ["columns, without pairs", rest, rest * more, "regions x days"],
        ["pairs, as many sites in reach of a region as here", pairs, pairs * more, "regions x days"],
        ["pairs, sites as many times as regions", pairs, pairs * more * wider, "regions x sites x days"],
        ["GB of matrix, 12 bytes a nonzero", matrix_gb, matrix_gb * more, "regions x days"],
        ["core seconds to build", build_s, build_s * more, "regions x days"],
        [f"seconds to build on {CORES} cores", build_s / CORES, build_s * more / CORES, "regions x days"],
    ]
    hours = YEAR_DAYS * 24
    words = (
        f"From what was measured ({regions} regions, {size.sites} sites, {days} days: {shown(found['columns'])} "
        f"columns, {shown(build_s)} s, {size.peak_gb:.1f} GB) to {COUNTIES:,} counties and {hours:,} hours on {CORES} "
        "cores, by proportion alone: nothing of that size was run. A worker builds, solves and forgets a day at a time "
        f"and holds {shown(rest / days * wider / 1e6)} million columns besides the pairs of one day. The "
        "pairs are what does not fit: if every county reaches every site they outnumber all else, so that work has to "
        "be confined by latency, zone or bandwidth before counties are planned one by one."
    )
    sizes = f"{regions} regions, {days} days", f"{COUNTIES:,} counties, {hours:,} h"
    return Table(words, ("quantity", *sizes, "grows as"), rows)


def main() -> None:
    """Build one folder, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("days", type=int)
    asked = parser.parse_args()
    print(json.dumps(built(asked.folder, asked.days)))


if __name__ == "__main__":
    main()
