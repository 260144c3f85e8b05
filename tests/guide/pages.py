"""The pages as tests read them: their blocks in order, and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from siting import guide

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it says it is (``file=NAME``), and what it holds."""

    kind: str
    file: str
    text: str


def every() -> dict[str, str]:
    """Each page in English by its name, the README among them."""
    return {"README": README.read_text(encoding="utf-8"), **{name: guide.read(name) for name in guide.names()}}


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    found = []
    for kind, info, body in _FENCE.findall(text):
        name = re.search(r"\bfile=(\S+)", info)
        found.append(Block(kind, name[1] if name else "", body))
    return found


def links(text: str) -> list[tuple[str, str]]:
    """Links that lead to no other host: the path, and the heading in it if one is named."""
    return [(path, heading) for path, heading in _LINK.findall(_FENCE.sub("", text))]


def headings(text: str) -> set[str]:
    """The headings of a page as a link names them."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
