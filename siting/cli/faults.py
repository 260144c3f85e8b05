"""Faults and doubts as lines, in the user's language; of a file that is full of them the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from siting.cli.text import Text, in_language
from siting.errors import Fault, harmless, shortened

if TYPE_CHECKING:
    from siting.problem import Problem

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


def doubt_lines(problem: Problem, say: Text) -> list[str]:
    """What is possible and hardly meant, and how many links are not given, as lines."""
    from siting.instance.plausible import doubts

    lines = [say("note.doubt", what=line) for line in fault_lines(doubts(problem), say)]
    links = unlinked(problem)
    if links is not None:
        lines.append(say(f"note.{links['code']}", count=links["count"], all=links["all"]))
    return lines


def unlinked(problem: Problem) -> dict[str, Any] | None:
    """How many pairs have no row in a table of links that has some, and the code of what becomes of them."""
    from siting.problem.derived import linked

    pairs, given = len(problem.regions) * len(problem.sites), len(problem.links)
    if given in (0, pairs):
        return None
    code = "links_computed" if linked(problem).to_numpy().all() else "links_forbidden"
    return {"code": code, "count": pairs - given, "all": pairs}
