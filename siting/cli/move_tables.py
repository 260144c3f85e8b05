"""A judged move as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from siting.cli.tables import as_table, settled
from siting.locale import Text
from siting.problem import Problem
from siting.study.forced_move import Proof
from siting.study.judge_move import Judgement
from siting.study.move_accounts import mixed, worst_mix


def move_lines(p: Problem, judged: Judgement, proof: Proof | None, say: Text) -> Iterator[Any]:
    """Everything that is printed about a move, in order.

    Parameters
    ----------
    p : Problem
        The problem, for its names.
    judged : Judgement
        The move.
    proof : Proof or None
        If it was asked for.
    say : Text
        The language.
    """
    names = {str(n): str(name) for n, name in p.regions[f"name_{say.lang}"].items()}
    home, away = names[judged.move.origin], names[judged.move.target]
    title = {
        "mw": f"{judged.move.mw:g}",
        "workload": p.workloads.at[judged.move.workload, f"name_{say.lang}"],
        "origin": home,
        "target": away,
    }
    yield as_table(_ends(judged, home, away, p.settings.instance.currency, say), "move_ends", say, **title)
    yield as_table(_accounts(judged, home, away, say), "move_accounts", say)
    yield _verdict(judged, say)
    if any(not account.known for account in judged.accounts):
        yield say("judged.unknown")
    yield as_table(_break_evens(judged, home, away, say), "move_break_evens", say)
    yield as_table(_mixed(judged, home, away, say), "move_mixed", say)
    worst = worst_mix(judged.accounts)
    if worst is not None:
        one, other = (say(f"account.{name}") for name in (worst.origin, worst.target))
        percents = {"claimed": -worst.change_percent, "first": worst.honest[0], "second": worst.honest[1]}
        yield say("judged.worst_mix", origin=home, target=away, one=one, other=other, **percents)
    if proof is not None:
        yield as_table(_proof(proof, home, away, p.settings.instance.currency, say), "move_proof", say)
        if proof.within_gap:
            yield say("judged.within_gap")
        yield say("judged.proof", periods=proof.periods, hours=proof.hours)
    yield as_table(_inputs(judged, say), "move_inputs", say)
    yield say("judged.note")


def _ends(judged: Judgement, home: str, away: str, currency: str, say: Text) -> pd.DataFrame:
    origin, target = judged.origin, judged.target
    costs, there = judged.origin_money, judged.target_money
    rows = [
        ("pue", origin.pue, target.pue),
        ("energy", origin.energy_mwh / 1e3, target.energy_mwh / 1e3),
        ("claimed", 100 * origin.claimed, 100 * target.claimed),
        ("power_cost", costs.power_million, there.power_million),
        ("data_cost", costs.data_million, there.data_million),
        ("embodied", judged.origin_embodied_t, judged.target_embodied_t),
    ]
    return _before_and_after(
        [(say(f"judged.{name}", currency=currency), one, other) for name, one, other in rows], home, away, say
    )


def _before_and_after(
    rows: list[tuple[str, float | None, float | None]], home: str, away: str, say: Text
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["what", home, away])
    table[[home, away]] = table[[home, away]].astype(float)
    table["change"] = table[away] - table[home]
    table["change_percent"] = [
        "" if not one or pd.isna(change) else _signed(100 * change / abs(one), say)
        for one, change in zip(table[home], table["change"], strict=True)
    ]
    return table


def _accounts(judged: Judgement, home: str, away: str, say: Text) -> pd.DataFrame:
    rows = [
        {
            "account": say(f"account.{account.name}"),
            f"{home} t/MWh": account.origin.factor_t_per_mwh,
            f"{away} t/MWh": account.target.factor_t_per_mwh,
            f"{home} t": account.origin.carbon_t,
            f"{away} t": account.target.carbon_t,
            "change_t": float("nan") if account.change_t is None else account.change_t,
            "change_percent": _signed(account.change_percent, say),
            "move_verdict": say(f"move_verdict.{account.verdict}"),
        }
        for account in judged.accounts
    ]
    return pd.DataFrame(rows)


def _verdict(judged: Judgement, say: Text) -> str:
    """Which accounts say what."""
    by: dict[str, list[str]] = {}
    for account in (account for account in judged.accounts if account.known):
        by.setdefault(account.verdict, []).append(say(f"account.{account.name}"))
    said = (
        say("judged.verdict", accounts=say("judged.and").join(names), verdict=say(f"move_verdict.{verdict}"))
        for verdict, names in by.items()
    )
    return say("judged.agree" if len(by) == 1 else "judged.disagree", said=say("judged.but").join(said))


def _break_evens(judged: Judgement, home: str, away: str, say: Text) -> pd.DataFrame:
    table: dict[str, dict[str, str]] = {}
    for account in judged.accounts:
        for b in account.break_evens:
            row = table.setdefault(b.quantity, {"what": say(f"break_even.{b.quantity}", origin=home, target=away)})
            at = say("judged.nowhere") if b.at is None else _value(b.at)
            row[say(f"account.{account.name}")] = f"{_value(b.now)} → {at}"
    return pd.DataFrame(list(table.values())).fillna("")


def _mixed(judged: Judgement, home: str, away: str, say: Text) -> pd.DataFrame:
    by: dict[str, dict[str, str]] = {}
    for mix in mixed(judged.accounts):
        head = say("judged.counted", region=home)
        row = by.setdefault(mix.origin, {head: say(f"account.{mix.origin}")})
        row[say("judged.target_by", region=away, account=say(f"account.{mix.target}"))] = _signed(
            mix.change_percent, say
        )
    return pd.DataFrame(list(by.values()))


def _proof(proof: Proof, home: str, away: str, currency: str, say: Text) -> pd.DataFrame:
    one, other = proof.origin, proof.target
    rows: list[tuple[str, Any, Any]] = [
        (say("judged.cost", currency=currency), one.cost_million, other.cost_million),
        (say("judged.bound", currency=currency), one.bound_million, other.bound_million),
    ]
    for name in ("location", "marginal", "market"):
        rows.append((f"{say(f'account.{name}')} t", getattr(one, f"{name}_t"), getattr(other, f"{name}_t")))
    rows.append((say("column.embodied_t"), one.embodied_t, other.embodied_t))
    rows.append((say("column.grid_gwh"), _thousandth(one.grid_mwh), _thousandth(other.grid_mwh)))
    table: pd.DataFrame = _before_and_after(rows, home, away, say)
    ended: dict[str, Any] = {"what": say("fact.status")}
    ended |= {name: say(f"status.{plan.status}") for name, plan in ((home, one), (away, other))}
    return pd.concat([table, pd.DataFrame([ended])]).fillna("")


def _inputs(judged: Judgement, say: Text) -> pd.DataFrame:
    rows = [
        {
            "number": f"{item.table}.{item.column}",
            "key": item.key,
            "value": "" if item.value is None else f"{item.value:,.6g}",
            "status": say.name("provenance", item.status),
            "of_year": item.year,
        }
        for item in judged.inputs
    ]
    return pd.DataFrame(rows)


def _thousandth(value: float | None) -> float | None:
    return None if value is None else value / 1e3


def _value(value: float | None) -> str:
    return "" if value is None else f"{settled(value):.3g}"


def _signed(percent: float | None, say: Text) -> str:
    # Adding zero takes the sign from a rounded -0.
    return say("value.unknown") if percent is None else f"{round(settled(percent), 1) + 0.0:+,.1f} %"
