"""Fonts that can write the labels, and what to do without one for Chinese."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

LATIN = ("Source Sans 3", "Noto Sans", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Source Han Sans",
    "Noto Sans CJK JP",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
    "Heiti TC",
    "STHeiti",
    "Arial Unicode MS",
    "Noto Serif CJK SC",
    "SimSun",
)
"""Families tried in this order. Of a collection (.ttc) the first face counts, which for Noto is the JP one; it holds
every simplified character."""

_FILES = ("notosanscjk", "notosanssc", "sourcehansans", "wqy", "msyh", "simhei", "pingfang", "simsun")


class FontWarning(UserWarning):
    """The picture is made, but not in the script that was asked for."""


def find_chinese() -> str | None:
    """Family of an installed font with Chinese characters, or None."""
    found = _first(CHINESE)
    if found is None:
        # matplotlib keeps a list of fonts from its first run: look for those installed since.
        for file in font_manager.findSystemFonts():
            if Path(file).name.lower().replace("-", "").startswith(_FILES):
                font_manager.fontManager.addfont(file)
        found = _first(CHINESE)
    return found


def families(lang: str) -> tuple[str, list[str]]:
    """Language that can be written, and the font families for it.

    Parameters
    ----------
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    tuple of str and list of str
        ``zh`` becomes ``en`` with a :class:`FontWarning` where no font has Chinese characters.
    """
    latin = [name for name in LATIN if name in _installed()][:1]
    chinese = find_chinese()
    if lang == "zh" and chinese is None:
        warnings.warn(
            "No font with Chinese characters was found, so the picture is labelled in English. Install one, for "
            "example the Debian package fonts-noto-cjk (apt-get install fonts-noto-cjk), and draw again.",
            FontWarning,
            stacklevel=2,
        )
        return "en", latin
    if chinese is None:
        return lang, latin
    return lang, [chinese, *latin] if lang == "zh" else [*latin, chinese]


def covers(names: list[str], text: str) -> bool:
    """Whether the fonts have a glyph for every character of the text."""
    tables = [_face(name) for name in names]
    return all(
        character.isspace() or any(table.get_char_index(ord(character)) for table in tables) for character in text
    )


@lru_cache
def _face(name: str) -> FT2Font:
    return FT2Font(font_manager.findfont(name, fallback_to_default=False))


def _installed() -> set[str]:
    return {entry.name for entry in font_manager.fontManager.ttflist}


def _first(names: tuple[str, ...]) -> str | None:
    installed = _installed()
    return next((name for name in names if name in installed), None)
