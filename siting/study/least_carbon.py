"""The least carbon that any plan can reach: what to tell a user whose cap leaves no plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from siting.model.build import COMPONENTS, Component
from siting.problem.problem import Problem
from siting.solver.highs.engine import Limits, Progress, Status
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
    *,
    workers: int = 1,
    cluster: str = "",
    gap: float = 0.005,
    time_limit: float = 600.0,
    seed: int = 0,
    threads: int = 0,
    options: dict[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> LeastCarbon:
    """Minimize the carbon of the year of a problem, without its cap and whatever the cost.

    Parameters
    ----------
    p, components, workers, cluster
        As of :func:`siting.solving.compiled.compile_problem`.
    gap, time_limit, seed, threads, options, progress
        As of :func:`siting.solve`.
    """
    every = [*(COMPONENTS if components is None else components), _carbon_instead_of_cost]
    limits = Limits(gap, time_limit, seed, threads, options or {}, workers=workers, cluster=cluster)
    compiled = compile_problem(p, every, workers, cluster)
    outcome, _ = optimize_program(compiled.program, limits, compiled.seconds, progress)
    return LeastCarbon(outcome.status, outcome.objective, outcome.bound, outcome.interrupted)


def _carbon_instead_of_cost(m: Any, p: Problem) -> None:
    m.total_cost.deactivate()
    if hasattr(m, "carbon_within_cap"):
        m.carbon_within_cap.deactivate()
    m.least_carbon = pyo.Objective(expr=sum(m.carbon_total[n] for n in m.REGION), doc="CO2 of the year, t")
