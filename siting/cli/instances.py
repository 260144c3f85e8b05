"""Commands about instances: list, check, new, schema."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from siting.cli.common import (
    InstanceArgument,
    JsonOption,
    LangOption,
    PresetOption,
    SetOption,
    chosen_settings,
    console,
    guarded,
    speaker,
    warn,
)
from siting.cli.exits import SOLVED


@guarded
def list_instances(lang: LangOption = None) -> int:
    """List the bundled instances."""
    import pandas as pd

    from siting.cli.tables import as_table
    from siting.instance import bundled_names, find

    say = speaker(lang)
    rows = []
    for name in bundled_names():
        folder = find(name)
        about = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8-sig"))["instance"]
        regions, sites = (len(pd.read_csv(folder / f"{table}.csv")) for table in ("regions", "sites"))
        rows.append((name, about[f"title_{say.lang}"], regions, sites))
    table = pd.DataFrame(rows, columns=["name", "title", "regions", "sites"])
    console().print(as_table(table, "instances", say))
    return SOLVED


@guarded
def check(
    instance: InstanceArgument, changes: SetOption = None, presets: PresetOption = None, lang: LangOption = None
) -> int:
    """Check an instance; faults end in the list of an InputError."""
    import siting
    from siting.runs.messages import of_data

    say = speaker(lang)
    problem = siting.load(instance, chosen_settings(changes, presets, say), pathway=True)
    print(
        say(
            "say.sound",
            name=problem.settings.instance.name,
            regions=len(problem.regions),
            sites=len(problem.sites),
            workloads=len(problem.workloads),
            demand=problem.demand["mean_mw"].sum(),
            hours=problem.hours,
        )
    )
    for message in of_data(problem, say):
        warn(message.text(say.lang))
    return SOLVED


@guarded
def new(
    name: Annotated[str, typer.Argument(help="name", metavar="NAME", show_default=False)],
    folder: Annotated[Path | None, typer.Option("--out", help="folder", show_default=False)] = None,
    lang: LangOption = None,
) -> int:
    """Write the starter instance."""
    from siting.instance.starter import write_starter

    say = speaker(lang)
    place = write_starter(folder or Path(name), name)
    # A bare name could be that of a bundled instance.
    shown = place if place.parent != Path() else f"./{place}"
    print(say("say.new", folder=shown))
    return SOLVED


@guarded
def schema(as_json: JsonOption = False, lang: LangOption = None) -> int:
    """Print the format, as Markdown or as JSON Schema."""
    from siting.instance.schema import json_schema, markdown

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False) if as_json else markdown().rstrip())
    return SOLVED
