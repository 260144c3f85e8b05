"""The stages of a pathway: years that are planned together, and the problem of each.

A stage is an ordinary problem of one year, with the numbers that ``stage_factors.csv`` names multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd

from siting.physics.finance import discounted_years
from siting.problem.ages import older
from siting.problem.problem import Problem
from siting.problem.tables import TABLES

SERIES_FACTORS = ("price_per_mwh", "system_load_mw", "net_import_mw")
"""Series that a stage may multiply."""

SETTING_FACTORS = (
    "carbon.price",
    "carbon.cap_t",
    "green.certificate_price",
    "green.certificate_most_mwh",
    "network.cost_per_gb_1000km",
    "policy.capital_budget",
    "system.network_charge_per_mwh",
)
"""Numbers of ``instance.toml`` that a stage may multiply."""

_REFINED = ("grid_factor_t_per_mwh", "marginal_factor_t_per_mwh")
"""Columns of the regions that a series of the same name refines: what multiplies the one multiplies the other."""

_FIXED = {
    "existing_age_years",
    "latitude_deg",
    "longitude_deg",
    "lifetime_years",
    "module_mw",
    "rack_kw",
    "published_mwh",
    "pue_shift",
}
"""Columns that no stage changes: places, lives, and steps in which something is counted."""

_BUILT = {"capacity", "supply", "storage", "corridors"}
"""Tables whose ``existing_`` columns say what the first stage finds; in later ones the plan says it."""


@dataclass(frozen=True)
class Stage:
    """A stage of a pathway.

    Parameters
    ----------
    year : int
        First year.
    years : int
        Years that it stands for.
    weight : float
        The same, discounted to the first year of the pathway.
    """

    year: int
    years: int
    weight: float


def stages(p: Problem) -> tuple[Stage, ...]:
    """The stages of a problem in order; none if it has no pathway."""
    rows = sorted(zip(p.stages.index.tolist(), p.stages["years"].tolist(), strict=True))
    rate = p.settings.finance.discount_rate
    return tuple(Stage(year, years, discounted_years(year - rows[0][0], years, rate)) for year, years in rows)


def stage_problem(p: Problem, year: int) -> Problem:
    """The problem of one stage: a problem of one year without stages, on the same calendar, its year in the title.

    What exists is as old as at the beginning of the stage.

    Parameters
    ----------
    p : Problem
        With stages.
    year : int
        First year of one of them.

    Raises
    ------
    KeyError
        If there is no such stage.
    """
    if year not in p.stages.index:
        raise KeyError(f"no stage {year}; there are {', '.join(map(str, p.stages.index))}")
    changed: dict[str, Any] = {"stages": p.stages.iloc[:0], "stage_factors": p.stage_factors.iloc[:0]}
    changed |= older(p, year - min(p.stages.index))
    changed["hourly"] = dict(p.hourly)
    for title in ("title_en", "title_zh"):
        changed[f"instance__{title}"] = f"{getattr(p.settings.instance, title)}, {year}"
    rows: dict[Any, float] = p.stage_factors["factor"].to_dict()
    for (first, table, column, key), factor in rows.items():
        if first != year:
            continue
        if table == "instance":
            section, name = column.split(".")
            now = changed.get(f"{section}__{name}", getattr(getattr(p.settings, section), name))
            changed[f"{section}__{name}"] = None if now is None else now * factor
            continue
        if table == "hourly" or column in _REFINED:
            _multiply_series(changed["hourly"], column, key, factor)
        if table != "hourly":
            frame = changed.get(table, getattr(p, table))
            values = frame[column]
            changed[table] = frame.assign(**{column: values.where(~matching(frame, key), values * factor)})
    return p.replace(**changed)


def matching(frame: pd.DataFrame, key: str) -> pd.Series:
    """Which rows of a table a key of ``stage_factors.csv`` means: their whole key, or a part of it; blank: all."""
    names = [index if isinstance(index, tuple) else (index,) for index in frame.index]
    return pd.Series([key in ("", "/".join(parts), *parts) for parts in names], index=frame.index, dtype=bool)


def may_change(table: str) -> list[str]:
    """Columns (series, settings) of a table that a stage may multiply."""
    if table == "instance":
        return list(SETTING_FACTORS)
    if table == "hourly":
        return list(SERIES_FACTORS)
    declared = {known.name: known for known in TABLES if known.name not in ("stages", "stage_factors", "provenance")}
    if table not in declared:
        return []
    numbers = [name for name, info in declared[table].row.model_fields.items() if _is_float(info.annotation)]
    found = table in _BUILT
    return [name for name in numbers if name not in _FIXED and not (found and name.startswith("existing_"))]


def _is_float(annotation: Any) -> bool:
    return annotation is float or any(_is_float(part) for part in get_args(annotation))


def _multiply_series(hourly: dict[str, pd.DataFrame], name: str, key: str, factor: float) -> None:
    if name in hourly:
        table = hourly[name]
        hourly[name] = table.assign(**{str(c): table[c] * factor for c in table.columns if key in ("", c)})
