"""What it costs to break a row, where the plans known so far cannot keep it.

Rows of a period that a plan may break have shortfall columns, and the yearly rows may be broken by master and mix, each
at a price that is an exact penalty once it exceeds the row's true price (Han and Mangasarian, "Exact penalty functions
in nonlinear programming", Mathematical Programming 17, 1979). So every plan has a value, and what the master proves is
a bound at any price. A price that proves too low, because breaking its row pays in the end, is raised.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from siting.solver.benders.recourse import Recourse
from siting.solver.compile.matrix import FloatArray
from siting.solver.compressed import Items

_SHORTFALL, _DEAREST_SHORTFALL = 100.0, 1e5
"""First and last price. With a tenth of the first, less equipment than the work needs may pay; with far more than the
last the simplex of HiGHS gives up."""
_DEARER_SHORTFALL, _DEARER_YEAR = 10.0, 4.0
_FIRST_STEP = 0.003
"""From this share of what it costs to break a row its price is raised while plans break it."""
_MARGIN, _NOTHING = 3.0, 1e-3
_DEAREST_YEAR = 1e4
"""Times the first price, for the same reason."""


class Penalties:
    """What breaking rows costs.

    Parameters
    ----------
    yearly : ndarray of float
        For each yearly row, a unit.

    Attributes
    ----------
    shortfall : float
        A unit of shortfall of a period, in units of the highest cost of its columns.
    asked : ndarray of float
        What use of the yearly rows is paid for in the next dispatch.
    raised : int
        How often a price has proven too low.
    """

    def __init__(self, yearly: FloatArray) -> None:
        self.yearly, self.shortfall = yearly, _SHORTFALL
        self._dearest_year = _DEAREST_YEAR * yearly
        self.asked: FloatArray = np.zeros(len(yearly))
        self.raised = 0

    def near(self, guessed: FloatArray) -> None:
        """Prices at which to begin: to ask for, and so much more to break a row that it hardly pays."""
        self.asked = guessed
        size = np.abs(guessed)
        self.yearly = np.where(size > _NOTHING * self.yearly, np.minimum(_MARGIN * size, self.yearly), self.yearly)

    def ask(self, above: FloatArray, below: FloatArray, broken: npt.NDArray[np.bool_]) -> None:
        """Take up the next prices, between those of the mix, which are from above, and of the master, from below.

        Where the mix breaks a row, its price is only what breaking it costs, often hundreds of times the true one; a
        dispatch at such a price has nothing in common with others and takes as long as the first. So that is approached
        step by step.

        Parameters
        ----------
        above, below : ndarray of float
            Prices of the yearly rows in the mix, and in the master.
        broken : ndarray of bool
            Which of them the mix breaks.
        """
        size = _DEARER_YEAR * np.maximum(np.abs(self.asked), _FIRST_STEP * np.abs(above))
        step = np.sign(above) * np.minimum(np.abs(above), size)
        self.asked = 0.5 * (np.where(broken, step, above) + below)

    def raise_slack_penalty(self) -> None:
        """Shortfall paid."""
        self.shortfall = min(_DEARER_SHORTFALL * self.shortfall, _DEAREST_SHORTFALL)

    def raise_coupling_penalty(self, broken: npt.NDArray[np.bool_]) -> None:
        """Breaking some rows paid."""
        self.yearly = np.where(broken, np.minimum(_DEARER_YEAR * self.yearly, self._dearest_year), self.yearly)


def first_penalties(periods: Items[Recourse], rules: int) -> FloatArray:
    """What a unit of use of each yearly row costs in the columns that use it; in all columns if those are free."""
    used, paid, everything = np.zeros(rules), np.zeros(rules), 0.0
    for period in periods:
        size = np.abs(period.cost)
        everything += float(size.sum())
        use = abs(period.usage)
        used += use.sum(axis=1)
        paid += (use > 0) @ size
    cost = np.where(paid > 0, paid, everything)
    return np.asarray(np.where(cost > 0, cost, 1.0) / np.where(used > 0, used, 1.0), dtype=float)
