"""A plan of the tiny problem, made by hand with numpy, and its tables."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from tiny import WEIGHT

Plan = dict[str, np.ndarray]
Tables = dict[str, pd.DataFrame]
REGION, SITE = ["north", "south"], ["alpha", "beta"]
CLOCK = np.arange(24)
PUE = np.array([1.0887, 1.2127])
EXISTING = np.array([5.0, 0.0])
YEAR_H = 8760


def life(years: float) -> float:
    """Annuity at 5 %."""
    return 0.05 / (1 - 1.05**-years)


def decisions() -> Plan:
    """What the plan decides, for two equal days; the grid covers the rest (see :func:`settle`)."""
    sun, evening = (CLOCK >= 8) & (CLOCK < 12), (CLOCK >= 18) & (CLOCK < 22)
    charge, discharge = 2.0 * sun, 1.62 * evening
    flexible = np.array([np.full(24, 4.0), np.where(CLOCK % 2 == 0, 6.0, 10.0)])
    one_day = {
        "generation_mw": 15.0 * ((CLOCK >= 8) & (CLOCK < 16)),
        "charge_mw": charge,
        "discharge_mw": discharge,
        "stored_mwh": np.cumsum(0.9 * charge - discharge / 0.9),
        "flow_mw": np.array([1.0 * ((CLOCK >= 12) & (CLOCK < 16)), 0.5 * (CLOCK < 4)]),
        "flexible_mw": flexible,
        "backlog_mwh": np.where(CLOCK % 2 == 0, 2.0, 0.0),
        "moved_mw": np.array([[4.0, 4.0], [0.0, 4.0]]),
        "grid_mw": np.zeros((2, 24)),
    }
    first = {
        "open": np.array([1.0, 1.0]),
        "modules": np.array([4.0, 9.0]),
        "assigned_mw": np.array([[10.0, 0.0], [0.0, 20.0]]),
        "supply_mw": np.array([40.0]),
        "storage_mw": np.array([4.0]),
        "storage_mwh": np.array([16.0]),
        "corridor_mw": np.array([2.0]),
        "claimed_mwh": np.array([20000.0, 0.0]),
    }
    return first | {name: np.stack([value, value]) for name, value in one_day.items()}


def power_mw(plan: Plan) -> np.ndarray:
    """Power of sites, (period, site, hour)."""
    idle = 0.2 * (EXISTING + 5.0 * plan["modules"])
    return PUE[:, None] * (idle[:, None] + 0.8 * load_mw(plan))


def load_mw(plan: Plan) -> np.ndarray:
    """IT load of sites, (period, site, hour)."""
    web = np.where(CLOCK < 12, 0.5, 1.5) * plan["assigned_mw"].sum(axis=0)[:, None]
    return web + plan["flexible_mw"]


def at_node_mw(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Power into and out of each region's node, (period, region, hour)."""
    north, flow = np.array([1.0, 0.0])[None, :, None], plan["flow_mw"]
    own = north * (plan["generation_mw"] + plan["discharge_mw"])[:, None]
    enters = plan["grid_mw"] + own + 0.95 * flow[:, ::-1]
    return enters, power_mw(plan) + north * plan["charge_mw"][:, None] + flow


def capital_million(plan: Plan) -> np.ndarray:
    """Capital of what is new by region; alpha has equipment already."""
    new = 5.0 * plan["modules"]
    site = [0.0, 20e6] * plan["open"] + (np.array([8000.0, 9000.0]) + 20000) * 1000 * new
    battery = 400 * (plan["storage_mw"] - 1) + 900 * (plan["storage_mwh"] - 2)
    own = 1000 * (3000 * (plan["supply_mw"] - 10) + battery) * np.array([1.0, 0.0])
    return (site + own + 1000 * 2000 * (plan["corridor_mw"] - 1) / 2) / 1e6


def settle(plan: Plan) -> None:
    """Buy from the grid what the balance needs."""
    power, flow = power_mw(plan), plan["flow_mw"]
    own = plan["generation_mw"] + plan["discharge_mw"] - plan["charge_mw"]
    north = power[:, 0] + flow[:, 0] - own - 0.95 * flow[:, 1]
    south = power[:, 1] + flow[:, 1] - 0.95 * flow[:, 0]
    plan["grid_mw"] = np.stack([north, south], axis=1)


def year(hourly: np.ndarray) -> np.ndarray:
    """Sum over the year of (period, ..., hour)."""
    return np.tensordot(np.array(WEIGHT), hourly.sum(axis=-1), axes=1)


def carbon_t(plan: Plan) -> dict[str, np.ndarray]:
    """CO2 by source and region."""
    only_north = np.array([1.0, 0.0])
    return {
        "grid": np.array([0.6, 0.4]) * year(plan["grid_mw"]),
        "generation": 0.01 * year(plan["generation_mw"]) * only_north,
        "building": 5.0 * plan["modules"] * np.array([100 / 20, 120 / 25]),
        "compute": 5.0 * plan["modules"] * 500 / 5,
        "supply": (plan["supply_mw"] - 10) * 800 / 25 * only_north,
        "storage": (plan["storage_mwh"] - 2) * 60 / 15 * only_north,
    }


def cost_million(plan: Plan) -> dict[str, np.ndarray]:
    """Cost by term and region."""
    only_north = np.array([1.0, 0.0])
    house = np.array([life(20), life(25)])
    new = 5.0 * plan["modules"]
    price = np.array([[300.0, 500.0], [400.0, 500.0]])
    bought = np.tensordot(np.array(WEIGHT), plan["grid_mw"].sum(axis=2) * price, axes=1)
    battery = 400 * (plan["storage_mw"] - 1) + 900 * (plan["storage_mwh"] - 2)
    solar = life(25) * 3000 * (plan["supply_mw"] - 10) + 40 * plan["supply_mw"]
    km = 6371.0088 * np.radians(9.0)
    trained = np.tensordot(np.array(WEIGHT), plan["moved_mw"], axes=1) * 24
    # 10 GB per MWh over the 1,001 km between the regions; the link from north to alpha has its own price.
    far = 0.01 * km / 1000 * 10
    near = 2.0 * (YEAR_H * plan["assigned_mw"][0, 0] + trained[0, 0])
    travel = np.array([near + far * trained[0, 1], far * trained[1, 0]])
    cost = {
        # Alpha exists already: what it cost to open is sunk.
        "site opening": (house * [0.0, 20e6] + [1e6, 2e6]) * plan["open"],
        "building": house * [8000.0, 9000.0] * 1000 * new,
        "compute": life(5) * 20000 * 1000 * new + 300 * 1000 * (EXISTING + new),
        "supply": 1000 * solar * only_north,
        "storage": 1000 * (life(15) * battery + 20 * plan["storage_mw"]) * only_north,
        "corridors": 1000 * (life(40) * 2000 + 30) * (plan["corridor_mw"] - 1) / 2 * np.ones(2),
        "grid energy": bought,
        "generation": 5 * year(plan["generation_mw"]) * only_north,
        "wheeling": 50 * year(plan["flow_mw"]),
        "data movement": travel,
        "carbon": 50 * sum(carbon_t(plan).values()),
    }
    return {term: value / 1e6 for term, value in cost.items()}


def tidy(values: np.ndarray, column: str, **index: list) -> pd.DataFrame:
    """A tidy table of an array."""
    rows = _rows(tuple(index), tuple(tuple(members) for members in index.values()))
    return rows.assign(**{column: np.asarray(values, dtype=float).reshape(-1)})


@cache
def _rows(names: tuple[str, ...], members: tuple[tuple[object, ...], ...]) -> pd.DataFrame:
    """The rows of a table, which hundreds of tests have in common."""
    return pd.MultiIndex.from_product(members, names=names).to_frame(index=False)


def book(plan: Plan) -> Tables:
    """The tables of a plan, with everything that follows from its decisions."""
    day, hour = list(range(2)), list(range(24))
    power, web = power_mw(plan), ["web"]
    battery = {"period": day, "region": ["north"], "storage": ["battery"], "hour": hour}
    storage_hour = tidy(plan["charge_mw"], "charge_mw", **battery)
    enters, leaves = at_node_mw(plan)
    claim = plan["claimed_mwh"]
    tables = {
        "site": tidy(plan["open"], "open", site=SITE).assign(energy_mwh=year(power), own_mwh=claim, claimed_mwh=claim),
        "site_compute": tidy(plan["modules"], "modules", site=SITE, compute=["general"]).assign(
            capacity_mw=EXISTING + 5.0 * plan["modules"]
        ),
        "arc": tidy(plan["assigned_mw"], "assigned_mw", workload=web, region=REGION, site=SITE),
        "place": tidy(plan["assigned_mw"].sum(axis=0), "placed_mw", workload=web, site=SITE),
        "supply": tidy(plan["supply_mw"], "supply_mw", region=["north"], technology=["solar"]),
        "storage": tidy(plan["storage_mw"], "storage_mw", region=["north"], storage=["battery"]).assign(
            storage_mwh=plan["storage_mwh"]
        ),
        "corridor": tidy(plan["corridor_mw"], "corridor_mw", corridor=["line"]),
        "site_hour": tidy(power, "power_mw", period=day, site=SITE, hour=hour),
        "supply_hour": tidy(
            plan["generation_mw"], "generation_mw", period=day, region=["north"], technology=["solar"], hour=hour
        ),
        "site_compute_hour": tidy(
            load_mw(plan), "it_load_total", period=day, site=SITE, compute=["general"], hour=hour
        ),
        "region_hour": tidy(plan["grid_mw"], "grid_mw", period=day, region=REGION, hour=hour).assign(
            power_in_total=enters.reshape(-1), power_out_total=leaves.reshape(-1)
        ),
        "storage_hour": storage_hour.assign(
            discharge_mw=plan["discharge_mw"].reshape(-1), stored_mwh=plan["stored_mwh"].reshape(-1)
        ),
        "corridor_hour": tidy(plan["flow_mw"][:, 0], "forward_mw", period=day, corridor=["line"], hour=hour).assign(
            backward_mw=plan["flow_mw"][:, 1].reshape(-1)
        ),
        "batch_hour": tidy(plan["backlog_mwh"], "backlog_mwh", period=day, workload=["train"], group=[0], hour=hour),
        "batch_site_hour": tidy(
            plan["flexible_mw"], "flexible_mw", period=day, workload=["train"], group=[0], site=SITE, hour=hour
        ),
        "batch_arc": tidy(plan["moved_mw"], "moved_mw", period=day, workload=["train"], region=REGION, site=SITE),
        "period": pd.DataFrame({"period": day, "weight": WEIGHT, "first_hour": [0, 200 * 24]}),
    }
    # Claims in each period, over no line; what else than the sun may have charged the battery.
    claimed = np.stack([plan["claimed_mwh"] / YEAR_H] * 2)
    other = plan["grid_mw"][:, 0] + 0.95 * plan["flow_mw"][:, 1]
    tables["floor_site"] = tidy(claimed, "own_mw", period=day, site=SITE)
    tables["claim_corridor"] = tidy(np.zeros((2, 1)), "claimed_forward_mw", period=day, corridor=["line"]).assign(
        claimed_backward_mw=0.0
    )
    must = np.stack([np.maximum(plan["charge_mw"] - other, 0.0), np.zeros_like(other)], axis=1)
    tables["claim_region_hour"] = tidy(must, "stored_green_mw", period=day, region=REGION, hour=hour)
    cost, carbon = cost_million(plan), carbon_t(plan)
    tables["cost"] = tidy(np.array(list(cost.values())), "cost_million", term=list(cost), region=REGION)
    tables["carbon"] = tidy(np.array(list(carbon.values())), "carbon_t", term=list(carbon), region=REGION)
    return retold(tables, plan)


def retold(tables: Tables, plan: Plan) -> Tables:
    """The tables with totals by region that are those of their terms."""
    cost, carbon = (
        tables[name].groupby("region")[column].sum().reindex(REGION).to_numpy()
        for name, column in (("cost", "cost_million"), ("carbon", "carbon_t"))
    )
    totals = tidy(cost, "cost_total", region=REGION).assign(carbon_total=carbon, capital_total=capital_million(plan))
    return {**tables, "region": totals}


def settled() -> Plan:
    """The plan by hand."""
    plan = decisions()
    settle(plan)
    plan["grid_mw"] = np.round(plan["grid_mw"], 12)
    return plan
