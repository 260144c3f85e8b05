"""Command rules: the rule-book, or the rules that are on in an instance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import JsonOption, LangOption, SetOption, console, guarded, pairs, speaker
from siting.cli.exits import SOLVED

if TYPE_CHECKING:
    from siting.problem import Problem
    from siting.report.rulebook import Entry

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
    from siting.report.rulebook import book

    say = speaker(lang)
    entries = book()
    document: dict[str, Any] = {"schema": SCHEMA, "schema_version": VERSION}
    if instance is None:
        if changes:
            raise UsageError(say("error.set_without_instance"))
        document["rules"] = [entry.as_dict() for entry in entries]
        title, known, rows = "rules", {}, [entry.row(say.lang) for entry in entries]
    else:
        import siting

        problem = siting.load(instance, pairs("--set", changes, "section.key=value", say))
        name = document["instance"] = problem.settings.instance.name
        facts = document["rules"] = _of_instance(problem, entries)
        entries = tuple(entry for entry in entries if entry.kind.name in {fact["kind"] for fact in facts})
        rows = [{"rule": f["name"], "says": f[f"says_{say.lang}"], "source": f["source"]} for f in facts]
        title, known = "rules_of", {"name": name}
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        out = console()
        out.print(as_table(pd.DataFrame(rows), title, say, **known))
        proofs = pd.DataFrame([row for entry in entries for row in entry.proof_rows()])
        out.print(as_table(proofs, "proofs", say))
    return SOLVED


def _of_instance(problem: Problem, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rules that are on, with their numbers and sources, and those that always hold."""
    facts = []
    for entry in entries:
        known = {**entry.as_dict(), "kind": entry.kind.name, "source": ""}
        if not entry.kind.switch and entry.kind.matters(problem):
            facts.append(known)
        for rule in entry.kind.of(problem):
            if rule.is_on(problem):
                own = {"name": rule.name, "says_en": rule.title_en, "says_zh": rule.title_zh, "source": rule.source}
                facts.append({**known, **own})
    return facts
