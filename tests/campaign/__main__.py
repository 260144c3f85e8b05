"""``python -m tests.campaign``: try mutants of sound instances; 0 if all end as they should.

``--random COUNT`` holds random problems with all rules against ``scipy.optimize.milp`` instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from .bases import write_bases
from .trial import GOOD, Verdict, make
from .workers import verdicts


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--mutants", type=int, default=10_000, metavar="COUNT")
    parser.add_argument("--random", type=int, metavar="COUNT", help="random problems against another solver")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=Path("campaign-failures"), metavar="FOLDER")
    parser.add_argument(
        "--replay", type=int, metavar="SEED", help="write one mutant to the folder of failures and try it"
    )
    asked = parser.parse_args()
    if asked.random is not None:
        from .against_milp import run

        return run(range(asked.first, asked.first + asked.random))
    with tempfile.TemporaryDirectory(prefix="campaign-") as place:
        bases = write_bases(Path(place))
        seeds = [asked.replay] if asked.replay is not None else range(asked.first, asked.first + asked.mutants)
        return _run(list(seeds), bases, asked.workers, asked.failures, replay=asked.replay is not None)


def _run(seeds: list[int], bases: list[Path], workers: int, failures: Path, *, replay: bool) -> int:
    count: Counter[str] = Counter()
    begun = told = time.monotonic()
    for verdict in verdicts(seeds, bases, workers):
        count[verdict.ending] += 1
        if replay or verdict.ending not in GOOD:
            _keep(verdict, bases, failures)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"{told - begun:7.0f} s  {_line(count)}", file=sys.stderr, flush=True)
    print(f"{len(seeds):,} mutants in {time.monotonic() - begun:.0f} s: {_line(count)}")
    return int(any(count[ending] for ending in count if ending not in GOOD))


def _line(count: Counter[str]) -> str:
    bad = ("traceback", "ill-formed", "audit", "solver", "hang", "crash")
    return ", ".join(f"{count[ending]:,} {ending}" for ending in (*GOOD, *bad))


def _keep(verdict: Verdict, bases: list[Path], failures: Path) -> None:
    folder = failures / f"{verdict.ending}-{verdict.seed}"
    made = make(verdict.seed, bases, folder / "mutant")
    text = json.dumps({"seed": verdict.seed, "mutations": made}, ensure_ascii=False, indent=2)
    (folder / "verdict.txt").write_text(f"{text}\n{verdict.what}\n", encoding="utf-8", errors="replace")
    print(f"{verdict.ending} {verdict.seed}: {made}\n{verdict.what[-600:]}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
