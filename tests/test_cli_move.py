"""The command move: its tables in both languages, its document, its faults, and what the guide prints of it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from command_line import Cli, command_line, instance_folder  # noqa: F401 - fixtures

from siting import guide
from siting.cli.tables import as_table
from siting.locale import Text

PAGE = guide.read("howto/move")
PRINTED = [block for block in re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL) if "siting move" in block]


def test_tables_in_both_languages(instance: Path, cli: Cli) -> None:
    english, chinese = (cli("move", instance, "north", "south", "--mw", 2, "--lang", lang) for lang in ("en", "zh"))
    assert english.code == chinese.code == 0
    assert "Moving 2 MW of Training from North to South" in english.out
    # 0.6 at a PUE of 1.0887 against 0.4 at 1.2127.
    assert re.search(r"location .* -25\.7 % +lowers CO2", english.out)
    assert re.search(r"marginal .* unknown +unknown", english.out)
    assert "neither a fleet nor a marginal factor" in english.out
    assert "把 2 MW 训练从北迁到南" in chinese.out
    assert re.search(r"基于位置 .* -25\.7 % +减少 CO2", chinese.out)


def test_the_document_holds_the_judgement_and_the_proof(instance: Path, cli: Cli) -> None:
    done = cli("move", instance, "north", "south", "--mw", 2, "--prove", "--periods", 1, "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert (document["schema"], document["currency"]) == ("siting-move", "CNY")
    assert document["move"] == {"origin": "north", "target": "south", "workload": "train", "mw": 2.0}
    by = {account["name"]: account for account in document["accounts"]}
    # The floor of a tenth is in the north only.
    assert list(by) == ["location", "marginal", "market", "market_claims"]
    assert by["marginal"]["change_t"] is None
    proof = document["proof"]
    assert (proof["origin"]["status"], proof["target"]["status"], proof["periods"]) == ("optimal", "optimal", 1)
    assert proof["change"]["cost_million"] == pytest.approx(
        proof["target"]["cost_million"] - proof["origin"]["cost_million"]
    )
    assert {item["column"] for item in document["inputs"]} >= {"grid_factor_t_per_mwh", "pue_shift", "price_per_mwh"}


def test_what_a_user_can_mend(instance: Path, cli: Cli) -> None:
    for words, said in (
        (("nort", "south"), "no region 'nort'. Did you mean 'north'?"),
        (("north", "south", "--workload", "web", "--mw", 9), "within 5 ms of its users in north"),
        (("north", "south", "--mw", 0), "must be above 0"),
    ):
        done = cli("move", instance, *words)
        assert (done.code, done.out) == (2, "")
        assert said in done.err


def test_a_plan_that_cannot_be_is_said_by_the_exit_code(instance: Path, cli: Cli) -> None:
    no_money = ("--mw", 2, "--set", "policy.capital_budget=1")
    done = cli("move", instance, "north", "south", "--prove", "--periods", 1, *no_money)
    assert done.code == 4
    assert "The work held at either end: two plans" in done.out
    assert "infeasible" in done.out


@pytest.mark.parametrize("block", PRINTED)
def test_the_readme_prints_what_the_command_prints(block: str, cli: Cli) -> None:
    command, *lines = block.rstrip().splitlines()
    words = shlex.split(command)
    assert words[:2] == ["siting", "move"]
    done = cli(*words[1:])
    assert done.code == 0, done.err
    given = [line.strip() for line in done.out.splitlines()]
    assert [line for line in lines if line.strip() not in given] == []


def test_the_readme_has_both_worked_examples() -> None:
    commands = [block.splitlines()[0] for block in PRINTED]
    assert commands == ["siting move china CN-BJ CN-NM", "siting move china CN-SH CN-SC"]


def test_a_half_is_rounded_the_same_way_on_all_machines() -> None:
    values = [0.8084999999999998, 0.8085, 0.8085000000000002, 12.250000000000002, 12.25, 12.249999999999998]
    table = as_table(pd.DataFrame({"value": values}), "sites", Text("en"))
    assert [str(cell) for cell in table.columns[0].cells] == ["0.808"] * 3 + ["12.2"] * 3
