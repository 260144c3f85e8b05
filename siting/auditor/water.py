"""Rules of cooling: water taken and its cap, the cap on PUE, and the surcharge on a high PUE."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.auditor.compute import built_mw, load_mw
from siting.auditor.report import Ledger
from siting.auditor.tables import Plan, Reader, once_per_plan
from siting.physics.finance import annuity
from siting.problem import Problem, derived, designs
from siting.problem.problem import FloatArray


def check_designs(p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """Where a site has a choice of cooling designs, an open one has exactly one of them."""
    offered = designs.open_choices(p)
    if not offered:
        return
    pairs = [(site, cooling) for site, names in offered.items() for cooling in names]
    chosen = Reader(tables, ledger).array("design", "chosen", ("site/cooling", pairs))
    ledger.equal("integrality", chosen, np.round(chosen), [("site/cooling", pairs)], "1", what="chosen")
    ledger.at_most("non_negative", -chosen, 0.0, [("site/cooling", pairs)], "1", what="chosen")
    count = pd.Series(chosen).groupby([site for site, _ in pairs], sort=False).sum().to_numpy()
    opened = plan.open[p.sites.index.get_indexer(pd.Index(list(offered)))]
    ledger.equal("one_design", count, opened, [("site", list(offered))], "1")


def design_cost(p: Problem, plan: Plan) -> FloatArray:
    """Investment of each site beyond the design that the instance gives it, currency per year."""
    own = pd.MultiIndex.from_arrays([p.sites.index, p.sites["cooling"]])
    extra = p.cooling_options["extra_capex_per_kw"].reindex(own).fillna(0.0).to_numpy(dtype=float)
    share = annuity(p.settings.finance.discount_rate, p.sites["lifetime_years"]).to_numpy(dtype=float)
    result: FloatArray = share * extra * 1000 * built_mw(p, plan).sum(axis=1)
    return result


def check_water(p: Problem, plan: Plan, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """Reported water of every site, and the yearly caps of regions."""
    if not designs.water_counts(p):
        return
    water = water_m3(p, plan)
    ledger.same("water", Reader(tables, ledger).array("site", "water_m3", ledger.site), water, [ledger.site], "m3")
    cap = p.regions["water_cap_m3"].dropna()
    used = pd.Series(water).groupby(p.sites["region"].to_numpy()).sum().reindex(cap.index).fillna(0.0)
    ledger.at_most("water_cap", used.to_numpy(), cap.to_numpy(dtype=float), [("region", list(cap.index))], "m3")


def check_pue_cap(p: Problem, plan: Plan, ledger: Ledger) -> None:
    """No new large site is used whose mean PUE exceeds a cap."""
    mean = derived.pue(p)[list(p.sites.index)].to_numpy(dtype=float).mean(axis=0)
    existing = derived.exists(p).to_numpy(dtype=bool)
    for number, cap in enumerate(p.settings.policy.pue_caps, start=1):
        large = ~existing & (p.sites["most_mw"].to_numpy(dtype=float) >= cap.least_mw)
        inside = large & (mean > cap.most + 1e-9)
        scope = p.sites.reset_index()
        for column in ("tier", "hub", "region", "site"):
            wanted = getattr(cap, column)
            if wanted is not None:
                inside &= (scope[column] == wanted).to_numpy(dtype=bool)
        ledger.at_most("pue_cap", np.where(inside, plan.open, 0.0), 0.0, [ledger.site], "1", what=f"cap {number}")


@once_per_plan
def it_energy_mwh(p: Problem, plan: Plan) -> FloatArray:
    """IT energy of each modelled hour times the weight of its period, idle power included, (periods, sites, hours)."""
    idle = p.compute_types["idle_share"].to_numpy(dtype=float)
    power = np.tensordot(load_mw(p, plan), 1 - idle, axes=([2], [0])) + (built_mw(p, plan) @ idle)[None, :, None]
    result: FloatArray = power * p.calendar.weight[:, None, None]
    return result


@once_per_plan
def water_m3(p: Problem, plan: Plan) -> FloatArray:
    """Water taken by each site in the year, m³: litres per kWh are m³ per MWh."""
    rate = designs.wue(p)[list(p.sites.index)].to_numpy(dtype=float)[p.calendar.hour].transpose(0, 2, 1)
    result: FloatArray = (rate * it_energy_mwh(p, plan)).sum(axis=(0, 2))
    return result


def surcharge(p: Problem, plan: Plan) -> FloatArray:
    """Surcharge on the electricity of each site, currency per year."""
    pue = derived.pue(p)[list(p.sites.index)].to_numpy(dtype=float)
    drawn = (pue[p.calendar.hour].transpose(0, 2, 1) * it_energy_mwh(p, plan)).sum(axis=(0, 2))
    out = np.zeros(len(p.sites))
    for i, (region, mean) in enumerate(zip(p.sites["region"], pue.mean(axis=0), strict=True)):
        over = [t for t in p.settings.policy.pue_tariffs if t.region == region and mean > t.above_pue + 1e-9]
        if over:
            tier = max(over, key=lambda t: t.above_pue)
            out[i] = tier.surcharge_per_mwh * drawn[i] * (1 - tier.above_pue / mean if tier.excess_only else 1.0)
    return out
