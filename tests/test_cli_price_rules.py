"""The command price-rules: its document, its files, its tables, and being stopped."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pandas as pd
import pytest
from command_line import Cli, stop_when_it_says

RULES = {"carbon-price", "carbon-cap", "embodied", "green-floor-north"}


def test_document_and_files_from_two_processes(instance: Path, cli: Cli) -> None:
    folder = Path("prices")
    named = [word for name in sorted(RULES) for word in ("--rule", name)]
    asked = ("price-rules", instance, "--periods", 1, "--gap", 1e-6, "--json", *named)
    done = cli(*asked, "--workers", 2, "--out", folder)
    assert done.code == 0, done.err
    assert done.out.encode() == (folder / "price-rules.json").read_bytes()
    assert {path.name for path in Path.cwd().iterdir()} == {"prices"}
    document = json.loads(done.out)
    assert document["schema"] == "siting-price-rules"
    assert document["periods"] == {"count": 1, "hours": 24, "in_order": False}
    assert document["full"]["status"] == "optimal"
    assert document["faults"] == []
    prices = {rule["name"]: rule for rule in document["rules"]}
    assert set(prices) == RULES
    # The cap of a million tonnes is far away; the price is paid on every tonne.
    assert prices["carbon-cap"]["verdict"] in ("free", "within_gap")
    price = prices["carbon-price"]
    assert price["verdict"] == "priced"
    assert price["cost_change_million"] == pytest.approx(
        document["full"]["cost_million"] - price["without"]["cost_million"]
    )
    assert 0 < price["cost_change_million"] <= 50e-6 * price["without"]["carbon_t"] * (1 + 1e-5)
    table = pd.read_csv(folder / "price-rules.csv")
    assert table["name"].tolist() == list(prices)
    assert table["cost_without_million"].tolist() == pytest.approx(
        [rule["without"]["cost_million"] for rule in prices.values()]
    )
    # One process finds the same; each case is told once.
    alone = cli(*asked)
    assert alone.code == 0
    for ours, theirs in zip(json.loads(alone.out)["rules"], document["rules"], strict=True):
        assert (ours["name"], ours["verdict"]) == (theirs["name"], theirs["verdict"])
        assert ours["without"]["cost_million"] == pytest.approx(theirs["without"]["cost_million"])
    count = 1 + len(prices)
    for said in (done.err, alone.err):
        assert [line.split(" of ")[0] for line in said.splitlines() if f" of {count} " in line] == [
            str(number) for number in range(1, count + 1)
        ]


def test_tables_in_both_languages(instance: Path, cli: Cli) -> None:
    asked = ("price-rules", instance, "--periods", 1, "--rule", "green-floor-north", "--rule", "carbon-price")
    english, chinese = cli(*asked), cli(*asked, "--lang", "zh")
    assert english.code == chinese.code == 0
    assert "carbon price 50 CNY/t: +" in english.out
    assert "North green share ≥ 10 %" in english.out
    assert "embodied" not in english.out
    assert "3 of 3 without North green share ≥ 10 %" in english.err
    assert "碳价 50 CNY/吨：" in chinese.out
    assert "北绿电比例 ≥ 10 %" in chinese.out
    assert not list(Path.cwd().iterdir())


def test_a_rule_that_leaves_no_plan_is_named(instance: Path, cli: Cli) -> None:
    done = cli("price-rules", instance, "--periods", 1, "--set", "carbon.cap_t=1", "--out", "prices")
    assert done.code == 4
    assert "CO2 cap 1 t: without it there is a plan, with it none" in done.out
    assert "carbon price 50 CNY/t: no plan without it either" in done.out
    assert json.loads(Path("prices/price-rules.json").read_text(encoding="utf-8"))["full"]["cost_million"] is None
    again = cli("price-rules", instance, "--periods", 1, "--rule", "carbon-cap", "--out", "prices")
    assert again.code == 0
    assert len(pd.read_csv("prices/price-rules.csv")) == 1


def test_a_limit_before_any_plan(instance: Path, cli: Cli) -> None:
    options = ("mip_max_nodes=0", "simplex_iteration_limit=0", "presolve=off")
    highs = [word for option in options for word in ("--highs", option)]
    asked = ("--periods", 4, "--gap", 0, "--rule", "carbon-cap", "--out", "prices")
    done = cli("price-rules", instance, *asked, *highs)
    assert done.code == 5
    assert "not known: stopped before there was a plan" in done.out
    assert not Path("prices").exists()


def test_what_a_user_can_mend(instance: Path, cli: Cli) -> None:
    wrong = cli("price-rules", instance, "--periods", 1, "--rule", "carbon-prize")
    assert (wrong.code, wrong.out) == (2, "")
    assert "carbon-price, carbon-cap" in wrong.err
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    kept = cli("price-rules", instance, "--periods", 1, "--out", "mine")
    assert kept.code == 2
    assert "left alone" in kept.err
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]


def test_help_in_both_languages(cli: Cli) -> None:
    assert "switched off" in cli("price-rules", "--help").out
    assert "逐条关闭规则" in cli("price-rules", "--help", "--lang", "zh").out


@pytest.mark.parametrize(("workers", "said"), [(1, "cost unknown"), (2, "solving with all rules")])
def test_ctrl_c_ends_it_without_a_traceback(workers: int, said: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first solve, and while two processes start."""
    stop_when_it_says(said, signal.SIGINT, monkeypatch)
    done = cli("price-rules", "jing-jin-ji-meng", "--periods", 2, "--workers", workers)
    # On a busy machine the first plan may come before the signal does.
    assert done.code == (3 if "a plan, not proven optimal" in done.out else 5)
    assert "Traceback" not in done.err
    assert "optimal to the gap" not in done.out
