"""Command rules: the rule-book, or the rules that are on in an instance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import SOLVED, JsonOption, LangOption, SetOption, console, guarded, pairs, speaker

if TYPE_CHECKING:
    from siting.problem import Problem
    from siting.rulebook import Entry

SCHEMA, VERSION = "siting-rules", 1


@guarded
def rules(
    instance: Annotated[
        str | None, typer.Argument(help="rules_instance", metavar="INSTANCE", show_default=False)
    ] = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Print every rule, or those of an instance with their numbers and sources."""
    import pandas as pd

    from siting.cli.tables import as_table
    from siting.errors import UsageError
    from siting.rulebook import book

    say = speaker(lang)
    entries = book()
    document: dict[str, Any] = {"schema": SCHEMA, "schema_version": VERSION}
    if instance is None:
        if changes:
            raise UsageError(say("error.set_without_instance"))
        document["rules"] = [entry.as_dict() for entry in entries]
        rows = [entry.row(say.lang) for entry in entries]
        title, known = "rules", {}
    else:
        import siting

        problem = siting.load(instance, pairs("--set", changes, "section.key=value", say))
        document["instance"] = problem.settings.instance.name
        document["rules"], rows = _of_instance(problem, entries, say.lang)
        title, known = "rules_of", {"name": problem.settings.instance.name}
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        console().print(as_table(pd.DataFrame(rows), title, say, **known))
    return SOLVED


def _of_instance(
    problem: Problem, entries: tuple[Entry, ...], lang: str
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The rules that are on, and those that always hold, for programs and for people."""
    facts: list[dict[str, Any]] = []
    rows = []
    for entry in entries:
        here = [rule for rule in entry.kind.of(problem) if rule.is_on(problem)]
        about = [(rule.name, rule.title_en, rule.title_zh, rule.source) for rule in here]
        if not entry.kind.switch:
            about = [(entry.kind.name, entry.kind.title("en"), entry.kind.title("zh"), "")]
        for name, english, chinese, source in about:
            facts.append(
                {**entry.as_dict(), "name": name, "says_en": english, "says_zh": chinese, "source": source or None}
            )
            rows.append(
                {"rule": name, "says": chinese if lang == "zh" else english, "source": source, **entry.proven()}
            )
    return facts, rows
