"""How old what exists is, and what has reached the end of its life: it is renewed, at a price, or it is gone.

A blank age is half a life, which is the mean age of a stock that is renewed steadily.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from siting.problem.once import once
from siting.problem.problem import Problem

AGE = "existing_age_years"

MOST = 200.0
"""The greatest age; no life is as long."""

IN_REGIONS = ("supply", "storage", "corridors")
"""Tables whose rows have an age and a life of their own."""


def age_years(p: Problem, table: str) -> pd.Series[Any]:
    """Age of what exists by row of a table, years: in ``capacity`` of equipment, in ``sites`` of its building.

    Parameters
    ----------
    p : Problem
        The problem.
    table : str
        ``sites``, ``capacity``, ``supply``, ``storage`` or ``corridors``.
    """
    frame = getattr(p, table)
    age: pd.Series[Any] = frame[AGE].astype(float).fillna(_life_years(p, table) / 2)
    return age


def left_years(p: Problem, table: str) -> pd.Series[Any]:
    """What is left of the life of what exists by row of a table, years; zero or less: its life has ended."""
    return _life_years(p, table) - age_years(p, table)


def ended(p: Problem, table: str) -> pd.Series[bool]:
    """Whether the life of what exists has ended, by row of a table."""
    key = f"{__name__}.ended {table}"
    if key not in p.cache:
        p.cache[key] = left_years(p, table) <= 1e-9
    found: pd.Series[bool] = p.cache[key]
    return found


def _life_years(p: Problem, table: str) -> pd.Series[Any]:
    frame = getattr(p, table)
    if table != "capacity":
        own: pd.Series[Any] = frame["lifetime_years"].astype(float)
        return own
    life = frame.index.get_level_values("compute").map(p.compute_types["lifetime_years"].to_dict())
    return pd.Series(life.to_numpy(dtype=float), index=frame.index)


@once
def alive(p: Problem) -> Problem:
    """The problem without the sources, storage and lines whose life has ended: they are bought anew, or gone.

    Equipment of sites is not touched (see ``siting.problem.derived.site_compute``).
    """
    changed = {}
    for table in IN_REGIONS:
        frame, gone = getattr(p, table), ended(p, table)
        columns = [name for name in frame.columns if name in ("existing_mw", "existing_mwh")]
        if bool((gone & (frame[columns] > 0).any(axis=1)).any()):
            changed[table] = frame.assign(**{name: frame[name].mask(gone, 0.0) for name in columns})
    return p.replace(**changed) if changed else p


def older(p: Problem, years: float) -> dict[str, pd.DataFrame]:
    """The tables with an age as they are some years later."""
    tables = {name: getattr(p, name) for name in ("sites", "capacity", *IN_REGIONS)}
    return {
        name: frame.assign(**{AGE: (age_years(p, name) + years).clip(upper=MOST)})
        for name, frame in tables.items()
        if len(frame)
    }
