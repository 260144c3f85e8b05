"""What an audit says: named checks, totals, and the ledger in which the checks are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from siting.problem import Problem
from siting.problem.problem import FloatArray

FLOORS = {"MW": 1e-4, "MWh": 1e-4, "MWh/year": 1.0, "t": 0.1, "m3": 2.0, "million": 1e-6, "1": 1e-5, "Gbit/s": 1e-4}
"""Absolute part of the tolerance by unit: ten times what a solver leaves on a row at 1e-5, summed over a year for
yearly energy and carbon; integers may be off by 1e-5. All are far below what a reader of a result can see."""

_NOTHING = 1e-12
"""Floor of what is told, so that zero equals zero."""

Axis = tuple[str, Sequence[Any]]
"""Name of an index and its members; a member of a composite index is a tuple."""


@dataclass(frozen=True)
class Check:
    """One rule, at the place where it is closest to failing or fails worst.

    Parameters
    ----------
    name : str
        Name of the rule.
    ok : bool
        Whether it holds everywhere within the tolerance.
    worst : float
        Violation at the worst place, in ``unit``; 0 or less where it holds with room.
    where : str
        The worst place, or the message of a table that cannot be read.
    unit : str
        Unit of ``worst`` and ``tolerance``.
    tolerance : float
        What is allowed at that place: an absolute floor plus a relative part of the scale of the row.
    """

    name: str
    ok: bool
    worst: float
    where: str
    unit: str
    tolerance: float

    def __str__(self) -> str:
        state = "ok" if self.ok else "FAILED"
        return (
            f"{self.name}: {state}, worst {self.worst:.3g} {self.unit} (allowed {self.tolerance:.3g}) at {self.where}"
        )


@dataclass(frozen=True)
class Audit:
    """The verdict on a plan, and its totals recomputed from the problem and the tables.

    Parameters
    ----------
    checks : tuple of Check
        Every rule that was looked at.
    totals : dict
        Recomputed totals; numbers, and dictionaries of numbers by name.
    faults : tuple of str
        Everything that is wrong with the tables themselves; a check shows the first of its kind.
    """

    checks: tuple[Check, ...]
    totals: dict[str, Any]
    faults: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(check.ok for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.ok)

    def as_dict(self) -> dict[str, Any]:
        """The audit in types that JSON knows."""
        fields = ("name", "ok", "worst", "where", "unit", "tolerance")
        return {
            "ok": self.ok,
            "checks": [{field: getattr(check, field) for field in fields} for check in self.checks],
            "totals": self.totals,
        }


class Ledger:
    """Collects checks; several comparisons under one name are one check, which shows the worst of them.

    Parameters
    ----------
    p : Problem
        Gives the names of regions and sites for the messages.
    relative : float
        Relative part of the tolerance.

    Attributes
    ----------
    read : dict of str to set of str
        The columns of each table that some check has read: what is missing here has been looked at by nobody.
    faults : list of str
        Everything that was wrong with the tables themselves; a check shows the first.
    """

    def __init__(self, p: Problem, relative: float) -> None:
        self.relative = relative
        self.period: Axis = ("period", range(p.calendar.periods))
        self.hour: Axis = ("hour", range(p.calendar.hours))
        self.region: Axis = ("region", list(p.regions.index))
        self.site: Axis = ("site", list(p.sites.index))
        self.compute: Axis = ("compute", list(p.compute_types.index))
        self.read: dict[str, set[str]] = {}
        self.faults: list[str] = []
        self._checks: dict[str, Check] = {}

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks so far, in the order in which they were first named."""
        return tuple(self._checks.values())

    def at_most(
        self,
        name: str,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        axes: Sequence[Axis],
        unit: str,
        scale: npt.ArrayLike = 0.0,
        what: str = "",
    ) -> None:
        """Check that ``left <= right`` everywhere.

        Parameters
        ----------
        name : str
            Name of the rule.
        left, right : array_like
            Broadcast to the shape of ``axes``.
        axes : sequence of Axis
            The indices of the rows; none for one row.
        unit : str
            A key of :data:`FLOORS`.
        scale : array_like
            Size of the terms of a row where they are larger than both sides.
        what : str
            Which of several quantities the rows are about.
        """
        self._write(name, np.subtract(left, right), left, right, axes, unit, scale, what)

    def equal(
        self,
        name: str,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        axes: Sequence[Axis],
        unit: str,
        scale: npt.ArrayLike = 0.0,
        what: str = "",
        floor: float | None = None,
    ) -> None:
        """Check that ``left == right`` everywhere.

        Parameters are those of :meth:`at_most`, and ``floor``: the absolute part of the tolerance, if it is not that
        of the unit.
        """
        self._write(name, np.abs(np.subtract(left, right)), left, right, axes, unit, scale, what, floor)

    def same(
        self,
        name: str,
        told: npt.ArrayLike,
        mine: npt.ArrayLike,
        axes: Sequence[Axis],
        unit: str,
        scale: npt.ArrayLike = 0.0,
        what: str = "",
        rounding: float = 1e-6,
    ) -> None:
        """Check that what is told of a plan is what its decisions come to.

        The tolerance has no floor by unit, so that small numbers are checked like large ones: its floor is a part of
        the largest number that is told. Parameters are those of :meth:`at_most`, and ``rounding``: that part.
        """
        size = max(float(np.max(np.abs(each), initial=0.0)) for each in map(np.asarray, (told, mine, scale)))
        self.equal(name, told, mine, axes, unit, scale, what, floor=rounding * size + _NOTHING)

    def fail(self, name: str, message: str) -> None:
        """Write down a failure that has no size, such as a table that is missing."""
        self.faults.append(message)
        self._keep(Check(name, False, 1.0, message, "faults", 0.0))

    def good(self, name: str) -> None:
        """Write down a rule that holds because nothing was found against it."""
        self._keep(Check(name, True, 0.0, "", "faults", 0.0))

    def _write(
        self,
        name: str,
        gap: FloatArray,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        axes: Sequence[Axis],
        unit: str,
        scale: npt.ArrayLike,
        what: str,
        floor: float | None = None,
    ) -> None:
        shape = tuple(len(members) for _, members in axes)
        if 0 in shape:
            return
        # An infinite bound never binds; its size must not make the tolerance infinite.
        size = np.maximum(np.abs(left), np.abs(np.where(np.isfinite(right), right, 0.0)))
        least = FLOORS[unit] if floor is None else floor
        allowed = np.broadcast_to(least + self.relative * np.maximum(size, np.abs(scale)), shape)
        over = np.broadcast_to(gap, shape)
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(over / allowed)), shape)) if shape else ()
        labels = [f"{label}={member_text(members[i])}" for (label, members), i in zip(axes, place, strict=True)]
        worst, tolerance = float(over[place]), float(allowed[place])
        where = ", ".join([what, *labels] if what else labels)
        self._keep(Check(name, worst <= tolerance, worst, where or "whole plan", unit, tolerance))

    def _keep(self, check: Check) -> None:
        known = self._checks.get(check.name)
        if known is None or _badness(check) > _badness(known):
            self._checks[check.name] = check


def _badness(check: Check) -> tuple[bool, float]:
    return not check.ok, check.worst / check.tolerance if check.tolerance else 0.0


def member_text(member: Any) -> str:
    """A member of an index as text, the parts of a composite one with slashes between them."""
    return "/".join(str(part) for part in member) if isinstance(member, tuple) else str(member)
