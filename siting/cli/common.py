"""What every command shares: options, consoles, and how mistakes are reported."""

from __future__ import annotations

import errno
import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from siting.cli.exits import BAD_INPUT, NO_PLAN, SOLVED
from siting.cli.language import asked_language
from siting.errors import InputError, SitingError, UsageError, harmless
from siting.locale import Text, in_language
from siting.locale.lines import fault_lines

if TYPE_CHECKING:
    from rich.console import Console

    from siting.problem import Problem

_OF_THE_SYSTEM = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.ENAMETOOLONG}
"""Errors of the operating system that a user can mend."""

_PIPED_WIDTH = 200


class Lang(StrEnum):
    """Languages of the command line."""

    en = "en"
    zh = "zh"


class Way(StrEnum):
    """Strategies of a solve."""

    auto = "auto"
    whole = "whole"
    decomposed = "decomposed"


LangOption = Annotated[Lang | None, typer.Option("--lang", help="lang", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="json")]
BaseOption = Annotated[str | None, typer.Option("--base", help="base", show_default=False)]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="set", metavar="SECTION.KEY=VALUE", show_default=False)
]
PresetOption = Annotated[list[str] | None, typer.Option("--preset", help="preset", metavar="NAME", show_default=False)]
WorkersOption = Annotated[int, typer.Option("--workers", min=0, help="solve_workers")]
ClusterOption = Annotated[str | None, typer.Option("--cluster", help="cluster", metavar="ADDRESS", show_default=False)]
PeriodsOption = Annotated[
    str | None, typer.Option("--periods", help="periods", metavar="COUNT[xHOURS]", show_default=False)
]
StageOption = Annotated[int | None, typer.Option("--stage", help="stage", metavar="YEAR", show_default=False)]
InstanceArgument = Annotated[str, typer.Argument(help="instance", metavar="INSTANCE", show_default=False)]
RunArgument = Annotated[str, typer.Argument(help="run", metavar="RUN", show_default=False)]

P = ParamSpec("P")


def speaker(lang: Lang | None) -> Text:
    """Sentences in the language asked for, wherever ``--lang`` stands, or in the locale's."""
    return Text(lang.value if lang is not None else asked_language(sys.argv[1:]))


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """A command that ends with the exit code it returns, and says what a user can mend without a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        lang = kwargs.get("lang")
        say = speaker(lang if isinstance(lang, Lang) else None)
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except SitingError as error:
            print_error(error, say)
            code = BAD_INPUT
        except KeyboardInterrupt:
            warn(say("error.interrupted"))
            code = NO_PLAN
        except BrokenPipeError:
            # Whoever reads the output has enough; what is still in the buffer goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = SOLVED
        except OSError as error:
            if error.errno == errno.ENOENT and _nowhere():
                what = say("error.nowhere")
            elif error.errno in _OF_THE_SYSTEM:
                what = say("error.system", file=error.filename, what=error.strerror)
            else:
                raise
            warn(say("error.one", what=what))
            code = BAD_INPUT
        raise typer.Exit(code)

    return run


def _nowhere() -> bool:
    """Whether the working directory has been deleted."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def print_error(error: SitingError, say: Text) -> None:
    """One error in a line; many faults as a list."""
    if isinstance(error, InputError):
        warn(say("error.many", count=len(error.faults)))
        for line in fault_lines(error.faults, say):
            warn(f"  - {line}")
    else:
        warn(say("error.one", what=in_language(error.args[0] if error.args else "", say.lang)))


def warn(line: str) -> None:
    """A line on stderr."""
    print(harmless(line), file=sys.stderr, flush=True)


def workers_get_ready(workers: int | None, cluster: str | None = None) -> None:
    """Have those of this machine, if there will be any, import libraries while this process does."""
    if (workers or os.cpu_count() or 1) > 1 and not cluster:
        from siting.solver.parallel.processes import context

        context()


def pairs(option: str, given: Iterable[str] | None, form: str, say: Text) -> dict[str, str]:
    """``name=value`` options as a dictionary.

    Raises
    ------
    UsageError
        If one has no name or no equals sign.
    """
    found = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise UsageError(say("error.set_form", option=option, value=item, form=form))
        found[name.strip()] = value.strip()
    return found


def periods_said(section: Mapping[str, Any], say: Text) -> str:
    """What the ``periods`` of a result say: so many typical ones, or days in calendar order, in so many blocks."""
    count, hours = section["count"], section["hours"]
    if not section.get("in_order", False):
        return say("value.periods", count=count, hours=hours)
    days = count * hours // 24
    return say("value.one_block" if count == 1 else "value.blocks", days=days, count=count, each=hours // 24)


def count_and_hours(periods: str | None, say: Text) -> tuple[int | None, int | None]:
    """What ``--periods`` says: ``12`` are days, ``52x168`` are weeks; None: the instance's.

    Raises
    ------
    UsageError
        If it says something else.
    """
    if periods is None:
        return None, None
    count, times, hours = periods.lower().partition("x")
    if not (count.isdecimal() and (hours.isdecimal() if times else True)):
        raise UsageError(say("error.periods_form", value=periods))
    return int(count), int(hours) if times else 24


def about(problem: Problem, schema: str, version: int, sha256: str) -> dict[str, Any]:
    """How the JSON document of a study begins: its form, and the instance by name and digest."""
    from siting import __version__

    instance = problem.settings.instance
    return {
        "schema": schema,
        "schema_version": version,
        "version": __version__,
        "instance": {
            "name": instance.name,
            "title_en": instance.title_en,
            "title_zh": instance.title_zh,
            "sha256": sha256,
        },
        "currency": instance.currency,
    }


def chosen_settings(changes: Iterable[str] | None, presets: Iterable[str] | None, say: Text) -> dict[str, str]:
    """What ``--set`` and ``--preset`` change; ``--preset all`` is every preset.

    Raises
    ------
    UsageError
        If a preset does not exist, or ``--set policy.presets`` says something else.
    """
    settings = pairs("--set", changes, "section.key=value", say)
    wanted = list(dict.fromkeys(presets or ()))
    if not wanted:
        return settings
    from siting.problem.presets import PRESETS

    known = [preset.name for preset in PRESETS]
    for name in wanted:
        if name not in (*known, "all"):
            raise UsageError(say("error.no_preset", name=name, names=", ".join(known)))
    if "policy.presets" in settings:
        raise UsageError(say("error.presets_twice"))
    names = known if "all" in wanted else [name for name in known if name in wanted]
    return settings | {"policy.presets": json.dumps(names)}


def console() -> Console:
    """Console for tables: as wide as the terminal; wide enough for every column in a file or pipe."""
    from rich.console import Console

    class Plain(Console):
        """A console on which names are names and no markup."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Plain(width=width, highlight=False, markup=False, emoji=False)
