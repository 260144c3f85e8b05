"""The documentation, in the package: pages of Markdown, in English and, in ``zh/``, in Chinese."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from siting.errors import Sentence, UsageError

FOLDER = Path(__file__).parent
INDEX = "index"
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+\.md)(#[^)\s]*)?\)")
"""A link to another page, relative to the folder of its own."""


@cache
def names() -> tuple[str, ...]:
    """The pages in the order of the index, which comes first: ``howto/front`` is ``howto/front.md``."""
    linked = [target.removesuffix(".md") for target, _ in LINK.findall(read(INDEX))]
    there = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.md"))
    return tuple(dict.fromkeys(name for name in (INDEX, *linked, *there) if _is_page(name)))


def _is_page(name: str) -> bool:
    return not name.startswith("zh/") and (FOLDER / f"{name}.md").is_file()


def find(page: str) -> str:
    """The name of the page that someone asks for, by its name or by the last part of it.

    Raises
    ------
    UsageError
        If there is none, or more than one, with the names that are nearest.
    """
    asked = page.strip("/").removesuffix(".md")
    if asked in names():
        return asked
    last = [name for name in names() if name.rpartition("/")[2] == asked]
    if len(last) == 1:
        return last[0]
    if last:
        raise UsageError(Sentence("Several pages end in {page}: {names}.", page=asked, names=", ".join(last)))
    near = _nearest(asked)
    if near:
        raise UsageError(
            Sentence("There is no page {page}. The nearest are {names}.", page=asked, names=", ".join(near))
        )
    raise UsageError(Sentence("There is no page {page}. 'siting guide' lists the pages.", page=asked))


def _nearest(asked: str) -> list[str]:
    """Names that are spelt nearly so, in full or in their last part."""
    full = get_close_matches(asked, names(), n=3)
    by_last = {name.rpartition("/")[2]: name for name in reversed(names())}
    parts = [by_last[last] for last in get_close_matches(asked.rpartition("/")[2], by_last, n=3)]
    return list(dict.fromkeys([*parts, *full]))[:3]


def has(name: str, lang: str) -> bool:
    """Whether a page is there in a language."""
    return _path(name, lang).is_file()


def read(name: str, lang: str = "en") -> str:
    """The text of a page; where it has no translation, the English one."""
    return (_path(name, lang) if has(name, lang) else _path(name, "en")).read_text(encoding="utf-8")


def title(name: str, lang: str = "en") -> str:
    """The heading of a page."""
    return read(name, lang).partition("\n")[0].lstrip("# ").strip()


def _path(name: str, lang: str) -> Path:
    return (FOLDER if lang == "en" else FOLDER / lang) / f"{name}.md"
