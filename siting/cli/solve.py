"""Commands solve and resume."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.common import (
    BaseOption,
    ClusterOption,
    InstanceArgument,
    JsonOption,
    LangOption,
    PeriodsOption,
    PresetOption,
    RunArgument,
    SetOption,
    Way,
    WorkersOption,
    chosen_settings,
    console,
    count_and_hours,
    guarded,
    pairs,
    speaker,
    warn,
    workers_get_ready,
)
from siting.cli.exits import of_run
from siting.locale import Text

if TYPE_CHECKING:
    from siting.runs.result import RunResult


@guarded
def solve(
    instance: InstanceArgument,
    out: Annotated[str | None, typer.Option("--out", help="out", metavar="RUN", show_default=False)] = None,
    gap: Annotated[float, typer.Option(min=0.0, help="gap")] = 0.005,
    time_limit: Annotated[float, typer.Option(min=0.0, help="time_limit")] = 600.0,
    seed: Annotated[int, typer.Option(min=0, help="seed")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="threads")] = 0,
    periods: PeriodsOption = None,
    changes: SetOption = None,
    presets: PresetOption = None,
    edits: Annotated[
        list[Path] | None, typer.Option("--edit", help="edit", metavar="RULES.PY", show_default=False)
    ] = None,
    base: BaseOption = None,
    highs: Annotated[
        list[str] | None, typer.Option("--highs", help="highs", metavar="NAME=VALUE", show_default=False)
    ] = None,
    pathway: Annotated[bool, typer.Option("--pathway", help="pathway")] = False,
    strategy: Annotated[Way, typer.Option(help="strategy")] = Way.auto,
    workers: WorkersOption = 0,
    cluster: ClusterOption = None,
    check_year: Annotated[
        bool | None, typer.Option("--check-year/--no-check-year", help="solve_check_year", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Solve, audit, draw, write the run folder."""
    say = speaker(lang)
    settings = chosen_settings(changes, presets, say)
    solver = pairs("--highs", highs, "name=value", say)
    count, hours = count_and_hours(periods, say)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.journal.phase("start"):
        # Libraries take a second or two to import.
        workers_get_ready(workers, cluster)
        from siting.options import SolveOptions
        from siting.runs.pipeline import run
    options = SolveOptions(
        gap=gap,
        time_limit_s=time_limit,
        seed=seed,
        threads=threads,
        periods=count,
        hours=hours,
        settings=settings,
        edits=tuple(edits or ()),
        base=base,
        highs=solver,
        pathway=pathway,
        strategy=strategy.value,
        workers=workers,
        cluster=cluster,
        check_year=check_year,
    )
    with reporter.live():
        done = run(instance, options, out, journal=reporter.journal)
    return told(done, as_json, out, say)


@guarded
def resume(
    run: RunArgument,
    edits: Annotated[
        list[Path] | None, typer.Option("--edit", help="resume_edit", metavar="RULES.PY", show_default=False)
    ] = None,
    base: Annotated[str | None, typer.Option("--base", help="resume_base", show_default=False)] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="resume_time_limit", show_default=False)] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="resume_workers", show_default=False)] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="resume_cluster", metavar="ADDRESS", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Go on with a run that was stopped, as it was asked; what is outside its folder is asked again."""
    say = speaker(lang)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.journal.phase("load", "start"):
        workers_get_ready(workers, cluster)
        from siting.runs.pipeline import resume as go_on
    with reporter.live():
        done = go_on(
            run,
            edits=edits or (),
            base=base,
            time_limit=time_limit,
            workers=workers,
            cluster=cluster,
            journal=reporter.journal,
        )
    return told(done, as_json, run, say)


def told(done: RunResult, as_json: bool, out: str | None, say: Text) -> int:
    """Print how a solve ended; the exit code."""
    if as_json:
        sys.stdout.buffer.write(done.content)
        sys.stdout.buffer.flush()
    else:
        _print_result(done.content, say)
    if done.folder is not None:
        warn(say("note.written", folder=out or done.folder.name))
    if done.can_go_on:
        warn(say("note.resume", folder=out or done.target.name))
    return of_run(done.status)


def _print_result(content: bytes, say: Text) -> None:
    from siting.cli.check_year import year_parts
    from siting.cli.pathway import pathway_tables
    from siting.cli.show import aggregation_table, print_notes, print_parts, summary_table

    result, out = json.loads(content), console()
    out.print(aggregation_table(result, say))
    for table in pathway_tables(result, say) if result.get("stages") else [summary_table(result, say)]:
        out.print(table)
    print_parts(year_parts(result, say), out)
    print_notes(result, say, out)
