"""Three accounts of carbon side by side, after the solve, from the problem and the tables alone.

location    what the region's grid emits on average for each MWh bought
market      grid energy that no certificate covers, at the factor left for those who claim nothing (residual mix)
marginal    what the grid emits in addition for one more MWh bought; where its fleet is dispatched, what it does emit

All three add what own sources emit; what is embodied is the same in each and stands beside them. They answer different
questions and are never added up or mixed: a market-based saving says nothing about what power plants did.

Sources: GHG Protocol, "Scope 2 Guidance" (World Resources Institute, 2015) for the first two; the third is the effect
of a change in demand and needs factors of its own (``regions.marginal_factor_t_per_mwh`` or its hourly series).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor import power
from siting.auditor.matching import matched_mwh
from siting.auditor.money import added, carbon_t
from siting.auditor.power import reconciliation, site_power_mw
from siting.auditor.tables import planned
from siting.problem import Problem
from siting.problem.derived import grid_factor_t_per_mwh, marginal_factor_t_per_mwh
from siting.problem.problem import FloatArray
from siting.problem.system import dispatched

_WATT = 1e-6
"""MW below which a purchase is rounding of the solver."""

_OPERATION = ("grid", "generation", "export", "fleet")
"""Sources of carbon that are not embodied in what is built."""

TOTAL = "total"
"""Index of the last row of :func:`carbon_accounts`."""


def carbon_accounts(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Location-based, market-based and marginal carbon of the year by region, and in total.

    Parameters
    ----------
    problem : Problem
        What was solved, with its calendar.
    tables : mapping of str to DataFrame
        Tables of the solution by name.

    Returns
    -------
    DataFrame
        Index region, the last row :data:`TOTAL`; columns used_mwh, grid_mwh, own_mwh, certificates_mwh, matched_mwh,
        location_t, market_t, marginal_t (NaN where a factor is missing) and embodied_t.
    """
    p, plan = planned(problem, tables)
    bought, factor = plan.grid_mw.transpose(0, 2, 1), grid_factor_t_per_mwh(p)
    carbon = carbon_t(p, plan)
    # Where the fleet is dispatched the effect is known and needs no factor.
    own = p.regions.index.isin(dispatched(p))
    marginal = np.where(own, carbon["fleet"], _emitted(p, bought, marginal_factor_t_per_mwh(p)))
    generated = carbon["generation"] + carbon["export"]
    account = reconciliation(p, plan)
    matched = matched_mwh(p, plan, site_power_mw(p, plan))
    claimed, certificates = _by_region(p, plan.own_mwh), _by_region(p, plan.certificates_mwh)
    data = {
        "used_mwh": account["used"],
        "grid_mwh": account["bought"],
        "own_mwh": claimed,
        "certificates_mwh": certificates,
        "matched_mwh": matched,
        "location_t": _emitted(p, bought, factor) + generated,
        "market_t": _market(p, bought, factor, certificates) + generated,
        "marginal_t": marginal + generated,
        "embodied_t": sum(value for term, value in carbon.items() if term not in _OPERATION)
        # What earlier stages of a pathway bought embodies more or less than what is bought now.
        + added(p, tables, "carbon").get("vintages", 0.0),
    }
    table = pd.DataFrame(data, index=p.regions.index)
    table.loc[TOTAL] = table.sum(skipna=False)
    return table


def location_factor_t_per_mwh(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """CO2 of a MWh bought in each region, as the location-based account counts it; index region.

    It is that of the hours in which the plan buys, and of the year where it buys nothing.

    Parameters
    ----------
    problem, tables
        As of :func:`carbon_accounts`.
    """
    p, plan = planned(problem, tables)
    bought, factor = plan.grid_mw.transpose(0, 2, 1), grid_factor_t_per_mwh(p)
    return pd.Series(_mean_factor(p, bought, factor), index=p.regions.index, name="grid_factor_t_per_mwh")


def green_share(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> float:
    """Green part of all power of the year that is bought and generated; what is lost is lost of all alike.

    Parameters
    ----------
    problem, tables
        As of :func:`carbon_accounts`.
    """
    return power.green_share(*planned(problem, tables))


def _mean_factor(p: Problem, bought: FloatArray, factor: pd.DataFrame) -> FloatArray:
    energy: FloatArray = np.tensordot(p.calendar.weight, np.where(bought > _WATT, bought, 0.0).sum(axis=1), axes=1)
    mean: FloatArray = np.divide(_emitted(p, bought, factor), energy, out=_annual(p, factor), where=energy > 0)
    return mean


def _market(p: Problem, bought: FloatArray, factor: pd.DataFrame, certificates: FloatArray) -> FloatArray:
    """Carbon of grid energy that no certificate covers, (regions,), tonnes.

    Own green power covers what it serves: a claim is delivered, so that where it is made less is bought. The green part
    of the grid mix belongs to those who claim it, so what is left emits factor / (1 - green share) per MWh; of a grid
    that is all green nothing is left. Certificates beyond what a region buys cover nothing.
    """
    energy: FloatArray = np.tensordot(p.calendar.weight, bought.sum(axis=1), axes=1)
    uncovered = np.maximum(energy - certificates, 0.0)
    left = 1 - p.regions["grid_green_share"].to_numpy(dtype=float)
    residual = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    result: FloatArray = uncovered * residual * _mean_factor(p, bought, factor)
    return result


def _by_region(p: Problem, of_sites: FloatArray) -> FloatArray:
    out = np.zeros(len(p.regions))
    np.add.at(out, p.regions.index.get_indexer(pd.Index(p.sites["region"])), of_sites)
    return out


def _annual(p: Problem, factor: pd.DataFrame) -> FloatArray:
    result: FloatArray = factor[list(p.regions.index)].to_numpy(dtype=float).mean(axis=0)
    return result


def _emitted(p: Problem, bought: FloatArray, factor: pd.DataFrame) -> FloatArray:
    """Power bought times a factor, (regions,), tonnes; a region that buys nothing needs no factor."""
    hourly = factor[list(p.regions.index)].to_numpy(dtype=float)[p.calendar.hour]
    result: FloatArray = np.tensordot(
        p.calendar.weight, np.where(bought > _WATT, bought * hourly, 0.0).sum(axis=1), axes=1
    )
    return result
