"""Green direct connection: what direct sources give stays in the region or is sold, and the shares of their use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.auditor.power import capacity_factors, site_power_mw
from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import gather, over_year
from siting.auditor.tables import Plan, Reader, once_per_plan
from siting.problem import Problem
from siting.problem.direct import direct_supply
from siting.problem.problem import FloatArray


def check_direct(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    """Output used and sold within what is available, in its region, and the yearly shares of each project."""
    direct = p.supply.index.isin(direct_supply(p).index)
    if not direct.any():
        return
    rows = list(p.supply.index[direct])
    names = list(dict.fromkeys(n for n, _ in rows))
    axis, project = ("region/technology", rows), ("region", names)
    mine = np.asarray(p.supply.index.get_indexer(pd.Index(rows)), dtype=np.int64)
    known = pd.Index(names)
    place, of_site, of_store = (
        known.get_indexer(pd.Index(list(regions)))
        for regions in ([n for n, _ in rows], p.sites["region"], p.storage.index.get_level_values("region"))
    )
    available = (capacity_factors(p) * plan.supply_mw[None, :, None])[:, mine]
    used, sold = plan.generation_mw[:, mine], exported_mw(p, plan)[:, mine]
    hourly = [ledger.period, axis, ledger.hour]
    ledger.at_most("direct_output", used + sold, available, hourly, "MW")

    drawn = gather(site_power_mw(p, plan), of_site, len(names))
    charged = gather(plan.charge_mw, of_store, len(names))
    output = gather(used, place, len(names))
    ledger.at_most("direct_stays", output, drawn + charged, [ledger.period, project, ledger.hour], "MW")

    both = np.minimum(gather(sold, place, len(names)), plan.grid_mw[:, p.regions.index.get_indexer(known)])
    ledger.at_most("direct_one_direction", both, 0.0, [ledger.period, project, ledger.hour], "MW", scale=output)

    energy = {
        name: over_year(p, gather(values, place, len(names)))
        for name, values in (("available", available), ("used", used), ("sold", sold))
    }
    rules, scale = p.settings.direct, energy["available"]
    least, most = rules.self_used_share_min * scale, rules.exported_share_max * scale
    ledger.at_most("direct_self_used", least, energy["used"], [project], "MWh/year", scale=scale)
    ledger.at_most("direct_exported", energy["sold"], most, [project], "MWh/year", scale=scale)
    built = np.zeros(len(names))
    np.add.at(built, place, plan.supply_mw[mine])
    # What is below the rounding of the solver is no project.
    there = built > 1e-4
    needed = rules.supplied_share_min * over_year(p, drawn)
    if rules.supplied_share_min > 0:
        called = reader.array("project", "project", project)
        ledger.equal("integrality", called, np.round(called), [project], "1", what="project")
        ledger.at_most("direct_supplied", there, called, [project], "1", what="project")
        there = there | (called > 0.5)
    ledger.at_most("direct_supplied", needed * there, energy["used"], [project], "MWh/year", scale=needed)
    for column, ours in (("available_mwh", "available"), ("self_used_mwh", "used"), ("exported_mwh", "sold")):
        told = reader.array("project", column, project)
        ledger.same("told", told, energy[ours], [project], "MWh/year", energy["available"], what=f"project.{column}")


@once_per_plan
def exported_mw(p: Problem, plan: Plan) -> FloatArray:
    """What each row of ``supply`` sells to the grid, (periods, supply, hours), MW."""
    out = np.zeros_like(plan.generation_mw)
    axis: Axis = plan.axes.export
    if axis[1]:
        out[:, p.supply.index.get_indexer(pd.Index(list(axis[1])))] = plan.exported_mw
    return out
