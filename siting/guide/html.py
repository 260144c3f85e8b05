"""The pages for a browser, made where they are asked for; nothing in them is fetched."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from siting import guide

_PAGE = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }}
pre {{ overflow-x: auto; padding: .6rem; background: #f3f3f3; }}
table {{ display: block; overflow-x: auto; border-collapse: collapse; }}
td, th {{ padding: .2rem .6rem; border: 1px solid #ccc; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def write_html(folder: Path, page: str, lang: str) -> Path:
    """Write every page, each in its language where there is one, so that links between them work.

    Parameters
    ----------
    folder : Path
        Where the files go; it is there.
    page : str
        The page that is asked for.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Path
        The file of the page.
    """
    for name in guide.names():
        path = _file(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        body = _renderer().render(guide.read(name, lang))
        spoken = lang if guide.has(name, lang) else "en"
        path.write_text(_PAGE.format(lang=spoken, title=escape(guide.title(name, lang)), body=body), encoding="utf-8")
    return _file(folder, page)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.html"


def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark").enable("table")
    renderer.add_render_rule("link_open", _link)
    return renderer


def _link(renderer: Any, tokens: Any, index: int, options: Any, environment: Any) -> Any:
    """A link to a page leads to its file; of another language's folder the pages stand where the English ones do."""
    target = str(tokens[index].attrGet("href"))
    path, mark, heading = target.partition("#")
    if "://" not in path and path.endswith(".md"):
        tokens[index].attrSet("href", f"{path.removesuffix('.md')}.html{mark}{heading}")
    return renderer.renderToken(tokens, index, options, environment)
