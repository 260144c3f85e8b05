"""``result.json`` never calls a plan optimal that failed its audit, and names what was used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_problem

from siting import build, solve
from siting.options import SolveOptions
from siting.periods import aggregation_error
from siting.problem import Problem
from siting.runs.document import document, status_of
from siting.runs.journal import Message
from siting.solving.solution import Solution


class Verdict:
    """An audit with a given outcome."""

    def __init__(self, ok: bool) -> None:
        self.ok = ok

    def as_dict(self) -> dict[str, Any]:
        totals = {"sites_in_use": 1, "utilisation": {"alpha": 0.7, "beta": 0.0}, "racks": 3.0}
        return {"ok": self.ok, "checks": [], "totals": totals}


@pytest.fixture(scope="module")
def solved() -> tuple[Problem, Solution]:
    problem = tiny_problem()
    return problem, solve(build(problem))


def made(solved: tuple[Problem, Solution], verdict: Verdict | None, **more: Any) -> dict[str, Any]:
    problem, solution = solved
    return document(
        version="1.2.3",
        problem=problem,
        sha256="abc",
        options=more.pop("options", SolveOptions()),
        outcome=solution.outcome,
        verdict=verdict,
        aggregation=aggregation_error(problem),
        seconds={"load": 0.12345},
        **more,
    )


def test_status_is_that_of_the_solver_unless_the_audit_fails(solved: tuple[Problem, Solution]) -> None:
    outcome = solved[1].outcome
    assert status_of(outcome, Verdict(True)) == "optimal"
    assert status_of(outcome, Verdict(False)) == "error"
    failed = made(solved, Verdict(False))
    assert (failed["status"], failed["solver_status"]) == ("error", "optimal")


def test_totals_come_from_the_audit(solved: tuple[Problem, Solution]) -> None:
    result = made(solved, Verdict(True))
    assert result["totals"]["racks"] == 3.0
    assert result["totals"]["sites_in_use"] == 1
    assert result["totals"]["sites_to_choose_from"] == 2
    assert result["audit"] == {"ok": True, "checks": []}
    without = made(solved, None)
    assert without["totals"] is None
    assert without["audit"] is None


def test_what_was_used_is_named(solved: tuple[Problem, Solution], tmp_path: Path) -> None:
    rules = tmp_path / "rules.py"
    rules.write_bytes(b"def add(m, p): ...\n")
    options = SolveOptions(gap=0.01, settings={"carbon.price": "5"}, edits=(rules,), base="deep/my.geojson")
    note = Message("kept", {"folder": "run"})
    result = made(solved, None, options=options, messages=[note], language="zh")
    assert result["options"]["edit"] == [{"file": "rules.py", "sha256": hashlib.sha256(rules.read_bytes()).hexdigest()}]
    assert result["options"]["set"] == {"carbon.price": "5"}
    assert result["options"]["base"] == "my.geojson"
    assert result["unit"] == "million CNY per year"
    assert result["seconds"] == {"load": 0.123}
    assert result["versions"]["siting"] == "1.2.3"
    assert result["messages"] == [{"code": "kept", "text": note.text("zh"), "values": {"folder": "run"}}]
    assert result["size"]["rows"] > 0
    assert {row["quantity"] for row in result["aggregation_error"]} >= {"load", "price", "pue"}
