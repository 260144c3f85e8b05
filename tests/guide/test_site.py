"""The site is made of the pages of the index, and its gate treats warnings as errors."""

from __future__ import annotations

from siting import guide
from siting.guide import conf

from .pages import ROOT


def test_the_navigation_of_the_site_has_every_page() -> None:
    lines = conf.navigation(guide.read(guide.INDEX)).splitlines()
    assert [line for line in lines if line in guide.names()] == list(guide.names())[1:]
    assert lines.count("```{toctree}") == len(guide.read(guide.INDEX).split("\n## ")[1:]) + ("中文" in " ".join(lines))


def test_the_gate_builds_the_site() -> None:
    assert "sphinx-build -q -W" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
