"""A slice of the campaign: mutants and random problems of fixed seeds; ``python -m tests.campaign`` runs the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.campaign.against_milp import disagreements, random_problem
from tests.campaign.bases import write_bases
from tests.campaign.trial import GOOD, attempt


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_bases(tmp_path_factory.mktemp("bases"))


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_mutants_end_as_they_should(first: int, bases: list[Path], tmp_path: Path) -> None:
    for seed in range(first, first + 10):
        verdict = attempt(seed, bases, tmp_path / "mutant")
        assert verdict.ending in GOOD, verdict


@pytest.mark.parametrize("seed", range(4))
def test_both_strategies_find_what_another_solver_finds(seed: int) -> None:
    problem, _ = random_problem(seed)
    assert list(disagreements(problem)) == []
