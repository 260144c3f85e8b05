"""Integers of the first stage that the master proposes: near a relaxed plan, or the cheapest of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from siting.solver.benders.master import EVERYWHERE
from siting.solver.benders.search import SearchContext
from siting.solver.compile.matrix import FloatArray, Matrix
from siting.solver.highs.engine import Limits, Run, Task
from siting.solver.highs.retry import run

RADII = (0.05, 0.2, 1.0, EVERYWHERE)
"""Trust regions in which integers are looked for, until there are some: cuts tell much of plans near those from which
they came, and little of others."""


class IntegerProposals:
    """Integers that a master proposes.

    Parameters
    ----------
    context : SearchContext
        With its master, its gap and its deadline.
    limits : Limits
        Seed, threads and options of HiGHS.
    report : callable
        Called about once a second.

    Attributes
    ----------
    few_coupling : bool
        Whether there are so few coupling constraints that integers may be tried early.
    """

    def __init__(self, context: SearchContext, limits: Limits, report: Callable[[], None]) -> None:
        self._context, self._report = context, report
        self._gap = context.parameters.proposal_gap * context.gap
        self._limits = replace(limits, gap=self._gap)
        self._named: set[bytes] = set()
        self.few_coupling = len(context.master.program.coupling) <= context.parameters.few_coupling

    def nearest(self, centre: FloatArray, bound: float) -> FloatArray | None:
        """Integers that were not named before, as near to a plan as there are some that promise to meet the bound."""
        context = self._context
        matrix, promising = context.master.matrix(), bound + context.parameters.promising_gap * context.gap * abs(bound)
        for radius in RADII if self.few_coupling else RADII[-1:]:
            most = np.inf if radius == EVERYWHERE else promising
            near = _near(matrix, centre, context.master.trust_region(centre, radius))
            result, integers = self._cheapest(
                near, max(context.parameters.near_s, context.left_s / 16), objective_bound=most
            )
            # HiGHS may end with a plan beyond its objective bound.
            promises = result.objective is not None and result.objective <= most
            if integers is not None and promises and integers.tobytes() not in self._named:
                self._named.add(integers.tobytes())
                return integers
        return None

    def cheapest(self, most_s: float = np.inf) -> tuple[Run, FloatArray | None]:
        """The cheapest integers, and the run whose bound holds for all."""
        context = self._context
        time_s = min(most_s, max(context.parameters.any_s, context.left_s / 3))
        return self._cheapest(context.master.matrix(), time_s)

    def _cheapest(self, matrix: Matrix, time_s: float, **options: float) -> tuple[Run, FloatArray | None]:
        task = Task(matrix, self._limits, min(time_s, self._context.left_s), "branch and bound", options)
        result = run(task, lambda _: self._report())
        if result.interrupted:
            raise KeyboardInterrupt
        if result.values is None:
            return result, None
        first = self._context.master.program.first
        # Plans are known by the bytes of their integers, and -0.0 is 0.0.
        return result, np.round(result.values[: len(first)][first.integer]) + 0.0


def _near(matrix: Matrix, centre: FloatArray, trust_region: tuple[FloatArray, FloatArray]) -> Matrix:
    """A master in a box, its integers next to a relaxed plan: between the whole numbers around it, or one further."""
    low, up = matrix.lower.copy(), matrix.upper.copy()
    low[: len(centre)], up[: len(centre)] = trust_region
    at = np.flatnonzero(matrix.integer)
    low[at] = np.clip(np.floor(centre[at]) - 1, matrix.lower[at], matrix.upper[at])
    up[at] = np.clip(np.ceil(centre[at]) + 1, matrix.lower[at], matrix.upper[at])
    return replace(matrix, lower=low, upper=up)
