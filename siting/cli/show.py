"""Command show: a plan as tables in the terminal, or what an instance assumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import LangOption, StageOption, console, guarded, periods_said, speaker
from siting.cli.exits import SOLVED
from siting.cli.money import amount
from siting.errors import UsageError, harmless
from siting.locale import Text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from siting.problem import Problem

_OF_RESULT = ("summary", "moves", "aggregation", "audit")
_CAPTIONS = ("accounts", "system", "published")


@guarded
def show(
    place: Annotated[str, typer.Argument(help="place", metavar="RUN", show_default=False)],
    names: Annotated[
        list[str] | None, typer.Option("--table", help="table", metavar="NAME", show_default=False)
    ] = None,
    stage: StageOption = None,
    assumed: Annotated[bool, typer.Option("--assumptions", help="assumptions")] = False,
    lang: LangOption = None,
) -> int:
    """Show tables of a run, or the assumptions of a run or an instance."""
    from siting.cli.check_year import year_parts
    from siting.cli.pathway import pathway_tables
    from siting.instance import bundled_names
    from siting.runs.folder import INSTANCE, is_run, read_result, read_run
    from siting.runs.stages import stage_years

    say, out = speaker(lang), console()
    saved = place not in bundled_names() and is_run(place)
    if assumed:
        _assumptions(f"{place}/{INSTANCE}" if saved else place, say, out)
        return SOLVED
    if place in bundled_names():
        raise UsageError(say("error.not_run", place=place))
    result = read_result(place)
    years = stage_years(result)
    if stage is None and names is None and (years or not result.get("tables")):
        for table in pathway_tables(result, say) if years else [summary_table(result, say)]:
            out.print(table)
        print_notes(result, say, out)
        return SOLVED
    # Tables of a pathway are those of each of its stages.
    for year in [*years] if years and stage is None else [stage]:
        problem, tables, own = read_run(place, year)
        if year is not None:
            out.print(say("say.stage", title=problem.settings.instance.model_dump()[f"title_{say.lang}"]))
        for name in names or default_tables(problem):
            out.print(one_table(name, problem, tables, own, say))
    if names is None:
        print_parts(year_parts(result, say), out)
        print_notes(result, say, out)
    return SOLVED


def default_tables(problem: Problem) -> list[str]:
    """Tables that are shown when none is asked for."""
    from siting.report.summary import default_summaries

    return ["summary", *default_summaries(problem), "moves", "aggregation"]


def one_table(name: str, problem: Problem, tables: Mapping[str, pd.DataFrame], result: Any, say: Text) -> Any:
    """A table by its name: of people, of the result, or of the solution as it is.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    from siting.cli.tables import as_table
    from siting.report.moves import moves
    from siting.report.summary import SUMMARIES

    if name in _CAPTIONS:
        table = as_table(SUMMARIES[name](problem, tables, say.lang), name, say)
        table.caption, table.caption_justify = say.name("caption", name), "left"
        return table
    if name in SUMMARIES:
        return as_table(SUMMARIES[name](problem, tables, say.lang), name, say)
    if name == "moves":
        return as_table(moves(problem, tables, say.lang), name, say)
    if name == "summary":
        return summary_table(result, say)
    if name == "aggregation":
        return aggregation_table(result, say)
    if name == "audit":
        return audit_table(result["audit"], say)
    if name not in tables:
        names = ", ".join(dict.fromkeys([*_OF_RESULT, *SUMMARIES, *tables]))
        raise UsageError(say("error.no_table", name=name, names=names))
    from rich import box
    from rich.table import Table

    raw = Table(title=name, box=box.SIMPLE, title_justify="left", title_style="bold")
    for column in tables[name]:
        raw.add_column(harmless(str(column)), overflow="fold")
    for row in tables[name].itertuples(index=False):
        raw.add_row(*(f"{value:.10g}" if isinstance(value, float) else harmless(str(value)) for value in row))
    return raw


def summary_table(result: Mapping[str, Any], say: Text) -> Any:
    """What a run comes to, in a few lines; of the result alone."""
    from siting.cli.tables import facts

    unknown = say("value.unknown")

    def money(value: float | None) -> str:
        return unknown if value is None else say("value.million", value=amount(value, say), currency=result["currency"])

    gap, totals = result["gap"], result["totals"]
    rows = {
        "status": say(f"status.{result['status']}"),
        "objective": money(result["objective"]),
        "bound": money(result["bound"]),
        "gap": unknown if gap is None else say("value.percent", value=100 * gap),
    }
    # Runs of older versions do not tell it.
    if (decided := result.get("gap_of_decided")) is not None:
        rows["gap"] = say("value.gap_of_decided", gap=100 * (gap or 0.0), decided=100 * decided)
    if totals is not None:
        rows |= {
            "sites": say("value.sites", count=totals["sites_in_use"], all=totals["sites_to_choose_from"]),
            "racks": f"{totals['racks']:,.0f}",
            "eflops": f"{totals['eflops']:,.2f}",
            "energy": say("value.gwh", value=totals["energy_mwh"]["used"] / 1e3),
            "green": say("value.percent", value=100 * totals["green_share"]),
            "matched": _share(totals.get("matched_share"), say),
            "carbon": say("value.tonnes", value=totals["carbon_t"]["total"]),
            **_system(totals, result["currency"], say),
            "audit": say("value.good" if result["audit"]["ok"] else "value.bad"),
        }
    rows |= {
        "periods": periods_said(result["periods"], say),
        "solver": f"HiGHS {result['solver']['version']} ({result['solver']['strategy']})",
        "seconds": say("value.seconds", value=result["seconds"]["total"]),
    }
    return facts(rows, "summary", say, name=result["instance"]["name"])


def _system(totals: Mapping[str, Any], currency: str, say: Text) -> dict[str, str]:
    """Cost and CO2 of the whole system and of the same hours without data centers, where it is dispatched."""
    if "system" not in totals:
        return {}
    whole = totals["system"]
    both = whole["cost_million"], whole["cost_million_without"]
    cost = {"value": amount(both[0], say, both[1]), "without": amount(both[1], say, both[0]), "currency": currency}
    return {
        "system_cost": say("value.system_cost", **cost),
        "system_carbon": say("value.system_carbon", value=whole["carbon_t"], without=whole["carbon_t_without"]),
    }


def _share(value: float | None, say: Text) -> str:
    """A share in percent; runs of older versions lack some."""
    return say("value.unknown") if value is None else say("value.percent", value=100 * value)


def aggregation_table(result: Mapping[str, Any], say: Text) -> Any:
    """What the periods make of the year."""
    import pandas as pd

    from siting.cli.tables import as_table

    return as_table(pd.DataFrame(result["aggregation_error"]), "aggregation", say)


def audit_table(audit: Mapping[str, Any], say: Text) -> Any:
    """Every check of an audit and its verdict."""
    import pandas as pd

    from siting.cli.tables import as_table

    rows = [
        {
            "check": check["name"],
            "verdict": say("value.good" if check["ok"] else "value.bad"),
            "worst": f"{check['worst']:.2g}",
            "tolerance": f"{check['tolerance']:.2g}",
            "unit": check["unit"],
            "where": check["where"],
        }
        for check in audit["checks"]
    ]
    return as_table(pd.DataFrame(rows), "audit", say)


def print_parts(parts: Iterable[Any], out: Console) -> None:
    """Tables and sentences."""
    for part in parts:
        out.print(part, markup=False, soft_wrap=isinstance(part, str))


def print_notes(result: Mapping[str, Any], say: Text, out: Console) -> None:
    """Warnings and messages of a run."""
    for note in (*result["warnings"], *result["messages"]):
        out.print(say(f"note.{note['code']}", **note["values"]), markup=False, soft_wrap=True)


def _assumptions(instance: str, say: Text, out: Console) -> None:
    import siting
    from siting.cli.tables import as_table
    from siting.report.summary import assumptions

    problem = siting.load(instance)
    rows = assumptions(problem, say.lang)
    if len(rows):
        out.print(as_table(rows, "assumptions", say, name=problem.settings.instance.name))
    else:
        out.print(say("say.no_assumptions"))
