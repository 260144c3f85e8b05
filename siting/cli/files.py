"""Folders of studies: new, empty, or with the files of the same study and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from siting.errors import UsageError
from siting.text import Text


def folder_for(folder: str, files: Sequence[str], say: Text) -> Path:
    """The place to write the files of a study to.

    Raises
    ------
    UsageError
        If something else is there, or nothing can be written.
    """
    from siting.run import target_of

    target = Path(folder).resolve()
    if target.is_dir() and {path.name for path in target.iterdir()} == set(files):
        return target
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UsageError(say("error.not_study", folder=folder, files=", ".join(files)))
    return target_of(folder)
