"""The audit of a run folder: its plan, and everything that ``result.json`` says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from siting.auditor import Audit, audit
from siting.auditor.document import figures_check, outcome_check, year_check
from siting.auditor.pathway import PathwayAudit, audit_pathway
from siting.auditor.report import Check
from siting.periods import aggregation_error
from siting.problem import Problem
from siting.problem.needed import gap_of_decided
from siting.problem.stages import stage_problem, stages
from siting.problem.system import dispatched
from siting.runs.document import figures, stage_document
from siting.runs.folder import check_copies, listed, plain, read_plans
from siting.runs.seal import SEAL, fingerprint
from siting.runs.stages import plan_folder
from siting.study.marginal import marginal_prices, yearly_means

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class RunAudit:
    """The verdict on a run folder.

    Parameters
    ----------
    plan : Audit or PathwayAudit
        The tables, against the rules and the decisions that they tell.
    document : tuple of Check
        ``result.json``, against the plan.
    """

    plan: Audit | PathwayAudit
    document: tuple[Check, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return (*self.plan.checks, *self.document)

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(check.ok for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.ok)

    def as_dict(self) -> dict[str, Any]:
        """The audit in types that JSON knows, with the checks of the document last."""
        own = self.plan.links if isinstance(self.plan, PathwayAudit) else self.plan
        return {**Audit((*own.checks, *self.document), own.totals).as_dict(), "ok": self.ok}


def audit_run(folder: str | Path) -> RunAudit:
    """Read a run folder and check everything in it that a reader may take for true.

    Parameters
    ----------
    folder : str or Path
        Run folder with a plan, of one year or a pathway.

    Raises
    ------
    UsageError
        If the folder is no run folder, has no plan, or something in it is missing or damaged.
    """
    problem, plans, result = read_plans(folder)
    for year, tables in plans.items():
        check_copies(plan_folder(folder, year), tables)
    return audit_documents(problem, plans, result)


def audit_documents(problem: Problem, plans: Mapping[int | None, Tables], result: Mapping[str, Any]) -> RunAudit:
    """As :func:`audit_run`, of what :func:`siting.runs.folder.read_plans` has read."""
    own_rules = bool(result["options"].get("edit"))
    plan: Audit | PathwayAudit
    if None in plans:
        plan = audit(problem, plans[None], result["objective"], own_rules=own_rules)
    else:
        stages_of = {year: tables for year, tables in plans.items() if year is not None}
        plan = audit_pathway(problem, stages_of, result["objective"], own_rules=own_rules)
    return RunAudit(plan, document_checks(result, plan, expected(problem, plans, plan)))


def document_checks(
    result: Mapping[str, Any], plan: Audit | PathwayAudit, mine: Mapping[str, Any]
) -> tuple[Check, ...]:
    """The checks of ``result.json``.

    Parameters
    ----------
    result : mapping
        As it was read.
    plan : Audit or PathwayAudit
        The audit of the plan.
    mine : mapping
        From :func:`expected`.
    """
    own = plan.links if isinstance(plan, PathwayAudit) else plan
    needed = (mine["totals"] or {}).get("needed_million")
    mine = {**mine, "gap_of_decided": gap_of_decided(result["objective"], result["bound"], needed)}
    named = {**mine, "instance": {**mine["instance"], "sha256": result["instance"].get("sha256")}}
    ended = outcome_check(
        status=result["status"],
        objective=result["objective"],
        bound=result["bound"],
        gap=result["gap"],
        asked=result["options"]["gap"],
        ok=plan.ok,
        totals=own.totals,
    )
    told: list[tuple[Any, Audit | None, bool]] = [
        (result.get("audit"), replace(own, checks=(*own.checks, ended)), plan.ok and ended.ok)
    ]
    said = dict(result)
    if isinstance(plan, PathwayAudit):
        entries = result.get("stages", ())
        told += [(entry.get("audit"), plan.stages.get(entry.get("year")), True) for entry in entries]
        said["stages"] = [{key: value for key, value in entry.items() if key != "audit"} for entry in entries]
    wrong = [name for audited, verdict, ok in told for name in _told_wrongly(audited, verdict, ok)]
    return (
        seal_check(result),
        ended,
        figures_check(said, named),
        Check("audit", not wrong, float(len(wrong)), ", ".join(wrong) or "all of it", "faults", 0.0),
        year_check(result.get("year_check"), own.totals),
    )


def seal_check(result: Mapping[str, Any]) -> Check:
    """That ``result.json`` says what it said when it was written."""
    same = result.get(SEAL) == fingerprint(result)
    return Check("fingerprint", same, float(not same), "" if same else "result.json was changed", "faults", 0.0)


def expected(problem: Problem, plans: Mapping[int | None, Tables], plan: Audit | PathwayAudit) -> dict[str, Any]:
    """What ``result.json`` says that follows from the plan, in types that JSON knows.

    Parameters
    ----------
    problem, plans
        From :func:`siting.runs.folder.read_plans`.
    plan : Audit or PathwayAudit
        The audit of the plan.
    """
    told: dict[str, Any] = plain(_figures(problem, plans, plan))
    return told


def _figures(problem: Problem, plans: Mapping[int | None, Tables], plan: Audit | PathwayAudit) -> dict[str, Any]:
    without = {"least_carbon_t": None, "least_carbon_bound_t": None, "least_carbon_status": None}
    aggregation = aggregation_error(problem)
    if isinstance(plan, Audit):
        prices = _prices(problem, plans[None])
        return {**figures(problem, plan.totals, aggregation, prices=prices), **without}
    told = figures(problem, plan.links.totals, aggregation, pathway=True)
    every = []
    for stage in stages(problem):
        own, tables, verdict = stage_problem(problem, stage.year), plans[stage.year], plan.stages[stage.year]
        said = stage_document(stage, own, tables, verdict, listed(tables), _prices(own, tables))
        every.append({key: value for key, value in said.items() if key != "audit"})
    return {**told, **without, "stages": every}


def _prices(problem: Problem, tables: Tables) -> pd.DataFrame | None:
    """Means of the price of one more MWh, where the run has it."""
    if not dispatched(problem) or "system_price" not in tables:
        return None
    return yearly_means(problem, marginal_prices(problem, tables))


def _told_wrongly(told: Any, mine: Audit | None, ok: bool) -> list[str]:
    """Checks that a run itself tells with another verdict than theirs."""
    said = {check["name"]: bool(check["ok"]) for check in (told or {}).get("checks", ())}
    found = {} if mine is None else {check.name: check.ok for check in mine.checks}
    wrong = [name for name in {**found, **said} if said.get(name) != found.get(name)]
    return [*wrong, *(["ok"] if bool((told or {}).get("ok")) != ok else [])]
