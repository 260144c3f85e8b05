"""Every bundled instance in every shape of a year, with all presets, its fleet, and as a pathway: none may end failed.

``python -m tests.bench.grid --out FILE`` solves what FILE does not hold yet, one after the other, writes the table
after each as FILE.md with its figures as FILE.jsonl, and ends with 1 if a plan failed its audit, a solve ended in an
error, or a limit was passed by more than is promised.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import machine
from .command import Solved, solve
from .report import Section, Table, markdown, percent

TITLE = "Grid of bundled instances"
INSTANCES = ("rts-gmlc", "yangtze-west", "jing-jin-ji-meng", "china")
DAYS = (1, 4, 12, 30, 52, 91, 365)
FEW = ("--periods", "4", "--gap", "0.01")
QUICK = (("rts-gmlc", "--periods", "1"), ("jing-jin-ji-meng", "--periods", "1"))
COLUMNS = ("solve", "ended", "seconds", "solver's seconds", "gap", "audit")
LATE_SHARE, LATE_S = 0.1, 5.0
"""How far past its limit a solver may be: the larger of both."""

Row = dict[str, Any]


def cases(instances: tuple[str, ...] = INSTANCES) -> Iterator[tuple[str, ...]]:
    """Commands of the grid, the quick ones first."""
    for name in instances:
        yield name, "--preset", "all", *FEW
        if name != "rts-gmlc":  # it has no fleet to dispatch
            yield name, "--set", "system.dispatch=true", *FEW
        if name == "jing-jin-ji-meng":
            yield name, "--pathway", *FEW
    for days in DAYS:
        for name in instances:
            yield name, "--periods", str(days)
    for name in instances:
        yield name, "--periods", "52x168"


def row(case: tuple[str, ...], done: Solved, limit_s: float) -> Row:
    """What the table says of a solve."""
    result = done.result
    audits = [result.get("audit"), *(stage.get("audit") for stage in result.get("stages", []))]
    failed = [check["name"] for audit in audits if audit for check in audit["checks"] if not check["ok"]]
    spent = done.seconds("solve")
    late = spent is not None and spent > limit_s + max(LATE_SHARE * limit_s, LATE_S)
    plan = any(audits)
    return {
        "case": " ".join(case),
        "ended": done.ended,
        "seconds": done.measured.seconds,
        "solving": spent,
        "gap": result.get("gap"),
        "audit": ("failed: " + ", ".join(failed)) if failed else "passed" if plan else "",
        "ok": bool(result) and result["status"] != "error" and not failed and not late and not done.measured.stopped,
    }


def table(rows: Mapping[str, Row]) -> Table:
    """The grid as a table of the report."""
    words = "`siting solve` with options by default unless named; the audit is that of the plan, of all stages."
    cells = [
        [f"`{name}`", r["ended"], r["seconds"], r["solving"], percent(r["gap"]), r["audit"]] for name, r in rows.items()
    ]
    return Table(words, COLUMNS, cells)


def run(quick: bool) -> Section:
    """Solve the grid."""
    limit_s = 60.0 if quick else 600.0
    done = {" ".join(case): row(case, solve(*case, limit_s=limit_s), limit_s) for case in (QUICK if quick else cases())}
    return Section(TITLE, [table(done)])


def main() -> int:
    """Solve what is not known yet."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.grid", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="without an ending")
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS", help="of each solve")
    parser.add_argument("--only", metavar="NAME[,NAME]", help=f"instances, of {', '.join(INSTANCES)}")
    parser.add_argument("--match", default="", metavar="TEXT", help="commands that contain this alone")
    asked = parser.parse_args()
    instances = INSTANCES if asked.only is None else tuple(asked.only.split(","))
    figures = asked.out.with_suffix(".jsonl")
    lines = figures.read_text(encoding="utf-8").splitlines() if figures.exists() else []
    known: dict[str, Row] = {found["case"]: found for found in map(json.loads, lines)}
    for case in cases(instances):
        name = " ".join(case)
        if name in known or asked.match not in name:
            continue
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
        known[name] = row(case, solve(*case, limit_s=asked.limit), asked.limit)
        with figures.open("a", encoding="utf-8") as out:
            out.write(json.dumps(known[name], ensure_ascii=False) + "\n")
        section = Section(TITLE, [table(known)], machine.describe())
        asked.out.with_suffix(".md").write_text(markdown({"grid": section}) + "\n", encoding="utf-8")
    wrong = [name for name, found in known.items() if not found["ok"]]
    print("\n".join(f"NOT RIGHT: {name}: {known[name]}" for name in wrong) or "all are right")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
