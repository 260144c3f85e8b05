"""Whole modules: how many the demand needs at least, wherever it may run.

In      p.demand, arcs, profiles, usable share, existing capacity
Rules   For every set R of sites that some demand is confined to: the modules of the sites in R hold at least the load
        of all demand that cannot leave R, rounded up to whole modules. The load is the larger of the highest hour of
        the year of work that cannot wait, and the highest mean of a window of a modelled period of the work that must
        run within it: all that cannot wait, and what arrives early enough to be due before the window ends.
Note    Nothing is lost: every plan with whole modules keeps these rows. Without them the relaxation pays for
        fractions of modules, and branch-and-bound has to find each rounding by itself.
Proof   whole-modules
          whole_modules_cover_demand  redundant  test_covers_keep_the_optimum
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.problem.derived import arcs, profiles, site_compute
from siting.problem.once import once
from siting.problem.problem import FloatArray, Problem


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
    existing, module = site_compute(p)["existing_mw"].to_dict(), site_compute(p)["module_mw"].to_dict()
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
    in_periods = {wait: load[p.calendar.hour] for wait, load in by_delay.items()}
    return float(max(by_delay[0].max(), densest_window_mw(in_periods)))


def densest_window_mw(by_delay: dict[int, FloatArray]) -> float:
    """The highest mean, over the hours of some window of some period, of the work that must run within the window.

    Parameters
    ----------
    by_delay : dict of int to (periods, hours) array
        What arrives in each hour of each period, MW, by the hours that it may wait.

    Notes
    -----
    Of work that may wait ``d`` hours, what arrives in the first ``L - d`` hours of a window of ``L`` hours must run
    in it; a period wraps, so that a window as long as the period holds all of it.
    """
    hours = next(iter(by_delay.values())).shape[1]
    must: FloatArray = np.zeros((*next(iter(by_delay.values())).shape, hours + 1))
    for wait, arriving in by_delay.items():
        sums = _window_sums(arriving)
        must[:, :, wait + 1 : hours] += sums[:, :, 1 : max(hours - wait, 1)]
        must[:, :, hours] += sums[:, :, hours]
    return float((must[:, :, 1:] / np.arange(1, hours + 1)).max())


def _window_sums(arriving: FloatArray) -> FloatArray:
    """Sums over the first L hours from hour a of each period, which wraps: (periods, a, L)."""
    hours = arriving.shape[1]
    so_far = np.cumsum(np.hstack([np.zeros((len(arriving), 1)), arriving, arriving]), axis=1)
    first, length = np.arange(hours)[:, None], np.arange(hours + 1)
    sums: FloatArray = so_far[:, first + length] - so_far[:, first]
    return sums
