"""Command guide: the pages of the documentation, in the terminal or in a browser."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from siting import guide as pages
from siting.cli.common import LangOption, console, guarded, speaker, warn
from siting.cli.exits import SOLVED


@guarded
def guide(
    page: Annotated[str | None, typer.Argument(help="guide_page", metavar="PAGE", show_default=False)] = None,
    browser: Annotated[bool, typer.Option("--browser", help="guide_browser")] = False,
    lang: LangOption = None,
) -> int:
    """List the pages, or show one; in a file or pipe it is plain Markdown."""
    say = speaker(lang)
    if page is None and not browser:
        for name in pages.names():
            print(f"{name:<28}{pages.title(name, say.lang)}")
        return SOLVED
    name = pages.find(page or pages.INDEX)
    if not pages.has(name, say.lang):
        warn(say("say.guide_in_english"))
    if browser:
        _open(name, say.lang)
    elif sys.stdout.isatty():
        from rich.markdown import Markdown

        console().print(Markdown(pages.read(name, say.lang), hyperlinks=False))
    else:
        print(pages.read(name, say.lang), end="")
    return SOLVED


def _open(name: str, lang: str) -> None:
    """Write the guide for the browser to a folder of temporary files, and have the page shown."""
    import tempfile
    import webbrowser
    from pathlib import Path

    from siting.guide.html import write_html

    shown = write_html(Path(tempfile.mkdtemp(prefix="siting-guide-")), name, lang)
    webbrowser.open(shown.as_uri())
    print(shown)
