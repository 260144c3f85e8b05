"""The language that a user wants: of the command line, or of the locale."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from siting.locale import LANGUAGES

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language(environment: Mapping[str, str] | None = None) -> str:
    """The language of the locale: Chinese for ``zh*``, else English.

    Parameters
    ----------
    environment : mapping, optional
        By default that of the process; the first of LC_ALL, LC_MESSAGES and LANG that is set counts.
    """
    known = os.environ if environment is None else environment
    chosen = next((known[name] for name in _VARIABLES if known.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def asked_language(arguments: Sequence[str]) -> str:
    """The language of a command line, before it is understood: ``--lang`` if it is given, else the locale's."""
    chosen = language()
    for argument, following in zip(arguments, [*arguments, ""][1:], strict=True):
        given = following if argument == "--lang" else argument.removeprefix("--lang=")
        if argument.startswith("--lang") and given in LANGUAGES:
            chosen = given
    return chosen
