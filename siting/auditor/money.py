"""Carbon by source and cost by term, recomputed region by region, and compared with what is reported."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.auditor.compute import bought_mw, built_mw
from siting.auditor.direct import exported_mw
from siting.auditor.report import Ledger
from siting.auditor.sums import floats
from siting.auditor.system import fleet_change
from siting.auditor.tables import Plan, Reader, holes, once_per_plan
from siting.auditor.water import design_cost, surcharge, water_m3
from siting.physics.finance import annuity
from siting.problem import Problem, derived, system
from siting.problem.problem import FloatArray

CARBON_TERMS = ("grid", "generation", "export", "fleet", "building", "compute", "supply", "storage")
"""Sources of carbon in the table ``carbon``; all but the first four are embodied in what is built."""

COST_TERMS = (
    "site opening",
    "building",
    "compute",
    "supply",
    "storage",
    "corridors",
    "grid energy",
    "generation",
    "own network charge",
    "export",
    "fleet",
    "wheeling",
    "data movement",
    "carbon",
    "certificates",
    "demand charge",
    "connection",
    "bandwidth",
    "water",
    "pue surcharge",
    "cooling design",
)
"""Terms of the table ``cost``."""

ROUNDING = 1e-9
"""Part of the largest term by which another may be off: sums of numbers that the tables hold, in another order."""

_NUMBERS = {"cost": "cost_million", "carbon": "carbon_t"}

Tables = Mapping[str, pd.DataFrame]


def check_carbon(p: Problem, plan: Plan, tables: Tables, ledger: Ledger) -> None:
    """Reported carbon of every source and region, and the cap."""
    _compare("carbon", "carbon_t", carbon_t(p, plan), tables, "t", ledger)
    cap = p.settings.carbon.cap_t
    if cap is not None:
        ledger.at_most("carbon_cap", float(_all_carbon_t(p, plan, tables).sum()), cap, [], "t")


def check_cost(p: Problem, plan: Plan, tables: Tables, objective_million: float | None, ledger: Ledger) -> None:
    """Reported cost of every term and region, and that the terms sum to the objective."""
    cost = cost_million(p, plan, tables)
    _compare("cost", "cost_million", cost, tables, "million", ledger)
    if objective_million is not None:
        every = [*cost.values(), *added(p, tables, "cost").values()]
        total = sum(float(value.sum()) for value in every)
        size = sum(float(np.abs(value).sum()) for value in every)
        ledger.same("objective", objective_million, total, [], "million", scale=size)


def check_terms(tables: Tables, own_rules: bool, of_pathway: bool, ledger: Ledger) -> None:
    """No term of cost and no source of CO2 that nobody knows, unless a user may have added it."""
    for table, ours in (("cost", COST_TERMS), ("carbon", CARBON_TERMS)):
        frame = tables.get(table, pd.DataFrame({"term": []}))
        known = {*ours, *(("vintages",) if of_pathway else ())}
        for term in dict.fromkeys(frame["term"] if "term" in frame.columns else ()):
            if term not in known and not own_rules:
                ledger.fail("tables", f"table {table}: {term} is not a term of a plan of this problem")
        if holes(frame.get(_NUMBERS[table], pd.Series(dtype=float))):
            ledger.fail("tables", f"table {table}, {_NUMBERS[table]}: is not a number")


def added(p: Problem, tables: Tables, table: str) -> dict[str, FloatArray]:
    """Terms of ``cost`` or ``carbon`` that a user has added to the model, each (regions,), as reported."""
    ours, column = COST_TERMS if table == "cost" else CARBON_TERMS, _NUMBERS[table]
    frame = tables.get(table)
    if frame is None or not {"term", "region", column} <= set(frame.columns):
        return {}
    rest = frame[~frame["term"].isin(ours)]
    return {
        str(term): rows.groupby("region")[column].sum().reindex(p.regions.index).fillna(0.0).to_numpy(dtype=np.float64)
        for term, rows in rest.groupby("term")
    }


@once_per_plan
def carbon_t(p: Problem, plan: Plan) -> dict[str, FloatArray]:
    """CO2 of the year by source, each (regions,), tonnes."""
    factor = system.bought_factor_t_per_mwh(p)[list(p.regions.index)].to_numpy(dtype=float)[p.calendar.hour]
    emitted = _weighted(p, plan.generation_mw.sum(axis=2)) * floats(p.supply, "factor_t_per_mwh")
    sold = _weighted(p, exported_mw(p, plan).sum(axis=2)) * floats(p.supply, "factor_t_per_mwh")
    carbon = {
        "grid": _weighted(p, (plan.grid_mw * factor.transpose(0, 2, 1)).sum(axis=2)),
        "generation": _by_region(p, _level(p.supply, "region"), emitted),
        "export": _by_region(p, _level(p.supply, "region"), sold),
        "fleet": fleet_change(p, plan, "factor_t_per_mwh"),
    }
    return carbon | _embodied_t(p, plan)


def cost_million(p: Problem, plan: Plan, tables: Tables) -> dict[str, FloatArray]:
    """Cost of the year by term, each (regions,), million; carbon that a user has added is priced like ours."""
    carbon = _all_carbon_t(p, plan, tables) * p.settings.carbon.price / 1e6
    cost = {**_cost_but_carbon_million(p, plan), "carbon": carbon}
    return {term: cost[term] for term in COST_TERMS}


@once_per_plan
def _cost_but_carbon_million(p: Problem, plan: Plan) -> dict[str, FloatArray]:
    region_of_site = p.sites["region"].to_numpy()
    opening, building, compute = _site_costs(p, plan)
    price = system.bought_price_per_mwh(p)[list(p.regions.index)].to_numpy(dtype=float)[p.calendar.hour]
    bought = _weighted(p, (plan.grid_mw * price.transpose(0, 2, 1)).sum(axis=2))
    generated = _weighted(p, plan.generation_mw.sum(axis=2)) * floats(p.supply, "variable_cost_per_mwh")
    net = floats(p.supply, "variable_cost_per_mwh") - np.nan_to_num(floats(p.supply, "export_price_per_mwh"))
    sold = _weighted(p, exported_mw(p, plan).sum(axis=2)) * net
    sent = _weighted(p, plan.flow_mw.sum(axis=3)) * floats(p.corridors, "wheeling_cost_per_mwh")[:, None]
    corridor = _corridor_cost(p, plan) / 2
    first, second = p.corridors["from_region"].to_numpy(), p.corridors["to_region"].to_numpy()
    cost = {
        "site opening": _by_region(p, region_of_site, opening),
        "building": _by_region(p, region_of_site, building),
        "compute": _by_region(p, region_of_site, compute),
        "supply": _by_region(p, _level(p.supply, "region"), _supply_cost(p, plan)),
        "storage": _by_region(p, _level(p.storage, "region"), _storage_cost(p, plan)),
        "corridors": _by_region(p, first, corridor) + _by_region(p, second, corridor),
        "grid energy": bought,
        "generation": _by_region(p, _level(p.supply, "region"), generated),
        "own network charge": _by_region(p, _level(p.supply, "region"), _weighted(p, plan.generation_mw.sum(axis=2)))
        * floats(p.regions, "own_network_charge_per_mwh"),
        "export": _by_region(p, _level(p.supply, "region"), sold),
        "fleet": fleet_change(p, plan, "variable_cost_per_mwh"),
        "wheeling": _by_region(p, first, sent[:, 0]) + _by_region(p, second, sent[:, 1]),
        "data movement": _data_cost(p, plan),
        "certificates": _by_region(
            p, region_of_site, plan.certificates_mwh * (p.settings.green.certificate_price or 0.0)
        ),
        "demand charge": 12 * floats(p.regions, "demand_charge_per_mw_month") * plan.peak_grid_mw,
        "connection": _by_region(p, region_of_site, floats(p.sites, "connection_cost_per_mw_year") * plan.connected_mw),
        "bandwidth": _bandwidth_cost(p, plan),
        "water": _by_region(p, region_of_site, water_m3(p, plan)) * floats(p.regions, "water_price_per_m3"),
        "pue surcharge": _by_region(p, region_of_site, surcharge(p, plan)),
        "cooling design": _by_region(p, region_of_site, design_cost(p, plan)),
    }
    return {term: value / 1e6 for term, value in cost.items()}


def money_totals(p: Problem, plan: Plan, tables: Tables) -> dict[str, object]:
    """Objective, cost by term, carbon by source, racks and EFLOPS of the whole plan."""
    cost = {term: float(value.sum()) for term, value in cost_million(p, plan, tables).items()}
    cost |= {term: float(value.sum()) for term, value in added(p, tables, "cost").items()}
    carbon = {source: float(value.sum()) for source, value in carbon_t(p, plan).items()}
    carbon |= {source: float(value.sum()) for source, value in added(p, tables, "carbon").items()}
    installed = built_mw(p, plan).sum(axis=0)
    return {
        "objective_million": sum(cost.values()),
        "cost_million": cost,
        "carbon_t": {**carbon, "total": sum(carbon.values())},
        "racks": float((installed * 1000 / floats(p.compute_types, "rack_kw")).sum()),
        "eflops": float((installed * floats(p.compute_types, "eflops_per_mw")).sum()),
    }


def _compare(
    table: str,
    column: str,
    mine: Mapping[str, FloatArray],
    tables: Tables,
    unit: str,
    ledger: Ledger,
) -> None:
    """Compare a reported table with ours; terms that are not ours are a user's and left alone."""
    frame = tables.get(table)
    if frame is not None and "term" in frame.columns:
        tables = {table: frame[frame["term"].isin(list(mine))]}
    axes = (("term", list(mine)), ledger.region)
    # A term that is zero need not be mentioned.
    reported = Reader(tables, ledger).array(table, column, *axes, wanted=np.zeros((1, 1), dtype=bool))
    values = np.array(list(mine.values()))
    ledger.same(table, reported, values, axes, unit, rounding=ROUNDING)


def _site_costs(p: Problem, plan: Plan) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Opening, building and compute of each site, currency per year."""
    sites, types, rate = p.sites, p.compute_types, p.settings.finance.discount_rate
    life = _annuity(rate, floats(sites, "lifetime_years"))
    once = np.where(derived.exists(p).to_numpy(dtype=bool), 0.0, floats(sites, "opening_capex"))
    opening = (life * once + floats(sites, "fixed_cost_per_year")) * plan.open
    built = built_mw(p, plan)
    shells, new = bought_mw(p, plan)
    building = life * floats(sites, "capex_per_kw") * 1000 * shells.sum(axis=1)
    equipment = _annuity(rate, floats(types, "lifetime_years")) * floats(types, "capex_per_kw") * 1000
    compute = new @ equipment + built @ (floats(types, "fixed_om_per_kw_year") * 1000)
    return opening, building, compute


def _supply_cost(p: Problem, plan: Plan) -> FloatArray:
    rows = p.supply
    capital = _annuity(p.settings.finance.discount_rate, floats(rows, "lifetime_years")) * floats(rows, "capex_per_kw")
    new = plan.supply_mw - floats(rows, "existing_mw")
    return 1000 * (capital * new + floats(rows, "fixed_om_per_kw_year") * plan.supply_mw)


def _storage_cost(p: Problem, plan: Plan) -> FloatArray:
    rows = p.storage
    power = floats(rows, "capex_per_kw") * (plan.storage_mw - floats(rows, "existing_mw"))
    energy = floats(rows, "capex_per_kwh") * (plan.storage_mwh - floats(rows, "existing_mwh"))
    capital = _annuity(p.settings.finance.discount_rate, floats(rows, "lifetime_years")) * (power + energy)
    return 1000 * (capital + floats(rows, "fixed_om_per_kw_year") * plan.storage_mw)


def _corridor_cost(p: Problem, plan: Plan) -> FloatArray:
    rows = p.corridors
    capital = _annuity(p.settings.finance.discount_rate, floats(rows, "lifetime_years")) * floats(rows, "capex_per_kw")
    new = plan.corridor_mw - floats(rows, "existing_mw")
    return 1000 * (capital + floats(rows, "fixed_om_per_kw_year")) * new


def _data_cost(p: Problem, plan: Plan) -> FloatArray:
    """Moving data, by the region of the users, currency per year."""
    out = np.zeros(len(p.regions))
    cost = derived.data_cost_per_mwh(p)
    if cost.empty:
        return out
    region = p.regions.index.get_indexer(cost.index.get_level_values("region"))
    site = p.sites.index.get_indexer(cost.index.get_level_values("site"))
    workload = cost.index.get_level_values("workload")
    moved = _weighted(p, plan.moved_mw) * p.calendar.hours
    for names, energy in ((plan.axes.rigid[1], plan.assigned_mw * p.hours), (plan.axes.delayed[1], moved)):
        which = pd.Index(list(names)).get_indexer(workload) if names else np.full(len(cost), -1)
        mine = which >= 0
        amount = cost.to_numpy(dtype=float)[mine] * energy[which[mine], region[mine], site[mine]]
        np.add.at(out, region[mine], amount)
    return out


def _bandwidth_cost(p: Problem, plan: Plan) -> FloatArray:
    new = plan.bandwidth_gbps - floats(p.bandwidth, "existing_gbps")
    return _by_region(p, _level(p.bandwidth, "region"), new * floats(p.bandwidth, "cost_per_gbps_year"))


def _all_carbon_t(p: Problem, plan: Plan, tables: Tables) -> FloatArray:
    every = [*carbon_t(p, plan).values(), *added(p, tables, "carbon").values()]
    total: FloatArray = np.sum(every, axis=0, dtype=np.float64)
    return total


def _embodied_t(p: Problem, plan: Plan) -> dict[str, FloatArray]:
    """CO2 embodied in what is bought, spread over its life, by region, tonnes per year."""
    if not p.settings.carbon.embodied:
        return {term: np.zeros(len(p.regions)) for term in ("building", "compute", "supply", "storage")}
    place = p.sites["region"].to_numpy()
    shells, new = bought_mw(p, plan)
    servers = floats(p.compute_types, "embodied_t_per_mw") / floats(p.compute_types, "lifetime_years")
    shell = floats(p.sites, "embodied_t_per_mw") / floats(p.sites, "lifetime_years")
    supply = plan.supply_mw - floats(p.supply, "existing_mw")
    supply = supply * floats(p.supply, "embodied_t_per_mw") / floats(p.supply, "lifetime_years")
    storage = plan.storage_mwh - floats(p.storage, "existing_mwh")
    storage = storage * floats(p.storage, "embodied_t_per_mwh") / floats(p.storage, "lifetime_years")
    return {
        "building": _by_region(p, place, shells.sum(axis=1) * shell),
        "compute": _by_region(p, place, new @ servers),
        "supply": _by_region(p, _level(p.supply, "region"), supply),
        "storage": _by_region(p, _level(p.storage, "region"), storage),
    }


def _annuity(rate: float, years: FloatArray) -> FloatArray:
    result: FloatArray = annuity(rate, pd.Series(years)).to_numpy(dtype=float)
    return result


def _weighted(p: Problem, by_period: FloatArray) -> FloatArray:
    result: FloatArray = np.tensordot(p.calendar.weight, by_period, axes=1)
    return result


def _by_region(p: Problem, names: npt.ArrayLike, values: FloatArray) -> FloatArray:
    out = np.zeros(len(p.regions))
    np.add.at(out, p.regions.index.get_indexer(pd.Index(np.asarray(names))), values)
    return out


def _level(frame: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    return frame.index.get_level_values(name).to_numpy()
