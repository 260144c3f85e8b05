"""Faults and doubts as lines, in the user's language; of a file that is full of them the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from siting.errors import Fault, harmless, shortened
from siting.locale import Text, in_language

MOST = 20
"""Lines for each file."""


def fault_lines(faults: Iterable[Fault], say: Text) -> list[str]:
    """One line for each fault, and one for those of a file that are too many."""
    count: Counter[str] = Counter()
    lines = []
    for fault in faults:
        count[fault.file] += 1
        if count[fault.file] <= MOST:
            lines.append(fault_line(fault, say))
    more = {file: number - MOST for file, number in count.items() if number > MOST}
    return lines + [say("error.more_faults", file=file, count=number) for file, number in more.items()]


def fault_line(fault: Fault, say: Text) -> str:
    """Where a fault is, what it is and how to mend it."""
    if say.lang == "en":
        return str(fault)
    where = [fault.file]
    where += [] if fault.row is None else [say("error.row", row=fault.row)]
    where += [] if fault.column is None else [say("error.column", column=fault.column)]
    where += [] if fault.value is None else [say("error.value", value=repr(shortened(fault.value)))]
    rule, remedy = (in_language(text, say.lang) for text in (fault.rule, fault.remedy))
    return harmless(say("error.fault_line", where="".join(where), rule=rule, remedy=remedy))
