"""The commands of ``siting`` in Markdown, from the declarations that the command line is made of."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from siting.cli import app, translate
from siting.locale import Text

_HIDDEN = {"help", "install_completion", "show_completion"}


def commands() -> dict[str, Any]:
    """Each command by its name, with help in English."""
    command = typer.main.get_command(app)
    translate(command, Text("en"))
    return dict(command.commands)  # type: ignore[attr-defined]


def options(command: Any) -> set[str]:
    """Every way to write an option of a command."""
    return {"--help"} | {name for p in command.params for name in (*p.opts, *p.secondary_opts) if name.startswith("-")}


def markdown() -> str:
    """A section for each command: how it is called, what it does, its arguments and options."""
    return "\n\n".join(_section(name, command) for name, command in commands().items())


def _section(name: str, command: Any) -> str:
    kinds = _kinds(name)
    shown = [p for p in command.params if p.name not in _HIDDEN]
    arguments = [p for p in shown if p.param_type_name == "argument"]
    called = " ".join(p.metavar if p.required else f"[{p.metavar}]" for p in arguments)
    lines = [f"## siting {name}", "", f"`{' '.join(filter(None, ('siting', name, called)))}`: {_help(command)}", ""]
    lines += ["| argument or option | default | what it does |", "| --- | --- | --- |"]
    lines += [f"| {_written(p, kinds[p.name])} | {_default(p)} | {_help(p)} |" for p in shown]
    return "\n".join(lines)


def _kinds(name: str) -> dict[str, tuple[Any, ...]]:
    """The types that each parameter of a command may have."""
    function = next(each.callback for each in app.registered_commands if each.name == name)
    assert function is not None
    return {name: get_args(kind) or (kind,) for name, kind in get_type_hints(function).items()}


def _written(parameter: Any, kinds: tuple[Any, ...]) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`"
    value = "" if parameter.is_flag else f" {parameter.metavar or _value(kinds)}"
    return ", ".join(f"`{name}{value}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _value(kinds: tuple[Any, ...]) -> str:
    """What stands for a value: its choices, or its type."""
    if issubclass(kinds[0], Enum):
        return "\\|".join(each.value for each in kinds[0])
    return {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(kinds[0], "TEXT")


def _default(parameter: Any) -> str:
    default = getattr(parameter.default, "value", parameter.default)
    if default is None or default is False or callable(default) or not parameter.show_default:
        return "required" if parameter.required else ""
    return f"`{default}`"


def _help(described: Any) -> str:
    """Help on one line, without what Markdown would take for a tag or the end of a cell."""
    return " ".join((described.help or "").split()).replace("|", "\\|").replace("<", "\\<")
