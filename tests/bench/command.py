"""``siting solve`` in a process of its own: how it ended, how long it took, and the memory of all its processes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .memory import Measured, measure
from .report import Cell, percent

GRACE_S = 300.0
"""Beyond the limit of the solve: to build, to audit and to write."""


@dataclass(frozen=True)
class Solved:
    """A solve: what was measured, and its ``result.json`` (empty if it was ended from outside)."""

    measured: Measured
    result: dict[str, Any]

    @property
    def ended(self) -> str:
        """How it ended, in a word or two, limits by their name."""
        if self.measured.stopped:
            return f"{self.measured.stopped} limit"
        if not self.result:
            return f"exit {self.measured.code}: {self.measured.err.strip().splitlines()[-1:]}"
        plan = {"optimal": "proven", "feasible": "not proven, with a plan", "stopped": "time limit, no plan"}
        return plan.get(self.result["status"], self.result["status"])

    def seconds(self, *phases: str) -> float | None:
        """Seconds of some phases by the clock of the run; None if it left none."""
        return sum(self.result["seconds"].get(phase, 0.0) for phase in phases) if self.result else None

    @property
    def cells(self) -> list[Cell]:
        """How it ended, gap, seconds from import to exit, processor seconds, memory."""
        taken = self.measured
        return [self.ended, percent(self.result.get("gap")), taken.seconds, taken.cpu_s, f"{taken.peak_gb:.2f} GB"]


CELLS = ("ended", "gap", "seconds", "CPU seconds", "peak memory")


def solve(instance: str | Path, *options: str, limit_s: float = 600.0, others: Iterable[int] = ()) -> Solved:
    """Run ``siting solve`` with options.

    Parameters
    ----------
    instance : str or Path
        Name or folder.
    *options : str
        Options of the command.
    limit_s : float
        Its ``--time-limit``; it is killed a while after that if it has not ended.
    others : iterable of int
        Processes whose memory counts too.
    """
    with tempfile.TemporaryDirectory() as place:
        limit = ("--time-limit", f"{limit_s:g}", "--out", f"{place}/run", "--json")
        command = ("-m", "siting", "solve", str(instance), *options, *limit)
        measured = measure(command, limit_s + GRACE_S, others=others)
    return Solved(measured, json.loads(measured.out) if measured.out else {})
