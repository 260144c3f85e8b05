"""The least carbon that any plan can reach: what to tell a user whose cap leaves no plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from siting.solver.engine import Limits, Progress, Status
from siting.solver.strategy import optimize


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
    """

    status: Status
    carbon_t: float | None
    bound_t: float | None


def least_carbon(
    m: Any,
    *,
    gap: float = 0.005,
    time_limit: float = 600.0,
    seed: int = 0,
    threads: int = 0,
    options: dict[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> LeastCarbon:
    """Minimize the carbon of the year of a model, without its cap and whatever the cost.

    Parameters
    ----------
    m : ConcreteModel
        As :func:`siting.build` made it, a user's additions included; cap and objective are as before at the end.
    gap, time_limit, seed, threads, options, progress
        As of :func:`siting.solve`.
    """
    switched = [m.total_cost] + ([m.carbon_within_cap] if hasattr(m, "carbon_within_cap") else [])
    for component in switched:
        component.deactivate()
    m.least_carbon = pyo.Objective(expr=sum(m.carbon_total[n] for n in m.REGION), doc="CO2 of the year, t")
    try:
        outcome = optimize(m, Limits(gap, time_limit, seed, threads, options or {}), progress)
    finally:
        m.del_component(m.least_carbon)
        for component in switched:
            component.activate()
    return LeastCarbon(outcome.status, outcome.objective, outcome.bound)
