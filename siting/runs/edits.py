"""Rules of the user's own: ``--edit rules.py`` as a component of the model."""

from __future__ import annotations

import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from siting.errors import Sentence, UsageError

if TYPE_CHECKING:
    from siting.model.build import Component


def read_edit(path: Path) -> Component:
    """The function ``add(m, p)`` of a file.

    Parameters
    ----------
    path : Path
        Python file; modules beside it can be imported.

    Returns
    -------
    callable
        Raises UsageError with file and line where the user's function fails.

    Raises
    ------
    UsageError
        If the file is missing, does not run, or has no such function.
    """
    if not path.is_file():
        raise UsageError(Sentence("--edit {file}: there is no such file.", file=path))
    return _edit(path, path.read_bytes())


def _edit(path: Path, content: bytes) -> Edit:
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    # Last, so that a file of the user's does not hide a library.
    sys.path.append(str(path.parent.resolve()))
    try:
        # Compiled here, because importing would leave a cache folder beside the user's file.
        exec(compile(content, str(path), "exec"), vars(module))
    except (UnicodeDecodeError, SyntaxError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageError(
            Sentence("--edit {file}, line {line}: {what}", file=path, line=line, what=_what(error))
        ) from error
    except (Exception, SystemExit) as error:
        raise UsageError(
            Sentence("--edit {file}, line {line}: {what}", file=path, line=_line(error, path), what=_what(error))
        ) from error
    add = getattr(module, "add", None)
    if not callable(add):
        raise UsageError(Sentence("--edit {file}: it must define a function add(m, p).", file=path))
    try:
        inspect.signature(add).bind(None, None)
    except TypeError as error:
        raise UsageError(
            Sentence("--edit {file}: add must take two arguments, the model and the problem: add(m, p).", file=path)
        ) from error

    return Edit(path, content, add)


class Edit:
    """A user's function as a component; it travels to other processes and machines as the text of its file.

    Parameters
    ----------
    path : Path
        Where it is from.
    content : bytes
        The file.
    add : callable
        The function.
    """

    def __init__(self, path: Path, content: bytes, add: Component) -> None:
        self.path, self.content, self.add = path, content, add

    def __call__(self, m: Any, p: Any) -> None:
        """Call it; UsageError with file and line where it fails."""
        try:
            self.add(m, p)
        except (Exception, SystemExit) as error:
            line = _line(error, self.path)
            raise UsageError(
                Sentence("--edit {file}, line {line}: add failed: {what}", file=self.path, line=line, what=_what(error))
            ) from error

    def __reduce__(self) -> Any:
        return _edit, (self.path, self.content)


def _line(error: BaseException, path: Path) -> int:
    """The last line of the user's file that was running."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return frames[-1].lineno or 1 if frames else 1


def _what(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(said.split())}"
