"""The bundled instances with ``siting solve``, import to exit, and the part that is not solving."""

from __future__ import annotations

from .command import CELLS, solve
from .report import Cell, Section, Table, percent

TITLE = "Solves"
CASES = (
    ("jing-jin-ji-meng",),
    ("yangtze-west",),
    ("rts-gmlc",),
    ("china", "--periods", "12", "--gap", "0.005"),
    ("china", "--preset", "all", "--gap", "0.01"),
    ("china", "--preset", "all"),
)
QUICK = (("jing-jin-ji-meng", "--periods", "2", "--gap", "0.02"),)
PHASES = ("start", "load", "periods", "build", "handover", "solve", "audit", "save", "maps")


def run(quick: bool) -> Section:
    """Solve the bundled instances."""
    words = (
        "Import to exit, options by default unless named, audit and maps included; memory is that of all processes "
        "together. *Before* is load, build and hand-over as a share of the time."
    )
    parts = (
        "The same, where the time went (seconds by the clock of the run; *start* is the import of libraries, *maps* "
        "has the base map read)."
    )
    rows: list[list[Cell]] = []
    phases: list[list[Cell]] = []
    for instance, *options in QUICK if quick else CASES:
        done = solve(instance, *options)
        name = f"`{' '.join((instance, *options))}`"
        before = done.seconds("load", "build", "handover")
        share = None if before is None else before / done.measured.seconds
        rows.append([name, done.result.get("solver", {}).get("strategy"), *done.cells, percent(share)])
        phases.append([name, *(done.seconds(phase) for phase in PHASES)])
    tables = [Table(words, ("solve", "way", *CELLS, "before"), rows), Table(parts, ("solve", *PHASES), phases)]
    return Section(TITLE, tables)
