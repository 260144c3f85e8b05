"""A plan from typical periods, held against every hour of the year.

What is decided once is fixed: sites, equipment, cooling designs, sources, storage, corridors, connections, and where
work that cannot wait is done. The dispatch of the year is found anew in calendar order, at least cost: no work runs
before it arrives, and work that waits and stored energy are carried from day to day, from the last to the first. So is
what is settled after a year (:data:`SETTLED`). What the plan cannot do is not hidden but measured: energy and work that
are not served, and rules that are not kept. The accounts of that year are those of the audit, from the tables alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from siting.auditor import Audit, audit
from siting.errors import Sentence, UsageError
from siting.model.build import COMPONENTS, Component
from siting.problem.problem import FloatArray, Problem, day, whole_year
from siting.solver.compile.two_stage import name_of
from siting.solver.fixed_plan import Dispatched, Missed, dispatch
from siting.solver.highs.engine import Limits, Progress
from siting.solver.outcome import Outcome
from siting.solving.compiled import Compiled, compile_problem

SETTLED = ("peak_grid_mw",)
"""First-stage variables that are no investment: the highest grid power that is paid for. Claims of green power and
certificates belong to the periods, and so are found anew."""

GAP = 1e-3
"""Relative gap to which the dispatch of the year is proven; with what is carried between blocks, less would be slow."""

_UNSERVED = {"power_balance": "energy_mwh", "backlog_balance": "work_mwh"}
"""Rows of a period, and what is not served where they are missed."""
_FOLLOWING = ("deferrable_demand_met", "start_balance")
"""Rows that say the same of work that is not done."""
_ACCOUNTS = ("tables", "told", "calendar", "cost", "carbon", "objective")
"""Checks that hold whatever the plan cannot do."""

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class YearCheck:
    """What a plan comes to in the whole year.

    Parameters
    ----------
    problem : Problem
        With all periods of the year as its calendar.
    outcome : Outcome
        How the dispatch ended; its objective and bound contain the prices of what is not served or kept.
    seconds : dict of str to float
        ``build``, ``dispatch`` and ``audit``.
    tables : dict of str to DataFrame
        Of the year; empty if time was out before all of it was dispatched, and then there is nothing below.
    verdict : Audit or None
        The audit of these tables, and the totals of the year.
    unserved : DataFrame
        Index: date; columns ``energy_mwh`` and ``work_mwh``; the days that lack something.
    broken : DataFrame
        Rules that are not kept: ``rule`` (a row of the model, the worst of its kind), ``missed`` in its own unit, and
        ``count`` of rows of that kind.
    errors : DataFrame
        ``quantity``, ``term``, ``promised``, ``year`` and ``error_percent`` (of what was promised).
    """

    problem: Problem
    outcome: Outcome
    seconds: dict[str, float]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    verdict: Audit | None = None
    unserved: pd.DataFrame = field(default_factory=pd.DataFrame)
    broken: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def kept(self) -> bool:
        """Whether the plan serves everything and keeps every rule in the whole year."""
        return self.verdict is not None and not len(self.unserved) and not len(self.broken)

    @property
    def ok(self) -> bool:
        """Whether the accounts of the year hold, and every check if nothing is missed."""
        checks = () if self.verdict is None else self.verdict.failures
        return not any(self.kept or check.name in _ACCOUNTS for check in checks)

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows; every unit is in a name."""
        calendar, verdict = self.problem.calendar, self.verdict
        document: dict[str, Any] = {
            "status": "stopped" if verdict is None else "kept" if self.kept else "missed",
            "periods": calendar.as_dict(),
            "gap": self.outcome.gap,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }
        if verdict is None:
            return document
        energy = verdict.totals["energy_mwh"]
        missed = {name: float(self.unserved[name].sum()) for name in _UNSERVED.values()}
        share = {"energy_share": _share(missed["energy_mwh"], energy["used"])}
        share |= {"work_share": _share(missed["work_mwh"], energy["it_load"] + missed["work_mwh"])}
        return {
            **document,
            "cost_million": verdict.totals["objective_million"],
            "carbon_t": verdict.totals["carbon_t"]["total"],
            "green_share": verdict.totals["green_share"],
            "unserved": {**missed, **share, "days": self.unserved.reset_index().to_dict(orient="records")},
            "broken": self.broken.to_dict(orient="records"),
            "errors": self.errors.to_dict(orient="records"),
            "audit": {"ok": self.ok, "failed": [str(check) for check in verdict.failures]},
        }


def check_year(
    problem: Problem,
    tables: Tables,
    components: Sequence[Component] | None = None,
    *,
    workers: int = 1,
    time_limit: float = 600.0,
    seed: int = 0,
    threads: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> YearCheck:
    """Dispatch every period of the year with a given plan.

    Parameters
    ----------
    problem : Problem
        As solved, with the calendar of the plan.
    tables : mapping of str to DataFrame
        The plan.
    components : sequence of callable, optional
        With which it was solved, as of :func:`siting.build`.
    workers : int
        Processes that build and solve.
    time_limit, seed, threads, progress
        As of :func:`siting.solve`.

    Raises
    ------
    UsageError
        If the tables lack something that the plan decides.
    """
    year = problem.replace(calendar=whole_year(problem.hours, problem.calendar.hours))
    compiled = compile_problem(year, components, workers)
    first, fixed = plan_in(tables, compiled)
    limits = Limits(GAP, time_limit, seed, threads, workers=workers)
    found = dispatch(compiled.program, first, fixed, limits, progress)
    seconds = {"build": compiled.seconds, "dispatch": found.outcome.seconds_solve}
    if found.plan is None:
        return YearCheck(year, found.outcome, seconds)
    begun = time.monotonic()
    whole = compiled.tables(found.plan)
    whole["period"] = whole["period"].assign(first_hour=year.calendar.hour[:, 0])
    own_rules = components is not None and tuple(components) != COMPONENTS
    verdict = audit(year, whole, _cost(compiled, found), own_rules=own_rules)
    promised = audit(problem, tables, own_rules=own_rules).totals
    seconds["audit"] = time.monotonic() - begun
    unserved, broken = _what_is_missed(year, found.missed)
    errors = compared(promised, verdict.totals)
    return YearCheck(year, found.outcome, seconds, whole, verdict, unserved, broken, errors)


def plan_in(tables: Tables, compiled: Compiled) -> tuple[FloatArray, Any]:
    """Values of the first-stage columns by the tables of a plan, and which of them are fixed.

    Raises
    ------
    UsageError
        If the tables do not have a variable that is to be fixed.
    """
    columns = compiled.program.first
    layouts = {layout.name: layout for layout in compiled.pages.own}
    free = {name for name, layout in layouts.items() if name in SETTLED or "period" in layout.keys}
    known: dict[str, dict[Any, float]] = {}
    for name in {label for label, _ in columns.labels} - free:
        table, keys = tables.get(layouts[name].table), list(layouts[name].keys)
        if table is None or not {*keys, name} <= set(table.columns):
            raise UsageError(
                Sentence("The plan cannot be held against the year: its tables do not have {name}.", name=name)
            )
        values = table[name].fillna(0.0).tolist()
        known[name] = dict(zip(_index(table, keys), values, strict=True))
    value = [0.0 if name in free else known[name].get(index, 0.0) for name, index in columns.labels]
    return np.array(value, dtype=float), np.array([name not in free for name, _ in columns.labels], dtype=bool)


def compared(promised: Mapping[str, Any], found: Mapping[str, Any]) -> pd.DataFrame:
    """What the year makes of the totals that a plan promised."""
    rows: list[tuple[str, str, float, float]] = []

    def add(quantity: str, term: str, before: float, after: float) -> None:
        if before or after:
            rows.append((quantity, term, before, after))

    def terms(name: str) -> None:
        for term in dict.fromkeys([*promised[name], *found[name]]):
            if term != "total":
                add(name, term, promised[name].get(term, 0.0), found[name].get(term, 0.0))

    add("cost_million", "", promised["objective_million"], found["objective_million"])
    terms("cost_million")
    add("carbon_t", "", promised["carbon_t"]["total"], found["carbon_t"]["total"])
    terms("carbon_t")
    for name in ("green_share", "matched_share"):
        add(name, "", promised[name], found[name])
    for name in ("used", "grid"):
        add("energy_mwh", name, promised["energy_mwh"][name], found["energy_mwh"][name])
    table = pd.DataFrame(rows, columns=["quantity", "term", "promised", "year"])
    size = table["promised"].abs()
    table["error_percent"] = (100 * (table["year"] - table["promised"]) / size).where(size > 0)
    return table


def _index(table: pd.DataFrame, keys: list[str]) -> list[Any]:
    if not keys:
        return [None] * len(table)
    columns = [table[key].tolist() for key in keys]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def _cost(compiled: Compiled, found: Dispatched) -> float:
    """Cost of the dispatch without the prices of what is missed, million."""
    program, plan = compiled.program, found.plan
    if plan is None:
        raise ValueError("there is no dispatch")
    own = sum(float(d.columns.cost @ y) for d, y in zip(program.periods, plan.periods, strict=True))
    return float(program.offset + program.first.cost @ plan.first) + own


def _what_is_missed(p: Problem, missed: Sequence[Missed]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is not served, by day, and the rules that are not kept."""
    lacking: dict[str, dict[str, float]] = {}
    rules: dict[str, list[Missed]] = {}
    for one in missed:
        name = one.label[0]
        if one.block and name in _UNSERVED:
            d = int(one.block.partition("[")[2].rstrip("]"))
            date = day(p, p.calendar.hour[d, one.label[1][-1]]).isoformat()
            amounts = lacking.setdefault(date, dict.fromkeys(_UNSERVED.values(), 0.0))
            amounts[_UNSERVED[name]] += one.amount
        elif not one.block or name not in _FOLLOWING:
            rules.setdefault(name, []).append(one)
    dates = pd.Index(sorted(lacking), name="date")
    unserved = pd.DataFrame([lacking[date] for date in dates], index=dates, columns=list(_UNSERVED.values()))
    worst = {name: max(every, key=lambda one: one.amount) for name, every in rules.items()}
    rows = [(name_of(one.label, one.block), one.amount, len(rules[name])) for name, one in worst.items()]
    return unserved, pd.DataFrame(rows, columns=["rule", "missed", "count"])


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
