"""What a reader must know of a run beside its figures, in the user's language."""

from __future__ import annotations

from typing import Any

from siting.cli.faults import fault_lines, unlinked
from siting.cli.text import Text
from siting.instance.plausible import doubts
from siting.periods import confined
from siting.problem import Problem
from siting.report.summary import synthetic
from siting.runs.document import Note
from siting.solver.outcome import Outcome
from siting.solving.solution import Solution
from siting.study.least_carbon import LeastCarbon

_NEARLY_ALL = 0.9
"""Share of the time limit from which on it is what ended a solve: with less than a step needs nothing is begun."""


def warnings(problem: Problem, say: Text) -> list[Note]:
    """What a reader must know of the data, and of deadlines that the periods cut short."""
    names, late = ", ".join(synthetic(problem)), confined(problem)
    notes = [note(say, "synthetic", names=names)] if names else []
    notes += [note(say, "doubt", what=line) for line in fault_lines(doubts(problem), say)]
    notes += [note(say, **computed)] if (computed := unlinked(problem)) else []
    if len(late):
        values = {"names": ", ".join(late.index), "delay": int(late.max()), "hours": problem.calendar.hours}
        notes.append(note(say, "deadline_over_period", **values))
    return notes


def messages(problem: Problem, solution: Solution, least: LeastCarbon | None, say: Text) -> list[Note]:
    """Why a solve ended early, and what the least carbon is if the cap leaves no plan."""
    notes = []
    if solution.status == "feasible":
        notes.append(note(say, _why_unproven(solution.outcome)))
    cap = problem.settings.carbon.cap_t
    if least is None or cap is None:
        return notes
    if least.status == "infeasible":
        code = "least_other"
    elif least.bound_t is None:
        code = "least_unknown"
    elif least.carbon_t is None:
        code = "least_bound"
    else:
        code = "least_proven" if least.status == "optimal" else "least_found"
    known = {"cap": cap, "least": least.carbon_t, "bound": least.bound_t}
    return [*notes, note(say, code, **{name: value for name, value in known.items() if value is not None})]


def _why_unproven(outcome: Outcome) -> str:
    if outcome.interrupted:
        return "interrupted"
    return "limit" if outcome.seconds_solve >= _NEARLY_ALL * outcome.limits.time_limit_s else "undecided"


def note(say: Text, code: str, **values: Any) -> Note:
    """A note in the user's language."""
    return Note(code, say(f"note.{code}", **values), values)
