"""Commands about run folders: audit and map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from siting.cli.common import (
    FAULT,
    SOLVED,
    BaseOption,
    JsonOption,
    LangOption,
    RunArgument,
    console,
    guarded,
    speaker,
    warn,
)


@guarded
def audit(run: RunArgument, as_json: JsonOption = False, lang: LangOption = None) -> int:
    """Audit a run from its files; 1 if a check fails."""
    from siting.auditor import audit as check_plan
    from siting.cli.show import audit_table
    from siting.run import check_copies, plain, read_run

    say = speaker(lang)
    problem, tables, result = read_run(run)
    check_copies(run, tables)
    verdict = check_plan(problem, tables, result["objective"])
    found: dict[str, Any] = plain(verdict.as_dict())
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        console().print(audit_table(found, say))
    count, failed = len(verdict.checks), len(verdict.failures)
    line = say("say.audit_ok", count=count) if verdict.ok else say("say.audit_failed", count=count, failed=failed)
    if as_json or not verdict.ok:
        warn(line)
    else:
        print(line)
    return SOLVED if verdict.ok else FAULT


@guarded
def draw_map(run: RunArgument, base: BaseOption = None, lang: LangOption = None) -> int:
    """Write the layers and the picture of a run again."""
    from siting.cli.maps import base_of, draw_into
    from siting.run import INSTANCE, MAPS, read_run

    say = speaker(lang)
    problem, tables, result = read_run(run)
    chosen = base_of(problem, Path(run) / INSTANCE, base)
    folder = Path(run) / MAPS
    for line in draw_into(folder, problem, tables, say.lang, chosen, result):
        warn(line)
    print(say("say.maps", folder=folder))
    return SOLVED
