"""The command line: ``siting``. Heavy libraries are imported inside the commands, so that help comes at once."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer

from siting import __version__
from siting.cli import check_year, front, guide, instances, move, price_rules, rules, runs, show, solve
from siting.cli.common import LangOption
from siting.cli.language import asked_language
from siting.cli.options import speaking
from siting.locale import Text

app = typer.Typer(name="siting", help="program", no_args_is_help=True, pretty_exceptions_enable=False)
app.command("list", help="list")(instances.list_instances)
app.command("check", help="check")(instances.check)
app.command("solve", help="solve")(solve.solve)
app.command("resume", help="resume")(solve.resume)
app.command("check-year", help="check_year")(check_year.check_year)
app.command("audit", help="audit")(runs.audit)
app.command("map", help="map")(runs.draw_map)
app.command("show", help="show")(show.show)
app.command("new", help="new")(instances.new)
app.command("schema", help="schema")(instances.schema)
app.command("rules", help="rules")(rules.rules)
app.command("guide", help="guide")(guide.guide)
app.command("price-rules", help="price_rules")(price_rules.price_rules)
app.command("front", help="front")(front.front)
app.command("move", help="move")(move.move)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"siting {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="version", is_eager=True, callback=_version, show_default=False)
    ] = False,
    lang: LangOption = None,
) -> None:
    """Take the options that stand before the command."""


def main() -> None:
    """Entry point of the console script; ends the process with the exit code of the command."""
    _open_streams()
    say = Text(asked_language(sys.argv[1:]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"siting-{stamp}-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            traceback.print_exception(kind, error, trace, file=log)
        what = " ".join(f"{kind.__name__}: {error}".split())
        print(say("error.fault", what=what, file=Path(log.name)), file=sys.stderr)

    sys.excepthook = report
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = typer.main.get_command(app)
    translate(command, say)
    speaking(command, say)
    try:
        command(prog_name="siting")
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            # Whoever reads the help has enough.
            raise SystemExit(0) from None
        raise
    finally:
        # All is about to go: the collector would look through it several times first.
        gc.freeze()


def _open_streams() -> None:
    """Give every closed stream a place that swallows what is written, before another file gets its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - open as long as the process


def translate(command: Any, say: Text) -> None:
    """Replace the keys that stand in the place of help texts."""
    command.help = command.short_help = say(f"help.{command.help}")
    for parameter in command.params:
        key = {"install_completion": "completion_install", "show_completion": "completion_show"}.get(
            parameter.name, getattr(parameter, "help", None)
        )
        if key is not None:
            parameter.help = say(f"help.{key}")
    for child in getattr(command, "commands", {}).values():
        translate(child, say)
