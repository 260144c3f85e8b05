"""What each rule costs, by hand: 10 MW of work for 4 hours at 100 cost 4,000, where power costs 10 they cost 400."""

from __future__ import annotations

from typing import Any

import pytest
from small import cost, problem
from test_price_rules import CASES as PRICED

from siting.problem.rules import REGISTRY, rules

TWO: dict[str, Any] = {
    "regions": [{}, {"region": "b", "zone": "west", "longitude_deg": 1.0}],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 1.0}],
}
DEAR_HERE: dict[str, Any] = TWO | {"price": {"a": 100.0, "b": 10.0}}
CHEAP_HERE: dict[str, Any] = TWO | {"price": {"a": 10.0, "b": 100.0}}
FIXED: dict[str, Any] = {"sites": [{"site": name, "fixed_cost_per_year": 500.0} for name in "st"]}
WIND: dict[str, Any] = {"cf": {"wind": {"a": 1.0}}}
WUE, RAISED_PUE = 1.95616, 1.60637
"""Water-side cooling at 20 °C; its PUE where a site adds 0.5."""


def policy(**given: Any) -> dict[str, Any]:
    return {"settings": {"policy": given}}


def green(**given: Any) -> dict[str, Any]:
    return {"settings": {"green": given}}


CASES: dict[str, tuple[dict[str, Any], float, float]] = {
    # Power of the wind costs twice that of the grid: each MWh of it adds 100.
    "hourly-floor-a": (
        WIND | {"supply": [{"variable_cost_per_mwh": 200.0}]} | green(hourly_floors=[{"share": 0.5, "region": "a"}]),
        4000 + 20 * 100, 4000,
    ),
    "beyond-grid-mix": (
        WIND | {"supply": [{"variable_cost_per_mwh": 200.0}], "regions": [{"grid_green_share": 0.5}]}
        | green(floors=[{"share": 0.4, "beyond_grid_mix": True}]),
        4000 + 32 * 100, 4000 + 16 * 100,
    ),
    "certificates-limit": (
        WIND | {"supply": [{"variable_cost_per_mwh": 200.0}]}
        | green(floors=[{"share": 0.5}], certificate_price=10.0, certificate_most_mwh=8.0),
        4000 + 8 * 10 + 12 * 100, 4000 + 20 * 10,
    ),
    "stays-in-web": (DEAR_HERE | {"workloads": [{"stays_in": "region"}]}, 4000, 400),
    "replicas-web": (FIXED | {"workloads": [{"replicas": 2}]}, 5000, 4500),
    "replica-distance-web": (
        {"sites": [*FIXED["sites"], {"site": "u", "longitude_deg": 10.0, "fixed_cost_per_year": 3000.0}],
         "workloads": [{"replicas": 2, "replica_km": 1000.0}]},
        7500, 5000,
    ),
    "survival-web": (FIXED | {"workloads": [{"survives_loss": True}]}, 5000, 4500),
    # 10 MW move 10 Gbit/s.
    "bandwidth-limit": (
        CHEAP_HERE | {"workloads": [{"data_gb_per_mwh": 450.0}], "bandwidth": [{"most_gbps": 4.0}]}, 160 + 2400, 400,
    ),
    "bandwidth-cost": (
        {"workloads": [{"data_gb_per_mwh": 450.0}], "bandwidth": [{"cost_per_gbps_year": 5.0}]}, 4050, 4000,
    ),
    "connection-limit": (
        CHEAP_HERE | {"sites": [{"connection_mw": 4.0}, TWO["sites"][1]]}, 160 + 2400, 400,
    ),
    "connection-cost": ({"sites": [{"connection_cost_per_mw_year": 50.0}]}, 4500, 4000),
    # Two hours in a row, in time for the end: three of four hours' work at 15 on average, the other at 55.
    "run-length-web": (
        {"price": [100, 10, 20, 100], "workloads": [{"max_delay_h": 3, "run_h": 2}]}, 10 * (3 * 15 + 55), 400,
    ),
    # A MW sent saves 80 less 15 in each hour and costs 200: 10 MW in one circuit, or 12.5 MW.
    "corridor-steps": (
        DEAR_HERE | {"sites": [{}], "price": {"a": 100.0, "b": 10.0},
                     "corridors": [{"step_mw": 10.0, "capex_per_kw": 0.2, "loss_share": 0.2,
                                    "wheeling_cost_per_mwh": 5.0}]},
        10 * 260 + 800, 12.5 * 260,
    ),
    # The line runs from a, where power costs 100, to b, where it costs 10: a buys dear, or all from b.
    "corridor-direction": (
        DEAR_HERE | {"sites": [{}], "price": {"a": 100.0, "b": 10.0},
                     "corridors": [{"existing_mw": 50.0, "direction": "forward"}]},
        40 * 100, 40 * 10,
    ),
    # 16 MW give 4 MW back; without the share 10 MW are sent.
    "corridor-reverse": (
        DEAR_HERE | {"sites": [{}], "price": {"a": 100.0, "b": 10.0},
                     "corridors": [{"existing_mw": 16.0, "most_mw": 16.0, "reverse_share": 0.25}]},
        4 * (4 * 10 + 6 * 100), 40 * 10,
    ),
    "storage-duration": (
        {"price": [10, 10, 100, 100], "storage": [{"capex_per_kw": 0.1, "most_mwh": 20.0, "duration_h": 1.0}]},
        2200, 400 + 1000,
    ),
    # A MW gives 4 MWh for 100 and sells them at 200: 20 MW, of which half is used, or 100 MW, of
    # which the work uses 10: a project does not buy in the hour in which it sells.
    "direct-self-used": (
        WIND | {"supply": [{"direct": True, "capex_per_kw": 0.1, "export_price_per_mwh": 200.0}],
                "settings": {"direct": {"self_used_share_min": 0.5}}},
        2000 - 40 * 200, 10000 - 360 * 200,
    ),
    # The project exists, and a third MW is dearer than its power.
    "direct-supplied": (
        WIND | {"supply": [{"direct": True, "existing_mw": 2.0, "capex_per_kw": 0.5}],
                "settings": {"direct": {"supplied_share_min": 0.3}}},
        28 * 100 + 500, 32 * 100,
    ),
    "direct-exported": (
        WIND | {"supply": [{"direct": True, "existing_mw": 20.0, "most_mw": 20.0, "export_price_per_mwh": 30.0}],
                "settings": {"direct": {"exported_share_max": 0.2}}},
        -16 * 30, -40 * 30,
    ),
    "site-least": (
        {"compute_types": [{"fixed_om_per_kw_year": 1.0}], "sites": [{"least_mw": 20.0}]}, 24000, 14000,
    ),
    "tier-least": ({"compute_types": [{"fixed_om_per_kw_year": 1.0}], "tiers": [{"least_mw": 20.0}]}, 24000, 14000),
    "tier-most": (
        DEAR_HERE | {"sites": [{"tier": "city"}, TWO["sites"][1]], "tiers": [{"most_mw": 4.0}]}, 160 + 2400, 400,
    ),
    "demand-charge": ({"regions": [{"demand_charge_per_mw_month": 10.0}]}, 4000 + 12 * 100, 4000),
    "network-charge": (
        {"fleet": [{"variable_cost_per_mwh": 30.0}], "load": 20.0,
         "settings": {"system": {"dispatch": True, "network_charge_per_mwh": 2.0}}},
        40 * 32, 40 * 30,
    ),
    "wheeling": (
        DEAR_HERE | {"sites": [{}], "corridors": [{"existing_mw": 50.0, "wheeling_cost_per_mwh": 7.0}]},
        40 * 17, 400,
    ),
    "grid-stays": (
        DEAR_HERE | {"sites": [{}], "corridors": [{"existing_mw": 50.0}], "settings": {"grid": {"sent_on": False}}},
        4000, 400,
    ),
    "own-network-charge": (
        WIND | {"regions": [{"own_network_charge_per_mwh": 7.0}],
                "supply": [{"existing_mw": 10.0, "variable_cost_per_mwh": 3.0}]},
        40 * 10, 40 * 3,
    ),
    "energy-quota": (
        CHEAP_HERE | {"regions": [{"energy_quota_mwh": 20.0}, TWO["regions"][1]]}, 200 + 2000, 400,
    ),
    "water-price": ({"regions": [{"water_price_per_m3": 5.0}]}, 4000 + 5 * 40 * WUE, 4000),
    "water-cap": (CHEAP_HERE | {"regions": [{"water_cap_m3": 20 * WUE}, {"region": "b"}],
                                "sites": [{}, {"site": "t", "region": "b"}]}, 200 + 2000, 400),
    "least-sites": (FIXED | policy(site_counts=[{"least": 2}]), 5000, 4500),
    "most-sites": (
        CHEAP_HERE | {"sites": [{"most_mw": 5.0}, TWO["sites"][1]]} | policy(site_counts=[{"most": 1}]), 4000, 2200,
    ),
    "utilisation-floor-s": (
        DEAR_HERE | {"capacity": [{"existing_mw": 20.0}]}
        | policy(utilisation_floors=[{"share": 0.5, "site": "s"}]),
        4000, 400,
    ),
    "hub-share": (
        DEAR_HERE | {"sites": [{}, {"site": "t", "region": "b", "tier": "city"}]} | policy(hub_share_min=1.0),
        4000, 400,
    ),
    "relocation-east-west": (
        CHEAP_HERE | {"regions": [{"zone": "east"}, TWO["regions"][1]]}
        | policy(relocation=[{"from_zone": "east", "to_zone": "west", "share": 0.5}]),
        200 + 2000, 400,
    ),
    # The wind costs 100 a year and MW, 1,000 at once.
    "capital-budget": (
        WIND | {"supply": [{"capex_per_kw": 1.0, "lifetime_years": 10.0}]} | policy(capital_budget=4000.0),
        4 * 100 + 6 * 400, 1000,
    ),
    "pue-cap": (
        CHEAP_HERE | {"sites": [{"pue_shift": 0.5}, TWO["sites"][1]]} | policy(pue_caps=[{"most": 1.5}]),
        4000, 400 * RAISED_PUE,
    ),
    "pue-tariff-a": (
        {"sites": [{"pue_shift": 0.5}]}
        | policy(pue_tariffs=[{"region": "a", "above_pue": 1.5, "surcharge_per_mwh": 8.0}]),
        4320 * RAISED_PUE, 4000 * RAISED_PUE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_rule_costs_what_it_costs(name: str) -> None:
    rows, dear, cheap = CASES[name]
    p = problem(**rows)
    (rule,) = (rule for rule in rules(p) if rule.name == name)
    assert cost(p) == pytest.approx(dear, rel=1e-4)
    assert cost(rule.without(p)) == pytest.approx(cheap, rel=1e-4)


def test_every_rule_has_a_case() -> None:
    names = [*CASES, *PRICED]
    assert [kind.name for kind in REGISTRY if kind.switch and not any(n.startswith(kind.name) for n in names)] == []
