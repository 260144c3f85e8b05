"""Command price-rules: what each rule of an instance costs and saves."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.common import (
    InstanceArgument,
    JsonOption,
    LangOption,
    PeriodsOption,
    PresetOption,
    SetOption,
    chosen_settings,
    console,
    count_and_hours,
    guarded,
    pairs,
    speaker,
    warn,
    workers_get_ready,
)
from siting.cli.exits import of_study
from siting.cli.money import amount
from siting.cli.studies import folder_for, head, save
from siting.errors import UsageError
from siting.locale import Text

if TYPE_CHECKING:
    from siting.cli.progress import Reporter
    from siting.options import SolveOptions
    from siting.problem.rules import Rule
    from siting.study.rule_prices import Case, RulePrice, RulePrices

FILES = "price-rules.json", "price-rules.csv"
SCHEMA, VERSION = "siting-price-rules", 1


@guarded
def price_rules(
    instance: InstanceArgument,
    out: Annotated[str | None, typer.Option("--out", help="prices_out", metavar="FOLDER", show_default=False)] = None,
    names: Annotated[list[str] | None, typer.Option("--rule", help="rule", metavar="NAME", show_default=False)] = None,
    workers: Annotated[int, typer.Option(min=1, help="workers")] = 1,
    gap: Annotated[float, typer.Option(min=0.0, help="gap")] = 0.005,
    time_limit: Annotated[float, typer.Option(min=0.0, help="each_time_limit")] = 600.0,
    seed: Annotated[int, typer.Option(min=0, help="seed")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="threads")] = 0,
    periods: PeriodsOption = None,
    changes: SetOption = None,
    presets: PresetOption = None,
    highs: Annotated[
        list[str] | None, typer.Option("--highs", help="highs", metavar="NAME=VALUE", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> int:
    """Solve with all rules and with each one off, and print what each costs."""
    say = speaker(lang)
    settings = chosen_settings(changes, presets, say)
    solver = pairs("--highs", highs, "name=value", say)
    count, hours = count_and_hours(periods, say)
    from siting.cli.progress import Reporter

    reporter = Reporter(say)
    with reporter.journal.phase("start"):
        workers_get_ready(workers)
        from siting.options import SolveOptions
    options = SolveOptions(
        gap=gap,
        time_limit_s=time_limit,
        seed=seed,
        threads=threads,
        periods=count,
        hours=hours,
        settings=settings,
        highs=solver,
    )
    target = None if out is None else folder_for(out, FILES, say)
    with reporter.live():
        document, prices = _price(instance, options, names, workers, reporter)
        reporter.saving = True
        if target is not None and prices.full.status != "stopped":
            save(target, FILES, document, prices.table())
    if as_json:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
    else:
        _print(json.loads(document), prices, say)
    for fault in prices.faults:
        warn(say("say.rule_fault", what=fault))
    if target is not None and prices.full.status != "stopped":
        warn(say("say.prices_written", folder=str(out)))
    return of_study([prices.full.status], [price.without.status for price in prices.rules], bool(prices.faults))


def _price(
    instance: str, options: SolveOptions, names: list[str] | None, workers: int, reporter: Reporter
) -> tuple[bytes, RulePrices]:
    from siting.instance import digest, find, load
    from siting.periods import choose
    from siting.problem.rules import rules
    from siting.solver.highs.engine import Limits
    from siting.study.price_rules import price_rules as study

    say = reporter.say
    with reporter.journal.phase("load"):
        source = find(instance)
        problem = load(instance, options.settings)
    with reporter.journal.phase("periods"):
        problem = choose(problem, options.periods, options.hours)
    chosen = _chosen(rules(problem), names, say)
    limits = Limits(options.gap, options.time_limit_s, options.seed, options.threads, dict(options.highs))
    solved = 0

    def tell(rule: Rule | None, case: Case) -> None:
        nonlocal solved
        solved += 1
        title = say("say.all_rules") if rule is None else say("say.without_rule", rule=rule.title(say.lang))
        cost = say("value.unknown") if case.cost_million is None else f"{case.cost_million:,.2f}"
        status = say(f"status.{case.status}")
        reporter.tell(
            say("say.rule_solved", number=solved, count=1 + len(chosen), what=title, cost=cost, status=status)
        )

    with reporter.journal.phase("price_rules"):
        prices = study(problem, limits, only=chosen, workers=workers, progress=reporter.journal.progress, tell=tell)
    facts = head(problem, SCHEMA, VERSION, digest(source), options, reporter.journal, workers=workers)
    return (
        json.dumps({**facts, **prices.as_dict()}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    ).encode(), prices


def _chosen(known: tuple[Rule, ...], names: list[str] | None, say: Text) -> tuple[Rule, ...]:
    """The rules that are asked for."""
    missing = [name for name in names or () if name not in {rule.name for rule in known}]
    if missing:
        listing = ", ".join(rule.name for rule in known) or say("say.none")
        raise UsageError(say("error.no_rule", name=missing[0], names=listing))
    return tuple(rule for rule in known if names is None or rule.name in names)


def _print(document: Mapping[str, Any], prices: RulePrices, say: Text) -> None:
    import pandas as pd

    from siting.cli.tables import as_table, facts

    full, unknown, out = prices.full, say("value.unknown"), console()
    cost, currency = full.cost_million, document["currency"]
    rows = {
        "status": say(f"status.{full.status}"),
        "objective": unknown if cost is None else say("value.million", value=amount(cost, say), currency=currency),
        "gap": unknown if full.gap is None else say("value.percent", value=100 * full.gap),
        "carbon": unknown if full.carbon_t is None else say("value.tonnes", value=full.carbon_t),
    }
    out.print(facts(rows, "all_rules", say, name=document["instance"]["name"]))
    if not prices.rules:
        out.print(say("say.no_rules"))
        return
    out.print(as_table(pd.DataFrame([_row(price, say) for price in prices.rules]), "price_rules", say))
    for price in prices.rules:
        out.print(_sentence(price, say), markup=False, soft_wrap=True)
    out.print(say("say.rule_note"), soft_wrap=True)


def _row(price: RulePrice, say: Text) -> dict[str, Any]:
    case = price.without
    base = abs(case.cost_million or 0.0)
    least, most = price.least_million, price.most_million
    known = base > 0 and least is not None and most is not None
    return {
        "rule": price.rule.title(say.lang),
        "cost_without": case.cost_million,
        "cost_added": _change(price.cost_change_percent, say),
        "proven": f"{100 * least / base:.2f} … {100 * most / base:.2f} %"
        if known and least is not None and most
        else "",
        "carbon_without": case.carbon_t,
        "carbon_added": _change(price.carbon_change_percent, say),
        "ended": say(f"status.{case.status}"),
    }


def _sentence(price: RulePrice, say: Text) -> str:
    """What a rule costs, as far as it is proven."""
    known = {
        "cost": _change(price.cost_change_percent, say),
        "carbon": _change(price.carbon_change_percent, say),
        "status": say(f"status.{price.without.status}"),
    }
    said = say(f"rule_verdict.{price.verdict}", **known)
    return say("say.rule_price", rule=price.rule.title(say.lang), said=said)


def _change(percent: float | None, say: Text) -> str:
    # Adding zero takes the sign from a rounded -0.
    return say("value.unknown") if percent is None else f"{round(percent, 2) + 0.0:+.2f} %"
