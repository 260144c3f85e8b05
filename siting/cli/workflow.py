"""A solve from the instance to the run folder: load, choose periods, build, solve, audit, maps, save."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import siting
from siting.auditor import Audit, audit
from siting.auditor.document import outcome_check
from siting.auditor.pathway import PathwayAudit, audit_pathway
from siting.auditor.report import Check
from siting.cli.check_year import AfterSolve, after_solve
from siting.cli.common import FAULT, INFEASIBLE, LIMIT, NO_PLAN, SOLVED
from siting.cli.jobs import Job, as_asked, given, options_of, prepare
from siting.cli.maps import draw_into
from siting.cli.notes import messages, note, warnings
from siting.cli.progress import Reporter
from siting.cli.text import Text
from siting.errors import UsageError
from siting.instance import copy, digest, write
from siting.model.build import COMPONENTS, build_pathway
from siting.problem import Problem
from siting.problem.stages import stage_problem, stages
from siting.problem.system import dispatched
from siting.runs.document import Options, document, stage_document, status_of
from siting.runs.folder import (
    INSTANCE,
    LOG,
    MAPS,
    encode,
    holds_plan,
    listed,
    new_run,
    save_tables,
    with_first_hour,
)
from siting.runs.stages import plan_folder
from siting.runs.unfinished import Unfinished, begun, can_go_on, gone_on_with
from siting.solving.compiled import Compiled, compile_problem
from siting.solving.solution import Solution
from siting.study.least_carbon import LeastCarbon, least_carbon
from siting.study.marginal import marginal_prices, yearly_means

if TYPE_CHECKING:
    import pandas as pd

    from siting.model.build import Component

_CODES = {"optimal": SOLVED, "feasible": LIMIT, "infeasible": INFEASIBLE, "stopped": NO_PLAN}


@dataclass(frozen=True)
class Finished:
    """What a solve leaves: the exit code, ``result.json`` and where it was written (None: the earlier run was kept)."""

    code: int
    content: bytes
    folder: Path | None
    target: Path

    @property
    def can_go_on(self) -> bool:
        """Whether ``siting resume`` finds something."""
        return can_go_on(self.target)


@dataclass(frozen=True)
class Plan:
    """A plan of one year: that of the run (``stage`` is None) or of a stage of a pathway, with its own problem."""

    stage: int | None
    problem: Problem
    tables: dict[str, pd.DataFrame]


def carry_out(instance: str, options: Options, out: str | None, reporter: Reporter) -> Finished:
    """Solve an instance and write the run folder.

    Parameters
    ----------
    instance : str
        Name or folder.
    options : Options
        What the user asked for.
    out : str or None
        Run folder; by default ``run-<name of the instance>``.
    reporter : Reporter
        Tells, measures and logs.

    Raises
    ------
    InputError, UsageError
        What the user can mend.
    """
    with reporter.live():
        job = prepare(instance, options, out, reporter)
        if can_go_on(job.target):
            reporter.tell(reporter.say("note.given_up", folder=job.target))
        copy_instance = partial(copy, job.problem, job.source)
        outside = given(options.edits, options.base)
        with begun(job.target, as_asked(options), outside, copy_instance) as unfinished:
            return _to_the_end(job, options, unfinished, reporter)


def go_on(
    run: str, edits: Sequence[Path], base: str | None, changes: Mapping[str, Any], reporter: Reporter
) -> Finished:
    """Go on with a run that was stopped, and write the run folder.

    Parameters
    ----------
    run : str
        Run folder.
    edits, base : sequence of Path, str or None
        The files that the run was begun with: no folder has us open or run what is outside it.
    changes : mapping
        Options that are other than they were.
    reporter : Reporter
        As of :func:`carry_out`.

    Raises
    ------
    InputError, UsageError
        If it cannot go on.
    """
    with reporter.live(), gone_on_with(Path(run), given(edits, base)) as unfinished:
        options = options_of(unfinished.asked, edits, base, changes)
        job = prepare(str(unfinished.instance), options, run, reporter)
        if unfinished.asked.get("on_cluster") and not options.cluster:
            reporter.tell(reporter.say("note.off_cluster"))
        if not unfinished.progress.exists():
            reporter.tell(reporter.say("note.from_the_beginning"))
        return _to_the_end(job, options, unfinished, reporter)


def _to_the_end(job: Job, options: Options, unfinished: Unfinished, reporter: Reporter) -> Finished:
    solution, least = _solve(job, options, unfinished.progress, reporter)
    year = after_solve(job.problem, solution, [*COMPONENTS, *job.edits], options, str(job.target), reporter)
    # From here the plan is safe from Ctrl-C until it is on the disk.
    reporter.saving = True
    return _finish(job, options, solution, least, year, unfinished, reporter)


def _solve(job: Job, options: Options, progress: Path, reporter: Reporter) -> tuple[Solution, LeastCarbon | None]:
    components = [*COMPONENTS, *job.edits]
    cluster, workers = options.cluster or "", options.workers
    who: dict[str, Any] = {"workers": workers if cluster else workers or os.cpu_count() or 1, "cluster": cluster}
    asked: dict[str, Any] = {
        **who,
        "gap": options.gap,
        "seed": options.seed,
        "threads": options.threads,
        "options": dict(options.highs),
        "progress": reporter.progress,
    }
    with _blame_edits(job.edits, reporter.say):
        with reporter.phase("build"):
            what = _compiled(job.problem, components, who, options.pathway)
        built_s = what.seconds if isinstance(what, Compiled) else 0.0
        if isinstance(what, Compiled) and what.one_piece:
            reporter.note(what.one_piece)
        with reporter.phase("solve", "compile"):
            solution = siting.solve(
                what, time_limit=options.time_limit_s, strategy=options.strategy, checkpoint=progress, **asked
            )
    outcome = solution.outcome
    handover = outcome.seconds_handover - built_s
    reporter.seconds["handover"] = handover
    reporter.seconds["solve"] -= handover
    reporter.note(f"{outcome.status}: {outcome.reason} ({outcome.strategy})")
    if solution.status != "infeasible" or job.problem.settings.carbon.cap_t is None or options.pathway:
        return solution, None
    left = max(1.0, options.time_limit_s - handover - outcome.seconds_solve)
    with reporter.phase("least_carbon"):
        return solution, least_carbon(job.problem, components, time_limit=left, **asked)


def _compiled(problem: Problem, components: Sequence[Component], who: dict[str, Any], pathway: bool) -> Any:
    """The problem as a program; all stages of a pathway as one model."""
    return build_pathway(problem, components) if pathway else compile_problem(problem, components, **who)


@contextmanager
def _blame_edits(edits: Sequence[Component], say: Text) -> Iterator[None]:
    """A model that cannot be handed over is the user's if the user has added to it."""
    try:
        yield
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        if not edits:
            raise
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UsageError(say("error.edit_model", what=what)) from error


def _finish(
    job: Job,
    options: Options,
    solution: Solution,
    least: LeastCarbon | None,
    year: AfterSolve,
    unfinished: Unfinished,
    reporter: Reporter,
) -> Finished:
    """Audit the plan, and write everything into a folder that appears at the end."""
    say, verdict, code = reporter.say, None, _CODES.get(solution.status, FAULT)
    notes = messages(job.problem, solution, least, say)
    plans = _plans(job.problem, solution)
    if plans:
        with reporter.phase("audit"):
            verdict = _audit(job.problem, plans, solution, bool(job.edits), options.gap)
        if not verdict.ok:
            failed = "; ".join(str(check) for check in verdict.failures)
            notes.append(note(say, "audit_failed", checks=failed))
            code = FAULT
    good = verdict is not None and verdict.ok
    notes += year.notes if good else ()
    if good and dispatched(job.problem):
        plans = [replace(plan, tables=_with_prices(plan)) for plan in plans]
    single = plans[0] if plans and plans[0].stage is None else None
    data = warnings(job.problem, say)

    def content(draft: Path | None) -> bytes:
        result = document(
            version=siting.__version__,
            problem=job.problem,
            sha256=digest(job.source),
            options=options,
            outcome=solution.outcome,
            verdict=verdict,
            aggregation=job.aggregation,
            seconds={**reporter.seconds, "total": reporter.elapsed_s},
            least=least,
            prices=_mean_prices(single) if single is not None else None,
            stages=_stage_documents(job.problem, plans, verdict),
            year=year.section if good else None,
            warnings=data,
            messages=notes,
        )
        return encode(result, {} if single is None else single.tables, draft)

    if not good and holds_plan(job.target):
        notes.append(note(say, "kept", folder=str(job.target)))
        return Finished(code, content(None), None, job.target)
    failure = None
    with new_run(job.target) as draft:
        if plans:
            with reporter.phase("save"):
                _save(draft, job, plans)
        if good:
            failure = _maps(job, solution, plans, draft, reporter)
        if failure is not None:
            notes.append(note(say, "no_maps"))
        unfinished.copy_to(draft)
        written = content(draft)
        for said in (*data, *notes):
            reporter.note(said.text)
        (draft / LOG).write_text(reporter.log, encoding="utf-8")
    if failure is not None:
        raise failure
    return Finished(code, written, job.target, job.target)


def _plans(problem: Problem, solution: Solution) -> list[Plan]:
    """The plan of the year, or of each stage; none if there is no plan."""
    if solution.tables:
        return [Plan(None, problem, with_first_hour(problem, solution.tables))]
    own = {year: stage_problem(problem, year) for year in solution.stages}
    return [Plan(year, own[year], with_first_hour(own[year], rows)) for year, rows in solution.stages.items()]


def _audit(
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


def _with_prices(plan: Plan) -> dict[str, pd.DataFrame]:
    return {**plan.tables, "system_price": marginal_prices(plan.problem, plan.tables)}


def _mean_prices(plan: Plan) -> pd.DataFrame | None:
    prices = plan.tables.get("system_price")
    return None if prices is None else yearly_means(plan.problem, prices)


def _stage_documents(problem: Problem, plans: Sequence[Plan], verdict: Any) -> list[dict[str, Any]]:
    """What ``result.json`` says of each stage of a pathway."""
    own = {stage.year: stage for stage in stages(problem)}
    found = []
    for year, plan in ((plan.stage, plan) for plan in plans if plan.stage is not None):
        rows, prices = listed(plan.tables), _mean_prices(plan)
        found.append(stage_document(own[year], plan.problem, plan.tables, verdict.stages[year], rows, prices))
    return found


def _save(draft: Path, job: Job, plans: Sequence[Plan]) -> None:
    """Tables of every plan, and the problem as solved."""
    for plan in plans:
        save_tables(plan_folder(draft, plan.stage), plan.problem, plan.tables)
    write(job.problem, draft / INSTANCE, job.source)


def _maps(job: Job, solution: Solution, plans: Sequence[Plan], draft: Path, reporter: Reporter) -> Exception | None:
    """Draw the maps; what goes wrong is returned, because the plan that took an hour comes first."""
    facts = {"status": solution.status, "gap": solution.gap}
    try:
        with reporter.phase("maps"):
            for plan in plans:
                folder = plan_folder(draft, plan.stage) / MAPS
                lines = draw_into(folder, plan.problem, plan.tables, reporter.say.lang, job.base, facts)
                for line in lines if plan is plans[0] else ():
                    reporter.tell(line)
    except Exception as error:  # noqa: BLE001 - raised again once the plan is written
        for plan in plans:
            shutil.rmtree(plan_folder(draft, plan.stage) / MAPS, ignore_errors=True)
        return error
    return None
