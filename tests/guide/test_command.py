"""The command ``siting guide``: the list of pages, a page in the terminal, a pipe and a browser, and its faults."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from command_line import Cli

from siting import guide
from siting.guide.html import write_html

from .pages import headings, links


def test_pages_are_listed_in_the_order_of_the_index(cli: Cli) -> None:
    done = cli("guide")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == list(guide.names())
    assert "Cost against carbon" in done.out


@pytest.mark.parametrize("asked", ["howto/front", "front", "howto/front.md"])
def test_in_a_pipe_a_page_is_its_markdown(asked: str, cli: Cli) -> None:
    done = cli("guide", asked)
    assert (done.code, done.out, done.err) == (0, guide.read("howto/front"), "")


def test_in_a_terminal_a_page_is_rendered(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    monkeypatch.setenv("COLUMNS", "100")
    done = cli("guide", "index")
    assert done.code == 0
    assert "The guide to siting" in done.out
    assert "# The guide" not in done.out
    assert "**" not in done.out


@pytest.mark.parametrize(
    ("asked", "lang", "says"),
    [
        ("frunt", "en", "There is no page frunt. The nearest are howto/front."),
        ("frunt", "zh", "没有页面 frunt。最接近的是 howto/front。"),
        ("explanation/modle", "en", "The nearest are explanation/model"),
        ("python", "en", "Several pages end in python: howto/python, reference/python."),
        ("qqqqqq", "en", "There is no page qqqqqq. 'siting guide' lists the pages."),
        ("../../pyproject", "en", "There is no page"),
    ],
)
def test_a_page_that_is_not_there_is_one_error_with_the_nearest(asked: str, lang: str, says: str, cli: Cli) -> None:
    done = cli("guide", asked, "--lang", lang)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_a_page_is_shown_in_chinese_where_there_is_one(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide.names()
    for name in ("index", "howto/front"):
        (tmp_path / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pages" / f"{name}.md").write_text("# Cost\n", encoding="utf-8")
    (tmp_path / "pages" / "zh" / "howto").mkdir(parents=True)
    (tmp_path / "pages" / "zh" / "howto" / "front.md").write_text("# 成本\n", encoding="utf-8")
    monkeypatch.setattr(guide, "FOLDER", tmp_path / "pages")
    assert cli("guide", "front", "--lang", "zh").out == "# 成本\n"
    done = cli("guide", "index", "--lang", "zh")
    assert (done.out, done.err) == ("# Cost\n", "该页尚无中文版，以下为英文。\n")


def test_a_browser_gets_every_page_with_its_links(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path))
    done = cli("guide", "reference/format", "--browser")
    assert done.code == 0
    shown = Path(done.out.strip())
    assert [Path(unquote(urlparse(url).path)) for url in opened] == [shown]
    text = shown.read_text(encoding="utf-8")
    assert "<table>" in text
    assert 'href="settings.html"' in text
    assert (shown.parent / "settings.html").exists()
    assert "http" not in text.partition("</style>")[0]


def test_html_of_every_page_is_written(tmp_path: Path) -> None:
    write_html(tmp_path, "index", "en")
    assert {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*.html")} == set(
        guide.names()
    )


def test_links_and_headings_are_found_as_markdown_has_them() -> None:
    text = "# One two\n\n[a](b.md#c-d) [e](https://f.org)\n\n```sh\n# no heading\n```\n\n## How, then?\n"
    assert links(text) == [("b.md", "c-d")]
    assert headings(text) == {"one-two", "how-then"}
