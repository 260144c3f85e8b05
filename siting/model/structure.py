"""The sets, the periods and the ports that every concept builds on.

First-stage decisions live on the model, everything hourly in ``m.period[d]``. A set's ``doc`` names the columns that
its members have in the result tables. A model of some periods holds those in ``m.PERIOD`` only (see build).

Ports   m.cost [region] million per year          m.carbon [region] t per year
        m.capital [region] million, paid once
        period.it_load [site, compute, hour] MW   period.power_in, period.power_out [region, hour] MW
Tells   m.one_way {variable of a period: {place: (from node, to node)}}: flows of an hour, the last of the indices, that
        may not go round in a circle, where they would only lose what they carry
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.expr import SumExpression

from siting.model.ports import Port
from siting.problem.derived import site_compute
from siting.problem.problem import Problem

MILLION = 1e6
COST = "million per year"
CARBON = "t per year"
CAPITAL = "million"


def add(m: Any, p: Problem) -> None:
    """Add sets, period blocks and ports."""
    m.REGION = pyo.Set(initialize=list(p.regions.index), doc="region")
    m.SITE = pyo.Set(initialize=list(p.sites.index), doc="site")
    m.SITE_COMPUTE = pyo.Set(initialize=list(site_compute(p).index), dimen=2, doc="site, compute")
    m.PERIOD = pyo.Set(initialize=getattr(m, "built", range(p.calendar.periods)), doc="period")
    m.HOUR = pyo.Set(initialize=range(p.calendar.hours), doc="hour")
    m.one_way = {}
    m.year_h = float(p.calendar.weight.sum() * p.calendar.hours)
    m.cost = Port(m, "cost", (m.REGION,), COST, "Yearly cost")
    m.carbon = Port(m, "carbon", (m.REGION,), CARBON, "CO2")
    m.capital = Port(m, "capital", (m.REGION,), CAPITAL, "Capital of what is newly built")
    m.period = pyo.Block(m.PERIOD)
    for d in m.PERIOD:
        block = m.period[d]
        block.weight = float(p.calendar.weight[d])
        block.first_hour = int(p.calendar.hour[d, 0])
        block.it_load = Port(block, "it_load", (m.SITE_COMPUTE, m.HOUR), "MW", "IT load")
        block.power_in = Port(block, "power_in", (m.REGION, m.HOUR), "MW", "Power into the region's node")
        block.power_out = Port(block, "power_out", (m.REGION, m.HOUR), "MW", "Power out of the region's node")


def yearly(m: Any, amount: Any) -> Any:
    """Sum over all hours of the year of ``amount(period, hour)``; of the model's periods, if it holds only some.

    Parameters
    ----------
    m : ConcreteModel
        The model.
    amount : callable
        ``(d, t) -> expression``, the amount in hour ``t`` of period ``d``.
    """
    hours = list(m.HOUR)
    # An expression in any case, where a model without periods would have the number zero.
    return SumExpression([m.period[d].weight * pyo.quicksum(amount(d, t) for t in hours) for d in m.PERIOD])


def by_region(amounts: dict[Any, Any], region_of: Any) -> dict[str, Any]:
    """Amounts by any index, summed by the region that ``region_of(index)`` names."""
    found: dict[str, list[Any]] = {}
    for index, amount in amounts.items():
        found.setdefault(region_of(index), []).append(amount)
    return {region: pyo.quicksum(parts) for region, parts in found.items()}


def by_hour(series: pd.DataFrame, hours: npt.NDArray[np.int64]) -> dict[Any, list[float]]:
    """Each column of an hourly table in some hours, as plain numbers: looking up a table takes longer than a row."""
    return dict(zip(series.columns, series.iloc[hours].to_numpy().T.tolist(), strict=True))
