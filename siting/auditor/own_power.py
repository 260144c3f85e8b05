"""Rules of what corridors carry: power of one's own, and no power that was bought from the grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.auditor.matching import exchanged
from siting.auditor.report import Axis, Ledger
from siting.auditor.sums import carries, earlier, floats, gather, region_places
from siting.auditor.tables import Plan, Reader
from siting.problem import Problem


def check_own_power(p: Problem, plan: Plan, reader: Reader, ledger: Ledger) -> None:
    """Own part of storage within the whole and in balance; what is sent was generated, arrived or stored as own power.

    Parameters
    ----------
    p, plan, reader
        What was solved, its plan, and the tables of the solution.
    ledger : Ledger
        Receives the checks.
    """
    if p.settings.grid.sent_on or not len(p.corridors):
        return
    regions = len(p.regions)
    ends = np.unique(region_places(p, pd.concat([p.corridors["from_region"], p.corridors["to_region"]])))
    stored = region_places(p, p.storage.index.get_level_values("region"))
    mine = np.isin(stored, ends)
    axis: Axis = ("region/storage", list(p.storage.index[mine]))
    at = [ledger.period, axis, ledger.hour]
    charge, discharge, content = (
        reader.array("own_storage_hour", f"own_{name}", *at) for name in ("charge_mw", "discharge_mw", "stored_mwh")
    )
    for what, part, whole, unit in (
        ("own_charge_mw", charge, plan.charge_mw[:, mine], "MW"),
        ("own_discharge_mw", discharge, plan.discharge_mw[:, mine], "MW"),
        ("own_stored_mwh", content, plan.stored_mwh[:, mine], "MWh"),
    ):
        ledger.at_most("own_power", part, whole, at, unit, what=what)
        ledger.at_most("non_negative", -part, 0.0, at, unit, what=what)
    one_way = np.sqrt(floats(p.storage, "round_trip_efficiency"))[mine][None, :, None]
    before = earlier(p, content)
    after = before + one_way * charge - discharge / one_way
    size = np.maximum(before, charge + discharge)
    ledger.equal("own_power", content, after, at, "MWh", scale=size, what="balance of storage")
    if carries(p):
        start = reader.array("own_storage_start", "own_start_mwh", axis, ledger.period).T
        ledger.equal("own_power", start, before[:, :, 0], [ledger.period, axis], "MWh", what="own_start_mwh")
    sources = ~p.supply["direct"].to_numpy(dtype=bool)
    supplied = region_places(p, p.supply.index.get_level_values("region"))[sources]
    sent, received = exchanged(p, plan.flow_mw)
    own = gather(plan.generation_mw[:, sources], supplied, regions) + received
    own = own + gather(discharge - charge, stored[mine], regions)
    rows = [ledger.period, ledger.region, ledger.hour]
    among = np.isin(np.arange(regions), ends)[None, :, None]
    ledger.at_most("own_power", np.where(among, sent, 0.0), np.where(among, own, 0.0), rows, "MW", what="sent")
