"""Problems small enough to solve by hand: a "year" of a few hours, money without interest, PUE of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.model.build import build
from siting.problem import Calendar, Problem, make
from siting.solver.highs.engine import Limits
from siting.solver.strategy import optimize
from siting.solving.solution import Solution, solve

MILLION = 1e6

DEFAULTS: dict[str, dict[str, Any]] = {
    "regions": {"region": "a", "latitude_deg": 0.0, "longitude_deg": 0.0, "grid_mw": 1e4, "grid_factor_t_per_mwh": 0.5},
    # The shift takes the PUE of every design down to its floor of one.
    "sites": {"site": "s", "region": "a", "tier": "hub", "latitude_deg": 0.0, "longitude_deg": 0.0, "most_mw": 100.0,
              "pue_shift": -1.0},
    "compute_types": {"compute": "general", "module_mw": 1.0},
    "tiers": {"tier": "hub"},
    "workloads": {"workload": "web", "compute": "general", "latency_ms": 1000.0},
    "demand": {"region": "a", "workload": "web", "mean_mw": 10.0},
    "capacity": {"site": "s", "compute": "general"},
    "links": {"region": "a", "site": "s"},
    "supply": {"region": "a", "technology": "wind", "most_mw": 100.0, "lifetime_years": 1.0},
    "storage": {"region": "a", "storage": "battery", "most_mw": 100.0, "most_mwh": 100.0, "lifetime_years": 1.0,
                "round_trip_efficiency": 1.0},
    "fleet": {"region": "a", "technology": "coal", "existing_mw": 100.0},
    "corridors": {"corridor": "line", "from_region": "a", "to_region": "b", "existing_mw": 0.0, "most_mw": 100.0,
                  "lifetime_years": 1.0},
    "bandwidth": {"region": "a", "site": "s", "most_gbps": 100.0},
    "cooling_options": {"site": "s", "cooling": "air_cooled_chiller"},
    "stages": {"year": 2025, "years": 1},
    "stage_factors": {"year": 2030},
}  # fmt: skip

REQUIRED = ("regions", "sites", "compute_types", "workloads", "demand")


def by_place(values: Any, places: list[str], hours: int) -> pd.DataFrame:
    """One number, a list of hours, or either by place, as an hourly table."""
    given = values if isinstance(values, dict) else dict.fromkeys(places, values)
    return pd.DataFrame({place: np.broadcast_to(np.asarray(v, dtype=float), hours) for place, v in given.items()})


def problem(
    hours: int = 4,
    *,
    price: Any = 100.0,
    temperature: Any = 20.0,
    profile: dict[str, Any] | None = None,
    cf: dict[str, Any] | None = None,
    grid_factor: Any = None,
    load: Any = None,
    net_import: Any = None,
    calendar: Calendar | None = None,
    settings: dict[str, Any] | None = None,
    **rows: list[dict[str, Any]],
) -> Problem:
    """A problem whose year has ``hours`` hours, all of them one period; rows are completed from ``DEFAULTS``."""
    frames = {}
    for name in DEFAULTS:
        given = rows.get(name, [{}] if name in REQUIRED else [])
        complete = [{**DEFAULTS[name], **row} for row in given]
        if name in ("regions", "sites", "compute_types", "workloads"):
            key = next(iter(DEFAULTS[name]))
            complete = [{"name_en": row[key], "name_zh": row[key], **row} for row in complete]
        if complete:
            frames[name] = pd.DataFrame(complete)
    unknown = set(rows) - set(DEFAULTS)
    if unknown:
        raise KeyError(f"no such tables: {unknown}")
    regions = list(frames["regions"]["region"])
    hourly = {
        "price_per_mwh": by_place(price, regions, hours),
        "temperature_c": by_place(temperature, regions, hours),
    }
    if profile:
        hourly["profile"] = by_place(profile, [], hours)
    if grid_factor is not None:
        hourly["grid_factor_t_per_mwh"] = by_place(grid_factor, regions, hours)
    for name, given in (("system_load_mw", load), ("net_import_mw", net_import)):
        if given is not None:
            hourly[name] = by_place(given, regions, hours)
    for technology, values in (cf or {}).items():
        hourly[f"capacity_factor_{technology}"] = by_place(values, regions, hours)
    document: dict[str, Any] = {
        "instance": {"name": "small", "title_en": "s", "title_zh": "小", "start": "2023-01-01", "currency": "CNY"},
        "finance": {"discount_rate": 0.0},
        # Tests of lines and prices by hand send grid power on; those of the rule switch it on.
        "grid": {"sent_on": True},
        **(settings or {}),
    }
    whole = Calendar(hour=np.arange(hours)[None, :], weight=np.ones(1))
    return make(document, hourly, **frames).replace(calendar=calendar or whole)


EXACT = {"mip_abs_gap": 0.0, "mip_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
"""Options of HiGHS: its default tolerances, a millionth of a million, are as much as these plans cost."""


def solved(m: Any, **options: Any) -> Solution:
    """Solve to the optimum."""
    return solve(m, gap=0.0, threads=1, highs={**EXACT, **options})


def optimum(p: Problem) -> Solution:
    """Find the proven optimum of a problem."""
    solution = solved(build(p))
    assert solution.status == "optimal", solution.outcome.reason
    return solution


def cost(p: Problem) -> float:
    """Least cost in currency, not millions; infinite if there is no plan. No tables are made, which takes longest."""
    limits = Limits(gap=0.0, threads=1, highs=EXACT)
    outcome = optimize(build(p), limits)
    assert outcome.status in ("optimal", "infeasible"), outcome.reason
    return np.inf if outcome.objective is None else outcome.objective * MILLION


def term(solution: Solution, name: str) -> float:
    """A row of the cost table summed over regions, in currency."""
    table = solution.tables["cost"]
    return float(table.loc[table["term"] == name, "cost_million"].sum() * MILLION)


def column(solution: Solution, table: str, name: str, **where: Any) -> list[float]:
    """A column of a table, of the rows that match."""
    data = solution.tables[table]
    for key, value in where.items():
        data = data[data[key] == value]
    return [float(x) for x in data[name]]


def broken(verdict: Any) -> set[str]:
    """Names of the rules that an audit finds broken, without the sums that are told of what was changed."""
    return {check.name for check in verdict.failures} - {"told"}
