"""``python -m tests.guide.generate``: write again what the pages of the guide take from declarations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from siting import guide
from siting.instance import schema
from siting.maps import PROPERTIES
from siting.report import rulebook

from . import commands, python_api


def layers() -> str:
    """The layers of the map and their properties."""
    rows = ["| layer | property | unit | meaning |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {layer} | `{name}` | {unit} | {meaning} |"
        for layer, properties in PROPERTIES.items()
        for name, (unit, meaning) in properties.items()
    ]
    return "\n".join(rows)


GENERATED: dict[str, tuple[str, Callable[[], str]]] = {
    "reference/commands": ("commands", commands.markdown),
    "reference/format": ("format", schema.tables_markdown),
    "reference/map-layers": ("layers", layers),
    "reference/python": ("python", python_api.markdown),
    "reference/rules": ("rules", rulebook.markdown),
    "reference/settings": ("settings", schema.settings_markdown),
}
"""What stands between marks of a name in a page."""


def pattern(name: str) -> re.Pattern[str]:
    """The marks of a name, and what stands between them."""
    return re.compile(rf"(<!-- {name}: begin -->\n)(.*?)(<!-- {name}: end -->)", flags=re.DOTALL)


def main() -> None:
    """Write every page whose declarations say something else than it does."""
    for page, (name, made) in GENERATED.items():
        path = guide.FOLDER / f"{page}.md"
        text = path.read_text(encoding="utf-8")
        new = pattern(name).sub(lambda found, made=made: f"{found[1]}{made()}\n{found[3]}", text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(Path(path).name)


if __name__ == "__main__":
    main()
