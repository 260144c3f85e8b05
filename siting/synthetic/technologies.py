"""Technologies that some provinces have and others not: offshore wind on the coast, pumped storage in the hills."""

from __future__ import annotations

import pandas as pd

from siting.synthetic.facts import Facts


def regions(facts: Facts, technology: str, name: str | None = None) -> list[str]:
    """Provinces that offer a technology, in an instance or (no name) in any."""
    rows = facts.technologies[facts.technologies["technology"] == technology]
    mine = [name is None or name in names.split() for names in rows["instances"]]
    return [region for region in rows.loc[mine, "region"] if region in facts.provinces.index]


def offshore_supply(facts: Facts, name: str) -> pd.DataFrame:
    """Rows of ``supply.csv`` for offshore wind."""
    values = facts.parameters
    embodied = values["offshore_life_cycle_t_per_mwh"] * values["offshore_hours"] * values["renewable_lifetime_years"]
    table = pd.DataFrame({"region": regions(facts, "offshore", name), "technology": "offshore", "existing_mw": 0.0})
    table["most_mw"] = values["offshore_most_mw"]
    table["capex_per_kw"] = values["offshore_capex_per_kw"]
    table["fixed_om_per_kw_year"] = values["offshore_om_per_kw_year"]
    table["lifetime_years"] = values["renewable_lifetime_years"]
    table["variable_cost_per_mwh"] = 0.0
    return table.assign(embodied_t_per_mw=float(round(embodied)), green=True)


def pumped_storage(facts: Facts, name: str, grid_mw: pd.Series) -> pd.DataFrame:
    """Rows of ``storage.csv`` for pumped storage, up to a share of the grid headroom."""
    values = facts.parameters
    chosen = regions(facts, "pumped", name)
    table = pd.DataFrame({"region": chosen, "storage": "pumped"})
    table["most_mw"] = (grid_mw[chosen] * values["pumped_share"]).round().to_numpy()
    table["most_mwh"] = table["most_mw"] * values["pumped_hours"]
    table["capex_per_kw"] = values["pumped_capex_per_kw"]
    table["capex_per_kwh"] = 0.0
    table["fixed_om_per_kw_year"] = values["pumped_om_per_kw_year"]
    table["lifetime_years"] = values["pumped_lifetime_years"]
    table["round_trip_efficiency"] = values["pumped_efficiency"]
    table["embodied_t_per_mwh"] = values["pumped_embodied_t_per_mwh"]
    return table.assign(duration_h=values["pumped_hours"])
