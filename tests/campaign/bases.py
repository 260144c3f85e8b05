"""Small sound instances that mutants are made of, one with every rule on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from full import ROWS, SETTINGS
from small import problem
from tiny import tiny_problem

from siting.instance import write
from siting.instance.starter import write_starter
from siting.problem import Problem

HOURS = 8760
_PER_YEAR = HOURS / 4
"""The problem with every rule has a year of four hours: what is meant per year is more here."""


def _yearly(rows: dict[str, Any]) -> dict[str, Any]:
    return {name: value * _PER_YEAR if name in _OF_A_YEAR else value for name, value in rows.items()}


_OF_A_YEAR = {"energy_quota_mwh", "water_cap_m3", "most_mwh", "cap_t", "certificate_most_mwh", "capital_budget"}


def full_year() -> Problem:
    """Every rule at once in a year of 8,760 hours."""
    clock = np.arange(HOURS)
    wave, day = np.sin(clock % 4), 1 + 0.15 * (clock % 4)
    rows = {name: [_yearly(row) if name != "storage" else row for row in table] for name, table in ROWS.items()}
    settings = {section: _yearly(values) for section, values in SETTINGS.items()}
    return problem(
        HOURS,
        **rows,
        settings=settings,
        price={"a": 50 + 10 * wave, "b": 40.0, "c": 60.0},
        profile={"day": day},
        cf={"wind": {"a": 0.5 + 0.4 * wave, "b": 0.4}, "solar": {"a": 0.5 - 0.3 * wave}, "gas": {"b": 1.0}},
        load={"b": 150.0},
    )


def write_bases(place: Path) -> list[Path]:
    """Folders of the instances; series are Parquet in some and CSV in one."""
    starter = write_starter(place / "starter", "demo")
    for path in sorted((starter / "hourly").glob("*.csv")):
        if path.stem != "price_per_mwh":
            pd.read_csv(path).to_parquet(path.with_suffix(".parquet"), index=False)
            path.unlink()
    return [starter, write(tiny_problem(), place / "tiny"), write(full_year(), place / "full")]
