"""The least carbon that any plan can reach: what to tell a user whose cap leaves no plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import pyomo.environ as pyo

from siting.model.build import COMPONENTS, Component
from siting.options import SolveOptions, SolverChanges, of_solver
from siting.problem.problem import Problem
from siting.solver.highs.engine import Progress, Status
from siting.solver.strategy import optimize_program
from siting.solving.compiled import compile_problem


@dataclass(frozen=True)
class LeastCarbon:
    """What is known about the least carbon.

    Parameters
    ----------
    status : str
        As of a solve: ``optimal`` if proven to the gap; ``infeasible`` if there is no plan without the cap either.
    carbon_t : float or None
        Carbon of the best plan found, tonnes a year: it can be reached.
    bound_t : float or None
        No plan has less, tonnes a year.
    interrupted : bool
        By Ctrl-C.
    """

    status: Status
    carbon_t: float | None
    bound_t: float | None
    interrupted: bool = False


def least_carbon(
    p: Problem,
    components: Sequence[Component] | None = None,
    options: SolveOptions | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    **changes: Unpack[SolverChanges],
) -> LeastCarbon:
    """Minimize the carbon of the year of a problem, without its cap and whatever the cost.

    Parameters
    ----------
    p, components
        As of :func:`siting.solving.compiled.compile_problem`.
    options, progress, **changes
        As of :func:`siting.solve`.
    """
    every = [*(COMPONENTS if components is None else components), _carbon_instead_of_cost]
    limits = of_solver(options, changes).limits()
    compiled = compile_problem(p, every, limits.workers, limits.cluster)
    outcome, _ = optimize_program(compiled.program, limits, compiled.seconds, progress)
    return LeastCarbon(outcome.status, outcome.objective, outcome.bound, outcome.interrupted)


def _carbon_instead_of_cost(m: Any, p: Problem) -> None:
    m.total_cost.deactivate()
    if hasattr(m, "carbon_within_cap"):
        m.carbon_within_cap.deactivate()
    m.least_carbon = pyo.Objective(expr=sum(m.carbon_total[n] for n in m.REGION), doc="CO2 of the year, t")
