"""A solve from the instance to the run folder: load, choose periods, build, solve, audit, maps, save."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import siting
from siting.auditor import Audit, audit
from siting.auditor.pathway import PathwayAudit, audit_pathway
from siting.building import Compiled, compile_problem
from siting.cli.check_year import AfterSolve, after_solve
from siting.cli.common import FAULT, INFEASIBLE, LIMIT, NO_PLAN, SOLVED
from siting.cli.edits import read_edit
from siting.cli.maps import base_of, draw_into
from siting.cli.progress import Reporter
from siting.errors import UsageError
from siting.instance import digest, find, load, write
from siting.model.build import COMPONENTS, build_pathway
from siting.pathway_run import plan_folder
from siting.periods import aggregation_error, choose, confined
from siting.problem import Problem
from siting.problem.stages import stage_problem, stages
from siting.problem.system import dispatched
from siting.result import Note, Options, document, stage_document
from siting.run import (
    INSTANCE,
    LOG,
    MAPS,
    encode,
    holds_plan,
    listed,
    new_run,
    save_tables,
    target_of,
    with_first_hour,
)
from siting.solution import Solution
from siting.solver.engine import check_options
from siting.study.least_carbon import LeastCarbon, least_carbon
from siting.study.marginal import marginal_prices, yearly_means
from siting.summary import synthetic
from siting.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from siting.model.build import Component

_CODES = {"optimal": SOLVED, "feasible": LIMIT, "infeasible": INFEASIBLE, "stopped": NO_PLAN}


@dataclass(frozen=True)
class Finished:
    """What a solve leaves: the exit code, ``result.json`` and where it was written (None: the earlier run was kept)."""

    code: int
    content: bytes
    folder: Path | None


@dataclass(frozen=True)
class Plan:
    """A plan of one year: that of the run (``stage`` is None) or of a stage of a pathway, with its own problem."""

    stage: int | None
    problem: Problem
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Job:
    """An instance ready to be solved: the problem with its periods, where it came from, rules, base map, target."""

    problem: Problem
    source: Path
    edits: tuple[Component, ...]
    base: GeoDataFrame | None
    target: Path
    aggregation: pd.DataFrame


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
        job = _prepare(instance, options, out, reporter)
        solution, least = _solve(job, options, reporter)
        components, folder = [*COMPONENTS, *job.edits], out or job.target.name
        year = after_solve(job.problem, solution, components, options, folder, reporter)
        # From here the plan is safe from Ctrl-C until it is on the disk.
        reporter.saving = True
        return _finish(job, options, solution, least, year, reporter)


def _prepare(instance: str, options: Options, out: str | None, reporter: Reporter) -> Job:
    """Everything that a user can have wrong is found here, before the solver spends an hour."""
    check_options(options.highs)
    edits = tuple(read_edit(path, reporter.say) for path in options.edits)
    if out is not None:
        target_of(out)
    with reporter.phase("load"):
        source = find(instance)
        problem = load(instance, options.settings, pathway=options.pathway)
        if options.pathway and problem.stages.empty:
            raise UsageError(reporter.say("error.no_stages", name=problem.settings.instance.name))
        target = target_of(f"run-{problem.settings.instance.name}" if out is None else out)
        base = base_of(problem, source, options.base)
    with reporter.phase("periods"):
        problem = choose(problem, options.periods, options.hours)
        aggregation = aggregation_error(problem)
    reporter.note(f"siting {siting.__version__}, {problem.settings.instance.name}, {options.as_dict()}")
    for quantity, row in aggregation.iterrows():
        reporter.note(f"{quantity}: {row['year']:.6g} -> {row['periods']:.6g} ({row['error_percent']:+.2f} %)")
    return Job(problem, source, edits, base, target, aggregation)


def _solve(job: Job, options: Options, reporter: Reporter) -> tuple[Solution, LeastCarbon | None]:
    components, workers = [*COMPONENTS, *job.edits], options.workers or os.cpu_count() or 1
    asked: dict[str, Any] = {
        "gap": options.gap,
        "seed": options.seed,
        "threads": options.threads,
        "options": dict(options.highs),
        "progress": reporter.progress,
    }
    with _blame_edits(job.edits, reporter.say):
        with reporter.phase("build"):
            what = _compiled(job.problem, components, workers, options.pathway)
        built_s = what.seconds if isinstance(what, Compiled) else 0.0
        if isinstance(what, Compiled) and what.one_piece:
            reporter.note(what.one_piece)
        with reporter.phase("solve", "compile"):
            solution = siting.solve(
                what, time_limit=options.time_limit_s, strategy=options.strategy, workers=workers, **asked
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
        return solution, least_carbon(job.problem, components, workers=workers, time_limit=left, **asked)


def _compiled(problem: Problem, components: Sequence[Component], workers: int, pathway: bool) -> Any:
    """The problem as a program; all stages of a pathway as one model."""
    return build_pathway(problem, components) if pathway else compile_problem(problem, components, workers)


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
    reporter: Reporter,
) -> Finished:
    """Audit the plan, and write everything into a folder that appears at the end."""
    say, verdict, code = reporter.say, None, _CODES.get(solution.status, FAULT)
    notes = _messages(job.problem, solution, least, say)
    plans = _plans(job.problem, solution)
    if plans:
        with reporter.phase("audit"):
            verdict = _audit(job.problem, plans, solution)
        if not verdict.ok:
            failed = "; ".join(str(check) for check in verdict.failures)
            notes.append(_note(say, "audit_failed", checks=failed))
            code = FAULT
    good = verdict is not None and verdict.ok
    notes += year.notes if good else ()
    if good and dispatched(job.problem):
        plans = [replace(plan, tables=_with_prices(plan)) for plan in plans]
    single = plans[0] if plans and plans[0].stage is None else None
    warnings = _warnings(job.problem, say)

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
            warnings=warnings,
            messages=notes,
        )
        return encode(result, {} if single is None else single.tables, draft)

    if not good and holds_plan(job.target):
        notes.append(_note(say, "kept", folder=str(job.target)))
        return Finished(code, content(None), None)
    failure = None
    with new_run(job.target) as draft:
        if plans:
            with reporter.phase("save"):
                _save(draft, job, plans)
        if good:
            failure = _maps(job, solution, plans, draft, reporter)
        if failure is not None:
            notes.append(_note(say, "no_maps"))
        written = content(draft)
        for note in (*warnings, *notes):
            reporter.note(note.text)
        (draft / LOG).write_text(reporter.log, encoding="utf-8")
    if failure is not None:
        raise failure
    return Finished(code, written, job.target)


def _plans(problem: Problem, solution: Solution) -> list[Plan]:
    """The plan of the year, or of each stage; none if there is no plan."""
    if solution.tables:
        return [Plan(None, problem, with_first_hour(problem, solution.tables))]
    own = {year: stage_problem(problem, year) for year in solution.stages}
    return [Plan(year, own[year], with_first_hour(own[year], rows)) for year, rows in solution.stages.items()]


def _audit(problem: Problem, plans: Sequence[Plan], solution: Solution) -> Audit | PathwayAudit:
    if solution.tables:
        return audit(problem, plans[0].tables, solution.objective)
    tables = {plan.stage: plan.tables for plan in plans if plan.stage is not None}
    return audit_pathway(problem, tables, solution.objective)


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


def _warnings(problem: Problem, say: Text) -> list[Note]:
    """What a reader must know of the data, and of deadlines that the periods cut short."""
    names, late = ", ".join(synthetic(problem)), confined(problem)
    notes = [_note(say, "synthetic", names=names)] if names else []
    if len(late):
        values = {"names": ", ".join(late.index), "delay": int(late.max()), "hours": problem.calendar.hours}
        notes.append(_note(say, "deadline_over_period", **values))
    return notes


def _messages(problem: Problem, solution: Solution, least: LeastCarbon | None, say: Text) -> list[Note]:
    """Why a solve ended early, and what the least carbon is if the cap leaves no plan."""
    notes = []
    if solution.status == "feasible":
        code = "interrupted" if solution.outcome.interrupted else "limit"
        notes.append(_note(say, code))
    cap = problem.settings.carbon.cap_t
    if least is None or cap is None:
        return notes
    if least.status == "infeasible":
        code = "least_other"
    elif least.bound_t is None:
        code = "least_unknown"
    elif least.carbon_t is None:
        code = "least_bound"
    else:
        code = "least_proven" if least.status == "optimal" else "least_found"
    known = {"cap": cap, "least": least.carbon_t, "bound": least.bound_t}
    return [*notes, _note(say, code, **{name: value for name, value in known.items() if value is not None})]


def _note(say: Text, code: str, **values: Any) -> Note:
    return Note(code, say(f"note.{code}", **values), values)
