"""Price and CO2 of one more MWh where the fleet is dispatched, hour by hour.

The data centers are held as planned. What serves one more MW follows from the basis of the cheapest dispatch of each
region: the prices that cover the cost of the basic plants, and in the same way those that cover their CO2. Water that
a hydro plant uses now is missing later, so both see the plant that replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import highspy
import numpy as np
import pandas as pd
from scipy.sparse import vstack

from siting.problem import Calendar, Problem
from siting.problem.problem import FloatArray
from siting.problem.system import Program, dispatched, fleet, limits_mw, need_mw, program, seen
from siting.solver.highs.options import accepted, set_option

MORE_MW = 1e-3
"""Added to each hour, so that a plant that is just full is not taken for the one that serves more."""


def marginal_prices(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What one more MWh costs and emits in each region whose fleet is dispatched.

    Parameters
    ----------
    problem : Problem
        What was solved, with its calendar.
    tables : mapping of str to DataFrame
        Tables of the plan; ``region_hour`` says what data centers buy.

    Returns
    -------
    DataFrame
        Columns region, period, hour, price_per_mwh (fuel, and the price of carbon if there is one), cost_per_mwh (fuel
        alone) and factor_t_per_mwh. Where the fleet has nothing left the price is infinite and the rest NaN.
    """
    regions, rows = dispatched(problem), fleet(problem)
    periods, hours = problem.calendar.hour.shape
    index = pd.MultiIndex.from_product([regions, range(periods), range(hours)], names=["region", "period", "hour"])
    most, need = limits_mw(problem)[1], seen(problem, need_mw(problem)) if regions else None
    place = rows.index.get_level_values("region")
    parts = []
    for number, region in enumerate(regions):
        bought = _bought(tables, region, periods, hours)
        assert need is not None
        room = most[:, place == region].sum(axis=1) - need[:, number]
        full = bought > room - 2 * MORE_MW
        # A plan may use a little more than there is, within the tolerance of the solver.
        more = np.where(full, np.minimum(bought, room), bought + MORE_MW)
        duals = _duals(program(problem, region, more)) or _duals(program(problem, region, np.minimum(bought, room)))
        if duals is None:
            full, duals = np.ones_like(full), (np.zeros(full.size), np.zeros(full.size))
        price, factor = (dual.reshape(periods, hours) / problem.calendar.weight[:, None] for dual in duals)
        cost = price - problem.settings.carbon.price * factor
        columns = (np.where(full, np.inf, price), np.where(full, np.nan, cost), np.where(full, np.nan, factor))
        parts.append(np.column_stack([values.ravel() for values in columns]))
    values = np.vstack(parts) if parts else np.zeros((0, 3))
    names = ["price_per_mwh", "cost_per_mwh", "factor_t_per_mwh"]
    return pd.DataFrame(values, index=index, columns=names).reset_index()


def yearly_means(problem: Problem, prices: pd.DataFrame) -> pd.DataFrame:
    """Means over the hours of the year of :func:`marginal_prices`, by region; hours without a price are left out."""
    values = prices[["price_per_mwh", "cost_per_mwh", "factor_t_per_mwh"]]
    values = values.where(np.isfinite(values))
    weight = prices["period"].map(pd.Series(problem.calendar.weight))
    amount = values.mul(weight, axis=0).groupby(prices["region"], sort=False).sum()
    return amount / values.notna().mul(weight, axis=0).groupby(prices["region"], sort=False).sum()


def year_of_one_more(problem: Problem, regions: Sequence[str]) -> pd.DataFrame:
    """What one more MWh costs and emits in every hour of the year, before any data center.

    Parameters
    ----------
    problem : Problem
        Whether or not its fleets are dispatched.
    regions : sequence of str
        Regions wanted; those without a fleet are left out.

    Returns
    -------
    DataFrame
        Columns as of :func:`marginal_prices`; one period, the year.
    """
    mine = problem.fleet.index.get_level_values("region").isin(regions)
    year = Calendar(hour=np.arange(problem.hours)[None, :], weight=np.ones(1))
    alone = problem.replace(fleet=problem.fleet[mine], calendar=year, system__dispatch=True)
    return marginal_prices(alone, {"region_hour": pd.DataFrame(columns=["region", "period", "hour", "grid_mw"])})


def _bought(tables: Mapping[str, pd.DataFrame], region: str, periods: int, hours: int) -> FloatArray:
    """Grid power of the data centers, (periods, hours), MW."""
    rows = tables["region_hour"]
    rows = rows[rows["region"] == region]
    out = np.zeros((periods, hours))
    out[rows["period"].to_numpy(dtype=int), rows["hour"].to_numpy(dtype=int)] = rows["grid_mw"]
    return out


def _duals(lp: Program) -> tuple[FloatArray, FloatArray] | None:
    """Cost and CO2 of one more MWh of each hour, times its weight; None if there is no dispatch."""
    engine = highspy.Highs()
    engine.silent()
    rows = vstack([lp.serve, lp.energy], format="csc")
    hours, limits = len(lp.need), len(lp.energy_most)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(lp.cost), hours + limits
    model.col_cost_, model.col_lower_, model.col_upper_ = lp.objective, lp.lower, lp.upper
    model.row_lower_ = np.concatenate([lp.need, np.full(limits, -np.inf)])
    model.row_upper_ = np.concatenate([lp.need, lp.energy_most])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.num_col_, model.a_matrix_.num_row_ = model.num_col_, model.num_row_
    model.a_matrix_.start_, model.a_matrix_.index_ = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    model.a_matrix_.value_ = rows.data
    accepted(engine.passModel(model), "the dispatch of a fleet")
    set_option(engine, "solver", "simplex")
    engine.run()
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    basic = np.asarray(engine.getBasicVariables()[1])
    # Rows count below zero; a slack costs and emits nothing.
    columns = np.maximum(basic, 0)
    paid, emitted = (
        np.asarray(engine.getBasisTransposeSolve(np.where(basic >= 0, values[columns], 0.0))[1], dtype=np.float64)
        for values in (lp.cost, lp.carbon)
    )
    return paid[:hours], emitted[:hours]
