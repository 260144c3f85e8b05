"""What pages show is what happens: their commands and their Python are run, page by page, in order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli

from siting.auditor.power import reconciliation
from siting.auditor.report import Ledger
from siting.auditor.tables import read
from siting.instance.starter import write_starter
from siting.runs.folder import read_run

from .commands import commands, options
from .pages import ROOT, Block, blocks, every

PAGES = every()
INSTALL = ("pip install . && siting solve jing-jin-ji-meng --out run", "pip install '.[test]' && pytest")
"""The first two blocks of the README, which the gate runs."""

ON_THE_STARTER = {
    "jing-jin-ji-meng": "start", "CN-BJ": "coast", "CN-NM": "steppe", "--periods 4": "--periods 1",
    "--periods 2": "--periods 1",
}  # fmt: skip
"""What pages run on a bundled instance takes minutes; the starter's three regions take the same way."""

as_written = pytest.mark.parametrize(
    "as_written", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["on the starter", "as written"]
)


def of_page(page: str) -> list[Block]:
    """The blocks that are run, or written to files."""
    kinds = ("python",) if page == "README" else ("sh", "python")
    return [block for block in blocks(PAGES[page]) if block.file or block.kind in kinds]


def write_start() -> None:
    """The starter with a later stage."""
    folder = write_starter("start", "start")
    (folder / "stages.csv").write_text("year,years\n2025,5\n2030,10\n", encoding="utf-8")
    with (folder / "provenance.csv").open("a", encoding="utf-8") as file:
        file.write("stages,*,,assumption,Made up,2023,CC0-1.0,,\n")


def made_small(text: str) -> str:
    for written, small in ON_THE_STARTER.items():
        text = text.replace(written, small)
    return text


def run_commands(text: str, cli: Cli) -> None:
    """One command a line; a comment may say with which exit code it ends."""
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        assert words[0] == "siting", line
        code = re.search(r"# exit code (\d)", line)
        done = cli(*words[1:])
        assert done.code == (int(code[1]) if code else 0), (line, done.err)


def power_adds_up(as_written: bool) -> None:
    """In every region what is bought, generated, discharged and received in a year is used, stored, sent or lost."""
    assert Path("run/maps/map.png").exists()
    problem, tables, _ = read_run("run")
    account = reconciliation(problem, read(problem, tables, Ledger(problem, 1e-6)))
    entries = account.drop(columns="gap")
    assert (entries.sum() > 0).all() or not as_written
    assert (account["gap"].abs() <= 1e-6 * entries.max(axis=1)).all()


def map_is_drawn(as_written: bool) -> None:
    assert Path("map.png").stat().st_size > 10_000


AFTERWARDS: dict[str, Callable[[bool], None]] = {"howto/command-line": power_adds_up, "howto/python": map_is_drawn}


@as_written
@pytest.mark.parametrize("page", [page for page in PAGES if of_page(page)])
def test_blocks_run_in_order(page: str, as_written: bool, cli: Cli) -> None:
    if not as_written:
        write_start()
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in of_page(page):
        text = block.text if as_written else made_small(block.text)
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(text, encoding="utf-8")
        elif block.kind == "python":
            exec(compile(text, page, "exec"), names)
        else:
            run_commands(text, cli)
    AFTERWARDS.get(page, lambda _: None)(as_written)


def shown() -> list[str]:
    """Commands that are shown and not run: of consoles, and above what they printed."""
    found = []
    for text in PAGES.values():
        for block in blocks(text):
            lines = block.text.splitlines()
            if block.kind == "console":
                found += [line.partition("$")[2].strip() for line in lines if re.match(r"\S*\$ +siting ", line)]
            elif block.kind == "text" and lines and lines[0].startswith("siting ") and not block.file:
                found.append(lines[0])
    return sorted(set(found))


@pytest.mark.parametrize("line", shown())
def test_commands_that_are_shown_are_at_least_understood(line: str) -> None:
    words = shlex.split(line, comments=True)
    known = commands()
    assert words[1] in known
    assert {word for word in words if word.startswith("--")} <= options(known[words[1]])


def commands_of(page: str) -> list[str]:
    """Command lines without their comments."""
    lines = [line for block in blocks(PAGES[page]) if block.kind == "sh" for line in block.text.splitlines()]
    return [shown for line in lines if (shown := line.partition("#")[0].strip())]


def test_the_readme_installs_and_then_does_what_the_page_of_the_command_line_does() -> None:
    lines = commands_of("README")
    assert tuple(lines[: len(INSTALL)]) == INSTALL
    assert set(lines[len(INSTALL) :]) <= set(commands_of("howto/command-line"))
    assert INSTALL[1].split(" && ")[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
