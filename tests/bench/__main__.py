"""``python -m tests.bench --report FILE``: measure, and write a Markdown report."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from . import (
    facility_race,
    grid,
    handover,
    machine,
    pypsa_race,
    pypsa_year,
    report,
    scaling,
    solves,
    strategies,
    yearly_rules,
)
from .memory import ROOT

SUBJECTS = {
    "solves": solves,
    "handover": handover,
    "rules": yearly_rules,
    "strategies": strategies,
    "pypsa": pypsa_race,
    "year": pypsa_year,
    "facility": facility_race,
    "scaling": scaling,
    "grid": grid,
}


def main() -> None:
    """Measure the subjects one after the other; the report is written after each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--report", type=Path, required=True, metavar="FILE", help="report to write, as FILE.md")
    parser.add_argument("--only", metavar="NAME[,NAME]", help=f"of {', '.join(SUBJECTS)}; others stay as in the report")
    parser.add_argument("--quick", action="store_true", help="small sizes only, a few minutes, to try the benchmark")
    parser.add_argument("--guide", action="store_true", help="put the tables into the guide's page of benchmarks too")
    asked = parser.parse_args()
    names = list(SUBJECTS) if asked.only is None else asked.only.split(",")
    if unknown := sorted(set(names) - set(SUBJECTS)):
        parser.error(f"no subject {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    sections = report.read(asked.report.with_suffix(".json"))
    for name in names:
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
        described, begun = machine.describe(), time.monotonic()
        section = SUBJECTS[name].run(asked.quick)
        sections[name] = replace(section, machine=described, seconds=time.monotonic() - begun, quick=asked.quick)
        sections = {key: sections[key] for key in SUBJECTS if key in sections}
        report.write(sections, asked.report)
    if asked.guide:
        report.into_page(sections, ROOT / "siting" / "guide" / "benchmarks.md")


if __name__ == "__main__":
    main()
