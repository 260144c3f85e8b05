"""``result.json``: how a solve ended, with what, and what the plan comes to."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from siting.options import SolveOptions
from siting.problem import Problem
from siting.problem.ages import alive
from siting.problem.needed import gap_of_decided, needed_million
from siting.problem.stages import Stage
from siting.runs.journal import Message
from siting.solver.highs.options import interior_point
from siting.solver.outcome import Outcome
from siting.study.least_carbon import LeastCarbon


class Verdict(Protocol):
    """What an audit says."""

    @property
    def ok(self) -> bool:
        """Whether every check holds."""

    def as_dict(self) -> dict[str, Any]:
        """Checks and totals."""


def status_of(outcome: Outcome, verdict: Verdict | None) -> str:
    """Status of a run: that of the solver, but ``error`` for a plan that failed its audit."""
    return "error" if verdict is not None and not verdict.ok else outcome.status


def document(
    *,
    version: str,
    problem: Problem,
    sha256: str,
    options: SolveOptions,
    outcome: Outcome,
    verdict: Verdict | None,
    aggregation: pd.DataFrame,
    seconds: Mapping[str, float],
    least: LeastCarbon | None = None,
    prices: pd.DataFrame | None = None,
    stages: Sequence[Mapping[str, Any]] = (),
    year: Mapping[str, Any] | None = None,
    warnings: Sequence[Message] = (),
    messages: Sequence[Message] = (),
    language: str = "en",
) -> dict[str, Any]:
    """Everything that ``result.json`` says of a run.

    Parameters
    ----------
    version : str
        Of this package.
    problem : Problem
        As solved, with its calendar.
    sha256 : str
        Fingerprint of the instance.
    options : SolveOptions
        What was asked for.
    outcome : Outcome
        How the solver ended.
    verdict : Verdict or None
        The audit; None without a plan.
    aggregation : DataFrame
        From :func:`siting.periods.aggregation_error`.
    seconds : mapping of str to float
        By phase.
    least : LeastCarbon or None
        If the cap on carbon left no plan.
    prices : DataFrame or None
        Price and CO2 of one more MWh by region, where the fleet is dispatched.
    stages : sequence of mapping
        From :func:`stage_document`, of a pathway; objective and totals are then discounted sums.
    year : mapping or None
        From :meth:`siting.study.year_check.YearCheck.as_dict`; None: the plan was not held against the year.
    warnings, messages : sequence of Message
        What a reader must know of the data, and of the run.
    language : str
        Of their sentences.
    """
    audited = None if verdict is None else verdict.as_dict()
    totals = None if audited is None else audited.pop("totals")
    told = figures(problem, totals, aggregation, prices=prices, pathway=options.pathway)
    needed = (told["totals"] or {}).get("needed_million")
    return {
        **_ended(outcome, verdict),
        "gap_of_decided": gap_of_decided(outcome.objective, outcome.bound, needed),
        **told,
        **_least(least),
        "instance": {**told["instance"], "sha256": sha256},
        "options": options.as_dict(),
        **_solved_by(outcome),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": {"siting": version, "python": platform.python_version(), "platform": platform.platform()},
        "year_check": year,
        "audit": audited,
        "warnings": [message.as_dict(language) for message in warnings],
        "messages": [message.as_dict(language) for message in messages],
        **({"stages": list(stages)} if options.pathway else {}),
    }


def figures(
    problem: Problem,
    totals: Mapping[str, Any] | None,
    aggregation: pd.DataFrame,
    *,
    prices: pd.DataFrame | None = None,
    pathway: bool = False,
) -> dict[str, Any]:
    """What ``result.json`` says that follows from the problem and the audit of its plan, and from nothing else.

    Parameters
    ----------
    problem : Problem
        As solved, with its calendar.
    totals : mapping or None
        Of the audit; None without a plan.
    aggregation, prices
        As of :func:`document`.
    pathway : bool
        Whether all stages were planned together; totals are then discounted sums.
    """
    return {
        "unit": _unit(problem, pathway),
        "currency": problem.settings.instance.currency,
        "instance": _named(problem),
        "periods": problem.calendar.as_dict(),
        "totals": totals
        if totals is None or pathway
        else {**_totals(problem, totals, prices), "needed_million": needed_million(problem)},
        "aggregation_error": aggregation.reset_index().to_dict(orient="records"),
    }


def stage_document(
    stage: Stage,
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    verdict: Verdict,
    rows: Mapping[str, int],
    prices: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """What ``result.json`` says of a stage of a pathway, under the keys of a plan of one year.

    Parameters
    ----------
    stage : Stage
        Its years.
    problem : Problem
        Of the stage.
    tables : mapping of str to DataFrame
        Its solution.
    verdict : Verdict
        Its audit.
    rows : mapping of str to int
        Rows of every table as it is saved.
    prices : DataFrame or None
        As of :func:`document`.
    """
    audited = verdict.as_dict()
    totals = _totals(problem, audited.pop("totals"), prices)
    return {
        "year": stage.year,
        "years": stage.years,
        "weight": stage.weight,
        "objective": totals["objective_million"],
        "unit": _unit(problem, pathway=False),
        "built": _built(problem, tables),
        "totals": totals,
        "audit": audited,
        "tables": dict(rows),
    }


def _ended(outcome: Outcome, verdict: Verdict | None) -> dict[str, Any]:
    """How the solve ended, and what it proves."""
    return {
        "status": status_of(outcome, verdict),
        "solver_status": outcome.status,
        "reason": outcome.reason,
        "interrupted": outcome.interrupted,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
    }


def _least(least: LeastCarbon | None) -> dict[str, Any]:
    """The least carbon that any plan reaches, where a cap leaves none."""
    return {
        "least_carbon_t": None if least is None else least.carbon_t,
        "least_carbon_bound_t": None if least is None else least.bound_t,
        "least_carbon_status": None if least is None else least.status,
    }


def _solved_by(outcome: Outcome) -> dict[str, Any]:
    """With what it was solved, and how large it was."""
    return {
        "solver": {
            "name": "HiGHS",
            "version": outcome.version,
            "strategy": outcome.strategy,
            "interior_point": interior_point(),
            "bound_proven_by": outcome.proof or None,
        },
        "size": {"rows": outcome.rows, "columns": outcome.columns, "integers": outcome.integers},
    }


def _named(problem: Problem) -> dict[str, str]:
    """Names of the instance."""
    instance = problem.settings.instance
    return {"name": instance.name, "title_en": instance.title_en, "title_zh": instance.title_zh}


def _unit(problem: Problem, pathway: bool) -> str:
    when = f", discounted to {problem.stages.index.min()}" if pathway else " per year"
    return f"million {problem.settings.instance.currency}{when}"


def _totals(problem: Problem, totals: Mapping[str, Any], prices: pd.DataFrame | None) -> dict[str, Any]:
    """Totals of the audit, with the number of sites to choose from, and the price of one more MWh."""
    system = {}
    if prices is not None:
        system = {"system": {**totals["system"], "one_more_mwh": prices.to_dict(orient="index")}}
    return {**totals, **system, "sites_to_choose_from": len(problem.sites)}


def _built(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """IT power in all, and what is bought of sources, storage and corridors, renewals included."""
    problem = alive(problem)

    def new(table: str, column: str, existing: pd.Series) -> float:
        if table not in tables:
            return 0.0
        rows = tables[table].set_index(list(existing.index.names))[column]
        return float((rows - existing.reindex(rows.index)).sum())

    return {
        "it_mw": float(tables["site_compute"]["capacity_mw"].sum()),
        "new_supply_mw": new("supply", "supply_mw", problem.supply["existing_mw"]),
        "new_storage_mwh": new("storage", "storage_mwh", problem.storage["existing_mwh"]),
        "new_corridor_mw": new("corridor", "corridor_mw", problem.corridors["existing_mw"]),
    }
