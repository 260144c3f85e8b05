"""The command front: its document, its files and its table."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from command_line import Cli


def test_document_files_and_tables(instance: Path, cli: Cli) -> None:
    asked = ("front", instance, "--periods", 2, "--points", 3, "--gap", 1e-4)
    done = cli(*asked, "--out", "front", "--json")
    assert done.code == 0, done.err
    assert done.out.encode() == Path("front/front.json").read_bytes()
    document = json.loads(done.out)
    assert document["schema"] == "siting-front"
    points = document["points"]
    assert [point["status"] for point in points] == ["optimal"] * 3
    assert points[0]["cap_t"] is None
    assert points[0]["carbon_t"] >= points[1]["carbon_t"] >= points[2]["carbon_t"]
    table = pd.read_csv("front/front.csv", float_precision="round_trip")
    assert table["cost_million"].tolist() == [point["cost_million"] for point in points]
    assert "1 of 3 without a cap: cost" in done.err
    shown = cli(*asked, "--out", "front", "--lang", "zh")
    assert shown.code == 0
    assert "成本与碳排放" in shown.out
    Path("front/other").touch()
    refused = cli(*asked, "--out", "front")
    assert refused.code == 2
    assert "holds something else than front.json, front.csv" in refused.err


def test_a_problem_without_a_plan(instance: Path, cli: Cli) -> None:
    done = cli("front", instance, "--periods", 1, "--set", "policy.capital_budget=0")
    assert done.code == 4
