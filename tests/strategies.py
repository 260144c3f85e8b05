"""Random problems for hypothesis: a few regions, sites and hours, and any of the rules of the format."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from cases import HOURS, random_rows
from hypothesis import strategies as st
from small import problem

from siting.problem import Problem

Draw = np.random.Generator
Feature = Callable[[Draw, dict[str, Any], dict[str, Any]], None]


def _settings(section: str, **values: Any) -> Feature:
    """A feature of the settings; a callable value draws."""

    def add(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
        found = {name: value(draw) if callable(value) else value for name, value in values.items()}
        settings.setdefault(section, {}).update(found)

    return add


def _column(table: str, **values: Any) -> Feature:
    """A feature of every row of a table; a callable value draws for each row."""

    def add(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
        for row in rows[table]:
            row.update({name: value(draw) if callable(value) else value for name, value in values.items()})

    return add


def _between(low: float, high: float) -> Callable[[Draw], float]:
    return lambda draw: round(float(draw.uniform(low, high)), 3)


def _certificates(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    settings.setdefault("green", {}).update(floors=[{"share": 0.6}], certificate_price=_between(1, 80)(draw))


def _decisions(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    for row, decision in zip(rows["sites"], ("open", "closed"), strict=False):
        row["decision"] = decision


def _existing(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    # In half of the cases its life of five years has ended.
    age = float(draw.integers(0, 10))
    rows["capacity"] = [{"site": "s0", "existing_mw": 7.0, "existing_age_years": age}]


def _weather(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    rows["temperature"] = {row["region"]: draw.uniform(0, 38, 2 * HOURS) for row in rows["regions"]}
    for row in rows["sites"]:
        row["pue_shift"] = 0.05


def _cooling(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    _weather(draw, rows, settings)
    rows["cooling_options"] = [
        {"site": "s0", "cooling": "liquid_dry_cooler", "extra_capex_per_kw": _between(-0.05, 0.2)(draw)}
    ]


def _fleet(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    settings["system"] = {"dispatch": True, "network_charge_per_mwh": 10.0}
    rows["fleet"] = [
        {"region": row["region"], "technology": g, "existing_mw": mw, "variable_cost_per_mwh": _between(20, 150)(draw),
         "factor_t_per_mwh": _between(0.3, 0.9)(draw), "least_share": 0.1}
        for row in rows["regions"] for g, mw in (("coal", 70.0), ("gas", 90.0))
    ]  # fmt: skip
    rows["load"] = {row["region"]: draw.uniform(30, 70, 2 * HOURS) for row in rows["regions"]}


def _bandwidth(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
    rows["bandwidth"] = [
        {"region": n["region"], "site": s["site"], "most_gbps": 2.0, "cost_per_gbps_year": _between(10, 200)(draw)}
        for n in rows["regions"]
        for s in rows["sites"]
    ]


def _both(one: Feature, other: Feature) -> Feature:
    def add(draw: Draw, rows: dict[str, Any], settings: dict[str, Any]) -> None:
        one(draw, rows, settings)
        other(draw, rows, settings)

    return add


PUE_TIER = {"region": "a", "above_pue": 1.1, "surcharge_per_mwh": 40.0, "excess_only": True}

FEATURES: dict[str, Feature] = {
    "bandwidth": _bandwidth,
    "budget": _settings("policy", capital_budget=_between(20_000, 60_000)),
    "carbon cap": _settings("carbon", cap_t=_between(60, 150)),
    "carbon price": _settings("carbon", price=_between(5, 80)),
    "certificates": _certificates,
    "connection": _column("sites", connection_mw=_between(20, 60), connection_cost_per_mw_year=_between(1, 50)),
    "cooling": _cooling,
    "decisions": _decisions,
    "demand charge": _column("regions", demand_charge_per_mw_month=_between(0.1, 3)),
    "existing": _existing,
    "fleet": _fleet,
    "green floors": _settings("green", floors=[{"share": 0.3}, {"share": 0.5, "tier": "hub"}]),
    "headroom": _column("regions", grid_mw=_between(5, 30)),
    "hourly floors": _settings("green", hourly_floors=[{"share": 0.2}]),
    "hub share": _settings("policy", hub_share_min=0.7),
    "latency": _column("workloads", latency_ms=_between(5, 12)),
    "pue cap": _both(_weather, _settings("policy", pue_caps=[{"most": 1.3, "least_mw": 35.0}])),
    "pue tariff": _both(_weather, _settings("policy", pue_tariffs=[PUE_TIER])),
    "quota": _column("regions", energy_quota_mwh=_between(80, 300)),
    "replicas": _column("workloads", replicas=2),
    "site count": _settings("policy", site_counts=[{"least": 2}]),
    "stays in": _column("workloads", stays_in="region"),
    "survival": _column("workloads", survives_loss=True),
    "utilisation": _settings("policy", utilisation_floors=[{"share": 0.5}]),
    "water": _both(_weather, _column("regions", water_price_per_m3=_between(0, 10), water_cap_m3=_between(100, 600))),
}
"""What a problem may have beside supply, batteries, corridors and two kinds of work."""


def featured(seed: int, regions: int, sites: int, features: Collection[str]) -> Problem:
    """A random problem with some features."""
    draw = np.random.default_rng(seed)
    rows = random_rows(seed, regions=regions, sites=sites)
    settings: dict[str, Any] = {"network": {"cost_per_gb_1000km": 0.5}}
    for name in sorted(features):
        FEATURES[name](draw, rows, settings)
    return problem(2 * HOURS, **rows, settings=settings)


def problems(*, without: Collection[str] = (), regions: int = 3, sites: int = 3) -> st.SearchStrategy[Problem]:
    """Problems of up to so many regions and sites with up to four features, none of them in ``without``."""
    return st.builds(
        featured,
        st.integers(0, 2**32 - 1),
        st.integers(1, regions),
        st.integers(1, sites),
        st.frozensets(st.sampled_from(sorted(set(FEATURES) - set(without))), max_size=4),
    )
