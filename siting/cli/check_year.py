"""Command check-year, and what a run says of the year."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from siting.cli.common import (
    JsonOption,
    LangOption,
    RunArgument,
    console,
    guarded,
    periods_said,
    speaker,
    workers_get_ready,
)
from siting.cli.exits import FAULT, LIMIT, SOLVED
from siting.locale import Text

_WORST_DAYS = 5
_VISIBLE_PERCENT = 0.005


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
    with reporter.journal.phase("load", "start"):
        workers_get_ready(workers)
        from siting.cli.show import print_parts
        from siting.options import SolveOptions
        from siting.runs.stages import YEAR_CHECK
        from siting.runs.year import check_run

    options = SolveOptions(time_limit_s=time_limit, workers=workers)
    with reporter.live():
        found, section = check_run(run, tuple(edits or ()), options, reporter.journal)
    if as_json:
        print(json.dumps(section, indent=2, ensure_ascii=False))
    else:
        print_parts(year_parts({YEAR_CHECK: section}, say), console())
    return LIMIT if found.verdict is None else SOLVED if found.ok else FAULT


def year_parts(result: Mapping[str, Any], say: Text) -> list[Any]:
    """What a run says of the year: a table of what was promised and what it is, and sentences; nothing unchecked."""
    from siting.runs.stages import YEAR_CHECK

    section = result.get(YEAR_CHECK)
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
