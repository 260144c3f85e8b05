"""The same problem in other words: other money, other names, a region in two parts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pandas as pd

from siting.problem import Problem
from siting.problem.problem import frame
from siting.problem.tables import TABLES

MONEY = ("capex", "cost", "fixed_om", "price", "charge", "budget")
"""Columns, series and settings with one of these words in their names are money."""


def _is_money(name: str) -> bool:
    return any(word in name for word in MONEY)


def _in_settings(value: Any, change: Any, name: str = "") -> Any:
    """Settings with ``change(name, value)`` at every leaf."""
    if isinstance(value, Mapping):
        return {key: _in_settings(each, change, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_in_settings(each, change, name) for each in value]
    return change(name, value)


def _with_settings(p: Problem, change: Any) -> Any:
    return type(p.settings).model_validate(_in_settings(p.settings.model_dump(exclude_unset=True), change))


def dearer(p: Problem, factor: float) -> Problem:
    """All money multiplied."""
    tables = {}
    for table in TABLES:
        rows = getattr(p, table.name)
        money = [name for name in rows.columns if _is_money(name)]
        tables[table.name] = rows.assign(**{name: rows[name] * factor for name in money})
    settings = _with_settings(p, lambda name, value: value * factor if _is_money(name) and value else value)
    hourly = {name: series * factor if _is_money(name) else series for name, series in p.hourly.items()}
    return p.replace(settings=settings, hourly=hourly, **tables)


def renamed(p: Problem, chance: random.Random) -> Problem:
    """Every region, site, type of equipment and workload with another name, and all rows in another order."""
    kinds = {"region": p.regions, "site": p.sites, "compute": p.compute_types, "workload": p.workloads}
    names: dict[str, dict[str, str]] = {}
    for kind, table in kinds.items():
        numbers = chance.sample(range(len(table)), len(table))
        names[kind] = {old: f"{kind}-{number}" for old, number in zip(table.index, numbers, strict=True)}
    column = {"from_region": "region", "to_region": "region", "site_2": "site"} | {kind: kind for kind in kinds}
    tables = {}
    for table in TABLES:
        rows = getattr(p, table.name).reset_index()
        rows = rows.assign(**{name: rows[name].map(names[column[name]]) for name in rows.columns if name in column})
        rows = rows.iloc[chance.sample(range(len(rows)), len(rows))]
        tables[table.name] = rows.set_index(table.key[0] if len(table.key) == 1 else list(table.key))
    places = {**names["site"], **names["region"]}
    hourly = {}
    for name, series in p.hourly.items():
        changed = series if name == "profile" else series.rename(columns=places)
        hourly[name] = changed[chance.sample(list(changed.columns), len(changed.columns))]
    settings = _with_settings(p, lambda name, value: names.get(name, {}).get(value, value))
    return p.replace(settings=settings, hourly=hourly, **tables)


def more(p: Problem, name: str, *rows: dict[str, Any]) -> Problem:
    """A problem with more rows in a table, defaults filled in."""
    table = next(table for table in TABLES if table.name == name)
    return p.replace(**{name: pd.concat([getattr(p, name), frame(table, pd.DataFrame(rows))])})


AMOUNTS = ("grid_mw", "mean_mw", "existing_mw", "most_mw", "existing_mwh", "most_mwh", "most_gbps")


def split(p: Problem, share: float) -> Problem:
    """The first region in two at one place; its sites stay in the first, which a free line joins to the second."""
    first, parts = p.regions.index[0], {p.regions.index[0]: share, "second": 1 - share}
    tables = {}
    for table in TABLES:
        rows = getattr(p, table.name).reset_index()
        if "region" in rows.columns and table.name != "sites" and len(rows):
            mine, rest = rows[rows["region"] == first], rows[rows["region"] != first]
            amounts = [name for name in AMOUNTS if name in rows.columns]
            halves = [mine.assign(region=n, **{a: mine[a] * part for a in amounts}) for n, part in parts.items()]
            rows = pd.concat([*halves, rest])
            tables[table.name] = rows.set_index(table.key[0] if len(table.key) == 1 else list(table.key))
    hourly = {}
    for name, series in p.hourly.items():
        if first in series.columns:
            power = name in ("system_load_mw", "net_import_mw")
            own = {n: series[first] * (part if power else 1.0) for n, part in parts.items()}
            series = series.assign(**own)
        hourly[name] = series
    free = {"corridor": "free", "from_region": first, "to_region": "second", "existing_mw": 1e3, "most_mw": 1e3}
    return more(p, "corridors", free).replace(hourly=hourly, **tables)
