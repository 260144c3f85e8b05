"""Whole modules: how many the demand needs at least, wherever it may run.

In      p.demand, arcs, profiles, usable share, existing capacity
Rules   For every set R of sites that some demand is confined to: the modules of the sites in R hold at least the load
        of all demand that cannot leave R, rounded up to whole modules. The load is the larger of the highest hour of
        the year of work that cannot wait, and the highest mean of a window of a modelled period, or of the year where
        its periods are in calendar order, of the work that must run within it: all that cannot wait, and what arrives
        early enough to be due before the window ends.
Note    Nothing is lost: every plan with whole modules keeps these rows. Without them the relaxation pays for
        fractions of modules, and branch-and-bound has to find each rounding by itself.
Proof   whole-modules
          whole_modules_cover_demand  redundant  test_covers_keep_the_optimum
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo

from siting.problem.derived import arcs, profiles, site_compute
from siting.problem.once import once
from siting.problem.problem import FloatArray, Problem

_EACH_H, _LONGEST_H = 48, 336
"""Hours up to which windows of every length are looked at, and up to which those of whole days more."""


def add(m: Any, p: Problem) -> None:
    """Add the cover rows of each compute type."""
    m.whole_modules_cover_demand = pyo.ConstraintList(
        doc="Demand that cannot leave some sites needs whole modules there"
    )
    for k, names, modules in _covers(p):
        m.whole_modules_cover_demand.add(sum(m.modules[s, k] for s in names) >= modules)


@once
def _covers(p: Problem) -> list[tuple[str, list[str], int]]:
    """Compute type, sites, and the modules that demand confined to them needs."""
    compute = p.workloads["compute"].to_dict()
    reach: dict[tuple[str, str], set[str]] = {}
    for w, n, s in arcs(p).itertuples(index=False, name=None):
        reach.setdefault((w, n), set()).add(s)
    table = site_compute(p)
    # What has ended may be renewed as it was, without whole modules.
    existing, module = (table["existing_mw"] + table["ended_mw"]).to_dict(), table["module_mw"].to_dict()
    usable = p.compute_types["usable_share"].to_dict()
    rows = []
    for k in p.compute_types.index:
        mine = {wn: frozenset(sites) for wn, sites in reach.items() if compute[wn[0]] == k}
        for sites in dict.fromkeys(mine.values()):
            confined = [wn for wn, own in mine.items() if own <= sites]
            needed_mw = _load_mw(p, confined) / usable[k]
            new_mw = needed_mw - sum(existing[s, k] for s in sites)
            # Where tiers differ no module is larger than the largest. The small term keeps rounding from costing one.
            modules = ceil(new_mw / max(module[s, k] for s in sites) - 1e-6)
            if modules > 0:
                rows.append((k, sorted(sites), modules))
    return rows


def _load_mw(p: Problem, demands: list[tuple[str, str]]) -> float:
    """The least capacity that some work needs, wherever it runs."""
    mean, shape, delay = p.demand["mean_mw"].to_dict(), profiles(p), p.workloads["max_delay_h"].to_dict()
    total_mw: dict[str, float] = {}
    for w, n in demands:
        total_mw[w] = total_mw.get(w, 0.0) + mean[n, w]
    by_delay: dict[int, FloatArray] = {0: np.zeros(p.hours)}
    for w, mw in total_mw.items():
        by_delay[delay[w]] = by_delay.get(delay[w], 0.0) + shape[w].to_numpy() * mw
    # Periods in calendar order are one row of hours, through which windows run on; typical ones wrap.
    shape_of_rows = (1, -1) if p.calendar.in_order else p.calendar.hour.shape
    in_rows = {wait: load[p.calendar.hour].reshape(shape_of_rows) for wait, load in by_delay.items()}
    return float(max(by_delay[0].max(), densest_window_mw(in_rows)))


def densest_window_mw(by_delay: dict[int, FloatArray]) -> float:
    """The highest mean, over the hours of some window of some row, of the work that must run within the window.

    Parameters
    ----------
    by_delay : dict of int to (rows, hours) array
        What arrives in each hour of each row of hours, MW, by the hours that it may wait.

    Notes
    -----
    Of work that may wait ``d`` hours, what arrives in the first ``L - d`` hours of a window of ``L`` hours must run
    in it; a row wraps, so that a window as long as the row holds all of it. In long rows, not every length is tried.
    """
    hours = next(iter(by_delay.values())).shape[1]
    every = np.unique(np.minimum([*range(1, _EACH_H + 1), *range(_EACH_H, _LONGEST_H + 1, 24), hours], hours))
    must: FloatArray = np.zeros((*next(iter(by_delay.values())).shape, len(every)))
    for wait, arriving in by_delay.items():
        within = np.where(every == hours, hours, np.maximum(every - wait, 0))
        must += _window_sums(arriving, within)
    return float((must / every).max())


def _window_sums(arriving: FloatArray, lengths: npt.NDArray[np.int64]) -> FloatArray:
    """Sums over the first L hours from hour a of each row, which wraps: (rows, a, L)."""
    hours = arriving.shape[1]
    so_far = np.cumsum(np.hstack([np.zeros((len(arriving), 1)), arriving, arriving]), axis=1)
    first = np.arange(hours)[:, None]
    sums: FloatArray = so_far[:, first + lengths] - so_far[:, first]
    return sums
