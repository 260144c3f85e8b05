"""A problem small enough to plan by hand; tests of many modules start from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import Calendar, Problem, make

HOURS = 8760
DAYS = (0, 200)
WEIGHT = (165.0, 200.0)


def tiny_problem() -> Problem:
    """Two regions 1,000 km apart with a site each, one kind of equipment, two workloads, two typical days.

    ``web`` runs when it arrives and only near its users; ``train`` may wait 6 h and run at both sites. In the north
    there are solar power and a battery, and a corridor joins the regions. Every day of the year is alike, but the
    price in the north is 300 on the first 165 days and 400 on the others, so that two days stand for all exactly.
    ``web`` is half its mean before noon and 1.5 times after; the sun shines from 8 to 16 with a capacity factor of
    0.5; PUE is 1.0887 in the north and 1.2127 in the south.
    """
    settings = {
        "instance": {
            "name": "tiny",
            "title_en": "Two regions",
            "title_zh": "两个地区",
            "start": "2023-01-01",
            "currency": "CNY",
        },
        "finance": {"discount_rate": 0.05},
        "grid": {"sent_on": True},
        "network": {"cost_per_gb_1000km": 0.01},
        "carbon": {"price": 50.0, "cap_t": 1e6},
        "green": {"floors": [{"share": 0.1, "region": "north"}]},
    }
    tables = _sites_and_work() | _power()
    problem = make(settings, _hourly(), **tables)
    hour = np.array(DAYS)[:, None] * 24 + np.arange(24)[None, :]
    return problem.replace(calendar=Calendar(hour=hour, weight=np.array(WEIGHT)))


def _sites_and_work() -> dict[str, pd.DataFrame]:
    regions = pd.DataFrame(
        {
            "region": ["north", "south"],
            "name_en": ["North", "South"],
            "name_zh": ["北", "南"],
            "latitude_deg": [40.0, 31.0],
            "longitude_deg": [115.0, 115.0],
            "grid_mw": [60.0, 80.0],
            "grid_factor_t_per_mwh": [0.6, 0.4],
        }
    )
    sites = pd.DataFrame(
        {
            "site": ["alpha", "beta"],
            "region": ["north", "south"],
            "name_en": ["Alpha", "Beta"],
            "name_zh": ["甲", "乙"],
            "tier": ["hub", "city"],
            "latitude_deg": [40.0, 31.0],
            "longitude_deg": [115.0, 115.0],
            "most_mw": [40.0, 60.0],
            "fixed_cost_per_year": [1e6, 2e6],
            "opening_capex": [10e6, 20e6],
            "capex_per_kw": [8000.0, 9000.0],
            "lifetime_years": [20.0, 25.0],
            "embodied_t_per_mw": [100.0, 120.0],
        }
    )
    compute = pd.DataFrame(
        {
            "compute": ["general"],
            "name_en": ["General"],
            "name_zh": ["通用"],
            "module_mw": [5.0],
            "capex_per_kw": [20000.0],
            "fixed_om_per_kw_year": [300.0],
            "idle_share": [0.2],
            "usable_share": [0.95],
            "eflops_per_mw": [0.1],
            "embodied_t_per_mw": [500.0],
        }
    )
    workloads = pd.DataFrame(
        {
            "workload": ["web", "train"],
            "name_en": ["Web", "Training"],
            "name_zh": ["网络", "训练"],
            "compute": ["general", "general"],
            "latency_ms": [5.0, 50.0],
            "max_delay_h": [0, 6],
            "data_gb_per_mwh": [100.0, 10.0],
            "profile": ["day", ""],
        }
    )
    demand = pd.DataFrame(
        {
            "region": ["north", "south", "north", "south"],
            "workload": ["web", "web", "train", "train"],
            "mean_mw": [10.0, 20.0, 8.0, 4.0],
        }
    )
    capacity = pd.DataFrame({"site": ["alpha"], "compute": ["general"], "existing_mw": [5.0]})
    return {
        "regions": regions,
        "sites": sites,
        "compute_types": compute,
        "workloads": workloads,
        "demand": demand,
        "capacity": capacity,
        "links": pd.DataFrame({"region": ["north"], "site": ["alpha"], "cost_per_mwh": [2.0]}),
    }


def _power() -> dict[str, pd.DataFrame]:
    supply = pd.DataFrame(
        {
            "region": ["north"],
            "technology": ["solar"],
            "existing_mw": [10.0],
            "most_mw": [100.0],
            "capex_per_kw": [3000.0],
            "fixed_om_per_kw_year": [40.0],
            "variable_cost_per_mwh": [5.0],
            "factor_t_per_mwh": [0.01],
            "embodied_t_per_mw": [800.0],
        }
    )
    storage = pd.DataFrame(
        {
            "region": ["north"],
            "storage": ["battery"],
            "existing_mw": [1.0],
            "existing_mwh": [2.0],
            "most_mw": [50.0],
            "most_mwh": [200.0],
            "capex_per_kw": [400.0],
            "capex_per_kwh": [900.0],
            "fixed_om_per_kw_year": [20.0],
            "round_trip_efficiency": [0.81],
            "embodied_t_per_mwh": [60.0],
        }
    )
    corridors = pd.DataFrame(
        {
            "corridor": ["line"],
            "from_region": ["north"],
            "to_region": ["south"],
            "existing_mw": [1.0],
            "most_mw": [10.0],
            "capex_per_kw": [2000.0],
            "fixed_om_per_kw_year": [30.0],
            "loss_share": [0.05],
            "wheeling_cost_per_mwh": [50.0],
        }
    )
    return {"supply": supply, "storage": storage, "corridors": corridors}


def _hourly() -> dict[str, pd.DataFrame]:
    clock = np.arange(HOURS) % 24
    late = np.arange(HOURS) >= WEIGHT[0] * 24
    sun = np.where((clock >= 8) & (clock < 16), 0.5, 0.0)
    return {
        "price_per_mwh": pd.DataFrame({"north": np.where(late, 400.0, 300.0), "south": np.full(HOURS, 500.0)}),
        "temperature_c": pd.DataFrame({"north": np.full(HOURS, 19.0), "south": np.full(HOURS, 25.0)}),
        "profile": pd.DataFrame({"day": np.where(clock < 12, 0.5, 1.5)}),
        "capacity_factor_solar": pd.DataFrame({"north": sun}),
    }
