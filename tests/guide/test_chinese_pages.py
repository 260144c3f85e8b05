"""Pages in Chinese say what the English ones say: the same blocks, headings and tables, in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from siting import guide

from .pages import README, blocks

ZH = guide.FOLDER / "zh"
PAGES = sorted(str(path.relative_to(ZH)) for path in ZH.rglob("*.md"))
WANTED = {
    "README.md",
    "faq.md",
    "explanation/glossary.md",
    *(f"tutorials/{name}.md" for name in ("first-solve", "own-region-china", "own-region-us", "own-rule", "pathway")),
}
_FENCE = re.compile(r"^```.*?^```\n", flags=re.MULTILINE | re.DOTALL)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def both(page: str) -> tuple[str, str]:
    """A page in English and in Chinese."""
    english: Path = README if page == "README.md" else guide.FOLDER / page
    return english.read_text(encoding="utf-8"), (ZH / page).read_text(encoding="utf-8")


def test_there_are_the_pages_that_a_newcomer_reads() -> None:
    assert set(PAGES) >= WANTED


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_are_the_same(page: str) -> None:
    english, chinese = both(page)
    assert blocks(chinese) == blocks(english)


@pytest.mark.parametrize("page", PAGES)
def test_headings_and_tables_are_as_many(page: str) -> None:
    english, chinese = (_FENCE.sub("", text) for text in both(page))
    for pattern in (r"^# ", r"^## ", r"^### ", r"^\|", r"^- ", r"^\d+\. "):
        counts = [len(re.findall(pattern, text, flags=re.MULTILINE)) for text in (english, chinese)]
        assert counts[0] == counts[1], pattern


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_a_block_is_chinese(page: str) -> None:
    _, chinese = both(page)
    for line in _FENCE.sub("", chinese).splitlines():
        words = re.sub(r"`[^`]*`|\([^)]*\)|https?:\S+", "", line)
        assert _CHINESE.search(words) or not re.search(r"(?:[A-Za-z]{2,} ){4,}", words), line


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_the_same_pages_or_their_chinese(page: str) -> None:
    for target in re.findall(r"\]\((?!\w+:)([^)#\s]+)", _FENCE.sub("", both(page)[1])):
        assert ((ZH / page).parent / target).exists(), target
