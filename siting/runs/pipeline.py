"""From an instance to a run folder: load, choose periods, build, solve, hold against the year, audit, draw, save.

What ``siting solve`` does, from Python: nothing is printed. Who wants to see what goes on gives ``on_event``, or reads
``logging.getLogger("siting")``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from siting.errors import Sentence, UsageError
from siting.instance import copy
from siting.model.build import COMPONENTS, build_pathway
from siting.options import RunChanges, SolveOptions, changed
from siting.problem.system import dispatched
from siting.runs.folder import LOG, holds_plan, new_run
from siting.runs.job import Job, as_asked, given, options_of, prepare
from siting.runs.journal import Event, Journal, Message
from siting.runs.messages import of_solve, warnings
from siting.runs.plans import audited, draw_all, plans_of, save_all, with_prices
from siting.runs.result import Ending, RunResult
from siting.runs.unfinished import Unfinished, begun, can_go_on, gone_on_with
from siting.runs.year import AfterSolve, after_solve
from siting.solving.compiled import compile_problem
from siting.solving.solution import Solution, solve, solve_model
from siting.study.least_carbon import LeastCarbon, least_carbon

if TYPE_CHECKING:
    from siting.model.build import Component


def run(
    instance: str | Path,
    options: SolveOptions | None = None,
    out: str | Path | None = None,
    on_event: Callable[[Event], None] | None = None,
    *,
    language: str = "en",
    journal: Journal | None = None,
    **changes: Unpack[RunChanges],
) -> RunResult:
    """Solve an instance, audit the plan, draw its maps and write the run folder.

    Parameters
    ----------
    instance : str or Path
        Name of a bundled instance, or folder.
    options : SolveOptions, optional
        What is asked for.
    out : str or Path, optional
        Run folder; by default ``run-<name of the instance>``.
    on_event : callable, optional
        Gets a :data:`siting.runs.journal.Event` when a phase begins or ends, when the solver has come further, and
        when a reader should know something.
    language : str
        ``en`` or ``zh``: of the log, of the sentences in ``result.json`` and of the picture.
    journal : Journal, optional
        One that has begun before, in place of ``on_event`` and ``language``.
    **changes
        Options as keywords: ``run("china", gap=0.01, periods=12, settings={"carbon.price": 50})``.

    Returns
    -------
    RunResult

    Raises
    ------
    InputError, UsageError
        What the user can mend.
    """
    asked = changed(options, changes)
    told = Journal(language, on_event) if journal is None else journal
    job = prepare(instance, asked, out, told)
    if can_go_on(job.target):
        told.tell(Message("given_up", {"folder": str(job.target)}))
    copy_instance = partial(copy, job.problem, job.source)
    with begun(job.target, as_asked(asked), given(asked.edits, asked.base), copy_instance) as unfinished:
        return _to_the_end(job, asked, unfinished, told)


def resume(
    folder: str | Path,
    *,
    edits: Sequence[Path] = (),
    base: str | None = None,
    time_limit: float | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    on_event: Callable[[Event], None] | None = None,
    language: str = "en",
    journal: Journal | None = None,
) -> RunResult:
    """Go on with a run that was stopped, as it was asked, and write the run folder.

    Parameters
    ----------
    folder : str or Path
        Run folder.
    edits, base : sequence of Path, str or None
        The files that the run was begun with: no folder has us open or run what is outside it.
    time_limit, workers, cluster
        Where they are other than they were.
    on_event, language, journal
        As of :func:`run`.

    Returns
    -------
    RunResult

    Raises
    ------
    InputError, UsageError
        If it cannot go on.
    """
    told = Journal(language, on_event) if journal is None else journal
    wanted = {"time_limit_s": time_limit, "workers": workers, "cluster": cluster}
    changes = {name: value for name, value in wanted.items() if value is not None}
    with gone_on_with(Path(folder), given(edits, base)) as unfinished:
        options = options_of(unfinished.asked, edits, base, changes)
        job = prepare(unfinished.instance, options, folder, told)
        if unfinished.asked.get("on_cluster") and not options.cluster:
            told.tell(Message("off_cluster"))
        if not unfinished.progress.exists():
            told.tell(Message("from_the_beginning"))
        return _to_the_end(job, options, unfinished, told)


def _to_the_end(job: Job, options: SolveOptions, unfinished: Unfinished, journal: Journal) -> RunResult:
    solution, least = _solve(job, options, unfinished.progress, journal)
    year = after_solve(job.problem, solution, [*COMPONENTS, *job.edits], options, str(job.target), journal)
    # From here the plan is safe from Ctrl-C until it is on the disk.
    journal.saving()
    return _finish(job, options, solution, least, year, unfinished, journal)


def _solve(job: Job, options: SolveOptions, progress: Path, journal: Journal) -> tuple[Solution, LeastCarbon | None]:
    components, built_s = [*COMPONENTS, *job.edits], 0.0
    asked = replace(options.for_solver, workers=options.processes)
    with _blame_edits(job.edits):
        if options.pathway:
            with journal.phase("build"):
                model = build_pathway(job.problem, components)
            with journal.phase("solve", "compile"):
                solution = solve_model(model, asked, checkpoint=progress, progress=journal.progress)
        else:
            with journal.phase("build"):
                compiled = compile_problem(job.problem, components, asked.workers, asked.cluster or "")
            built_s = compiled.seconds
            if compiled.one_piece:
                journal.note(compiled.one_piece)
            with journal.phase("solve", "compile"):
                solution = solve(compiled, asked, checkpoint=progress, progress=journal.progress)
    outcome = solution.outcome
    handover = outcome.seconds_handover - built_s
    journal.seconds["handover"] = handover
    journal.seconds["solve"] -= handover
    journal.note(f"{outcome.status}: {outcome.reason} ({outcome.strategy})")
    if solution.status != "infeasible" or job.problem.settings.carbon.cap_t is None or options.pathway:
        return solution, None
    left = replace(
        asked,
        time_limit_s=max(1.0, options.time_limit_s - handover - outcome.seconds_solve),
        strategy=SolveOptions().strategy,
    )
    with journal.phase("least_carbon"):
        return solution, least_carbon(job.problem, components, left, progress=journal.progress)


@contextmanager
def _blame_edits(edits: Sequence[Component]) -> Iterator[None]:
    """A model that cannot be handed over is the user's if the user has added to it."""
    try:
        yield
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        if not edits:
            raise
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UsageError(Sentence("With the rules of --edit the model cannot be solved: {what}", what=what)) from error


def _finish(
    job: Job,
    options: SolveOptions,
    solution: Solution,
    least: LeastCarbon | None,
    year: AfterSolve,
    unfinished: Unfinished,
    journal: Journal,
) -> RunResult:
    """Audit the plan, and write everything into a folder that appears at the end."""
    verdict, messages = None, of_solve(job.problem, solution, least)
    plans = plans_of(job.problem, solution)
    if plans:
        with journal.phase("audit"):
            verdict = audited(job.problem, plans, solution, bool(job.edits), options.gap)
        if not verdict.ok:
            failed = "; ".join(str(check) for check in verdict.failures)
            messages.append(Message("audit_failed", {"checks": failed}))
    good = verdict is not None and verdict.ok
    messages += year.messages if good else ()
    if good and dispatched(job.problem):
        plans = [replace(plan, tables=with_prices(plan)) for plan in plans]
    section = year.section if good else None
    end = Ending(job, options, solution, least, section, plans, verdict, warnings(job.problem, journal.say), messages)
    if not good and holds_plan(job.target):
        messages.append(Message("kept", {"folder": str(job.target)}))
        return end.result(end.written(None, journal), None)
    failure = None
    with new_run(job.target) as draft:
        if plans:
            with journal.phase("save"):
                save_all(draft, job, plans)
        if good:
            failure = draw_all(job, solution, plans, draft, journal)
        if failure is not None:
            messages.append(Message("no_maps"))
        unfinished.copy_to(draft)
        written = end.written(draft, journal)
        for message in (*end.warnings, *messages):
            journal.note(message.text(journal.language))
        (draft / LOG).write_text(journal.log, encoding="utf-8")
    if failure is not None:
        raise failure
    return end.result(written, job.target)
