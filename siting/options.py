"""What a solve is asked for: declared once, for Python and for the command line."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from siting.errors import Sentence, UsageError
from siting.instance import file_digest
from siting.solver.highs.engine import Limits, Strategy

Scalar = str | int | float | bool

OF_A_RUN = ("periods", "hours", "settings", "edits", "base", "pathway", "check_year")
"""Options that only a run from an instance obeys: a problem that is already loaded has its periods and settings."""


@dataclass(frozen=True)
class SolveOptions:
    """What a solve is asked for, by :func:`siting.solve`, :func:`siting.run` and ``siting solve`` alike.

    Parameters
    ----------
    gap : float
        Relative gap to be proven.
    time_limit_s : float
        Wall-clock seconds; the best plan so far is returned with its bound.
    seed, threads : int
        Random seed; threads of HiGHS (0: HiGHS decides).
    periods, hours : int or None
        Number and length of the periods; None: the instance's. Of a run alone, as is all that follows up to ``base``.
    settings : mapping
        Changed settings, ``section.key`` to value.
    edits : sequence of Path
        Files with rules of the user's own, each with a function ``add(m, p)``.
    base : str or None
        Base map: the name of a bundled one, or a file.
    highs : mapping
        Options of HiGHS by their own names.
    pathway : bool
        Whether all stages are planned together; of a run alone.
    strategy : str
        ``whole``: one matrix; ``decomposed``: period by period, for many periods; ``auto``: by the number of periods
        and rows.
    workers : int
        Processes that build and solve periods; 1: no other than this one; 0: one for each core. A script that asks for
        more than one needs ``if __name__ == "__main__":``. With a cluster: how many of its workers; 0: all.
    cluster : str or None
        Address of a Dask scheduler whose workers build the pieces of a problem and solve the periods.
    check_year : bool or None
        Whether the plan is held against the whole year; None: where the year is small; of a run alone.
    """

    gap: float = 0.005
    time_limit_s: float = 600.0
    seed: int = 0
    threads: int = 0
    periods: int | None = None
    hours: int | None = None
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    edits: Sequence[Path] = ()
    base: str | None = None
    highs: Mapping[str, Scalar] = field(default_factory=dict)
    pathway: bool = False
    strategy: Strategy = "auto"
    workers: int = 1
    cluster: str | None = None
    check_year: bool | None = None

    @property
    def processes(self) -> int:
        """Workers as a number, of this machine; of a cluster 0 stays: all."""
        return self.workers if self.cluster else self.workers or os.cpu_count() or 1

    @property
    def for_solver(self) -> SolveOptions:
        """Without what a run obeys before its problem is solved."""
        defaults = {one.name: getattr(_DEFAULTS, one.name) for one in dataclasses.fields(self)}
        return dataclasses.replace(self, **{name: defaults[name] for name in OF_A_RUN})

    def limits(self, checkpoint: Path | None = None) -> Limits:
        """The part that the solver obeys."""
        return Limits(
            self.gap,
            self.time_limit_s,
            self.seed,
            self.threads,
            dict(self.highs),
            self.strategy,
            self.processes,
            self.cluster or "",
            checkpoint,
        )

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows; files by name and fingerprint."""
        return {
            "gap": self.gap,
            "time_limit_s": self.time_limit_s,
            "seed": self.seed,
            "threads": self.threads,
            "periods": self.periods,
            "hours": self.hours,
            "set": dict(self.settings),
            "edit": [{"file": path.name, "sha256": file_digest(path)} for path in self.edits],
            "base": None if self.base is None else Path(self.base).name,
            "highs": dict(self.highs),
            "pathway": self.pathway,
            "strategy": self.strategy,
            "workers": self.workers,
            "cluster": self.cluster,
            "check_year": self.check_year,
        }


_DEFAULTS = SolveOptions()


class SolverChanges(TypedDict, total=False):
    """Options of :func:`siting.solve` as keywords; ``time_limit`` is ``time_limit_s``."""

    gap: float
    time_limit: float
    time_limit_s: float
    seed: int
    threads: int
    highs: Mapping[str, Scalar]
    strategy: Strategy
    workers: int
    cluster: str | None


class RunChanges(SolverChanges, total=False):
    """Options of :func:`siting.run` as keywords."""

    periods: int | None
    hours: int | None
    settings: Mapping[str, Scalar]
    edits: Sequence[Path]
    base: str | None
    pathway: bool
    check_year: bool | None


def changed(options: SolveOptions | None, changes: Mapping[str, Any]) -> SolveOptions:
    """Options with some of them given as keywords.

    Raises
    ------
    TypeError
        If a keyword is no option.
    """
    known = {"time_limit_s" if name == "time_limit" else name: value for name, value in changes.items()}
    unknown = sorted(known.keys() - {one.name for one in dataclasses.fields(SolveOptions)})
    if unknown:
        raise TypeError(f"no such option of a solve: {', '.join(unknown)}")
    return dataclasses.replace(_DEFAULTS if options is None else options, **known)


def of_solver(options: SolveOptions | Mapping[str, Scalar] | None, changes: Mapping[str, Any]) -> SolveOptions:
    """Options for a problem that is already loaded.

    Raises
    ------
    UsageError
        If they name something that only a run from an instance obeys.
    """
    if isinstance(options, Mapping):
        warnings.warn(
            "options={...} of HiGHS is highs={...}, and ends with version 0.3", DeprecationWarning, stacklevel=3
        )
        options, changes = None, {"highs": options, **changes}
    asked = changed(options, changes)
    ignored = [name for name in OF_A_RUN if getattr(asked, name) != getattr(_DEFAULTS, name)]
    if ignored:
        raise UsageError(
            Sentence(
                "{names}: only siting.run obeys this; a problem that is loaded has its periods and settings.",
                names=", ".join(ignored),
            )
        )
    return asked
