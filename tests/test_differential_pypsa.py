"""The power half of a plan costs what PyPSA says, whose network is built here from the raw numbers.

Sites and load are given. Wind, solar, batteries and two lossy corridors are built; two regions dispatch their own
fleet, the third buys at a tariff. Our model counts what the data centers cause beyond the cheapest dispatch without
them; PyPSA dispatches all, so that the dispatch without data centers is subtracted from its cost.
"""

import numpy as np
import pytest
from bench.network import add_batteries, add_corridors, add_supply, tie
from small import MILLION, optimum, problem

from siting.problem import Calendar

HOURS, WEEKS = 168, 52.0
RATE, CARBON_PRICE, NETWORK_CHARGE, IDLE = 0.06, 60.0, 20.0, 0.2
REGIONS = ("a", "b", "c")
HAD_MW, MEAN_MW = {"a": 60.0, "b": 40.0, "c": 30.0}, {"a": 30.0, "b": 22.0, "c": 15.0}

_draw = np.random.default_rng(11)
_clock = np.arange(HOURS) % 24
SHAPE = 1 + 0.4 * np.sin(2 * np.pi * (_clock - 9) / 24)
SUN = {n: np.clip(np.sin(np.pi * (_clock - 6) / 12), 0, None) * _draw.uniform(0.3, 0.9, HOURS) for n in REGIONS}
WIND = {n: _draw.beta(1.5, 2.5, HOURS) for n in REGIONS}
TARIFF = {n: _draw.uniform(250, 700, HOURS) for n in REGIONS}
LOAD = {"a": _draw.uniform(130, 230, HOURS), "b": _draw.uniform(60, 110, HOURS), "c": np.zeros(HOURS)}
IMPORT = {"a": np.full(HOURS, 15.0), "b": _draw.uniform(-10, 10, HOURS), "c": np.zeros(HOURS)}
GRID_FACTOR = {"a": 0.7, "b": 0.6, "c": 0.55}
HEADROOM_MW = {"a": 25.0, "b": 45.0, "c": 18.0}

SUPPLY = [
    {"region": n, "technology": g, "existing_mw": had, "most_mw": most, "capex_per_kw": capex, "lifetime_years": life,
     "fixed_om_per_kw_year": upkeep, "variable_cost_per_mwh": running}
    for n, g, had, most, capex, life, upkeep, running in (
        ("a", "wind", 5.0, 80.0, 14000.0, 20.0, 90.0, 4.0), ("a", "solar", 0.0, 200.0, 4200.0, 25.0, 40.0, 0.0),
        ("b", "wind", 0.0, 40.0, 12500.0, 20.0, 95.0, 4.0), ("c", "solar", 3.0, 200.0, 3300.0, 25.0, 35.0, 1.0),
    )
]  # fmt: skip
STORAGE = [
    {"region": n, "existing_mw": 1.0, "existing_mwh": 2.0, "most_mw": 60.0, "most_mwh": 300.0, "capex_per_kw": 250.0,
     "capex_per_kwh": energy, "fixed_om_per_kw_year": 12.0, "lifetime_years": 14.0, "round_trip_efficiency": 0.86}
    for n, energy in (("a", 420.0), ("c", 330.0))
]  # fmt: skip
CORRIDORS = [
    {"corridor": f"{n}-{other}", "from_region": n, "to_region": other, "existing_mw": had, "most_mw": 30.0,
     "capex_per_kw": capex, "fixed_om_per_kw_year": 8.0, "lifetime_years": 40.0, "loss_share": loss,
     "wheeling_cost_per_mwh": charge}
    for n, other, had, capex, loss, charge in (("a", "b", 2.0, 700.0, 0.04, 12.0), ("b", "c", 4.0, 2500.0, 0.07, 5.0))
]  # fmt: skip
FLEET = [
    {"region": n, "technology": g, "existing_mw": mw, "variable_cost_per_mwh": cost, "factor_t_per_mwh": factor, **more}
    for n, g, mw, cost, factor, more in (
        ("a", "coal", 150.0, 280.0, 0.85, {"least_share": 0.2}), ("a", "gas", 120.0, 520.0, 0.4, {}),
        ("a", "hydro", 40.0, 15.0, 0.0, {"most_mwh": 150_000.0}), ("b", "coal", 90.0, 310.0, 0.9, {"least_share": 0.3}),
        ("b", "wind", 30.0, 0.0, 0.0, {"capacity_factor": "wind"}), ("b", "gas", 80.0, 560.0, 0.42, {}),
    )
]  # fmt: skip


def ours() -> float:
    """Least cost a year by our model."""
    p = problem(
        HOURS,
        regions=[
            {"region": n, "longitude_deg": 5.0 * i, "grid_mw": HEADROOM_MW[n], "grid_factor_t_per_mwh": GRID_FACTOR[n]}
            for i, n in enumerate(REGIONS)
        ],
        sites=[{"site": f"s{n}", "region": n, "most_mw": HAD_MW[n], "decision": "open"} for n in REGIONS],
        capacity=[{"site": f"s{n}", "existing_mw": HAD_MW[n]} for n in REGIONS],
        compute_types=[{"idle_share": IDLE}],
        workloads=[{"profile": "day", "stays_in": "region"}],
        demand=[{"region": n, "mean_mw": MEAN_MW[n]} for n in REGIONS],
        supply=SUPPLY,
        storage=STORAGE,
        corridors=CORRIDORS,
        fleet=FLEET,
        price=TARIFF,
        load=LOAD,
        net_import=IMPORT,
        profile={"day": SHAPE},
        cf={"wind": WIND, "solar": SUN},
        calendar=Calendar(hour=np.arange(HOURS)[None, :], weight=np.array([WEEKS])),
        settings={
            "finance": {"discount_rate": RATE},
            "carbon": {"price": CARBON_PRICE, "embodied": False},
            "system": {"dispatch": True, "network_charge_per_mwh": NETWORK_CHARGE},
        },
    )
    return optimum(p).objective * MILLION


def system(pypsa):
    """The regions with a fleet, without data centers."""
    n = pypsa.Network()
    n.set_snapshots(range(HOURS))
    n.snapshot_weightings.loc[:, :] = WEEKS
    n.snapshot_weightings["stores"] = 1.0
    n.add("Carrier", "AC")
    for region in ("a", "b"):
        n.add("Bus", f"system {region}", carrier="AC")
        n.add("Load", f"load {region}", bus=f"system {region}", p_set=LOAD[region] - IMPORT[region])
    for row in FLEET:
        region, name = row["region"], row.get("capacity_factor")
        available = WIND[region] if name else np.ones(HOURS)
        n.add(
            "Generator",
            f"{region} {row['technology']}",
            bus=f"system {region}",
            p_nom=row["existing_mw"],
            p_max_pu=available,
            p_min_pu=row.get("least_share", 0.0) * available,
            marginal_cost=row["variable_cost_per_mwh"] + CARBON_PRICE * row["factor_t_per_mwh"],
            e_sum_max=row.get("most_mwh", np.inf),
        )
    return n


def with_data_centers(pypsa):
    """The same with data centers, and the yearly payments that are sunk because what they are for exists already."""
    n = system(pypsa)
    for region in REGIONS:
        n.add("Bus", f"site {region}", carrier="AC")
        power = IDLE * HAD_MW[region] + (1 - IDLE) * MEAN_MW[region] * SHAPE / SHAPE.mean()
        n.add("Load", f"site {region}", bus=f"site {region}", p_set=power)
        grid = {"p_nom": HEADROOM_MW[region]}
        if region == "c":
            price = TARIFF["c"] + CARBON_PRICE * GRID_FACTOR["c"]
            n.add("Generator", "tariff c", bus="site c", marginal_cost=price, **grid)
        else:
            n.add(
                "Link",
                f"grid {region}",
                bus0=f"system {region}",
                bus1=f"site {region}",
                marginal_cost=NETWORK_CHARGE,
                **grid,
            )
    factors = {"wind": WIND, "solar": SUN}
    sunk = add_supply(n, SUPPLY, factors, RATE) + add_corridors(n, CORRIDORS, RATE) + add_batteries(n, STORAGE, RATE)
    return n, sunk


def least_cost(n, **options) -> float:
    status, condition = n.optimize(
        solver_name="highs", include_objective_constant=False, log_to_console=False, **options
    )
    assert (status, condition) == ("ok", "optimal")
    return float(n.objective)


def test_the_power_half_costs_what_pypsa_says():
    """Both are linear programs to optimality; they agree to a millionth."""
    import pypsa  # takes two seconds, which the other tests of a worker need not wait for

    pypsa.options.api.legacy_string_dtype = False
    n, sunk = with_data_centers(pypsa)
    theirs = least_cost(n, extra_functionality=tie(CORRIDORS, STORAGE)) - sunk - least_cost(system(pypsa))
    assert ours() == pytest.approx(theirs, rel=1e-6)
    # No bound alone decides: of each kind something is built, and not all that may be.
    for table, kinds in ((n.links, ("there", "charge")), (n.generators, ("wind", "solar"))):
        chosen = table[table["p_nom_extendable"]]
        within = chosen["p_nom_opt"].between(chosen["p_nom_min"] + 0.1, chosen["p_nom_max"] - 0.1)
        assert all(any(kind in name for name in within.index[within]) for kind in kinds), chosen["p_nom_opt"]
