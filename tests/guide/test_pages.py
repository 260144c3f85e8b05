"""Pages lead to each other, all of them are found, and the README is short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import siting
from siting import guide

from .pages import README, ROOT, every, headings, links

TEXTS = [*guide.FOLDER.rglob("*.md"), README, *(ROOT / ".github").rglob("*.md")]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target, heading in links(text):
        other = (path.parent / target).resolve() if target else path
        assert other.exists(), target
        if guide.FOLDER in path.parents:
            assert guide.FOLDER in other.parents, f"{target} is not in the package"
        if heading:
            assert heading in headings(other.read_text(encoding="utf-8")), f"{target}#{heading}"


def test_the_index_names_every_page() -> None:
    linked = {target.removesuffix(".md") for target, _ in links(guide.read(guide.INDEX))}
    assert linked == set(guide.names()) - {guide.INDEX}


def test_each_page_begins_with_its_only_title() -> None:
    for name, text in every().items():
        assert text.startswith("# "), name
        assert text.count("\n# ") == sum(block.count("\n# ") for block in text.split("```")[1::2]), name


def test_chinese_pages_have_an_english_one() -> None:
    chinese = {
        path.relative_to(guide.FOLDER / "zh").with_suffix("").as_posix() for path in guide.FOLDER.glob("zh/**/*.md")
    }
    assert chinese <= {*guide.names(), "README"}


def test_the_readme_is_short_and_knows_the_guide() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert any("siting/guide/index.md" in line for line in lines)
    assert f"version {siting.__version__}:" in README.read_text(encoding="utf-8")


def test_the_changes_begin_with_this_version() -> None:
    versions = re.findall(r"^## (.+)$", guide.read("changelog"), flags=re.MULTILINE)
    assert versions[0] == siting.__version__
