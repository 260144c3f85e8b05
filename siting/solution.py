"""The plan as tidy tables, one per index set, a user's variables beside ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from siting.solver.engine import Limits, Progress, Status
from siting.solver.start import Start
from siting.solver.strategy import Outcome, optimize

_NO_INDEX = "total"


@dataclass(frozen=True)
class Solution:
    """What a solve gave.

    Parameters
    ----------
    status : str
        ``optimal`` (proven to the gap), ``feasible`` (a plan, not proven), ``infeasible``, ``unbounded``,
        ``stopped`` (a limit came first) or ``error``.
    objective, bound : float or None
        Million per year; the bound is proven.
    gap : float or None
        Relative.
    tables : dict of str to DataFrame
        Empty without a plan; of a pathway see ``stages``.
    stages : dict of int to dict of str to DataFrame
        The tables of each stage of a pathway.
    outcome : Outcome
        Seconds, solver, version, options and the reason for stopping.
    """

    status: Status
    objective: float | None
    bound: float | None
    gap: float | None
    tables: dict[str, pd.DataFrame]
    outcome: Outcome
    stages: dict[int, dict[str, pd.DataFrame]] = field(default_factory=dict)


def solve(
    m: Any,
    *,
    gap: float = 0.005,
    time_limit: float = 600.0,
    seed: int = 0,
    threads: int = 0,
    options: dict[str, Any] | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Start | None = None,
    keep_start: bool = False,
) -> Solution:
    """Solve a model that :func:`siting.build` or :func:`siting.build_pathway` made (and you may have edited).

    Parameters
    ----------
    m : ConcreteModel
        The model; its variables get the values of the plan.
    gap : float
        Relative gap to be proven.
    time_limit : float
        Wall-clock seconds; the best plan so far is returned with its bound.
    seed, threads : int
        Random seed; threads of HiGHS (0: HiGHS decides).
    options : dict, optional
        Options of HiGHS by their own names.
    progress : callable, optional
        Gets a :class:`siting.solver.engine.Progress` about twice a second.
    start : Start, optional
        ``outcome.start`` of the solve of a similar model.
    keep_start : bool
        Whether ``outcome.start`` is wanted.

    Returns
    -------
    Solution

    Raises
    ------
    UsageError
        If an option is refused or HiGHS is too old.
    """
    limits = Limits(gap, time_limit, seed, threads, options or {})
    outcome = optimize(m, limits, progress, start=start, keep_start=keep_start)
    tables = read_tables(m) if outcome.has_plan else {}
    stages = {year: read_tables(m.stage[year]) for year in m.STAGE} if outcome.has_plan and hasattr(m, "stage") else {}
    return Solution(outcome.status, outcome.objective, outcome.bound, outcome.gap, tables, outcome, stages)


def read_tables(m: Any) -> dict[str, pd.DataFrame]:
    """Every variable and expression of a solved model, as one table per index set.

    The columns that index a table are named by the ``doc`` of its sets; tables of ``m.period[d]`` have the period
    first. A variable over a list, and not over a set of the model, is the table ``<variable>_index``. Ports give the
    tables ``cost`` and ``carbon`` with one row per part and region.

    Parameters
    ----------
    m : ConcreteModel
        With values in its variables.
    """
    parts: dict[str, _Table] = {}
    for component in m.component_objects((pyo.Var, pyo.Expression), descend_into=False):
        _collect(parts, component, None)
    hourly: dict[str, _Table] = {}
    for d in m.PERIOD if hasattr(m, "period") else ():
        for name in ("weight", "first_hour"):
            parts.setdefault("period", _Table(["period"])).add(name, {(d,): getattr(m.period[d], name)})
        for component in m.period[d].component_objects((pyo.Var, pyo.Expression), descend_into=False):
            _collect(hourly, component, d)
    # What a user decides per period over a set of the model, such as REGION, gets a table of its own.
    parts |= {f"period_{name}" if name in parts else name: columns for name, columns in hourly.items()}
    tables = {name: columns.table() for name, columns in parts.items()}
    for name, unit in (("cost", "million"), ("carbon", "t")):
        if hasattr(m, name):
            tables[name] = _port_table(getattr(m, name), f"{name}_{unit}")
    return tables


class _Table:
    """Values by index, side by side by name; one below the other by period."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        self.values: dict[str, dict[tuple[Any, ...], Any]] = {}

    def add(self, name: str, values: dict[tuple[Any, ...], Any]) -> None:
        self.values.setdefault(name, {}).update(values)

    def table(self) -> pd.DataFrame:
        index = list(dict.fromkeys(i for column in self.values.values() for i in column))
        keys = {key: [i[place] for i in index] for place, key in enumerate(self.keys)}
        return pd.DataFrame(
            {**keys, **{name: [column.get(i, np.nan) for i in index] for name, column in self.values.items()}}
        )


def _collect(parts: dict[str, _Table], component: Any, period: int | None) -> None:
    name, table = component.local_name, _NO_INDEX
    keys: list[str] = []
    before = () if period is None else (period,)
    if component.is_indexed():
        sets = list(component.index_set().subsets())
        # Sets that the model does not hold, such as a list, have all one name: each variable then has its own table.
        own = "" if all(map(_held, sets)) else f"{name}_index"
        table = own or "_".join(s.local_name.lower() for s in sets)
        keys = _distinct([column for s in sets for column in (_columns(s) if _held(s) else [own] * (s.dimen or 1))])
        values = {before + (i if isinstance(i, tuple) else (i,)): _value(data) for i, data in component.items()}
    else:
        values = {before: _value(component)}
    if period is not None:
        table = table if keys else f"period_{_NO_INDEX}"
        keys = ["period", *keys]
    parts.setdefault(table, _Table(keys)).add(name, values)


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


def _value(data: Any) -> float:
    value = pyo.value(data, exception=False)
    return float("nan") if value is None else float(value)


def _port_table(port: Any, column: str) -> pd.DataFrame:
    """Parts by region; what was added to the total directly (by a user) is the part ``other``."""
    rows = [(part, index, _value(amount)) for part, amounts in port.parts.items() for index, amount in amounts.items()]
    named = dict.fromkeys(port.total, 0.0)
    for _, index, amount in rows:
        named[index] += amount
    for index, total in port.total.items():
        rest = _value(total) - named[index]
        if abs(rest) > 1e-9 * max(1.0, abs(named[index])):
            rows.append(("other", index, rest))
    return pd.DataFrame(rows, columns=["term", "region", column])
