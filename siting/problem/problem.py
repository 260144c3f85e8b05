"""The problem: frozen tables, settings, hourly series and the periods that stand for the year."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.problem.notebook import as_html
from siting.problem.presets import APPLIED
from siting.problem.settings import Settings
from siting.problem.tables import TABLES, Table

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BLOCK_H = 120
"""Least hours of a block of the exact year. With days, a year has 365 midnights at which something may be carried, and
decomposed it does not end (measured)."""

_WHOLE = 1.02
"""Periods that count for less than this cover the year, but for some days at its end."""


@dataclass(frozen=True)
class Calendar:
    """The periods that stand for the year.

    Parameters
    ----------
    hour : ndarray of int, shape (periods, hours)
        Hour of the year behind each hour of each period (every period is a real one).
    weight : ndarray of float, shape (periods,)
        How many times the period occurs in the year; ``sum(weight) * hours`` is the year.
    """

    hour: IntArray
    weight: FloatArray

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.hour.shape[0])

    @property
    def hours(self) -> int:
        """Hours of a period."""
        return int(self.hour.shape[1])

    @property
    def in_order(self) -> bool:
        """Whether the periods follow each other through the year, each once.

        Then work that waits and stored energy are carried from one to the next, and from the last to the first; all
        weights are the same, or what is carried would become more or less. Other periods are typical ones: what lies
        between them is not known, and each wraps round on itself.
        """
        hour, weight = self.hour.ravel(), self.weight
        follows = hour[0] == 0 and (np.diff(hour) == 1).all()
        return bool(follows and np.allclose(weight, weight[0]) and weight[0] < _WHOLE)

    def as_dict(self) -> dict[str, int | bool]:
        """How many periods of how many hours there are, and whether they are in calendar order."""
        return {"count": self.periods, "hours": self.hours, "in_order": self.in_order}


@dataclass(frozen=True, repr=False)
class Problem:
    """Everything that the model needs to know; nothing in it changes.

    Each table is a pandas DataFrame indexed by its key (see :data:`siting.problem.tables.TABLES`), with
    every optional column present. ``hourly`` maps the name of a series to a DataFrame with one row per hour of
    the year. ``calendar`` picks the hours that the model sees.
    """

    settings: Settings
    regions: pd.DataFrame
    sites: pd.DataFrame
    compute_types: pd.DataFrame
    tiers: pd.DataFrame
    workloads: pd.DataFrame
    demand: pd.DataFrame
    capacity: pd.DataFrame
    links: pd.DataFrame
    supply: pd.DataFrame
    storage: pd.DataFrame
    fleet: pd.DataFrame
    corridors: pd.DataFrame
    bandwidth: pd.DataFrame
    cooling_options: pd.DataFrame
    stages: pd.DataFrame
    stage_factors: pd.DataFrame
    provenance: pd.DataFrame
    hourly: Mapping[str, pd.DataFrame]
    calendar: Calendar
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def hours(self) -> int:
        """Hours of the year: 8,760 or 8,784."""
        return len(self.hourly["price_per_mwh"])

    def __repr__(self) -> str:
        facts = ", ".join(f"{value} {name}" if name != "periods" else value for name, value in self._facts().items())
        return f"<Problem {self.settings.instance.name!r}: {facts}>"

    def _repr_html_(self) -> str:
        table = self.sites[["region", "tier", "latitude_deg", "longitude_deg", "most_mw", "cooling"]]
        return as_html(f"{self.settings.instance.name}: {self.settings.instance.title_en}", self._facts(), table)

    def _facts(self) -> dict[str, str]:
        calendar = self.calendar
        order = " in calendar order" if calendar.in_order else ""
        return {
            "regions": str(len(self.regions)),
            "sites": str(len(self.sites)),
            "workloads": str(len(self.workloads)),
            "MW of demand": f"{float(self.demand['mean_mw'].sum()):,.0f}",
            "periods": f"{calendar.periods} periods of {calendar.hours} h{order}",
        }

    def replace(self, **changes: Any) -> Problem:
        """A copy with some parts changed, for what-ifs.

        Parameters
        ----------
        **changes
            A field (``demand=frame``, ``calendar=...``), or a setting with its section and key joined by two
            underscores (``carbon__price=200``).

        Returns
        -------
        Problem
            Validated settings, new cache; the original is untouched.
        """
        fields = {k: v for k, v in changes.items() if "__" not in k}
        settings = {k: v for k, v in changes.items() if "__" in k}
        if settings:
            base = fields.get("settings", self.settings)
            # What was never set stays unset, so that presets know it from what was chosen. Presets that are there
            # already add nothing again: a rule of theirs may be what is taken away.
            document = base.model_dump(mode="python", exclude_unset=True)
            for name, value in settings.items():
                section, key = name.split("__", 1)
                if section not in Settings.model_fields:
                    known = ", ".join(Settings.model_fields)
                    raise KeyError(f"no section {section!r} in the settings; there are {known}")
                document.setdefault(section, {})[key] = value
            context = None if "policy__presets" in settings else APPLIED
            fields["settings"] = Settings.model_validate(document, context=context)
        return dataclasses.replace(self, **fields, cache={})


def frame(table: Table, rows: pd.DataFrame | None) -> pd.DataFrame:
    """A table with every column of the format, defaults filled in, indexed by its key.

    Parameters
    ----------
    table : Table
        The declaration.
    rows : DataFrame or None
        Columns as in the file; None for a table that is not given.
    """
    if rows is None:
        return _empty(table).copy()
    data = rows.reset_index(drop=True)
    fields = table.row.model_fields
    unknown = [name for name in data.columns if name not in fields]
    missing = [name for name, info in fields.items() if info.is_required() and name not in data and len(data)]
    if unknown or missing:
        raise KeyError(f"table {table.name}: unknown columns {unknown}, missing columns {missing}")
    columns = {}
    for name, info in fields.items():
        kind = _dtype(info.annotation)
        if name in data:
            values = data[name]
            if not info.is_required() and info.default is not None and values.hasnans:
                values = values.where(values.notna(), info.default)
            columns[name] = values.astype(kind)
        else:
            columns[name] = pd.Series(None if info.is_required() else info.default, data.index, kind)
    out = pd.DataFrame(columns, index=data.index)
    key = list(table.key)
    return out.set_index(key[0] if len(key) == 1 else key, drop=True)


@cache
def _empty(table: Table) -> pd.DataFrame:
    return frame(table, pd.DataFrame(index=range(0)))


def as_given(
    settings: Settings | Mapping[str, Any],
    hourly: Mapping[str, pd.DataFrame],
    **tables: pd.DataFrame,
) -> Problem:
    """A problem from tables in memory as they are; see :func:`siting.problem.make`.

    Parameters
    ----------
    settings : Settings or mapping
        As in ``instance.toml``.
    hourly : mapping of str to DataFrame
        Series by name, one row per hour of the year.
    **tables : DataFrame
        Tables by name, columns as in the files; optional columns may be missing.

    Raises
    ------
    KeyError
        If there is no table of that name, or a table lacks a required column or has an unknown one.
    """
    unknown = set(tables) - {table.name for table in TABLES}
    if unknown:
        raise KeyError(f"no table {sorted(unknown)[0]!r}; there are {', '.join(table.name for table in TABLES)}")
    chosen = settings if isinstance(settings, Settings) else Settings.model_validate(settings)
    frames: dict[str, Any] = {table.name: frame(table, tables.get(table.name)) for table in TABLES}
    hours = len(next(iter(hourly.values())))
    return Problem(settings=chosen, hourly=dict(hourly), calendar=whole_year(hours, 24), **frames)


def whole_year(hours: int, length: int = 24) -> Calendar:
    """The exact calendar: every hour of the year once, in calendar order, in blocks of the same length.

    What is carried from block to block makes one year of them, however it is cut. So the blocks are as long as asked
    for only where such blocks make up the year and are no shorter than :data:`BLOCK_H`; else they are the next longer
    ones of whole days that do: 73 blocks of five days for 365 days, and for 52 weeks and a day.

    Parameters
    ----------
    hours : int
        Of the year.
    length : int
        Hours of a period as asked for.
    """
    if hours % length or length < BLOCK_H:
        days = range(BLOCK_H, hours, 24)
        length = next((h for h in days if hours % h == 0), hours)
    return Calendar(hour=np.arange(hours).reshape(-1, length), weight=np.ones(hours // length))


def day(problem: Problem, hour: int) -> dt.date:
    """The date of an hour of the year."""
    return problem.settings.instance.start + dt.timedelta(hours=int(hour))


def _dtype(annotation: Any) -> type:
    if annotation in (bool, int):
        return annotation  # type: ignore[no-any-return]
    # Without its constraints: Annotated[float, ...] | None is a float column too.
    kinds = [getattr(part, "__origin__", part) for part in get_args(annotation) or (annotation,)]
    return float if float in kinds else object
