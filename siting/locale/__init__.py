"""What people are told, in English and in Chinese: sentences by key, and mistakes by their English template."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from siting.errors import harmless

LANGUAGES = ("en", "zh")


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
    path = Path(__file__).parent / f"faults_{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def messages(lang: str) -> dict[str, dict[str, str]]:
    """Every sentence of a language, by section and name."""
    path = Path(__file__).parent / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
