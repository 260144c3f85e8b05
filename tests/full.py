"""A small problem in which every rule of the model is on and leaves room to be broken."""

from __future__ import annotations

from typing import Any

import numpy as np
from small import problem

from siting.problem import Calendar, Problem

HOURS, YEAR = 2, 4

ROWS: dict[str, list[dict[str, Any]]] = {
    "regions": [
        {"region": "a", "zone": "east", "grid_mw": 40.0, "demand_charge_per_mw_month": 10.0,
         "own_network_charge_per_mwh": 3.0,
         "energy_quota_mwh": 80.0, "water_price_per_m3": 5.0, "grid_green_share": 0.2},
        {"region": "b", "zone": "west", "grid_mw": 30.0, "water_cap_m3": 200.0, "longitude_deg": 1.0},
        {"region": "c", "grid_mw": 0.0},
    ],
    # s exists and t must open; r breaks the cap on PUE whatever it does, t under one of its designs.
    "sites": [
        {"site": "s", "region": "a", "tier": "hub", "connection_mw": 90.0, "connection_cost_per_mw_year": 50.0,
         "capex_per_kw": 100.0, "embodied_t_per_mw": 5.0},
        {"site": "t", "region": "b", "tier": "city", "hub": "H", "decision": "open", "longitude_deg": 1.0,
         "capex_per_kw": 100.0},
        # o is old: what exists there has reached its life, and may be renewed beside one module.
        {"site": "o", "region": "a", "tier": "city", "hub": "H", "most_mw": 9.0, "existing_age_years": 21.0,
         "capex_per_kw": 100.0},
        {"site": "u", "region": "b", "tier": "edge", "longitude_deg": 5.0, "most_mw": 20.0,
         "least_mw": 8.0, "capex_per_kw": 100.0},
        {"site": "v", "region": "a", "tier": "edge", "longitude_deg": 2.0, "capex_per_kw": 100.0},
        {"site": "r", "region": "a", "tier": "city", "pue_shift": 1.0},
        {"site": "x", "region": "a", "tier": "city", "decision": "closed"},
    ],
    "cooling_options": [
        {"site": "t", "cooling": "air_cooled_chiller", "pue_shift": 1.0, "extra_capex_per_kw": 1.0},
        {"site": "t", "cooling": "liquid_dry_cooler", "extra_capex_per_kw": 1.0},
    ],
    "compute_types": [
        {"module_mw": 2.0, "capex_per_kw": 10.0, "idle_share": 0.2, "usable_share": 0.9},
        {"compute": "ai", "module_mw": 5.0, "capex_per_kw": 20.0},
    ],
    "tiers": [{"compute": "ai", "least_mw": 6.0}, {"most_mw": 60.0}],
    "capacity": [{"site": "s", "existing_mw": 10.0}, {"site": "v", "compute": "ai", "most_mw": 0.0},
                 {"site": "o", "existing_mw": 6.0, "most_mw": 9.0}, {"site": "o", "compute": "ai", "most_mw": 0.0}],
    "workloads": [
        {"profile": "day", "latency_ms": 4.5, "data_gb_per_mwh": 100.0, "replicas": 2, "replica_km": 50.0,
         "survives_loss": True},
        {"workload": "vault", "compute": "ai", "stays_in": "zone"},
        {"workload": "train", "max_delay_h": 1, "data_gb_per_mwh": 50.0},
        {"workload": "sim", "max_delay_h": 2, "run_h": 2},
    ],
    "demand": [
        {"region": n, "workload": w, "mean_mw": mw}
        for n, w, mw in (("a", "web", 8.0), ("b", "web", 4.0), ("b", "vault", 3.0), ("a", "train", 6.0),
                         ("b", "train", 5.0), ("b", "sim", 2.0))
    ],
    "supply": [
        {"region": "a", "technology": "wind", "existing_mw": 5.0, "capex_per_kw": 1.0, "embodied_t_per_mw": 1.0},
        {"region": "a", "technology": "solar", "most_mw": 30.0, "direct": True, "export_price_per_mwh": 20.0,
         "capex_per_kw": 1.0, "factor_t_per_mwh": 0.01},
        {"region": "b", "technology": "gas", "existing_mw": 50.0, "most_mw": 50.0, "green": False,
         "factor_t_per_mwh": 0.4, "variable_cost_per_mwh": 60.0},
        {"region": "b", "technology": "wind", "capex_per_kw": 1.0},
    ],
    "storage": [
        {"region": "a", "existing_mw": 5.0, "existing_mwh": 5.0, "round_trip_efficiency": 0.81, "capex_per_kw": 1.0,
         "embodied_t_per_mwh": 0.5},
        {"region": "b", "storage": "pumped", "most_mw": 10.0, "duration_h": 2.0, "capex_per_kw": 1.0},
    ],
    "corridors": [{"corridor": "ahead", "most_mw": 1.0, "capex_per_kw": 1.0, "direction": "forward"},
                  {"corridor": "back", "most_mw": 1.0, "capex_per_kw": 1.0, "direction": "backward"},
                  {"existing_mw": 5.0, "loss_share": 0.1, "wheeling_cost_per_mwh": 1.0, "capex_per_kw": 1.0},
                  {"corridor": "circuits", "existing_mw": 1.0, "most_mw": 10.0, "capex_per_kw": 1.0, "step_mw": 3.0,
                   "reverse_share": 0.5}],
    "bandwidth": [
        {"region": "a", "site": "s", "existing_gbps": 1.0, "most_gbps": 2.0, "cost_per_gbps_year": 10.0},
        {"region": "b", "site": "t", "existing_gbps": 1.0, "most_gbps": 2.0, "cost_per_gbps_year": 10.0},
    ],
    "fleet": [
        {"region": "b", "technology": "coal", "existing_mw": 300.0, "variable_cost_per_mwh": 30.0,
         "factor_t_per_mwh": 0.9},
        {"region": "b", "technology": "hydro", "existing_mw": 100.0, "variable_cost_per_mwh": 1.0, "most_mwh": 130.0},
    ],
}  # fmt: skip

SETTINGS: dict[str, Any] = {
    "grid": {"sent_on": False},
    "carbon": {"price": 40.0, "cap_t": 170.0},
    "green": {
        "floors": [{"share": 0.3, "tier": "city", "beyond_grid_mix": True}, {"share": 0.2}],
        "certificate_price": 5.0,
        "certificate_most_mwh": 5.0,
        "hourly_floors": [{"share": 0.5, "region": "a"}],
    },
    "direct": {"self_used_share_min": 0.3, "supplied_share_min": 0.1, "exported_share_max": 0.5},
    "system": {"dispatch": True, "network_charge_per_mwh": 2.0},
    "policy": {
        "site_counts": [{"least": 3, "most": 3}],
        "utilisation_floors": [{"share": 0.1}],
        "hub_share_min": 0.5,
        "relocation": [{"from_zone": "east", "to_zone": "west", "share": 0.1}],
        "capital_budget": 10e6,
        "pue_caps": [{"most": 1.4, "least_mw": 20.0}],
        "pue_tariffs": [{"region": "b", "above_pue": 1.2, "surcharge_per_mwh": 3.0}],
    },
}


def full_problem(**changes: Any) -> Problem:
    """Every rule at once; a year of four hours, of which one period shows two. The others have the highest load."""
    given = {"calendar": Calendar(hour=np.arange(HOURS)[None, :], weight=np.array([YEAR / HOURS])), **ROWS, **changes}
    day = 1 + 0.15 * np.arange(YEAR)
    wave = np.sin(np.arange(YEAR))
    return problem(
        YEAR,
        **given,
        settings=SETTINGS,
        price={"a": 50 + 10 * wave, "b": 40.0, "c": 60.0},
        profile={"day": day},
        cf={"wind": {"a": 0.5 + 0.4 * wave, "b": 0.4}, "solar": {"a": 0.5 - 0.3 * wave}, "gas": {"b": 1.0}},
        load={"b": 150.0},
    )


def midnight_problem() -> Problem:
    """The same with the whole year, in two periods between which something is carried."""
    hour = np.arange(YEAR).reshape(-1, HOURS)
    return full_problem(calendar=Calendar(hour=hour, weight=np.ones(len(hour))))


def stranded_problem() -> Problem:
    """The same with work that no site may take: its data may not leave a region that has none."""
    return full_problem(demand=[*ROWS["demand"], {"region": "c", "workload": "vault", "mean_mw": 1.0}])
