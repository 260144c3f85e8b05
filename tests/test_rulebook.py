"""The rule-book is complete and true: of every constraint it names a check that fails without it, and a test."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from breach import Tables, broken, cheapest, constraints
from full import full_problem, midnight_problem, stranded_problem
from small import cost, optimum

from siting.auditor import audit
from siting.model.build import build
from siting.problem import Problem
from siting.problem.rules import REGISTRY, rules
from siting.report.rulebook import book, proofs

PROBLEMS = {
    "full": full_problem,
    "stranded": stranded_problem,
    "midnight": midnight_problem,
    "sent on": lambda: full_problem().replace(grid__sent_on=True),
}
CARRIED = ("backlog", "unstarted", "started", "stored", "green", "own")
WHERE = {
    "demand_has_a_site": "stranded",
    "start_within_energy": "midnight",
    # Where grid power stays, direct power is no own power that a line may take.
    "direct_power_stays": "sent on",
    "direct_claims_stay": "sent on",
    **{f"{state}_carried": "midnight" for state in CARRIED},
}
"""Constraints that the full problem does not have, or does not need."""

ROOT = Path(__file__).parent.parent
PROOFS = [proof for entry in book() for proof in entry.proofs]
STATED = list(
    dict.fromkeys(
        proof.stated for proof in PROOFS if proof.constraint or proof.stated.startswith(("bounds of", "one way of"))
    )
)


@cache
def problem_of(name: str) -> Problem:
    return PROBLEMS[name]()


@cache
def model_of(name: str) -> Any:
    return build(problem_of(name))


@cache
def cost_of_all_rules() -> float:
    return cost(problem_of("full"))


def test_every_rule_is_on_in_the_full_problem() -> None:
    p = problem_of("full")
    assert [kind.name for kind in REGISTRY if kind.switch and not any(rule.is_on(p) for rule in kind.of(p))] == []
    names = [rule.name for rule in rules(p)]
    assert len(names) == len(set(names))


def test_the_book_names_every_constraint_of_the_model_and_no_other() -> None:
    model = set().union(*(constraints(model_of(name)) for name in ("full", "stranded", "midnight")))
    assert {proof.constraint for proof in PROOFS} - {None} == model


@pytest.mark.parametrize("stated", STATED)
def test_a_plan_that_breaks_it_fails_its_checks(stated: str) -> None:
    """What is redundant cannot be broken. A row about an auxiliary variable may be broken without harm; then the
    cheapest plan without it does the harm, as it pays."""
    case = WHERE.get(stated, "full")
    checks = {check for proof in PROOFS if proof.stated == stated for check in proof.checks}
    tables = broken(model_of(case), stated)
    assert (tables is None) == (not checks)
    if tables is not None and not checks <= failures(case, tables):
        assert checks <= failures(case, cheapest(model_of(case), stated))


def failures(case: str, tables: Tables) -> set[str]:
    return {check.name for check in audit(problem_of(case), tables).failures}


def test_the_cheapest_plan_is_sound_and_every_check_is_written_down() -> None:
    result = audit(problem_of("full"), optimum(problem_of("full")).tables)
    assert result.ok, "\n".join(map(str, result.failures))
    assert {check for proof in PROOFS for check in proof.checks} <= {check.name for check in result.checks}


def test_what_states_a_rule_is_in_the_model() -> None:
    m = model_of("full")
    blocks = (m, m.period[0])
    for proof in PROOFS:
        if proof.constraint:
            continue
        owner, _, part = proof.stated.partition(" + ")
        if part:
            assert any(part in getattr(block, owner).parts for block in blocks if hasattr(block, owner)), proof
        else:
            how, _, variable = proof.stated.partition(" of ")
            assert how in ("bounds", "index", "one way"), proof
            assert any(block.component(variable) is not None for block in blocks), proof


def test_every_rule_has_a_proof_and_every_proof_a_rule() -> None:
    named = {proof.rule for proof in PROOFS}
    assert named == {kind.name for kind in REGISTRY}
    assert len(REGISTRY) == len(named)


def test_the_tests_of_the_book_exist(request: pytest.FixtureRequest) -> None:
    collected = {item.nodeid.partition("[")[0] for item in request.session.items}
    files = {nodeid.partition("::")[0] for nodeid in collected} if not request.config.option.keyword else set()
    for proof in PROOFS:
        file, _, name = proof.test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, proof
        assert name.startswith("test_"), proof
        assert file not in files or proof.test in collected, proof


@pytest.mark.parametrize("name", [rule.name for rule in rules(full_problem())])
def test_a_rule_switched_off_makes_no_plan_dearer(name: str) -> None:
    p = problem_of("full")
    (rule,) = (rule for rule in rules(p) if rule.name == name)
    without = rule.without(p)
    assert name not in {rule.name for rule in rules(without)}
    assert cost(without) <= cost_of_all_rules() * (1 + 1e-6)


@pytest.mark.parametrize("card", ["Proof   r\n          row  check\n", "Proof     row  check  test\n"])
def test_a_proof_that_cannot_be_read_is_an_error(card: str) -> None:
    with pytest.raises(ValueError, match=r"siting\.model\.concept: a proof has three columns below the name of a rule"):
        list(proofs("concept", card))


def test_the_printed_book_names_each_thing_once() -> None:
    entry = next(entry for entry in book() if entry.kind.name == "green-floor")
    row = entry.row("zh")
    assert row["says"] == "…绿电比例 ≥ … %"
    assert (row["switch"], row["unit"], row["default"]) == ("green.floors.share", "share", "required")
    assert "发改数据〔2023〕1779号" in row["document"]
    assert entry.proof_rows()[1] == {
        "rule": "",
        "stated": "claims_are_delivered",
        "checks": "claims_delivered",
        "tests": "tests/test_model_green.py::test_a_claim_is_delivered_over_lines_and_bears_their_losses",
    }
