"""The plan of a run, held against every hour of the year: after its solve, or later from its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import Sentence, SitingError, UsageError
from siting.files.atomic import write_file
from siting.instance import file_digest
from siting.model.build import COMPONENTS
from siting.options import SolveOptions
from siting.problem import Problem
from siting.runs.edits import read_edit
from siting.runs.folder import RESULT, as_text, plain, read_result, read_run
from siting.runs.journal import Journal, Message
from siting.runs.stages import YEAR_CHECK
from siting.solving.solution import Solution
from siting.study.year_check import YearCheck, check_year

if TYPE_CHECKING:
    import pandas as pd

    from siting.model.build import Component

SMALL_YEAR_ROWS = 60_000
"""A year of up to so many rows is built and dispatched in a few seconds, and checked without being asked for."""


@dataclass(frozen=True)
class AfterSolve:
    """What the check says in ``result.json`` (None: there was none), and what a reader must know."""

    section: dict[str, Any] | None = None
    messages: tuple[Message, ...] = ()


def after_solve(
    problem: Problem,
    solution: Solution,
    components: Sequence[Component],
    options: SolveOptions,
    folder: str,
    journal: Journal,
) -> AfterSolve:
    """Hold a plan against the year, if that was asked for or the year is small; whatever happens, the plan is kept.

    Parameters
    ----------
    problem : Problem
        As solved.
    solution : Solution
        A plan of one year, or none.
    components : sequence of callable
        Of the model.
    options : SolveOptions
        What the user asked for.
    folder : str
        Where the run will be, for the hint where nothing is checked.
    journal : Journal
        Tells and measures.
    """

    def told(code: str, **values: Any) -> AfterSolve:
        return AfterSolve(None, (Message(code, values),))

    calendar, asked = problem.calendar, options.check_year
    year = -(-problem.hours // calendar.hours)
    if not solution.tables or calendar.hour.size >= problem.hours or asked is False:
        return AfterSolve()
    rows = solution.outcome.rows / calendar.hour.size * problem.hours
    if solution.outcome.interrupted or (asked is None and rows > SMALL_YEAR_ROWS):
        return told("year_unchecked", folder=folder, periods=calendar.periods, year=year)
    try:
        found = _checked(problem, solution.tables, components, options, journal)
    except KeyboardInterrupt:
        return told("year_stopped", folder=folder)
    except SitingError as error:
        return told("year_failed", what=str(error))
    if found.verdict is None:
        return told("year_stopped", folder=folder)
    return AfterSolve(found.as_dict())


def check_run(
    run: str | Path, edits: Sequence[Path], options: SolveOptions, journal: Journal
) -> tuple[YearCheck, dict[str, Any]]:
    """Hold the plan of a run folder against the year, and write what comes of it into ``result.json``.

    Parameters
    ----------
    run : str or Path
        Run folder with a plan of one year.
    edits : sequence of Path
        The files with rules of the user's own that it was solved with.
    options : SolveOptions
        Time limit and workers.
    journal : Journal
        Tells and measures.

    Returns
    -------
    tuple
        The check, and its section of ``result.json``; one that was stopped is not written.

    Raises
    ------
    UsageError
        If the folder is no run folder or has no plan, or other files are given than it was solved with.
    """
    problem, tables, result = read_run(run)
    _same_edits(result["options"].get("edit", ()), edits)
    components = [*COMPONENTS, *map(read_edit, edits)]
    found = _checked(problem, tables, components, options, journal)
    journal.saving()
    section: dict[str, Any] = plain(found.as_dict())
    if found.verdict is not None:
        _save(Path(run), section)
    return found, section


def _checked(
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    components: Sequence[Component],
    options: SolveOptions,
    journal: Journal,
) -> YearCheck:
    with journal.phase("check_year"):
        return check_year(
            problem,
            tables,
            components,
            workers=options.processes,
            time_limit=options.time_limit_s,
            seed=options.seed,
            threads=options.threads,
            progress=journal.progress,
        )


def _save(folder: Path, section: Mapping[str, Any]) -> None:
    """Write the section in place of what ``result.json`` said of the year before; all else stays."""
    result = read_result(folder)
    messages = [message for message in result["messages"] if not message["code"].startswith("year_")]
    write_file(folder / RESULT, as_text(result | {YEAR_CHECK: section, "messages": messages}))


def _same_edits(solved_with: Sequence[Mapping[str, str]], given: Sequence[Path]) -> None:
    """Rules of a user's own are not in the run folder: the same files are needed."""
    known = [entry["sha256"] for entry in solved_with]
    if [file_digest(path) for path in given if path.is_file()] != known:
        raise UsageError(
            Sentence(
                "The run was solved with other rules of your own: give the same files, in order, by --edit. "
                "Files: {files}",
                files=", ".join(entry["file"] for entry in solved_with) or "-",
            )
        )
