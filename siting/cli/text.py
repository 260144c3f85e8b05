"""What the command line says, in English and in Chinese."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from siting.errors import harmless

LANGUAGES = ("en", "zh")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Text:
    """Sentences of one language by key.

    Parameters
    ----------
    lang : str
        One of :data:`LANGUAGES`.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **values: Any) -> str:
        """The sentence ``section.name`` with its values filled in."""
        section, name = key.split(".", 1)
        known = {key: harmless(value) if isinstance(value, str) else value for key, value in values.items()}
        return messages(self.lang)[section][name].format(**known)

    def name(self, section: str, word: str) -> str:
        """The word of a section, or the word itself if it is a user's own."""
        return messages(self.lang)[section].get(word, word)


def in_language(text: str, lang: str) -> str:
    """A sentence about a user's mistake in a language; what has no translation is left in English.

    Parameters
    ----------
    text : str
        A :class:`siting.errors.Sentence`, or a text without values.
    lang : str
        One of :data:`LANGUAGES`.
    """
    if lang == "en":
        return str(text)
    template, values = getattr(text, "template", str(text)), getattr(text, "values", {})
    said = faults(lang).get(template)
    if said is None:
        return str(text)
    if not values:
        return said
    return said.format(**{k: in_language(v, lang) if isinstance(v, str) else v for k, v in values.items()})


@cache
def faults(lang: str) -> dict[str, str]:
    """Sentences about mistakes by their English template."""
    path = Path(__file__).parent.parent / "locale" / f"faults_{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def messages(lang: str) -> dict[str, dict[str, str]]:
    """Every sentence of a language, by section and name."""
    path = Path(__file__).parent.parent / "locale" / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


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
