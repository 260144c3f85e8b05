"""What each concept adds to a tiny model, as it was read and found right; ``--update-expected`` writes it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from lp import CONCEPTS, lp
from small import problem

from siting.problem import Calendar
from siting.report.rulebook import book

EXPECTED = Path(__file__).parent / "expected"

TWO_SITES: dict[str, Any] = {"sites": [{}, {"site": "t"}]}
TWO_REGIONS: dict[str, Any] = {
    "regions": [{"zone": "east"}, {"region": "b", "zone": "west", "longitude_deg": 1.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 1.0}],
}
WAITS: dict[str, Any] = {"workloads": [{"max_delay_h": 1}]}
WIND: dict[str, Any] = {
    "supply": [{"existing_mw": 5.0, "capex_per_kw": 2.0, "variable_cost_per_mwh": 3.0, "embodied_t_per_mw": 4.0}],
    "cf": {"wind": {"a": [0.5, 0.0]}},
}
BATTERY: dict[str, Any] = {
    "storage": [{"existing_mw": 1.0, "round_trip_efficiency": 0.81, "capex_per_kw": 2.0, "capex_per_kwh": 3.0}]
}
LINE: dict[str, Any] = {
    "corridors": [{"existing_mw": 5.0, "loss_share": 0.1, "capex_per_kw": 2.0, "wheeling_cost_per_mwh": 7.0}]
}
# Two periods in calendar order, of which the first is shown.
IN_ORDER: dict[str, Any] = {"hours": 4, "calendar": Calendar(hour=np.arange(4).reshape(2, 2), weight=np.ones(2))}


def policy(**rules: Any) -> dict[str, Any]:
    return {"settings": {"policy": rules}}


CASES: dict[str, dict[str, Any]] = {
    "sites": {
        "sites": [{"most_mw": 10.0, "fixed_cost_per_year": 100.0, "capex_per_kw": 20.0, "embodied_t_per_mw": 40.0},
                  {"site": "t", "least_mw": 3.0}, {"site": "u", "existing_age_years": 25.0, "capex_per_kw": 10.0}],
        "compute_types": [{"module_mw": 2.0, "capex_per_kw": 5.0}, {"compute": "ai", "module_mw": 5.0}],
        "capacity": [{"existing_mw": 4.0}, {"site": "u", "existing_mw": 3.0},
                     {"site": "u", "compute": "ai", "existing_mw": 8.0, "existing_age_years": 5.0}],
    },
    "tiers": {"compute_types": [{}, {"compute": "ai"}],
              "tiers": [{"least_mw": 20.0}, {"compute": "ai", "least_mw": 5.0}]},
    # No site may take the work of b.
    "workloads": TWO_SITES
    | {
        "regions": [{}, {"region": "b", "longitude_deg": 1.0}],
        "profile": {"day": [0.5, 1.5]},
        "workloads": [{"profile": "day", "latency_ms": 0.5}],
        "demand": [{}, {"region": "b", "mean_mw": 1.0}],
    },
    "deferral": TWO_SITES | WAITS | IN_ORDER,
    "runs": TWO_SITES | IN_ORDER | {"workloads": [{"max_delay_h": 2, "run_h": 2}]},
    "covers": {"compute_types": [{"module_mw": 4.0, "usable_share": 0.9}], "capacity": [{"existing_mw": 2.0}]},
    "capacity": WAITS | {"compute_types": [{"usable_share": 0.9}]},
    "network": TWO_SITES | {"workloads": [{"data_gb_per_mwh": 10.0}], "links": [{"cost_per_mwh": 6.0}]},
    "cooling_choice": {"cooling_options": [{"pue_shift": 1.0, "extra_capex_per_kw": 20.0}]} | WAITS,
    "cooling": {"compute_types": [{"idle_share": 0.2}], "sites": [{"pue_shift": 0.0}], "temperature": [5.0, 35.0]},
    "supply": WIND,
    "storage": {"storage": [{**BATTERY["storage"][0], "existing_mwh": 4.0, "duration_h": 4.0}]} | IN_ORDER,
    "corridors": TWO_REGIONS | {"corridors": [{**LINE["corridors"][0], "step_mw": 40.0, "reverse_share": 0.5}]},
    "direct": {
        "supply": [{**WIND["supply"][0], "direct": True, "export_price_per_mwh": 2.0, "factor_t_per_mwh": 0.1}],
        "cf": WIND["cf"],
        "settings": {"direct": {"self_used_share_min": 0.6, "supplied_share_min": 0.3, "exported_share_max": 0.2}},
    } | BATTERY,
    "own_power": IN_ORDER
    | TWO_REGIONS
    | BATTERY
    | LINE
    | {
        "supply": WIND["supply"],
        "cf": {"wind": {"a": [0.5, 0.0, 0.5, 0.0]}},
        "settings": {"grid": {"sent_on": False}},
    },
    "grid": {"price": [40.0, 60.0]},
    "system": {
        "fleet": [
            {"variable_cost_per_mwh": 30.0, "factor_t_per_mwh": 0.9, "least_share": 0.2},
            {"technology": "hydro", "most_mwh": 50.0},
        ],
        "load": [60.0, 80.0],
        "settings": {"system": {"dispatch": True}},
    },
    "carbon": {"settings": {"carbon": {"price": 40.0, "cap_t": 9.0}}},
    "green": TWO_REGIONS
    | BATTERY
    | LINE
    | {
        "supply": [*WIND["supply"], {"technology": "solar", "direct": True}],
        "cf": WIND["cf"] | {"solar": {"a": 0.5}},
        "settings": {
            "green": {
                "floors": [{"share": 0.5}, {"share": 0.2, "region": "a", "beyond_grid_mix": True}],
                "certificate_price": 5.0,
                "certificate_most_mwh": 8.0,
                "hourly_floors": [{"share": 0.5, "region": "b"}],
            }
        },
    },
    "matching": TWO_REGIONS
    | WIND
    | {"cf": {"wind": {"a": [0.5, 0.0, 1.0, 0.0]}}}
    | BATTERY
    | IN_ORDER
    | LINE
    | {"settings": {"green": {"hourly_floors": [{"share": 0.5, "region": "b"}]}}},
    "demand_charge": {"regions": [{"demand_charge_per_mw_month": 10.0}]},
    "connection": {"sites": [{"connection_mw": 15.0, "connection_cost_per_mw_year": 50.0}]},
    "site_count": TWO_SITES | policy(site_counts=[{"least": 1, "most": 1}]),
    "utilisation": policy(utilisation_floors=[{"share": 0.6}]),
    "hub_share": {"sites": [{}, {"site": "t", "tier": "city"}]} | policy(hub_share_min=0.6),
    "relocation": TWO_REGIONS | policy(relocation=[{"from_zone": "east", "to_zone": "west", "share": 0.3}]),
    "quota": {"regions": [{"energy_quota_mwh": 30.0}]},
    "budget": {"sites": [{"opening_capex": 1e6, "capex_per_kw": 20.0}]} | policy(capital_budget=3e6),
    "bandwidth": {
        "profile": {"day": [0.5, 1.5]},
        "workloads": [{"profile": "day", "data_gb_per_mwh": 450.0},
                      {"workload": "train", "max_delay_h": 1, "data_gb_per_mwh": 45.0}],
        "demand": [{}, {"workload": "train"}],
        "bandwidth": [{"existing_gbps": 1.0, "cost_per_gbps_year": 10.0}],
    },
    "replication": {"sites": [{}, {"site": "t", "longitude_deg": 1.0}, {"site": "u", "longitude_deg": 10.0}],
                    "workloads": [{"replicas": 2, "replica_km": 500.0}]},
    "survival": TWO_SITES | {"workloads": [{"survives_loss": True}]},
    "water": {"regions": [{"water_price_per_m3": 5.0, "water_cap_m3": 40.0}]},
    "pue_cap": {"sites": [{"pue_shift": 0.5}, {"site": "t"}]} | policy(pue_caps=[{"most": 1.2}]),
    "pue_tariff": {"sites": [{"pue_shift": 0.5}]}
    | policy(pue_tariffs=[{"region": "a", "above_pue": 1.2, "surcharge_per_mwh": 8.0}]),
    "balance": WIND | BATTERY,
}  # fmt: skip


def expected(concept: str) -> str:
    return (EXPECTED / f"{concept}.lp").read_text(encoding="utf-8")


def test_every_concept_is_here() -> None:
    assert set(CASES) == set(CONCEPTS) - {"structure"}
    assert {path.stem for path in EXPECTED.iterdir()} == set(CASES)


@pytest.mark.parametrize("concept", CASES)
def test_the_rows_are_those_expected(concept: str, request: pytest.FixtureRequest) -> None:
    text = lp(problem(**{"hours": 2, **CASES[concept]}), concept)
    if request.config.getoption("--update-expected"):
        (EXPECTED / f"{concept}.lp").write_text(text, encoding="utf-8")
    assert text == expected(concept)


@pytest.mark.parametrize("concept", CASES)
def test_they_are_an_lp_file_with_each_constraint_of_the_concept(concept: str) -> None:
    rows = expected(concept).partition("\nst\n")[2].partition("bounds\n")[0].splitlines()
    named = {proof.constraint for entry in book() for proof in entry.proofs if proof.concept == concept}
    assert {re.sub(r"\W.*", "", row.lstrip("\\ ")) for row in rows} == named - {None}
    solver = highspy.Highs()
    solver.silent()
    assert solver.readModel(str(EXPECTED / f"{concept}.lp")) == highspy.HighsStatus.kOk
    assert solver.getNumRow() == len([row for row in rows if not row.startswith("\\")])
