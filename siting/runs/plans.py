"""The plans of a run: that of the year, or one of each stage of a pathway; audited, priced, drawn and saved."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.auditor import Audit, audit
from siting.auditor.document import outcome_check
from siting.auditor.pathway import PathwayAudit, audit_pathway
from siting.auditor.report import Check
from siting.instance import write
from siting.problem import Problem
from siting.problem.stages import stage_problem, stages
from siting.runs.document import stage_document, status_of
from siting.runs.folder import INSTANCE, MAPS, listed, save_tables, with_first_hour
from siting.runs.job import Job
from siting.runs.journal import Journal
from siting.runs.pictures import draw_into
from siting.runs.stages import plan_folder
from siting.solving.solution import Solution
from siting.study.marginal import marginal_prices, yearly_means

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """A plan of one year: that of the run (``stage`` is None) or of a stage of a pathway, with its own problem."""

    stage: int | None
    problem: Problem
    tables: dict[str, pd.DataFrame]


def plans_of(problem: Problem, solution: Solution) -> list[Plan]:
    """The plan of the year, or of each stage; none if there is no plan."""
    if solution.tables:
        return [Plan(None, problem, with_first_hour(problem, solution.tables))]
    own = {year: stage_problem(problem, year) for year in solution.stages}
    return [Plan(year, own[year], with_first_hour(own[year], rows)) for year, rows in solution.stages.items()]


def audited(
    problem: Problem, plans: Sequence[Plan], solution: Solution, own: bool, asked: float
) -> Audit | PathwayAudit:
    """The audit of the plan, and of how its solve ended."""
    if solution.tables:
        verdict = audit(problem, plans[0].tables, solution.objective, own_rules=own)
        return replace(verdict, checks=(*verdict.checks, _ended(solution, asked, verdict)))
    tables = {plan.stage: plan.tables for plan in plans if plan.stage is not None}
    every = audit_pathway(problem, tables, solution.objective, own_rules=own)
    links = replace(every.links, checks=(*every.links.checks, _ended(solution, asked, every)))
    return replace(every, links=links)


def _ended(solution: Solution, asked: float, verdict: Audit | PathwayAudit) -> Check:
    return outcome_check(
        status=status_of(solution.outcome, verdict),
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        asked=asked,
        ok=verdict.ok,
        totals=(verdict.links if isinstance(verdict, PathwayAudit) else verdict).totals,
    )


def with_prices(plan: Plan) -> dict[str, pd.DataFrame]:
    """The tables with what one more MWh costs and emits."""
    return {**plan.tables, "system_price": marginal_prices(plan.problem, plan.tables)}


def mean_prices(plan: Plan) -> pd.DataFrame | None:
    """What one more MWh costs and emits by region, where the fleet is dispatched."""
    prices = plan.tables.get("system_price")
    return None if prices is None else yearly_means(plan.problem, prices)


def stage_documents(problem: Problem, plans: Sequence[Plan], verdict: Any) -> list[dict[str, Any]]:
    """What ``result.json`` says of each stage of a pathway."""
    own = {stage.year: stage for stage in stages(problem)}
    found = []
    for year, plan in ((plan.stage, plan) for plan in plans if plan.stage is not None):
        rows, prices = listed(plan.tables), mean_prices(plan)
        found.append(stage_document(own[year], plan.problem, plan.tables, verdict.stages[year], rows, prices))
    return found


def save_all(draft: Path, job: Job, plans: Sequence[Plan]) -> None:
    """Tables of every plan, and the problem as solved."""
    for plan in plans:
        save_tables(plan_folder(draft, plan.stage), plan.problem, plan.tables)
    write(job.problem, draft / INSTANCE, job.source)


def draw_all(job: Job, solution: Solution, plans: Sequence[Plan], draft: Path, journal: Journal) -> Exception | None:
    """Draw the maps; what goes wrong is returned, because the plan that took an hour comes first."""
    facts = {"status": solution.status, "gap": solution.gap}
    try:
        with journal.phase("maps"):
            for plan in plans:
                folder = plan_folder(draft, plan.stage) / MAPS
                messages = draw_into(folder, plan.problem, plan.tables, journal.language, job.base, facts)
                for message in messages if plan is plans[0] else ():
                    journal.tell(message)
    except Exception as error:  # noqa: BLE001 - raised again once the plan is written
        for plan in plans:
            shutil.rmtree(plan_folder(draft, plan.stage) / MAPS, ignore_errors=True)
        return error
    return None
