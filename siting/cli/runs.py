"""Commands about run folders: audit and map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.common import (
    BaseOption,
    JsonOption,
    LangOption,
    RunArgument,
    StageOption,
    console,
    guarded,
    speaker,
    warn,
)
from siting.cli.exits import FAULT, SOLVED

if TYPE_CHECKING:
    from siting.auditor import Audit
    from siting.runs.audit import RunAudit


@guarded
def audit(run: RunArgument, stage: StageOption = None, as_json: JsonOption = False, lang: LangOption = None) -> int:
    """Audit a run from its files, a pathway with all its stages or one of them; 1 if a check fails."""
    from siting.cli.show import audit_table
    from siting.runs.folder import plain

    say = speaker(lang)
    verdict, parts = _audited(run, stage)
    found: dict[str, Any] = plain({**verdict.as_dict(), **({"stages": parts} if parts else {})})
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for year, part in [(None, found), *found.get("stages", {}).items()]:
            if year is not None:
                console().print(say("say.stage", title=year))
            console().print(audit_table(part, say))
    count, failed = len(verdict.checks), len(verdict.failures)
    line = say("say.audit_ok", count=count) if verdict.ok else say("say.audit_failed", count=count, failed=failed)
    if as_json or not verdict.ok:
        warn(line)
    else:
        print(line)
    return SOLVED if verdict.ok else FAULT


def _audited(run: str, stage: int | None) -> tuple[Audit | RunAudit, dict[int, dict[str, Any]]]:
    """The audit of a run or of one stage, and of a whole pathway that of each stage by itself."""
    from siting.auditor import Audit
    from siting.runs.audit import audit_run
    from siting.runs.folder import read_result
    from siting.runs.stages import stage_result

    if stage is not None:
        stage_result(run, read_result(run), stage)
    verdict = audit_run(run)
    if isinstance(verdict.plan, Audit):
        return verdict, {}
    if stage is not None:
        return verdict.plan.stages[stage], {}
    return verdict, {year: each.as_dict() for year, each in verdict.plan.stages.items()}


@guarded
def draw_map(run: RunArgument, stage: StageOption = None, base: BaseOption = None, lang: LangOption = None) -> int:
    """Write the layers and the picture of a run again, of a pathway those of each stage."""
    from siting.problem.stages import stage_problem
    from siting.runs.folder import INSTANCE, MAPS, read_plans
    from siting.runs.pictures import base_of, draw_into
    from siting.runs.stages import own_place, plan_folder

    say = speaker(lang)
    problem, plans, result = read_plans(run, stage)
    chosen = base_of(problem, Path(run) / INSTANCE, base)
    for year, tables in plans.items():
        own = problem if year is None else stage_problem(problem, year)
        folder = own_place(plan_folder(run, year), MAPS)
        for message in draw_into(folder, own, tables, say.lang, chosen, result):
            warn(message.text(say.lang))
        print(say("say.maps", folder=folder))
    return SOLVED
