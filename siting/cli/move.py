"""Command move: whether it is right to move work from one region to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.common import (
    InstanceArgument,
    JsonOption,
    LangOption,
    PeriodsOption,
    SetOption,
    about,
    console,
    count_and_hours,
    guarded,
    pairs,
    speaker,
)
from siting.cli.exits import SOLVED, of_study

if TYPE_CHECKING:
    from siting.cli.progress import Reporter
    from siting.problem import Problem
    from siting.solver.highs.engine import Limits
    from siting.study.forced_move import Proof
    from siting.study.judge_move import Judgement

SCHEMA, VERSION = "siting-move", 1


@guarded
def move(
    instance: InstanceArgument,
    origin: Annotated[str, typer.Argument(help="move_origin", metavar="FROM", show_default=False)],
    target: Annotated[str, typer.Argument(help="move_target", metavar="TO", show_default=False)],
    mw: Annotated[float, typer.Option("--mw", help="move_mw")] = 100.0,
    workload: Annotated[
        str | None, typer.Option("--workload", help="move_workload", metavar="NAME", show_default=False)
    ] = None,
    proved: Annotated[bool, typer.Option("--prove", help="move_prove")] = False,
    periods: PeriodsOption = None,
    gap: Annotated[float, typer.Option(min=0.0, help="gap")] = 1e-4,
    time_limit: Annotated[float, typer.Option(min=0.0, help="each_time_limit")] = 600.0,
    changes: SetOption = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Judge a move under each account of carbon, and print what the sign depends on."""
    say = speaker(lang)
    settings = pairs("--set", changes, "section.key=value", say)
    chosen = count_and_hours(periods, say)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.journal.phase("load"):
        from siting.instance import digest, find, load
        from siting.solver.highs.engine import Limits
        from siting.study.judge_move import judge
        from siting.study.move import move as move_of

        source = find(instance)
        problem = load(instance, settings)
    judged = judge(problem, move_of(problem, origin, target, mw, workload))
    proof = _proof(problem, judged, chosen, Limits(gap, time_limit), reporter) if proved else None
    if as_json:
        document = {
            **about(problem, SCHEMA, VERSION, digest(source)),
            "settings": settings,
            **judged.as_dict(),
            "proof": None if proof is None else proof.as_dict(),
        }
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        from siting.cli.move_tables import move_lines

        out = console()
        for part in move_lines(problem, judged, proof, say):
            out.print(part, markup=False, soft_wrap=isinstance(part, str))
    return SOLVED if proof is None else of_study([proof.origin.status, proof.target.status])


def _proof(
    problem: Problem, judged: Judgement, periods: tuple[int | None, int | None], limits: Limits, reporter: Reporter
) -> Proof:
    from siting.periods import choose
    from siting.study.forced_move import pair, prove

    with reporter.journal.phase("periods"):
        only = choose(pair(problem, judged.move), *periods)
    with reporter.journal.phase("prove_move"), reporter.live():
        return prove(only, judged.move, limits, reporter.journal.progress)
