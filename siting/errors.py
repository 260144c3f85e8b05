"""What can go wrong with what a user gave us, said once and clearly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and the end of a line, and what turns the direction of writing."""


class Sentence(str):
    """A sentence in English that knows how it was made, so that it can be said in another language.

    A sentence without values may be plain text: it is its own template.

    Parameters
    ----------
    template : str
        As of :meth:`str.format`.
    **values
        What fills it in; a value may itself be a sentence.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Sentence:
        """Fill the template in."""
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Faults travel between processes."""
        return _sentence, (self.template, self.values)


def _sentence(template: str, values: dict[str, Any]) -> Sentence:
    return Sentence(template, **values)


def sentences(*parts: str) -> Sentence:
    """Several sentences in a row."""
    names = [f"s{number}" for number in range(len(parts))]
    return Sentence(" ".join(f"{{{name}}}" for name in names), **dict(zip(names, parts, strict=True)))


def shortened(value: str, most: int = 120) -> str:
    """The beginning of a long text."""
    return value if len(value) <= most else f"{value[:most]}..."


def harmless(text: str) -> str:
    """A text without what a terminal would obey, each such character shown as one that cannot be displayed."""
    return CONTROL.sub("\ufffd", text)


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
            where += f", value {shortened(self.value)!r}"
        return harmless(f"{where}: {self.rule} Remedy: {self.remedy}")


class SitingError(Exception):
    """Base of all errors that a user can mend; the command line exits with 2."""


class InputError(SitingError):
    """Every fault found in an instance, at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(SitingError):
    """A wrong option or argument."""


class NumberError(SitingError):
    """A number of the program is so small or so large that the solver would solve another program."""


class WorkerError(SitingError):
    """There are no workers, or they were lost again and again."""


class SolverError(Exception):
    """The solver failed, or its answer did not pass the audit: a fault of ours."""
