"""What can go wrong with what a user gave us, said once and clearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One mistake in the input: where it is, what it is, and how to mend it.

    Parameters
    ----------
    file : str
        File name inside the instance folder.
    rule : str
        The rule that is broken, in one sentence.
    remedy : str
        What the user should do.
    row : int or None
        Line of the file, counted as a spreadsheet does (the header is line 1).
    column, value : str or None
        Column (or ``section.key`` of ``instance.toml``) and the offending value.
    """

    file: str
    rule: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f", column {self.column}"
        if self.value is not None:
            where += f", value {self.value!r}"
        return f"{where}: {self.rule} Remedy: {self.remedy}"


class SitingError(Exception):
    """Base of all errors that a user can mend; the command line exits with 2."""


class InputError(SitingError):
    """Every fault found in an instance, at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(SitingError):
    """A wrong option or argument."""


class WorkerError(SitingError):
    """There are no workers, or they were lost again and again."""


class SolverError(Exception):
    """The solver failed, or its answer did not pass the audit: a fault of ours."""
