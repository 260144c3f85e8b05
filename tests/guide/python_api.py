"""The public names of ``siting`` in Markdown, from signatures and numpydoc docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import siting

ABOUT = {
    "COMPONENTS": "The functions `(m, p) -> None` that make the model; `[*siting.COMPONENTS, mine]` adds one.",
    "__version__": "The version of the package, as text.",
}
"""Of what has no docstring of its own."""


def markdown() -> str:
    """A section for each public name."""
    return "\n\n".join(_section(name, getattr(siting, name)) for name in siting.__all__)


def _section(name: str, thing: Any) -> str:
    head = f"## siting.{name}"
    if name in ABOUT:
        return f"{head}\n\n{ABOUT[name]}"
    if inspect.isclass(thing):
        parts = [head, *_described(thing)]
        for member, value in _members(thing):
            call = f"({_parameters(value)})" if callable(value) else ""
            parts += [f"### {name}.{member}{call}", *_described(value)]
        return "\n\n".join(parts)
    return "\n\n".join([head, f"```text\n{_call(name, thing)}\n```", *_described(thing)])


def _call(name: str, function: Any) -> str:
    """How a function is called; on several lines if one is too long."""
    line = f"siting.{name}({_parameters(function)})"
    if len(line) <= 110:
        return line
    return f"siting.{name}(\n    " + _parameters(function, ",\n    ") + ",\n)"


def _parameters(function: Any, between: str = ", ") -> str:
    shown, named = [], False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not named:
            shown.append("*")
            named = True
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(f"{stars}{parameter.name}{default}")
    return between.join(shown)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that are described."""
    for name, value in vars(kind).items():
        found = value.func if hasattr(value, "func") else value
        bare = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if not name.startswith("_") and (inspect.isfunction(bare) or isinstance(bare, property)) and bare.__doc__:
            yield name, bare


def _described(thing: Any) -> Iterator[str]:
    """The paragraphs of a docstring, with the sections of numpydoc as lists."""
    text = _as_markdown(inspect.getdoc(thing) or "")
    first, *sections = re.split(r"^(\w[\w ]*)\n-{3,}\n", text, flags=re.MULTILINE)
    yield first.strip()
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        yield f"**{title}**"
        yield "\n".join(_items(body.strip("\n")))


def _items(body: str) -> Iterator[str]:
    """``name : type`` with what follows it indented, as an item of a list."""
    for item in re.split(r"\n(?=\S)", body):
        head, _, about = item.partition("\n")
        name, colon, kind = head.partition(" : ")
        said = " ".join(about.split())
        yield f"- `{name.strip()}`" + (f" ({kind.strip()})" if colon else "") + (f": {said}" if said else "")


def _as_markdown(text: str) -> str:
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")
