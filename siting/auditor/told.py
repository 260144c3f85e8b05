"""What a plan tells beside its decisions: sums, shares and splits that follow from them, recomputed.

People read these numbers for the plan. Each is compared with what the decisions come to; the decisions are held
against the rules elsewhere. A column that no check reads fails ``tables`` by its name, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.compute import built_mw, load_mw
from siting.auditor.money import ROUNDING, added, carbon_t, cost_million
from siting.auditor.policy import capital_million
from siting.auditor.power import at_node_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import floats
from siting.auditor.tables import Plan, Reader, hosted
from siting.problem import Problem, designs
from siting.problem.problem import FloatArray

Tables = Mapping[str, pd.DataFrame]
_NAME = "told"


def check_told(
    p: Problem, plan: Plan, tables: Tables, ledger: Ledger, own_rules: bool, paid_before_million: FloatArray | None
) -> None:
    """Totals by region, load and power by hour, and circuits.

    Parameters
    ----------
    p, plan, tables
        What was solved, its plan, and all tables of the solution.
    ledger : Ledger
        Receives the check ``told``.
    own_rules : bool
        Whether a user's own rules may have added to totals.
    paid_before_million : ndarray of float or None
        Capital of what earlier stages of a pathway built, at the prices of this one, (regions,).
    """
    reader = Reader(tables, ledger)
    _check_money(p, plan, tables, reader, ledger, own_rules, paid_before_million)
    region, hour, period = ledger.region, ledger.hour, ledger.period
    at = [period, ledger.site, ledger.compute, hour]
    load = reader.array("site_compute_hour", "it_load_total", *at, wanted=hosted(p)[None, :, :, None])
    ledger.same(_NAME, load, load_mw(p, plan), at, "MW", what="site_compute_hour.it_load_total")
    at = [period, region, hour]
    for column, mine in zip(("power_in_total", "power_out_total"), at_node_mw(p, plan), strict=True):
        ledger.same(_NAME, reader.array("region_hour", column, *at), mine, at, "MW", what=f"region_hour.{column}")
    step = floats(p.corridors, "step_mw")
    stepped = np.isfinite(step)
    axis: Axis = ("corridor", list(p.corridors.index[stepped]))
    new = (plan.corridor_mw - floats(p.corridors, "existing_mw"))[stepped] / step[stepped]
    told = reader.array("circuit", "circuits", axis)
    ledger.equal(_NAME, told, new, [axis], "1", what="circuit.circuits")


def check_split(p: Problem, plan: Plan, tables: Tables, ledger: Ledger) -> None:
    """Equipment, load and power under each cooling design, where a site has a choice.

    Parameters
    ----------
    p : Problem
        With all designs that are offered.
    plan, tables, ledger
        As of :func:`check_told`.
    """
    offered = designs.open_choices(p)
    pairs = [(site, cooling) for site, names in offered.items() for cooling in names]
    if not pairs:
        return
    reader, period, hour = Reader(tables, ledger), ledger.period, ledger.hour
    design: Axis = ("site/cooling", pairs)
    chosen = reader.array("design", "chosen", design)
    where = p.sites.index.get_indexer(pd.Index([site for site, _ in pairs]))
    built = built_mw(p, plan)[where] * chosen[:, None]
    kinds = list(p.compute_types.index)
    hosts = hosted(p)[where]
    cells = [(i, k) for i in range(len(pairs)) for k in np.flatnonzero(hosts[i]).tolist()]
    triple: Axis = ("site/compute/cooling", [(pairs[i][0], kinds[k], pairs[i][1]) for i, k in cells])
    mine = np.array([built[cell] for cell in cells])
    told = reader.array("design_compute", "design_capacity_mw", triple)
    ledger.equal(_NAME, told, mine, [triple], "MW", what="design_compute.design_capacity_mw")
    idle = floats(p.compute_types, "idle_share")
    load = np.tensordot(load_mw(p, plan)[:, where], 1 - idle, axes=([2], [0])) * chosen[None, :, None]
    choice = [i for i, (site, _) in enumerate(pairs) if len(offered[site]) > 1]
    several: Axis = ("site/cooling", [pairs[i] for i in choice])
    told = reader.array("design_choice_hour", "design_load_mw", period, several, hour)
    ledger.equal(_NAME, told, load[:, choice], [period, several, hour], "MW", what="design_choice_hour.design_load_mw")
    factor = designs.design_pue(p)[pairs].to_numpy(dtype=float)[p.calendar.hour].transpose(0, 2, 1)
    power = factor * ((built @ idle)[None, :, None] + load)
    told = reader.array("design_hour", "design_power_mw", period, design, hour)
    ledger.equal(_NAME, told, power, [period, design, hour], "MW", what="design_hour.design_power_mw")


def _check_money(
    p: Problem,
    plan: Plan,
    tables: Tables,
    reader: Reader,
    ledger: Ledger,
    own_rules: bool,
    paid_before_million: FloatArray | None,
) -> None:
    """Cost, CO2 and capital of each region; what a user has added to capital has no table of its own."""
    cost = [*cost_million(p, plan, tables).values(), *added(p, tables, "cost").values()]
    carbon = [*carbon_t(p, plan).values(), *added(p, tables, "carbon").values()]
    capital = capital_million(p, plan)
    sizes = {"capital": np.abs(capital).sum()}
    if paid_before_million is not None:
        capital = capital - paid_before_million
    sizes |= {name: np.abs(every).sum(axis=0) for name, every in (("cost", cost), ("carbon", carbon))}
    mine = {"cost": np.sum(cost, axis=0), "carbon": np.sum(carbon, axis=0), "capital": capital}
    units = {"cost": "million", "carbon": "t", "capital": "million"}
    for name, values in mine.items():
        told = reader.array("region", f"{name}_total", ledger.region)
        if name != "capital" or not own_rules:
            what, size = f"region.{name}_total", sizes[name]
            ledger.same(_NAME, told, values, [ledger.region], units[name], size, what, ROUNDING)
