"""The site of the guide: ``sphinx-build -W siting/guide FOLDER``. The navigation is that of the index."""

from __future__ import annotations

import re
from typing import Any

from siting import __version__, guide

project = "siting"
author = "The authors of siting"
project_copyright = author
release = version = __version__
extensions = ["myst_parser"]
root_doc = guide.INDEX
source_suffix = {".md": "markdown"}
exclude_patterns = ["zh/README.md", "examples", "**/__pycache__"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"siting {release}"
html_show_copyright = False
html_show_sphinx = False
smartquotes = False


def navigation(index: str) -> str:
    """The trees of contents of Sphinx: a hidden one for each section of the index, one for the Chinese pages."""
    trees = []
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        caption = section.partition("\n")[0]
        trees.append(_tree(caption, [name.removesuffix(".md") for name, _ in guide.LINK.findall(section)]))
    paths = sorted(guide.FOLDER.glob("zh/**/*.md"))
    chinese = [path.relative_to(guide.FOLDER).with_suffix("").as_posix() for path in paths]
    trees.append(_tree("中文", [name for name in chinese if name != "zh/README"]))
    return "\n\n".join(filter(None, trees))


def _tree(caption: str, names: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"]) if names else ""


def _with_navigation(app: Any, page: str, source: list[str]) -> None:
    if page == guide.INDEX:
        source[0] += f"\n\n{navigation(source[0])}\n"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _with_navigation)
