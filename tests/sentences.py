"""Every sentence that is told to a user whose input is at fault, found in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import siting

PACKAGE = Path(siting.__file__).parent
_RAISED = {"UsageError", "Fault", "_damaged"}
_WITHOUT = {"synthetic"}


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _docstrings(tree: ast.AST) -> set[int]:
    """Texts that stand alone: no one is told them."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _is_sentence(text: str) -> bool:
    return len(text.split()) > 1 and text[-1:] in ".?"


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _found(path: Path) -> Iterator[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = _docstrings(tree)
    # The schema describes the format; it tells no one of a fault.
    inside = "instance" in path.relative_to(PACKAGE).parts and path.name != "schema.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) == "Sentence" and node.args:
            template = _text(node.args[0])
            if template is not None:
                yield template, node.lineno
        elif isinstance(node, ast.Call) and _name(node) in _RAISED:
            for part in ast.walk(node):
                text = _text(part)
                if text is not None and _is_sentence(text):
                    yield text, node.lineno
        elif inside and id(node) not in silent:
            text = _text(node)
            if text is not None and _is_sentence(text):
                yield text, getattr(node, "lineno", 0)


def files() -> list[Path]:
    """Files that may say something."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not _WITHOUT & set(path.parts)]


def templates() -> dict[str, str]:
    """Every template, and where it is."""
    return {text: f"{path.relative_to(PACKAGE)}:{line}" for path in files() for text, line in _found(path)}


def unfilled() -> list[str]:
    """Where a sentence is put together without a template, so that it has no other language."""
    found = []
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _name(call) in _RAISED:
                for part in ast.walk(call):
                    if isinstance(part, ast.JoinedStr):
                        static = "".join(_text(piece) or "" for piece in part.values)
                        if " " in static.strip():
                            found.append(f"{path.relative_to(PACKAGE)}:{part.lineno}: {ast.unparse(part)}")
    return found
