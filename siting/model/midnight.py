"""What is carried from the end of a period to the next one.

Where the periods follow each other through the year (:attr:`siting.problem.problem.Calendar.in_order`), what there is
at the start of each is a first-stage variable, and what is left at its end must be what the next one starts with; the
last comes before the first. Periods know each other by these variables alone, so that each can be solved by itself.
Typical periods, and a single one, wrap round on themselves and have no such variables.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem.problem import Problem


class Carried:
    """A state of some members that outlives the hour, as stored energy.

    Parameters
    ----------
    m, p : ConcreteModel, Problem
        The model and its problem.
    name : str
        Of the first-stage variable ``m.<name>[member, d]``: the state at the start of period d.
    members : pyomo Set
        Index of the state.
    most : callable
        ``(*member, d) -> float``, no less than the state at the start of the period.
    doc : str
        Of the variable.

    Attributes
    ----------
    start : Var or None
        None where each period wraps.
    """

    def __init__(self, m: Any, p: Problem, name: str, members: Any, most: Any, doc: str) -> None:
        self.hours, self.periods = p.calendar.hours, p.calendar.periods
        self.start: Any = None
        if p.calendar.in_order and self.periods > 1:
            if not hasattr(m, "START"):
                m.START = pyo.Set(initialize=range(self.periods), doc="period")
            bounds = lambda m, *i: (0.0, float(most(*i)))  # noqa: E731 - a rule, as of any variable
            self.start = pyo.Var(members, m.START, bounds=bounds, initialize=0.0, doc=doc)
            m.add_component(name, self.start)

    def before(self, d: int, t: int, state: Any, member: tuple[Any, ...]) -> Any:
        """The state of a member at the end of the hour before hour t of period d.

        Parameters
        ----------
        d, t : int
            Period and hour.
        state : Var of the period's block
            The state at the end of each hour, index (member, hour).
        member : tuple
            Which.
        """
        if t or self.start is None:
            return state[*member, (t - 1) % self.hours]
        return self.start[*member, d]

    def carry(self, block: Any, d: int, name: str, state: Any, doc: str) -> None:
        """Add the rows ``block.<name>``: what is left at the end of the period is what the next one starts with."""
        if self.start is None:
            return
        then = (d + 1) % self.periods
        members = [i[:-1] for i in self.start if i[-1] == d]
        rule = lambda block, *i: state[*i, self.hours - 1] == self.start[*i, then]  # noqa: E731 - as above
        block.add_component(name, pyo.Constraint(members, rule=rule, doc=doc))
