"""What it costs to break a row, where the plans known so far cannot keep it.

Rows of a period that a plan may break have slack columns, and the coupling constraints may be broken by master and
combination, at a penalty that is exact once it exceeds the row's dual (Han and Mangasarian, "Exact penalty functions in
nonlinear programming", Mathematical Programming 17, 1979). So every plan has a value, and what the master proves is a
bound at any penalty. One that proves too low, because breaking its row pays in the end, is raised.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from siting.solver.benders.parameters import DEFAULT, Parameters
from siting.solver.benders.recourse import Recourse
from siting.solver.compile.matrix import FloatArray
from siting.solver.compressed import Items


class Penalties:
    """What breaking rows costs.

    Parameters
    ----------
    coupling : ndarray of float
        For each coupling constraint, a unit.
    parameters : Parameters
        First and highest penalties, and by how much they rise.

    Attributes
    ----------
    slack : float
        Penalty of a unit of slack of a period, in units of the highest cost of its columns.
    coupling : ndarray of float
        Penalty of breaking each coupling constraint, a unit.
    duals : ndarray of float
        What use of the coupling constraints is paid for in the next dispatch.
    raised : int
        How often a penalty has proven too low.
    """

    def __init__(self, coupling: FloatArray, parameters: Parameters = DEFAULT) -> None:
        self._parameters = parameters
        self.coupling, self.slack = coupling, parameters.first_slack
        self._highest = parameters.highest_coupling * coupling
        self.duals: FloatArray = np.zeros(len(coupling))
        self.raised = 0

    def near(self, guessed: FloatArray) -> None:
        """Prices at which to begin: to ask for, and so much more to break a row that it hardly pays."""
        self.duals = guessed
        size, margin = np.abs(guessed), self._parameters.penalty_margin
        lower = np.minimum(margin * size, self.coupling)
        self.coupling = np.where(size > self._parameters.no_dual * self.coupling, lower, self.coupling)

    def ask(self, above: FloatArray, below: FloatArray, broken: npt.NDArray[np.bool_]) -> None:
        """Take up the next duals, between those of the combination, from above, and of the master, from below.

        Where the combination breaks a row, its dual is only the penalty, often hundreds of times the true dual; a
        dispatch at such duals has nothing in common with others and takes as long as the first. So that is approached
        step by step.

        Parameters
        ----------
        above, below : ndarray of float
            Duals of the coupling constraints in the combination, and in the master.
        broken : ndarray of bool
            Which of them the combination breaks.
        """
        first = self._parameters.first_dual_step * np.abs(above)
        size = self._parameters.coupling_factor * np.maximum(np.abs(self.duals), first)
        step = np.sign(above) * np.minimum(np.abs(above), size)
        self.duals = 0.5 * (np.where(broken, step, above) + below)

    def raise_slack_penalty(self) -> None:
        """Shortfall paid."""
        self.slack = min(self._parameters.slack_factor * self.slack, self._parameters.highest_slack)

    def raise_coupling_penalty(self, broken: npt.NDArray[np.bool_]) -> None:
        """Breaking some rows paid."""
        dearer = np.minimum(self._parameters.coupling_factor * self.coupling, self._highest)
        self.coupling = np.where(broken, dearer, self.coupling)


def first_penalties(periods: Items[Recourse], rules: int) -> FloatArray:
    """What a unit of each coupling constraint costs in the columns that use it; in all columns if those are free."""
    used, paid, everything = np.zeros(rules), np.zeros(rules), 0.0
    for period in periods:
        size = np.abs(period.cost)
        everything += float(size.sum())
        use = abs(period.usage)
        used += use.sum(axis=1)
        paid += (use > 0) @ size
    cost = np.where(paid > 0, paid, everything)
    return np.asarray(np.where(cost > 0, cost, 1.0) / np.where(used > 0, used, 1.0), dtype=float)
