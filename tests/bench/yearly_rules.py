"""The whole year under rules of the year: none that binds, a cap on carbon, and quotas of energy with caps of water."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import siting
from siting.auditor.report import Ledger
from siting.auditor.tables import read
from siting.auditor.water import water_m3
from siting.problem.problem import Problem

from .command import CELLS, solve
from .report import Cell, Section, Table, percent

TITLE = "The year under rules that bind"
INSTANCE, DAYS, LIMIT_S, GAP, FINE = "china", 365, 1200.0, "0.01", "0.003"
CAP_T = 38_000_000
"""Below what the cheapest plan emits."""
SEED, CHANGE, TYPICAL_DAYS = 7, 0.25, 28
"""The plan with other costs: every province's cost of construction changed at random by up to a quarter."""
LESS, ROOM_OF_OTHER, ROOM = 0.9915, 1.003, 0.005
"""A province gets a limit if the other plan uses less there than this share; the limit leaves some room above it."""


def limited(problem: Problem, days: int) -> Problem:
    """The problem with quotas of energy and caps of water that a plan made for other costs keeps, and its own does not.

    So many limits bind, and there is a plan within all of them.
    """
    regions = problem.sites["region"]
    rng = np.random.default_rng(SEED)
    names = sorted(regions.unique())
    change = pd.Series(1 + rng.uniform(-CHANGE, CHANGE, len(names)), index=names)
    costs = (problem.sites["capex_per_kw"] * regions.map(change)).round()
    other = problem.replace(sites=problem.sites.assign(capex_per_kw=costs))
    own_use, other_use = _use(problem, days), _use(other, days)
    limits = (ROOM_OF_OTHER * other_use + ROOM * own_use).where(other_use < LESS * own_use)
    table = problem.regions.assign(energy_quota_mwh=limits["energy_mwh"], water_cap_m3=limits["water_m3"])
    return problem.replace(regions=table, provenance=_provenance(problem))


def _use(problem: Problem, days: int) -> pd.DataFrame:
    """Energy and water of the sites of each region in the cheapest plan."""
    chosen = siting.choose(problem, days, 24)
    solution = siting.solve(chosen, gap=float(GAP), time_limit=LIMIT_S, strategy="decomposed", workers=2)
    plan = read(chosen, solution.tables, Ledger(chosen, 1e-6))
    used = {"energy_mwh": plan.energy_mwh, "water_m3": water_m3(chosen, plan)}
    by_region = pd.DataFrame(used, index=problem.sites.index).groupby(problem.sites["region"]).sum()
    return by_region.reindex(problem.regions.index).fillna(0.0)


def _provenance(problem: Problem) -> pd.DataFrame:
    row = {"status": "synthetic", "source": f"What a plan for other costs uses, seed {SEED}", "year": "2026",
           "licence": "MIT", "note_en": "No quota of any province.", "note_zh": "并非任何省份的真实指标。"}  # fmt: skip
    index = pd.MultiIndex.from_tuples(
        [("regions", column, "") for column in ("energy_quota_mwh", "water_cap_m3")], names=["table", "column", "key"]
    )
    return pd.concat([problem.provenance, pd.DataFrame([row] * len(index), index=index)])


def run(quick: bool) -> Section:
    """Solve the year under each."""
    instance, days, typical, limit_s = (
        ("jing-jin-ji-meng", 4, 2, 60.0) if quick else (INSTANCE, DAYS, TYPICAL_DAYS, LIMIT_S)
    )
    problem = limited(siting.load(instance), typical)
    quotas, caps = (int(problem.regions[name].notna().sum()) for name in ("energy_quota_mwh", "water_cap_m3"))
    options = ("--periods", str(days), "--strategy", "decomposed", "--workers", "2")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "limited"
        siting.write(problem, folder)
        cases: list[tuple[str, str | Path, str, tuple[str, ...]]] = [
            ("no floor of green power", instance, GAP, ("--set", "green.floors=[]")),
            ("its own rules", instance, GAP, ()),
            ("its own rules", instance, FINE, ()),
            (f"its own rules and a cap of {CAP_T:,} t of carbon", instance, GAP, ("--set", f"carbon.cap_t={CAP_T}")),
            (f"its own rules, {quotas} quotas of energy, {caps} caps of water", folder, GAP, ()),
        ]
        if quick:
            del cases[2:4]
        rows: list[list[Cell]] = [
            [name, percent(float(gap)), *solve(where, *options, "--gap", gap, *more, limit_s=limit_s).cells]
            for name, where, gap, more in cases
        ]
    words = (
        f"`siting solve` of `{instance}` with `{' '.join(options)}`, at most {limit_s:,.0f} s for the solver; import "
        "to exit. The quotas and caps are what a plan for other costs of construction uses where the cheapest one uses "
        "more (`python -m tests.bench.yearly_rules FOLDER` writes that instance)."
    )
    return Section(TITLE, [Table(words, ("rules of the year", "gap asked for", *CELLS), rows)])


def main() -> None:
    """Write the instance with quotas and caps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    siting.write(limited(siting.load(INSTANCE), TYPICAL_DAYS), parser.parse_args().folder)


if __name__ == "__main__":
    main()
