"""The examples of the guide run as they are, each in a folder of its own."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from siting import guide

EXAMPLES = sorted((guide.FOLDER / "examples").glob("*.py"))
WRITTEN = {"own_region": "own-region.png", "cost_and_carbon": "front.png", "dispatch_plot": "dispatch.png"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out
    if example.stem in WRITTEN:
        assert (tmp_path / WRITTEN[example.stem]).read_bytes()[:4] == b"\x89PNG"


def test_examples_are_short() -> None:
    assert len(EXAMPLES) >= 6
    assert {
        path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in EXAMPLES if not _short(path)
    } == {}


def _short(path: Path) -> bool:
    return len(path.read_text(encoding="utf-8").splitlines()) <= 60
