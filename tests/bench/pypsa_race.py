"""The same linear program in PyPSA and here: wind, sun, batteries and corridors for given sites of ``china``.

Each province has one site that stands already and serves the province's own work, so that no integer and no choice of
place is left; what remains both can express. Batteries wrap within each day in both.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
import pandas as pd

import siting
from siting.problem import Calendar, Problem, make
from siting.problem.derived import capacity_factor, grid_factor_t_per_mwh, profiles, pue

from .memory import Measured, measure
from .network import add_batteries, add_corridors, add_supply, tie
from .report import Cell, Section, Table, exact, percent

TITLE = "The same linear program in PyPSA"
DAYS = 14
LIMIT_S, LIMIT_GB = 900.0, 20.0
COLUMNS = ("solved by", "ended", "cost, million", "gap", "network", "optimize", "solver", "peak memory")
MILLION = 1e6
EXACT_GAP = 1e-4
"""Relative gap of ours that counts as an optimum beside those of PyPSA."""

OPTIONS: dict[str, dict[str, Any]] = {
    "pypsa": {},
    "pypsa-hipo": {"io_api": "direct", "solver_options": {"solver": "hipo", "run_crossover": "off"}},
    "pypsa-ipx": {"io_api": "direct", "solver_options": {"solver": "ipx", "run_crossover": "off"}},
    "pypsa-hipo-crossover": {"io_api": "direct", "solver_options": {"solver": "hipo"}},
}
"""Arguments of ``Network.optimize`` with ``solver_name="highs"``; the first are its defaults."""

OURS: dict[str, dict[str, Any]] = {
    "siting-whole": {"strategy": "whole", "gap": 1e-6, "options": {"run_crossover": "off"}},
    "siting-whole-crossover": {"strategy": "whole", "gap": 1e-6},
    "siting-decomposed": {"strategy": "decomposed", "gap": 1e-3},
    "siting-decomposed-fine": {"strategy": "decomposed", "gap": 1e-4},
}


def power_half(instance: str, days: int) -> Problem:
    """The regions, supply, storage and corridors of an instance, with one site in each region that stands already.

    ``days`` days spread evenly over the year are periods of equal weight.
    """
    p = siting.load(instance)
    mean_mw = p.demand.groupby("region")["mean_mw"].sum()
    compute = {"compute": "general", "name_en": "general", "name_zh": "通用", "module_mw": 1.0, "idle_share": 0.3}
    # A little above the highest load, so that the capacity never binds.
    built = (mean_mw * p.hourly["profile"]["office"].max() / p.hourly["profile"]["office"].mean() * 1.01).round(1)
    regions = p.regions.drop(columns="demand_charge_per_mw_month").reset_index()
    sites = regions[["region", "latitude_deg", "longitude_deg", "name_en", "name_zh"]].assign(
        site="s-" + regions["region"], tier="city", decision="open", most_mw=regions["region"].map(built)
    )
    work = {"workload": "office", "name_en": "office", "name_zh": "办公", "compute": "general", "latency_ms": 1e3,
            "profile": "office", "stays_in": "region"}  # fmt: skip
    problem = make(
        {
            "instance": p.settings.instance.model_dump(),
            "finance": p.settings.finance.model_dump(),
            "network": {"cost_per_gb_1000km": 0.0},
            "carbon": {"price": p.settings.carbon.price, "embodied": False},
        },
        p.hourly,
        regions=regions,
        sites=sites,
        compute_types=pd.DataFrame([compute]),
        workloads=pd.DataFrame([work]),
        demand=mean_mw.reset_index().assign(workload="office"),
        capacity=sites[["site"]].assign(compute="general", existing_mw=sites["most_mw"]),
        supply=p.supply.reset_index(),
        storage=p.storage.reset_index(),
        corridors=p.corridors.reset_index(),
    )
    first = np.linspace(0, p.hours // 24, days, endpoint=False).astype(int) * 24
    # Not in calendar order, even where they are all days of the year: each wraps round.
    hour = first[::-1, None] + np.arange(24)
    return problem.replace(calendar=Calendar(hour, np.full(days, p.hours / 24 / days)))


def network(pypsa: Any, p: Problem) -> tuple[Any, float]:
    """The problem as a network of PyPSA, and the yearly payments that are sunk because what they are for exists."""
    hour, rate = p.calendar.hour.ravel(), p.settings.finance.discount_rate
    n = pypsa.Network()
    n.set_snapshots(range(len(hour)))
    n.snapshot_weightings.loc[:, :] = np.repeat(p.calendar.weight, p.calendar.hours)[:, None]
    n.snapshot_weightings["stores"] = 1.0
    n.add("Carrier", "AC")
    load = profiles(p)["office"].to_numpy()[hour]
    idle = p.compute_types.loc["general", "idle_share"]
    price = p.hourly["price_per_mwh"] + p.settings.carbon.price * grid_factor_t_per_mwh(p)
    mean_mw = p.demand["mean_mw"].droplevel("workload")
    for site, row in p.sites.iterrows():
        region = row["region"]
        it_mw = idle * row["most_mw"] + (1 - idle) * mean_mw[region] * load
        n.add("Bus", f"site {region}", carrier="AC")
        n.add("Load", f"site {region}", bus=f"site {region}", p_set=pue(p)[site].to_numpy()[hour] * it_mw)
        n.add(
            "Generator",
            f"grid {region}",
            bus=f"site {region}",
            p_nom=p.regions.loc[region, "grid_mw"],
            marginal_cost=price[region].to_numpy()[hour],
        )
    factors = {
        name: {region: series.to_numpy()[hour] for region, series in capacity_factor(p, name).items()}
        for name in p.supply.index.unique("technology")
    }
    supply, corridors, storage = (rows_of(table) for table in (p.supply, p.corridors, p.storage))
    sunk = add_supply(n, supply, factors, rate) + add_corridors(n, corridors, rate) + add_batteries(n, storage, rate)
    return n, sunk


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table of a problem."""
    return [dict(row) for _, row in table.reset_index().iterrows()]


def by_pypsa(p: Problem, **options: Any) -> dict[str, Any]:
    """Cost by ``Network.optimize``, million a year, with the seconds of its parts."""
    import pypsa  # takes two seconds, which ours need not wait for

    pypsa.options.api.legacy_string_dtype = False
    begun = time.monotonic()
    n, sunk = network(pypsa, p)
    made = time.monotonic()
    extra = tie(rows_of(p.corridors), rows_of(p.storage), p.calendar.hours)
    status, condition = n.optimize(
        solver_name="highs",
        include_objective_constant=False,
        extra_functionality=extra,
        log_to_console=False,
        **options,
    )
    ended = time.monotonic()
    solved = n.model.solver_model.getRunTime() if n.model.solver_model is not None else None
    cost = (n.objective - sunk) / MILLION if status == "ok" else None
    taken = {"network": made - begun, "optimize": ended - made, "solver": solved}
    return {"status": condition, "objective": cost, "gap": None, "seconds": taken}


def by_siting(p: Problem, time_limit: float, **options: Any) -> dict[str, Any]:
    """Cost by :func:`siting.solve`, million a year, with the seconds of its parts."""
    begun = time.monotonic()
    solution = siting.solve(p, time_limit=time_limit, **options)
    taken = {"optimize": time.monotonic() - begun, "solver": solution.outcome.seconds_solve}
    return {"status": solution.status, "objective": solution.objective, "gap": solution.gap, "seconds": taken}


def run(quick: bool) -> Section:
    """Race on some days."""
    instance, days = ("jing-jin-ji-meng", 2) if quick else ("china", DAYS)
    race = [raced(instance, days, racer, LIMIT_S) for racer in (*OPTIONS, *OURS)]
    words = (
        f"{days} days of `{instance}` with the sites given: wind, sun, surplus, batteries, corridors with losses, the "
        "rest bought at the tariff. *Optimize* is building the program and solving it (`Network.optimize`, "
        "`siting.solve`), *solver* the part of HiGHS alone (ours: all that follows the hand-over). The ratio is "
        "*optimize* over that of the quickest of ours that is as exact, 0.01 % or better."
    )
    return Section(TITLE, [Table(words, (*COLUMNS, "ratio"), _with_ratios(race))])


def _with_ratios(race: list[list[Cell]]) -> list[list[Cell]]:
    ours = [row for row in race if str(row[0]).startswith("siting") and row[1] == "optimal"]
    close = [row for row in ours if float(str(row[3]).rstrip(" %")) <= 100 * EXACT_GAP]
    best = min((float(row[5] or np.inf) for row in close or ours), default=np.nan)
    return [[*row, float(row[5] or np.nan) / best if row[1] == "optimal" else None] for row in race]


def raced(instance: str, days: int, racer: str, limit_s: float) -> list[Cell]:
    """A row of :data:`COLUMNS`: one racer on some days, in a process of its own."""
    command = ("-m", "tests.bench.pypsa_race", instance, str(days), racer, f"{limit_s:g}")
    done = measure(command, limit_s + 60.0, LIMIT_GB)
    memory = f"{done.peak_gb:.2f} GB"
    if done.stopped or done.code:
        return [racer, _why(done), None, None, None, None, None, memory]
    found = json.loads(done.out.splitlines()[-1])
    seconds = found["seconds"]
    parts = [seconds.get(part) for part in ("network", "optimize", "solver")]
    return [racer, found["status"], exact(found["objective"]), percent(found["gap"]), *parts, memory]


def _why(done: Measured) -> str:
    return f"{done.stopped} limit" if done.stopped else " ".join(done.err.strip().splitlines()[-1:])


def main() -> None:
    """One racer in its own process; the last line printed is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("days", type=int)
    parser.add_argument("racer", choices=[*OPTIONS, *OURS])
    parser.add_argument("limit_s", type=float)
    asked = parser.parse_args()
    p = power_half(asked.instance, asked.days)
    if asked.racer in OURS:
        found = by_siting(p, asked.limit_s, **OURS[asked.racer])
    else:
        found = by_pypsa(p, **OPTIONS[asked.racer])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
