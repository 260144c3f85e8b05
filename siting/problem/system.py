"""The rest of the power system: what its fleet can give and must serve, and its dispatch without data centers.

Each region is a node of its own: exchange with other systems is given (``net_import_mw``). The least-cost dispatch of
a region is therefore a small linear program, which the model, the audit and the study of marginal prices share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array, hstack

from siting.errors import Sentence, UsageError
from siting.problem.derived import capacity_factor, grid_factor_t_per_mwh
from siting.problem.problem import FloatArray, Problem

_TIE = 1e-6
"""Weight of a tonne of CO2 that decides between plants of equal cost."""


def dispatched(p: Problem) -> list[str]:
    """Regions whose fleet is dispatched; none if the switch is off."""
    if not p.settings.system.dispatch or p.fleet.empty:
        return []
    named = set(p.fleet.index.get_level_values("region"))
    return [n for n in p.regions.index if n in named]


def fleet(p: Problem) -> pd.DataFrame:
    """Rows of the fleet that is dispatched, index (region, technology)."""
    return p.fleet[p.fleet.index.get_level_values("region").isin(dispatched(p))]


def bought_price_per_mwh(p: Problem) -> pd.DataFrame:
    """What data centers pay per MWh from the grid, hours of the year x regions.

    It is the tariff, or the network charge where the fleet is dispatched: there the fleet's own cost counts.
    """
    price, own = p.hourly["price_per_mwh"], dispatched(p)
    return price.assign(**dict.fromkeys(own, p.settings.system.network_charge_per_mwh)) if own else price


def bought_factor_t_per_mwh(p: Problem) -> pd.DataFrame:
    """CO2 per MWh from the grid, hours of the year x regions; zero where the fleet's own CO2 counts."""
    factor, own = grid_factor_t_per_mwh(p), dispatched(p)
    return factor.assign(**dict.fromkeys(own, 0.0)) if own else factor


def need_mw(p: Problem) -> pd.DataFrame:
    """What the fleet has to give without data centers, hours of the year x regions: load less net import."""
    own = dispatched(p)
    load = p.hourly["system_load_mw"][own].astype(float)
    given = p.hourly.get("net_import_mw")
    return load if given is None else load - given.reindex(columns=own).fillna(0.0)


def available_mw(p: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Most output of rows of the fleet, hours of the year x (region, technology)."""
    columns = {}
    for key, row in rows.iterrows():
        power = float(row["existing_mw"]) * float(row["available_share"])
        region = key[0]  # type: ignore[index]
        name = row["capacity_factor"]
        shape = capacity_factor(p, name)[region].to_numpy(dtype=float) if name else np.ones(p.hours)
        columns[key] = power * shape
    return pd.DataFrame(columns, index=range(p.hours))


def seen(p: Problem, hourly: pd.DataFrame) -> FloatArray:
    """An hourly table in the periods of the calendar, (periods, columns, hours)."""
    values: FloatArray = hourly.to_numpy(dtype=np.float64)[p.calendar.hour].transpose(0, 2, 1)
    return values


def limits_mw(p: Problem) -> tuple[FloatArray, FloatArray]:
    """Least and most output of the fleet in the periods, each (periods, fleet, hours)."""
    rows = fleet(p)
    most = seen(p, available_mw(p, rows))
    return most * rows["least_share"].to_numpy(dtype=np.float64)[None, :, None], most


@dataclass(frozen=True)
class Program:
    """Dispatch of one region: minimize ``objective · x``, each hour served, outputs in bounds, energy limits kept.

    Columns are (technology, period, hour), rows first the hours, then the energy limits.
    """

    cost: FloatArray
    carbon: FloatArray
    lower: FloatArray
    upper: FloatArray
    serve: Any
    need: FloatArray
    energy: Any
    energy_most: FloatArray

    @property
    def objective(self) -> FloatArray:
        """Cost, and among plants of equal cost the one that emits less."""
        return self.cost + _TIE * self.carbon


def program(p: Problem, region: str, more_mw: FloatArray | float = 0.0) -> Program:
    """The dispatch of a region's fleet.

    Parameters
    ----------
    p : Problem
        With its calendar.
    region : str
        One of :func:`dispatched`.
    more_mw : ndarray of float or float
        What the fleet has to give beyond :func:`need_mw`, (periods, hours).

    Returns
    -------
    Program
        Cost includes the price of carbon; the year's weights are in ``cost``, ``carbon`` (t) and ``energy`` (MWh).
    """
    rows = fleet(p)
    mine = rows.index.get_level_values("region") == region
    least, most = (values[:, mine].transpose(1, 0, 2).reshape(int(mine.sum()), -1) for values in limits_mw(p))
    rows = rows[mine]
    weight = np.repeat(p.calendar.weight, p.calendar.hours)
    need = (need_mw(p)[region].to_numpy(dtype=np.float64)[p.calendar.hour] + more_mw).ravel()
    factor = rows["factor_t_per_mwh"].to_numpy(dtype=np.float64)[:, None]
    paid = rows["variable_cost_per_mwh"].to_numpy(dtype=np.float64)[:, None] + p.settings.carbon.price * factor
    hours = len(need)
    limited = [i for i, limit in enumerate(rows["most_mwh"]) if not np.isnan(limit)]
    energy = csr_array(
        (
            np.tile(weight, len(limited)),
            (np.repeat(range(len(limited)), hours), np.concatenate([i * hours + np.arange(hours) for i in limited])),
        )
        if limited
        else (0, len(rows) * hours),
        shape=(len(limited), len(rows) * hours),
    )
    return Program(
        cost=(paid * weight).ravel(),
        carbon=(factor * weight).ravel(),
        lower=least.ravel(),
        upper=most.ravel(),
        serve=hstack([eye_array(hours)] * len(rows), format="csr"),
        need=need,
        energy=energy,
        energy_most=rows["most_mwh"].dropna().to_numpy(dtype=np.float64),
    )


@dataclass(frozen=True)
class Reference:
    """The dispatch without data centers, and the prices that prove that it is the cheapest.

    Parameters
    ----------
    fleet_mw : ndarray of float
        Output, (periods, fleet, hours).
    price_per_mwh : ndarray of float
        Price of power by hour, the price of carbon included, (periods, dispatched regions, hours).
    scarcity_per_mwh : ndarray of float
        Value of a MWh more of each energy limit, (fleet,); zero without a limit.
    """

    fleet_mw: FloatArray
    price_per_mwh: FloatArray
    scarcity_per_mwh: FloatArray


def reference(p: Problem) -> Reference:
    """The least-cost dispatch of the fleet without data centers in the periods of the calendar; kept in the cache.

    Raises
    ------
    UsageError
        If a fleet cannot serve its load in these periods.
    """
    if "system_reference" in p.cache:
        kept: Reference = p.cache["system_reference"]
        return kept
    from scipy.optimize import linprog  # it takes a third of a second to import; most instances do without

    rows, regions = fleet(p), dispatched(p)
    periods, hours = p.calendar.hour.shape
    output = np.zeros((periods, len(rows), hours))
    price = np.zeros((periods, len(regions), hours))
    scarcity = np.zeros(len(rows))
    for number, region in enumerate(regions):
        mine = np.flatnonzero(rows.index.get_level_values("region") == region)
        lp = program(p, region)
        bounds = np.column_stack([lp.lower, lp.upper])
        solve: Any = linprog
        found = solve(
            lp.objective,
            A_ub=lp.energy,
            b_ub=lp.energy_most,
            A_eq=lp.serve,
            b_eq=lp.need,
            bounds=bounds,
            method="highs",
        )
        if found.status != 0:
            raise UsageError(
                Sentence(
                    "The fleet of {region} cannot serve its own load in these {periods} typical periods "
                    "({message}) Choose more --periods, or raise its capacity or yearly energy in fleet.csv.",
                    region=region,
                    periods=periods,
                    message=found.message,
                )
            )
        output[:, mine] = found.x.reshape(len(mine), periods, hours).transpose(1, 0, 2)
        price[:, number] = found.eqlin.marginals.reshape(periods, hours) / p.calendar.weight[:, None]
        limited = mine[rows["most_mwh"].notna().to_numpy()[mine]]
        scarcity[limited] = np.maximum(-found.ineqlin.marginals, 0.0)
    p.cache["system_reference"] = Reference(output, price, scarcity)
    return p.cache["system_reference"]  # type: ignore[no-any-return]
