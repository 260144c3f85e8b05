"""Command front: the cheapest plans below caps on CO2."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import (
    ClusterOption,
    InstanceArgument,
    JsonOption,
    LangOption,
    PeriodsOption,
    PresetOption,
    SetOption,
    WorkersOption,
    chosen_settings,
    console,
    count_and_hours,
    guarded,
    speaker,
    warn,
    workers_get_ready,
)
from siting.cli.exits import of_study
from siting.cli.studies import folder_for, head, save

if TYPE_CHECKING:
    from siting.cli.progress import Reporter
    from siting.locale import Text
    from siting.options import SolveOptions
    from siting.study.front import Front, Point

FILES = "front.json", "front.csv"
SCHEMA, VERSION = "siting-front", 1


@guarded
def front(
    instance: InstanceArgument,
    points: Annotated[int, typer.Option(min=2, help="points")] = 11,
    out: Annotated[str | None, typer.Option("--out", help="front_out", metavar="FOLDER", show_default=False)] = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    gap: Annotated[float, typer.Option(min=0.0, help="gap")] = 0.01,
    time_limit: Annotated[float, typer.Option(min=0.0, help="each_time_limit")] = 600.0,
    seed: Annotated[int, typer.Option(min=0, help="seed")] = 0,
    periods: PeriodsOption = None,
    changes: SetOption = None,
    presets: PresetOption = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Solve below caps on CO2 from none to the least, and print what each costs."""
    say = speaker(lang)
    settings = chosen_settings(changes, presets, say)
    count, hours = count_and_hours(periods, say)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.journal.phase("start"):
        workers_get_ready(workers, cluster)
        from siting.options import SolveOptions
    options = SolveOptions(gap=gap, time_limit_s=time_limit, seed=seed, periods=count, hours=hours, settings=settings)
    target = None if out is None else folder_for(out, FILES, say)
    crew = workers if cluster else workers or os.cpu_count() or 1
    with reporter.live():
        document, found = _solved(instance, options, points, crew, cluster or "", reporter)
        reporter.saving = True
        if target is not None and found.points[0].cost_million is not None:
            save(target, FILES, document, found.table())
    if as_json:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
    else:
        _print(json.loads(document), found, say)
    for point in found.points:
        for fault in point.audit_failures:
            warn(say("say.rule_fault", what=fault))
    if target is not None and found.points[0].cost_million is not None:
        warn(say("say.front_written", folder=str(out)))
    first, *others = found.points
    faults = any(point.audit_failures for point in found.points)
    return of_study([first.status], [*(point.status for point in others), found.least.status], faults)


def _solved(
    instance: str, options: SolveOptions, points: int, workers: int, cluster: str, reporter: Reporter
) -> tuple[bytes, Front]:
    from siting.instance import digest, find, load
    from siting.periods import choose
    from siting.solver.highs.engine import Limits
    from siting.study.front import front as study

    say, solved = reporter.say, 0
    with reporter.journal.phase("load"):
        source = find(instance)
        problem = load(instance, options.settings)
    with reporter.journal.phase("periods"):
        problem = choose(problem, options.periods, options.hours)
    limits = Limits(options.gap, options.time_limit_s, options.seed, workers=workers, cluster=cluster)

    def tell(point: Point) -> None:
        nonlocal solved
        solved += 1
        cost = say("value.unknown") if point.cost_million is None else f"{point.cost_million:,.2f}"
        cap = say("say.no_cap") if point.cap_t is None else say("say.below_cap", cap=point.cap_t)
        status = say(f"status.{point.status}")
        reporter.tell(say("say.rule_solved", number=solved, count=points, what=cap, cost=cost, status=status))

    with reporter.journal.phase("front"):
        found = study(problem, points, limits, progress=reporter.journal.progress, tell=tell)
    facts = head(problem, SCHEMA, VERSION, digest(source), options, reporter.journal, points=points, workers=workers)
    return (
        json.dumps({**facts, **found.as_dict()}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    ).encode(), found


def _print(document: dict[str, Any], found: Front, say: Text) -> None:
    from siting.cli.tables import as_table

    rows = found.table()
    rows["gap_percent"] = 100 * rows["gap"].astype(float)
    within = say("say.front_within")
    rows["ended"] = [
        say(f"status.{status}") + (f"; {within}" if near else "")
        for status, near in zip(rows["status"], rows["within_gap"], strict=True)
    ]
    shown = ["cap_t", "carbon_t", "cost_million", "bound_million", "gap_percent", "cost_per_t", "sites", "ended"]
    out = console()
    out.print(as_table(rows[shown].astype({"cap_t": float}), "front", say, name=document["instance"]["name"]))
    least = found.least
    if least.carbon_t is not None and least.bound_t is not None:
        out.print(say("say.front_note", carbon=least.carbon_t, bound=least.bound_t), soft_wrap=True)
