"""What a plan is told in: tidy tables, one per index set, a user's variables beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from numpy.typing import NDArray

_NO_INDEX = "total"

PORTS = {"cost": "million", "carbon": "t"}
"""Ports that have a table of their own, and the unit of its numbers."""


@dataclass(frozen=True)
class Layout:
    """Where a variable or expression is told.

    Parameters
    ----------
    name, table : str
        Its column, and the table.
    keys : tuple of str
        Names of the columns that index it; empty if nothing does.
    index : tuple
        Its indices, in the order of the rows.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    index: tuple[Any, ...]


@dataclass(frozen=True)
class Pages:
    """Everything that a model tells: what it owns itself, what each period owns, and the parts of the ports.

    The columns that index a table are named by the ``doc`` of its sets; tables of ``m.period[d]`` have the period
    first. A variable over a list, and not over a set of the model, is the table ``<variable>_index``. Ports give the
    tables ``cost`` and ``carbon`` with one row per part and region.

    Parameters
    ----------
    own : tuple of Layout
        Of the model itself.
    periods : dict of int to (str, tuple of Layout)
        Name of the block and what it owns.
    parts : dict of str to tuple of (str, index)
        Part and index of each number that was added to a port.
    """

    own: tuple[Layout, ...]
    periods: dict[int, tuple[str, tuple[Layout, ...]]]
    parts: dict[str, tuple[tuple[str, Any], ...]]


Values = Callable[[str, str, tuple[Any, ...]], NDArray[Any]]
"""Values of ``(block, component, its indices)``; the parts of a port are the component ``<port>_parts``."""


def pages(m: Any) -> Pages:
    """What a model tells."""
    periods = {d: (m.period[d].name, _layouts(m.period[d])) for d in (m.PERIOD if hasattr(m, "period") else ())}
    ports = {name: getattr(m, name).parts for name in PORTS if hasattr(m, name)}
    parts = {
        name: tuple((part, index) for part, amounts in of_port.items() for index in amounts)
        for name, of_port in ports.items()
    }
    return Pages(_layouts(m), periods, parts)


def joined(told: Iterable[Pages]) -> Pages:
    """The pages of a model from those of its pieces; what is indexed by the periods has its own in each."""
    own: dict[str, Layout] = {}
    periods: dict[int, tuple[str, tuple[Layout, ...]]] = {}
    parts: dict[str, tuple[tuple[str, Any], ...]] = {}
    for piece in told:
        periods |= piece.periods
        for layout in piece.own:
            known = own.setdefault(layout.name, layout)
            if known.index != layout.index:
                own[layout.name] = replace(known, index=tuple(dict.fromkeys((*known.index, *layout.index))))
        for port, items in piece.parts.items():
            parts[port] = tuple(dict.fromkeys((*parts.get(port, ()), *items)))
    return Pages(tuple(own.values()), dict(sorted(periods.items())), parts)


def tables(told: Pages, values: Values, calendar: Mapping[int, Mapping[str, float]]) -> dict[str, pd.DataFrame]:
    """The tables.

    Parameters
    ----------
    told : Pages
        From :func:`pages`.
    values : callable
        The values of everything in them.
    calendar : mapping of int to mapping
        Weight and first hour of each period.
    """
    parts: dict[str, _Table] = {}
    for layout in told.own:
        _collect(parts, layout, values, "", None)
    for name in ("weight", "first_hour") if told.periods else ():
        by_period = np.array([calendar[d][name] for d in told.periods])
        parts.setdefault("period", _Table(("period",))).add(name, (), tuple(told.periods), by_period)
    hourly: dict[str, _Table] = {}
    for d, (block, layouts) in told.periods.items():
        for layout in layouts:
            _collect(hourly, layout, values, block, d)
    # What a user decides per period over a set of the model, such as REGION, gets a table of its own.
    parts |= {f"period_{name}" if name in parts else name: columns for name, columns in hourly.items()}
    hourly.clear()
    # What is told is let go of as soon as it stands in its table.
    result = {name: parts.pop(name).table() for name in tuple(parts)}
    for port, items in told.parts.items():
        result[port] = _port_table(port, items, told.own, values)
    return result


def _layouts(block: Any) -> tuple[Layout, ...]:
    kinds = (pyo.Var, pyo.Expression)
    return tuple(_layout(component) for component in block.component_objects(kinds, descend_into=False))


def _layout(component: Any) -> Layout:
    name = component.local_name
    if not component.is_indexed():
        return Layout(name, _NO_INDEX, (), (None,))
    sets = list(component.index_set().subsets())
    # Sets that the model does not hold, such as a list, have all one name: each variable then has its own table.
    own = "" if all(map(_held, sets)) else f"{name}_index"
    table = own or "_".join(s.local_name.lower() for s in sets)
    keys = _distinct([column for s in sets for column in (_columns(s) if _held(s) else [own] * (s.dimen or 1))])
    return Layout(name, table, tuple(keys), tuple(component.keys()))


def _held(s: Any) -> bool:
    """Whether a set has a name of its own in the model."""
    block = s.parent_block()
    return block is not None and block.component(s.local_name) is s


def _columns(s: Any) -> list[str]:
    names = [part.strip() for part in (s.doc or "").split(",") if part.strip()]
    count = s.dimen or 1
    base = s.local_name.lower()
    return names if len(names) == count else [base] if count == 1 else [f"{base}_{i + 1}" for i in range(count)]


def _distinct(names: list[str]) -> list[str]:
    """A set may index twice, as in a pair of sites: the second ``site`` becomes ``site_2``."""
    return [name if name not in names[:i] else f"{name}_{names[: i + 1].count(name)}" for i, name in enumerate(names)]


class _Table:
    """Columns side by side; their rows one below the other by period (or once, where there is none)."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.names: dict[str, None] = {}
        self.parts: dict[tuple[int, ...], dict[str, tuple[tuple[Any, ...], NDArray[Any]]]] = {}

    def add(self, name: str, period: tuple[int, ...], index: tuple[Any, ...], values: NDArray[Any]) -> None:
        """Values of a column in the order of its index."""
        self.names[name] = None
        self.parts.setdefault(period, {})[name] = (index, values)

    def table(self) -> pd.DataFrame:
        """One below the other; what indexes the periods is mostly the same in all, and is written out once."""
        first: dict[tuple[Any, ...], int] = {}
        rows: list[tuple[Any, ...]] = []
        columns: dict[str, list[NDArray[Any]]] = {name: [] for name in self.names}
        chosen: list[NDArray[Any]] = []
        periods: list[int] = []
        counts: list[int] = []
        for period, part in self.parts.items():
            index = _all_rows([index for index, _ in part.values()])
            if index not in first:
                first[index] = len(rows)
                rows += [i if isinstance(i, tuple) else (i,) for i in index]
            chosen.append(np.arange(first[index], first[index] + len(index)))
            periods += period
            counts.append(len(index))
            for name, column in columns.items():
                column.append(_aligned(*part.get(name, ((), np.empty(0))), index))
        keys = self.keys[1:] if periods else self.keys
        lists = {key: [row[place] for row in rows] for place, key in enumerate(keys)}
        table = pd.DataFrame(lists, index=range(len(rows))).take(np.concatenate(chosen)).reset_index(drop=True)
        if periods:
            table.insert(0, self.keys[0], np.repeat(periods, counts))
        return table.assign(**{name: np.concatenate(column) for name, column in columns.items()})


def _all_rows(every: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The rows that any column has; most tables have the same in all."""
    first, *others = every
    if all(other == first for other in others):
        return first
    return tuple(dict.fromkeys(i for index in every for i in index))


def _aligned(own: tuple[Any, ...], values: NDArray[Any], index: tuple[Any, ...]) -> NDArray[Any]:
    """Values in the order of another index, NaN where they have none."""
    if own == index:
        return values
    known = dict(zip(own, values.tolist(), strict=True))
    return np.array([known.get(i, np.nan) for i in index], dtype=float)


def _collect(parts: dict[str, _Table], layout: Layout, values: Values, block: str, period: int | None) -> None:
    name, table, keys = layout.name, layout.table, layout.keys
    before: tuple[int, ...] = ()
    if period is not None:
        before = (period,)
        table = table if keys else f"period_{_NO_INDEX}"
        keys = tuple(_distinct(["period", *keys]))
    parts.setdefault(table, _Table(keys)).add(name, before, layout.index, values(block, name, layout.index))


def _port_table(port: str, items: tuple[tuple[str, Any], ...], own: Iterable[Layout], values: Values) -> pd.DataFrame:
    """Parts by region; what was added to the total directly (by a user) is the part ``other``."""
    amounts = values("", f"{port}_parts", items).tolist()
    rows = [(part, index, amount) for (part, index), amount in zip(items, amounts, strict=True)]
    total = next(layout for layout in own if layout.name == f"{port}_total")
    named = dict.fromkeys(total.index, 0.0)
    for _, index, amount in rows:
        named[index] += amount
    for index, whole in zip(total.index, values("", total.name, total.index).tolist(), strict=True):
        rest = whole - named[index]
        if abs(rest) > 1e-9 * max(1.0, abs(named[index])):
            rows.append(("other", index, rest))
    return pd.DataFrame(rows, columns=["term", "region", f"{port}_{PORTS[port]}"])
