"""Command check-year, and the check of the year that follows a solve."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import (
    FAULT,
    LIMIT,
    SOLVED,
    JsonOption,
    LangOption,
    RunArgument,
    console,
    guarded,
    periods_said,
    speaker,
    workers_get_ready,
)
from siting.cli.text import Text
from siting.errors import SitingError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from siting.cli.progress import Reporter
    from siting.model.build import Component
    from siting.problem import Problem
    from siting.runs.document import Note, Options
    from siting.solving.solution import Solution
    from siting.study.year_check import YearCheck

SECTION = "year_check"
"""Its place in ``result.json``."""

SMALL_YEAR_ROWS = 60_000
"""A year of up to so many rows is built and dispatched in a few seconds, and checked without being asked for."""

_WORST_DAYS = 5
_VISIBLE_PERCENT = 0.005


@dataclass(frozen=True)
class AfterSolve:
    """What the check says in ``result.json`` (None: there was none), and what a reader must know."""

    section: dict[str, Any] | None = None
    notes: tuple[Note, ...] = ()


def after_solve(
    problem: Problem,
    solution: Solution,
    components: Sequence[Component],
    options: Options,
    folder: str,
    reporter: Reporter,
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
    options : Options
        What the user asked for.
    folder : str
        Where the run will be, for the hint where nothing is checked.
    reporter : Reporter
        Tells and measures.
    """
    from siting.runs.document import Note

    def note(code: str, **values: Any) -> AfterSolve:
        return AfterSolve(None, (Note(code, reporter.say(f"note.{code}", **values), values),))

    calendar, asked = problem.calendar, options.check_year
    year = -(-problem.hours // calendar.hours)
    if not solution.tables or calendar.hour.size >= problem.hours or asked is False:
        return AfterSolve()
    rows = solution.outcome.rows / calendar.hour.size * problem.hours
    if solution.outcome.interrupted or (asked is None and rows > SMALL_YEAR_ROWS):
        return note("year_unchecked", folder=folder, periods=calendar.periods, year=year)
    try:
        found = _checked(problem, solution.tables, components, options, reporter)
    except KeyboardInterrupt:
        return note("year_stopped", folder=folder)
    except SitingError as error:
        return note("year_failed", what=str(error))
    if found.verdict is None:
        return note("year_stopped", folder=folder)
    return AfterSolve(found.as_dict())


@guarded
def check_year(
    run: RunArgument,
    edits: Annotated[
        list[Path] | None, typer.Option("--edit", help="year_edit", metavar="RULES.PY", show_default=False)
    ] = None,
    time_limit: Annotated[float, typer.Option(min=0.0, help="time_limit")] = 600.0,
    workers: Annotated[int, typer.Option(min=0, help="solve_workers")] = 0,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Hold the plan of a run against the year, print what comes of it and write it into ``result.json``."""
    say = speaker(lang)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.phase("load", "start"):
        workers_get_ready(workers)
        from siting.cli.edits import read_edit
        from siting.cli.show import print_parts
        from siting.model.build import COMPONENTS
        from siting.runs.document import Options
        from siting.runs.folder import plain, read_run

    problem, tables, result = read_run(run)
    files = tuple(edits or ())
    _same_edits(result["options"].get("edit", ()), files, say)
    components = [*COMPONENTS, *(read_edit(path, say) for path in files)]
    options = Options(time_limit_s=time_limit, workers=workers)
    with reporter.live():
        found = _checked(problem, tables, components, options, reporter)
        reporter.saving = True
        section = plain(found.as_dict())
        if found.verdict is not None:
            _save(Path(run), section)
    if as_json:
        print(json.dumps(section, indent=2, ensure_ascii=False))
    else:
        print_parts(year_parts({SECTION: section}, say), console())
    return LIMIT if found.verdict is None else SOLVED if found.ok else FAULT


def year_parts(result: Mapping[str, Any], say: Text) -> list[Any]:
    """What a run says of the year: a table of what was promised and what it is, and sentences; nothing unchecked."""
    section = result.get(SECTION)
    if section is None:
        return []
    if section["status"] == "stopped":
        return [say("say.year_stopped")]
    import pandas as pd

    from siting.cli.tables import as_table

    rows = pd.DataFrame(section["errors"])
    percent = rows["error_percent"].astype(float)
    rows = rows[(rows["term"] == "") | percent.isna() | (percent.abs() >= _VISIBLE_PERCENT)].copy()
    shares = rows["quantity"].str.endswith("_share")
    rows.loc[shares, ["promised", "year"]] *= 100
    unserved, lines = section["unserved"], []
    said = periods_said(section["periods"], say)
    lines.append(say("say.year_dispatched", gap=100 * (section["gap"] or 0.0), periods=said))
    if unserved["days"]:
        worst = sorted(unserved["days"], key=lambda day: -day["energy_mwh"] - day["work_mwh"])[:_WORST_DAYS]
        values = {name: unserved[name] for name in ("energy_mwh", "work_mwh")}
        values |= {name: 100 * unserved[name] for name in ("energy_share", "work_share")}
        days = ", ".join(day["date"] for day in worst)
        lines.append(say("say.year_unserved", count=len(unserved["days"]), days=days, **values))
    else:
        lines.append(say("say.year_served"))
    lines += [say("say.year_broken", **rule) for rule in section["broken"]]
    if not section["audit"]["ok"]:
        lines.append(say("say.year_audit", checks="; ".join(section["audit"]["failed"])))
    return [as_table(rows, "year_check", say), *lines]


def _checked(
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    components: Sequence[Component],
    options: Options,
    reporter: Reporter,
) -> YearCheck:
    from siting.study.year_check import check_year as check

    with reporter.phase("check_year"):
        return check(
            problem,
            tables,
            components,
            workers=options.workers or os.cpu_count() or 1,
            time_limit=options.time_limit_s,
            seed=options.seed,
            threads=options.threads,
            progress=reporter.progress,
        )


def _save(folder: Path, section: Mapping[str, Any]) -> None:
    """Write the section in place of what ``result.json`` said of the year before; all else stays."""
    from siting.files.atomic import write_file
    from siting.runs.folder import RESULT, as_text, read_result

    result = read_result(folder)
    messages = [note for note in result["messages"] if not note["code"].startswith("year_")]
    write_file(folder / RESULT, as_text(result | {SECTION: section, "messages": messages}))


def _same_edits(solved_with: Sequence[Mapping[str, str]], given: Sequence[Path], say: Text) -> None:
    """Rules of a user's own are not in the run folder: the same files are needed."""
    from siting.instance import file_digest

    known = [entry["sha256"] for entry in solved_with]
    if [file_digest(path) for path in given if path.is_file()] != known:
        raise UsageError(say("error.year_edits", files=", ".join(entry["file"] for entry in solved_with) or "-"))
