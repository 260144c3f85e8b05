"""The command rules: the whole book, and the rules of an instance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Cli, command_line, instance_folder  # noqa: F401 - fixtures

from siting.problem.rules import REGISTRY


def test_the_book_in_both_languages(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    english, chinese = cli("rules"), cli("rules", "--lang", "zh")
    assert english.code == chinese.code == 0
    for kind in REGISTRY:
        assert kind.name in english.out
    assert "carbon price … ¤/t" in english.out
    assert "碳价 … ¤/吨" in chinese.out
    assert "tests/test_model_quota.py::test_the_rest_goes_to_the_next_region" in english.out


def test_the_book_for_programs(cli: Cli) -> None:
    document = json.loads(cli("rules", "--json").out)
    assert [rule["name"] for rule in document["rules"]] == [kind.name for kind in REGISTRY]
    quota = next(rule for rule in document["rules"] if rule["name"] == "energy-quota")
    assert quota["switch"] == "regions.energy_quota_mwh"
    assert quota["default"] == "blank"
    assert quota["proofs"] == [
        {
            "concept": "quota",
            "stated": "energy_within_quota",
            "checks": ["energy_quota"],
            "test": "tests/test_model_quota.py::test_the_rest_goes_to_the_next_region",
        }
    ]


def test_the_rules_of_an_instance(instance: Path, cli: Cli) -> None:
    done = cli("rules", instance, "--set", "carbon.price=75", "--json")
    assert done.code == 0, done.err
    rules = {rule["name"]: rule for rule in json.loads(done.out)["rules"]}
    assert rules["carbon-price"]["says_en"] == "carbon price 75 CNY/t"
    assert rules["green-floor-north"]["kind"] == "green-floor"
    assert rules["power-balance"]["switch"] is None
    assert not {"capital-budget", "fleet", "one-cooling-design"} & set(rules)
    shown = cli("rules", instance)
    assert "green-floor-north" in shown.out
    assert "capital_within_budget" not in shown.out


def test_a_setting_needs_an_instance(cli: Cli) -> None:
    done = cli("rules", "--set", "carbon.price=75")
    assert done.code == 2
    assert "name the instance" in done.err
