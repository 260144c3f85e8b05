"""What a solve must know to go on after its process was killed, in one file that is never half-written.

The bound, the cuts that prove it, the prices, and the best plan with its use of the coupling constraints; no dispatch,
since each period finds one again. A fingerprint of the program keeps one solve from going on with what another has
found.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from siting.errors import Sentence, UsageError
from siting.files.atomic import write_file
from siting.files.reading import MIB, arrays_of, read_bytes
from siting.solver.benders.convex_combination import Combination
from siting.solver.benders.parameters import DEFAULT
from siting.solver.cache import IdentityCache
from siting.solver.compile.matrix import FloatArray
from siting.solver.compile.two_stage import Columns, Rows, TwoStage

_FORMAT = 2
_MOST = 4096 * MIB


@dataclass(frozen=True)
class Snapshot:
    """How far a solve is.

    Parameters
    ----------
    phase : str
        What it was doing.
    passes : int
        Done so far.
    bound, sure : float
        Proven, and by weak duality alone.
    groups : ndarray of int
        The group of each period in the master.
    centre : ndarray of float
        Of the relaxation's last box.
    breaking, asked, shortfall : ndarray of float, ndarray of float, float
        See :class:`siting.solver.benders.penalties.Penalties`.
    cuts : dict of str to ndarray
        Of the master.
    best, relaxed : Combination or None
        The best plan, and that of the relaxation.
    """

    phase: str
    passes: int
    bound: float
    sure: float
    groups: npt.NDArray[np.int64]
    centre: FloatArray
    breaking: FloatArray
    asked: FloatArray
    shortfall: float
    cuts: dict[str, npt.NDArray[Any]]
    best: Combination | None
    relaxed: Combination | None


class Keeper:
    """Keeps the snapshots of a solve, each in the place of the one before.

    Parameters
    ----------
    path : Path or None
        The file; None: nothing is kept.
    program : TwoStage
        What is solved.
    spare : float
        So many times as long as the last snapshot took, none is written.
    """

    def __init__(self, path: Path | None, program: TwoStage, spare: float = DEFAULT.checkpoint_spare) -> None:
        self._path, self._program, self._spare = path, program, spare
        self._fingerprint = "" if path is None else fingerprint(program)
        self._next = -np.inf

    def load(self) -> Snapshot | None:
        """What was kept; None if nothing was.

        Raises
        ------
        UsageError
            If the file is damaged, or of another program.
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            found = arrays_of(read_bytes(self._path, _MOST))
            if str(found["fingerprint"]) != self._fingerprint:
                raise UsageError(
                    Sentence(
                        "The checkpoint {path!r} is of another problem: data, settings, rules or the version of "
                        "siting have changed. Undo that, or solve again from the beginning.",
                        path=str(self._path),
                    )
                )
            snapshot = _snapshot(found)
            _check(snapshot, self._program)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                Sentence(
                    "The checkpoint {path!r} is damaged ({error}). Solve again from the beginning.",
                    path=str(self._path),
                    error=error,
                )
            ) from error
        return snapshot

    def offer(self, make: Callable[[], Snapshot]) -> None:
        """Keep a snapshot, if the last one is old enough."""
        begun = time.monotonic()
        if self._path is None or begun < self._next:
            return
        content = io.BytesIO()
        arrays: dict[str, Any] = {"fingerprint": np.asarray(self._fingerprint), **_arrays(make())}
        np.savez(content, **arrays)
        write_file(self._path, content.getvalue())
        now = time.monotonic()
        self._next = now + self._spare * (now - begun)

    def remove(self) -> None:
        """Keep nothing any more."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def fingerprint(program: TwoStage) -> str:
    """Tells programs apart: labels, costs, bounds and matrices.

    Numbers count in single precision, since libraries of other machines may differ in the last digits.
    """
    total = hashlib.blake2b(f"{_FORMAT}".encode(), digest_size=16)
    digest = IdentityCache(lambda labels: hashlib.blake2b(repr(labels).encode()).digest())

    def add(*parts: Any) -> None:
        for part in parts:
            if isinstance(part, Columns | Rows):
                total.update(digest(part.labels))
                add(*(value for name, value in vars(part).items() if name != "labels"))
            elif hasattr(part, "indptr"):
                add(part.indptr, part.indices, part.data)
            else:
                values = np.asarray(part)
                kind = np.float32 if values.dtype.kind == "f" else np.int64
                total.update(values.astype(kind).tobytes())

    with np.errstate(over="ignore"):
        add(program.first, program.own, program.own_first, program.coupling, program.coupling_first)
        for period in program.periods:
            add(period.columns, period.rows, period.T, period.W, period.coupling)
    return total.hexdigest()


def _check(snapshot: Snapshot, program: TwoStage) -> None:
    """Refuse arrays that are not those of the program: a fingerprint can be copied.

    Raises
    ------
    ValueError
        If one has another form or type, or a group is none.
    """
    first, coupling, periods = len(program.first), len(program.coupling), len(program.periods)
    cuts = snapshot.cuts
    known = len(cuts["group"])
    wanted = [
        (snapshot.groups, (periods,)),
        (snapshot.centre, (first,)),
        (snapshot.breaking, (coupling,)),
        (snapshot.asked, (coupling,)),
        (cuts["group"], (known,)),
        (cuts["constant"], (known,)),
        (cuts["slope"], (known, cuts["slope"].shape[-1])),
        (cuts["price"], (known, coupling)),
        (cuts["costs"], (known,)),
    ]
    for plan in (snapshot.best, snapshot.relaxed):
        if plan is not None:
            wanted += [(plan.x, (first,)), (plan.usage, (periods, coupling))]
            wanted += [(plan.broken, (coupling,)), (plan.prices, (coupling,))]
    groups = (snapshot.groups, cuts["group"])
    if any(array.shape != shape or array.dtype.kind not in "fi" for array, shape in wanted) or any(
        len(array) and (array.dtype.kind != "i" or not 0 <= array.min() <= array.max() < periods) for array in groups
    ):
        raise ValueError("its arrays are not those of this problem")


_SIMPLE = ("phase", "passes", "bound", "sure", "groups", "centre", "breaking", "asked", "shortfall")
_PLAN = ("value", "x", "usage", "shortfall", "broken", "prices")


def _arrays(snapshot: Snapshot) -> dict[str, npt.NDArray[Any]]:
    found = {name: np.asarray(getattr(snapshot, name)) for name in _SIMPLE}
    found |= {f"cuts.{name}": array for name, array in snapshot.cuts.items()}
    for name, plan in (("best", snapshot.best), ("relaxed", snapshot.relaxed)):
        if plan is not None:
            found |= {f"{name}.{part}": np.asarray(getattr(plan, part)) for part in _PLAN}
    return found


def _snapshot(found: dict[str, npt.NDArray[Any]]) -> Snapshot:
    def plan(name: str) -> Combination | None:
        if f"{name}.x" not in found:
            return None
        part = {one: found[f"{name}.{one}"] for one in _PLAN}
        return Combination(
            float(part["value"]), part["x"], part["usage"], {}, float(part["shortfall"]), part["broken"], part["prices"]
        )

    return Snapshot(
        phase=str(found["phase"]),
        passes=int(found["passes"]),
        bound=float(found["bound"]),
        sure=float(found["sure"]),
        groups=found["groups"],
        centre=found["centre"],
        breaking=found["breaking"],
        asked=found["asked"],
        shortfall=float(found["shortfall"]),
        cuts={name.removeprefix("cuts."): array for name, array in found.items() if name.startswith("cuts.")},
        best=plan("best"),
        relaxed=plan("relaxed"),
    )
