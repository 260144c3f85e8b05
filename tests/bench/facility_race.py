"""Capacitated facility location: as a siting problem, and as HiGHS alone gets it from a model written by hand.

Customers are regions, warehouses are sites; power costs nothing. One hour stands for the year. The case is drawn as by
Cornuéjols, Sridharan and Thizy (European Journal of Operational Research 50, 1991): places in the unit square, costs by
distance, fixed costs that grow with the root of the capacity, capacities several times the demand.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import block_array, csc_array, eye_array, kron

import siting
from siting.problem import Calendar, Problem, make

from .memory import measure
from .report import Cell, Section, Table, exact, percent

TITLE = "Facility location, as a siting problem and by hand"
SITES, CUSTOMERS, SEED = 100, 1000, 1
CAPACITY_RATIO = 5.0
LIMIT_S, GAP = 600.0, 1e-3
HOURS, MILLION = 8760, 1e6

RACERS = ("siting", "strong", "aggregated")


@dataclass(frozen=True)
class Case:
    """Fixed costs [1/year] and capacities [MW] of warehouses, demands [MW] of customers, costs of pairs [1/MWh]."""

    fixed: npt.NDArray[np.float64]
    capacity_mw: npt.NDArray[np.float64]
    demand_mw: npt.NDArray[np.float64]
    pair_per_mwh: npt.NDArray[np.float64]


def generated(sites: int, customers: int, seed: int) -> Case:
    """A case of the given size, the same for the same seed."""
    rng = np.random.default_rng(seed)
    place, users = rng.uniform(size=(sites, 2)), rng.uniform(size=(customers, 2))
    demand = rng.integers(5, 36, customers).astype(float)
    capacity = rng.uniform(10, 160, sites)
    capacity = np.ceil(capacity * CAPACITY_RATIO * demand.sum() / capacity.sum())
    pair = np.linalg.norm(place[:, None] - users[None, :], axis=2).round(4)
    # A MW over 0.1 of the square costs 0.1 · 8,760 a year; a warehouse a hundred times that, and more if it is large.
    fixed = (HOURS * (rng.uniform(0, 90, sites) + rng.uniform(10, 11, sites) * np.sqrt(capacity))).round()
    return Case(fixed, capacity, demand, pair)


def as_problem(case: Case) -> Problem:
    """The case as a problem: no power cost, no idle power, one module per MW, links with their own cost."""
    sites, customers = case.pair_per_mwh.shape
    regions = pd.DataFrame({"region": [f"r{j}" for j in range(customers)]})
    regions = regions.assign(name_en=regions["region"], name_zh=regions["region"], latitude_deg=30.0)
    regions = regions.assign(longitude_deg=100.0, grid_mw=1e6, grid_factor_t_per_mwh=0.0)
    warehouses = pd.DataFrame({"site": [f"w{i}" for i in range(sites)]})
    warehouses = warehouses.assign(
        region=[f"r{i % customers}" for i in range(sites)], name_en=warehouses["site"], name_zh=warehouses["site"],
        tier="hub", latitude_deg=30.0, longitude_deg=100.0, most_mw=case.capacity_mw, fixed_cost_per_year=case.fixed,
    )  # fmt: skip
    work = {"workload": "goods", "name_en": "goods", "name_zh": "货物", "compute": "general", "latency_ms": 1e3}
    compute = {"compute": "general", "name_en": "general", "name_zh": "通用", "module_mw": 1.0}
    links = pd.MultiIndex.from_product([warehouses["site"], regions["region"]], names=["site", "region"])
    flat = pd.DataFrame(np.zeros((HOURS, customers)), columns=regions["region"])
    problem = make(
        {
            "instance": {"name": "warehouses", "title_en": "Warehouses", "title_zh": "仓库", "start": "2023-01-01",
                         "currency": "CNY"},
            "finance": {"discount_rate": 0.0},
        },
        {"price_per_mwh": flat, "temperature_c": flat + 20.0},
        regions=regions,
        sites=warehouses,
        compute_types=pd.DataFrame([compute]),
        workloads=pd.DataFrame([work]),
        demand=regions[["region"]].assign(workload="goods", mean_mw=case.demand_mw),
        links=pd.DataFrame({"cost_per_mwh": case.pair_per_mwh.ravel()}, index=links).reset_index(),
    )  # fmt: skip
    return problem.replace(calendar=Calendar(np.zeros((1, 1), dtype=np.int64), np.array([float(HOURS)])))


def by_hand(case: Case, strong: bool) -> highspy.HighsLp:
    """The case as a matrix: shares of demand, open or not, served = 1, within capacity; strong: share <= open too."""
    sites, customers = case.pair_per_mwh.shape
    arcs = sites * customers
    served = kron(np.ones((1, sites)), eye_array(customers))
    room = kron(eye_array(sites), case.demand_mw[None, :])
    blocks: list[list[Any]] = [[None, served], [csc_array(np.diag(-case.capacity_mw)), room]]
    least, most = [np.ones(customers), np.full(sites, -np.inf)], [np.ones(customers), np.zeros(sites)]
    if strong:
        blocks.append([-kron(eye_array(sites), np.ones((customers, 1))), eye_array(arcs)])
        least.append(np.full(arcs, -np.inf))
        most.append(np.zeros(arcs))
    matrix = csc_array(block_array(blocks, format="csc"))
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.concatenate([case.fixed, (HOURS * case.pair_per_mwh * case.demand_mw).ravel()]) / MILLION
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_, lp.row_upper_ = np.concatenate(least), np.concatenate(most)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = matrix.shape
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger] * sites + [kinds.kContinuous] * arcs
    return lp


def solved_by_hand(case: Case, strong: bool, gap: float, time_limit: float) -> dict[str, Any]:
    """Cost in millions by HiGHS with its defaults."""
    begun = time.monotonic()
    engine = highspy.Highs()
    engine.silent()
    engine.setOptionValue("mip_rel_gap", gap)
    engine.setOptionValue("time_limit", time_limit)
    engine.passModel(by_hand(case, strong))
    built = time.monotonic()
    engine.run()
    info = engine.getInfo()
    has_plan = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return {
        "status": engine.modelStatusToString(engine.getModelStatus()),
        "objective": info.objective_function_value if has_plan else None,
        "gap": info.mip_gap if has_plan else None,
        "seconds": {"build": built - begun, "solve": time.monotonic() - built},
        "rows": engine.getNumRow(),
    }


def solved_here(case: Case, gap: float, time_limit: float) -> dict[str, Any]:
    """Cost in millions by :func:`siting.solve`, tables of the plan included."""
    begun = time.monotonic()
    problem = as_problem(case)
    solution = siting.solve(problem, gap=gap, time_limit=time_limit)
    total, outcome = time.monotonic() - begun, solution.outcome
    return {
        "status": solution.status,
        "objective": solution.objective,
        "gap": solution.gap,
        "seconds": {"build": total - outcome.seconds_solve, "solve": outcome.seconds_solve},
        "rows": outcome.rows,
    }


def solved(case: Case, racer: str, gap: float = GAP, time_limit: float = LIMIT_S) -> dict[str, Any]:
    """The case solved by one of the racers."""
    if racer == "siting":
        return solved_here(case, gap, time_limit)
    return solved_by_hand(case, racer == "strong", gap, time_limit)


def run(quick: bool) -> Section:
    """Race on one case."""
    size = (10, 40) if quick else (SITES, CUSTOMERS)
    rows: list[list[Cell]] = []
    for racer in RACERS:
        done = measure(("-m", "tests.bench.facility_race", *map(str, size), racer), LIMIT_S + 300.0)
        if done.out:
            found = json.loads(done.out)
            cells = [found["status"].lower(), exact(found["objective"]), percent(found["gap"]), found["rows"]]
            rows.append([racer, *cells, *found["seconds"].values(), f"{done.peak_gb:.2f} GB"])
        else:
            rows.append([racer, f"{done.stopped} limit" if done.stopped else done.err[-200:], *[None] * 5, None])
    words = (
        f"{size[0]} sites x {size[1]:,} customers, seed {SEED}, gap {100 * GAP:g} %, at most {LIMIT_S:.0f} s. *strong* "
        "and *aggregated* are HiGHS with its defaults on matrices written by hand, with a row for each pair of site "
        "and customer and without; *build* of ours is all but the solver, tables of the plan included."
    )
    columns = ("by", "ended", "cost, million", "gap", "rows", "build", "solve", "peak memory")
    return Section(TITLE, [Table(words, columns, rows)])


def main() -> None:
    """One racer in its own process, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sites", type=int)
    parser.add_argument("customers", type=int)
    parser.add_argument("racer", choices=RACERS)
    asked = parser.parse_args()
    print(json.dumps(solved(generated(asked.sites, asked.customers, SEED), asked.racer)))


if __name__ == "__main__":
    main()
