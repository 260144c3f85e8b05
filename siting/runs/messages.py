"""What a reader must know of a run beside its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.instance.plausible import doubts
from siting.locale import Text
from siting.locale.lines import fault_lines
from siting.periods import confined
from siting.problem import Problem
from siting.problem.derived import linked
from siting.report.summary import synthetic
from siting.runs.journal import Message

if TYPE_CHECKING:
    from siting.solver.outcome import Outcome
    from siting.solving.solution import Solution
    from siting.study.least_carbon import LeastCarbon

_NEARLY_ALL = 0.9
"""Share of the time limit from which on it is what ended a solve: with less than a step needs nothing is begun."""


def of_data(problem: Problem, say: Text) -> list[Message]:
    """What is possible and hardly meant, and how many links are not given.

    Parameters
    ----------
    problem : Problem
        As loaded.
    say : Text
        The language of the doubts: each is a value, and a sentence.
    """
    found = [Message("doubt", {"what": line}) for line in fault_lines(doubts(problem), say)]
    pairs, given = len(problem.regions) * len(problem.sites), len(problem.links)
    if given not in (0, pairs):
        code = "links_computed" if linked(problem).to_numpy().all() else "links_forbidden"
        found.append(Message(code, {"count": pairs - given, "all": pairs}))
    return found


def warnings(problem: Problem, say: Text) -> list[Message]:
    """What a reader must know of the data, and of deadlines that the periods cut short."""
    names, late = ", ".join(synthetic(problem)), confined(problem)
    found = [Message("synthetic", {"names": names})] if names else []
    found += of_data(problem, say)
    if len(late):
        values = {"names": ", ".join(late.index), "delay": int(late.max()), "hours": problem.calendar.hours}
        found.append(Message("deadline_over_period", values))
    return found


def of_solve(problem: Problem, solution: Solution, least: LeastCarbon | None) -> list[Message]:
    """Why a solve ended early, and what the least carbon is if the cap leaves no plan."""
    found = []
    if solution.status == "feasible":
        found.append(Message(_why_unproven(solution.outcome)))
    cap = problem.settings.carbon.cap_t
    if least is None or cap is None:
        return found
    if least.status == "infeasible":
        code = "least_other"
    elif least.bound_t is None:
        code = "least_unknown"
    elif least.carbon_t is None:
        code = "least_bound"
    else:
        code = "least_proven" if least.status == "optimal" else "least_found"
    known = {"cap": cap, "least": least.carbon_t, "bound": least.bound_t}
    return [*found, Message(code, {name: value for name, value in known.items() if value is not None})]


def _why_unproven(outcome: Outcome) -> str:
    if outcome.interrupted:
        return "interrupted"
    return "limit" if outcome.seconds_solve >= _NEARLY_ALL * outcome.limits.time_limit_s else "undecided"
