"""Work that could move west: what it would save, what it would emit, and whether the plan moves it.

East-to-west relocation is not always right: the western grid can be dirtier. For each region the delay-tolerant work
is compared at home and at western sites by a yearly average of grid power, so the reader sees which moves the plan
takes and which it rejects, and why. The plan itself decides with its own wind, sun, batteries and hours; where the
averages do not explain it, the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.problem import Problem
from siting.problem.derived import arcs, data_cost_per_mwh, grid_factor_t_per_mwh, pue
from siting.problem.designs import as_chosen
from siting.problem.system import dispatched
from siting.report.summary import Tables, work
from siting.study.marginal import marginal_prices, yearly_means

WEST_DEG = 2.0
"""A site is west of a region if its longitude is smaller by at least this."""

_LEAST_MW = 0.1


def moves(p: Problem, tables: Tables, lang: str) -> pd.DataFrame:
    """Moves of delay-tolerant work to the west, taken and rejected.

    Returns
    -------
    DataFrame
        Columns region, site, moved_mw, cost_change_percent (grid power and data movement per MWh of IT energy, without
        a price of carbon), carbon_change_percent (location-based, average of the year) and move, the verdict. For each
        region the largest move taken, and of the moves not taken the cheapest one that would emit more.
    """
    costs, carbon = _per_it_mwh(as_chosen(p, tables), tables)
    tolerant = set(p.workloads.index[p.workloads["max_delay_h"] > 0])
    pairs = arcs(p)
    pairs = pairs[pairs["workload"].isin(tolerant)]
    done = work(p, tables)
    moved = done[done["workload"].isin(tolerant)].groupby(["region", "site"])["mean_mw"].sum()
    data = data_cost_per_mwh(p)[list(tolerant)].groupby(level=["region", "site"]).mean() if tolerant else pd.Series()
    names = {str(n): str(name) for n, name in p.regions[f"name_{lang}"].items()}
    rows = []
    for region, group in pairs.groupby("region", sort=False):
        candidates = list(dict.fromkeys(group["site"]))
        home = [s for s in candidates if p.sites.at[s, "region"] == region]
        if not home:
            continue
        here = min(home, key=lambda s: costs[s])
        west = [s for s in candidates if _is_west(p, str(region), s)]
        table = pd.DataFrame({"site": west})
        table["moved_mw"] = [float(moved.get((region, s), 0.0)) for s in west]
        table["cost_change"] = [costs[s] + data[region, s] - costs[here] for s in west]
        table["carbon_change"] = [carbon[s] - carbon[here] for s in west]
        table["cost_change_percent"] = 100 * table["cost_change"] / max(abs(costs[here]), 1e-9)
        table["carbon_change_percent"] = 100 * table["carbon_change"] / max(carbon[here], 1e-9)
        rows.append(_pick(table, p.settings.carbon.price).assign(region=names[str(region)]))
    if not rows:
        return pd.DataFrame()
    result = pd.concat(rows, ignore_index=True)
    result["site"] = result["site"].map(p.sites[f"name_{lang}"].to_dict())
    columns = ["region", "site", "moved_mw", "cost_change_percent", "carbon_change_percent", "move"]
    return result[columns]


def _per_it_mwh(p: Problem, tables: Tables) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Cost of grid power (currency) and its CO2 (t) per MWh of IT energy, by site, averages of the year.

    Where the fleet is dispatched they are those of one more MWh.
    """
    region = {str(s): str(n) for s, n in p.sites["region"].items()}
    use = pue(p)
    price, factor = p.hourly["price_per_mwh"], grid_factor_t_per_mwh(p)
    if dispatched(p):
        one_more, price, factor = yearly_means(p, marginal_prices(p, tables)), price.copy(), factor.copy()
        for n, row in one_more.iterrows():
            price[n] = row["cost_per_mwh"] + p.settings.system.network_charge_per_mwh
            factor[n] = row["factor_t_per_mwh"]
    costs = {s: float(np.mean(use[s].to_numpy() * price[n].to_numpy())) for s, n in region.items()}
    carbon = {s: float(np.mean(use[s].to_numpy() * factor[n].to_numpy())) for s, n in region.items()}
    return costs, carbon


def _is_west(p: Problem, region: str, site: str) -> bool:
    if p.sites.at[site, "region"] == region:
        return False
    users, place = p.regions["longitude_deg"].to_dict(), p.sites["longitude_deg"].to_dict()
    return bool(users[region] - place[site] >= WEST_DEG)


def _pick(table: pd.DataFrame, price: float) -> pd.DataFrame:
    """The largest move taken and the cheapest dirtier one that is not."""
    taken = table[table["moved_mw"] >= _LEAST_MW].nlargest(1, "moved_mw")
    left = table[(table["moved_mw"] < _LEAST_MW) & (table["carbon_change"] > 0)].nsmallest(1, "cost_change")
    both = pd.concat([taken, left])
    return both.assign(move=[_verdict(row, price) for _, row in both.iterrows()])


def _verdict(row: pd.Series, price: float) -> str:
    with_carbon = row["cost_change"] + price * row["carbon_change"]
    if row["moved_mw"] >= _LEAST_MW:
        return "taken_dirtier" if row["carbon_change"] > 0 else "taken_cleaner"
    if row["cost_change"] >= 0:
        return "rejected_both"
    return "rejected_dirtier" if with_carbon > 0 else "rejected_other"
