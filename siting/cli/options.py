"""Errors of options and arguments in the user's language: the library that reads the command line speaks English."""

from __future__ import annotations

import re
from typing import Any

from siting.locale import Text, in_language

MESSAGES = (
    "No such option: {name} Did you mean {meant}?",
    "No such option: {name} (Possible options: {meant})",
    "No such option: {name}",
    "No such command {name} Did you mean {meant}?",
    "No such command {name}.",
    "Missing command.",
    "Missing argument {name}.",
    "Missing option {name}.",
    "Missing parameter: {name}",
    "Got unexpected extra argument(s) ({names})",
    "Got unexpected extra argument ({names})",
    "Got unexpected extra arguments ({names})",
    "Option {name} requires an argument.",
    "Option {name} requires {count} arguments.",
    "Option {name} does not take a value.",
    "Invalid value for {name}: {what}",
    "Invalid value: {what}",
    "Value error, {what}",
    "{value} is not one of {choices}.",
    "{value} is not in the range {range}.",
    "{value} is not a valid {kind}.",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a finite number",
    "Input should be a valid boolean, unable to interpret input",
    "Input should be greater than or equal to {limit}",
    "Input should be less than or equal to {limit}",
    "Input should be greater than {limit}",
    "Input should be less than {limit}",
    "Input should be {choices}",
)
"""What the library says, the particular before the general."""


def option_error(message: str, lang: str) -> str:
    """A message of the library in a language; what is unknown stays as it is."""
    line = " ".join(message.split())
    for template in MESSAGES if lang != "en" else ():
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+)" for i, part in enumerate(parts))
        found = re.fullmatch(pattern, line)
        if found:
            values = {name: option_error(value, lang) for name, value in found.groupdict().items()}
            return in_language(template, lang).format(**values) if values else in_language(template, lang)
    return message if lang == "en" else line


def speaking(command: Any, say: Text) -> None:
    """Make a command tell errors of its options in the language."""
    if say.lang == "en":
        return
    for name in ("make_context", "invoke"):
        setattr(command, name, _translating(getattr(command, name), say))


def _translating(call: Any, say: Text) -> Any:
    def translated(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except Exception as error:
            told = getattr(error, "format_message", None)
            if told is not None:
                message = option_error(told(), say.lang)
                vars(error)["format_message"] = lambda: message
                _name_panels(say)
            raise

    return translated


def _name_panels(say: Text) -> None:
    from typer import rich_utils

    rich_utils.ERRORS_PANEL_TITLE = say("error.panel")
    rich_utils.RICH_HELP = say("error.try_help")
