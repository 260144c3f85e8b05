"""Random problems with every concept in them, small enough to be solved in a blink."""

from __future__ import annotations

from typing import Any

import numpy as np
from small import problem

from siting.problem import Calendar, Problem

HOURS = 4
REGIONS = ("a", "b", "c")


def random_rows(seed: int, *, regions: int = 2, sites: int = 3, modules_mw: float = 5.0) -> dict[str, Any]:
    """Arguments of :func:`small.problem`: rows, series and settings; eight hours of a year in two periods."""
    rng = np.random.default_rng(seed)
    names = list(REGIONS[:regions])
    year = 2 * HOURS

    def some(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    region_rows = [
        {"region": n, "longitude_deg": some(0, 10), "grid_mw": 80.0, "grid_factor_t_per_mwh": some(0.2, 0.9)}
        for n in names
    ]
    site_rows = [
        {"site": f"s{i}", "region": names[i % regions], "tier": ("hub", "city")[i % 2], "longitude_deg": some(0, 10),
         "most_mw": some(30, 50), "fixed_cost_per_year": some(200, 3000), "capex_per_kw": some(0.1, 0.5),
         "embodied_t_per_mw": some(1, 5)}
        for i in range(sites)
    ]  # fmt: skip
    demand = [{"region": n, "workload": w, "mean_mw": some(2, 12)} for n in names for w in ("web", "train")]
    supply = [
        {"region": n, "technology": g, "capex_per_kw": some(0.05, 0.6), "most_mw": 60.0,
         "variable_cost_per_mwh": some(0, 3), "embodied_t_per_mw": some(0, 2)}
        for n in names for g in ("wind", "solar")
    ]  # fmt: skip
    storage = [
        {"region": n, "most_mw": 20.0, "most_mwh": 40.0, "capex_per_kw": some(0.01, 0.1),
         "capex_per_kwh": some(0.01, 0.1), "round_trip_efficiency": 0.81}
        for n in names[:1]
    ]  # fmt: skip
    corridors = [
        {"corridor": f"line{i}", "from_region": names[i], "to_region": names[i + 1], "existing_mw": some(0, 4),
         "most_mw": 20.0, "capex_per_kw": some(0.05, 0.3), "loss_share": 0.05, "wheeling_cost_per_mwh": some(0, 10)}
        for i in range(regions - 1)
    ]  # fmt: skip
    return {
        "regions": region_rows,
        "sites": site_rows,
        "compute_types": [{"module_mw": modules_mw, "capex_per_kw": 0.3, "idle_share": 0.2, "usable_share": 0.9}],
        "workloads": [
            {"profile": "day", "data_gb_per_mwh": 20.0},
            {"workload": "train", "max_delay_h": 2, "data_gb_per_mwh": 5.0},
        ],
        "demand": demand,
        "supply": supply,
        "storage": storage,
        "corridors": corridors,
        "price": {n: rng.uniform(20, 150, year) for n in names},
        "profile": {"day": rng.uniform(0.5, 1.5, year)},
        "cf": {g: {n: rng.uniform(0, 1, year) for n in names} for g in ("wind", "solar")},
        "calendar": Calendar(hour=np.arange(year).reshape(2, HOURS), weight=np.array([1.5, 0.5])),
    }


def random_problem(seed: int, *, green: bool = False, carbon: bool = False, **shape: Any) -> Problem:
    """A random problem; with green floors and a carbon price on request."""
    settings: dict[str, Any] = {"network": {"cost_per_gb_1000km": 0.5}}
    if green:
        settings["green"] = {"floors": [{"share": 0.3}, {"share": 0.5, "tier": "hub"}]}
    if carbon:
        settings["carbon"] = {"price": 40.0}
    return problem(2 * HOURS, **random_rows(seed, **shape), settings=settings)


def random_days(
    seed: int, days: int, *, settings: dict[str, Any] | None = None, in_order: bool = False, **shape: Any
) -> Problem:
    """A random problem with as many days of a few hours, each with a weight of its own, or all those of the year."""
    rng = np.random.default_rng(seed + 100)
    rows, year = random_rows(seed, **shape), days * HOURS
    series = {
        "price": {n: rng.uniform(20, 150, year) for n in rows["price"]},
        "profile": {"day": rng.uniform(0.5, 1.5, year)},
        "cf": {g: {n: rng.uniform(0, 1, year) for n in places} for g, places in rows["cf"].items()},
        "calendar": Calendar(
            hour=np.arange(year).reshape(days, HOURS), weight=np.ones(days) if in_order else rng.uniform(0.5, 2.0, days)
        ),
    }
    return problem(year, **rows | series, settings=settings)
