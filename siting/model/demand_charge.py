"""Charge for the highest power bought from the grid.

In      p.regions.demand_charge_per_mw_month
Decide  peak_grid_mw[n]   highest grid power of the year          MW
Ports   cost + demand charge
Rules   grid power <= peak, in every modelled hour                cost = 12 · charge · peak
Note    Typical periods stand for days of any month, so that no hour belongs to one month: the peak of the year is paid
        in each of the twelve. Months whose own peak is lower would pay less, so this is never below the bill for the
        modelled hours. It is settled after the year (siting.study.year_check). Regions whose charge is zero are left
        alone; without any charge nothing is added.
Proof   demand-charge
          grid_within_peak      grid_peak  test_the_highest_hour_is_paid_twelve_times
          cost + demand charge  cost       test_the_highest_hour_is_paid_twelve_times
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION
from siting.problem.problem import Problem

MONTHS = 12


def add(m: Any, p: Problem) -> None:
    """Add the demand charge."""
    charge = p.regions["demand_charge_per_mw_month"]
    charged = list(charge.index[charge > 0])
    if not charged:
        return
    headroom = p.regions["grid_mw"].to_dict()
    m.peak_grid_mw = pyo.Var(
        m.REGION,
        initialize=0.0,
        bounds=lambda m, n: (0.0, headroom[n] if charge[n] > 0 else 0.0),
        doc="Highest grid power of the year that is charged for, MW",
    )
    for d in m.PERIOD:

        @m.period[d].Constraint(charged, m.HOUR, doc="Power bought within the peak that is paid for")
        def grid_within_peak(block: Any, n: str, t: int) -> Any:
            return block.grid_mw[n, t] <= m.peak_grid_mw[n]

    yearly_charge = {n: MONTHS * float(charge[n]) / MILLION for n in charged}
    m.cost.add("demand charge", {n: yearly_charge[n] * m.peak_grid_mw[n] for n in charged}, COST)
