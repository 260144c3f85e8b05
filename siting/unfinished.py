"""A run that is not finished: the folder ``checkpoint`` in its run folder, from which it goes on after being killed.

``job.json`` says what was asked, ``instance/`` is a copy of the input, and ``progress.npz`` is what a solve period by
period has found so far; the solver of the whole keeps nothing. An earlier run in the same folder stays as it is until
the new one takes its place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.atomic import locked, replaced
from siting.errors import SitingError, UsageError
from siting.instance import file_digest

CHECKPOINT = "checkpoint"
_JOB, _PROGRESS, _INSTANCE = "job.json", "progress.npz", "instance"
_SCHEMA, _VERSION = "siting-unfinished", 1


@dataclass(frozen=True)
class Unfinished:
    """What is in the folder, and what was asked."""

    folder: Path
    asked: dict[str, Any]

    @property
    def instance(self) -> Path:
        """Copy of the instance."""
        return self.folder / _INSTANCE

    @property
    def progress(self) -> Path:
        """File of the solver; it is there if there is something to go on with."""
        return self.folder / _PROGRESS

    def copy_to(self, run: Path) -> None:
        """Have another draft of the run take it along, if the solve can go on."""
        if self.progress.exists():
            shutil.copytree(self.folder, run / CHECKPOINT)


def is_unfinished(run: Path) -> bool:
    """Whether there is nothing in a folder but a run that is not finished."""
    names = [path.name for path in run.iterdir()] if run.is_dir() else []
    return bool(names) and all(name == CHECKPOINT or name.startswith(f".{CHECKPOINT}.") for name in names)


def can_go_on(run: Path) -> bool:
    """Whether a run was stopped before its gap was proven, and knows how far it was."""
    return (run / CHECKPOINT / _PROGRESS).exists()


@contextmanager
def begun(
    run: Path, asked: Mapping[str, Any], rules: Sequence[Path], copy_instance: Callable[[Path], None]
) -> Iterator[Unfinished]:
    """A run from its beginning; what is left of it vanishes when it ends well, or for a mistake of the user.

    Parameters
    ----------
    run : Path
        Run folder.
    asked : mapping
        In types that JSON knows.
    rules : sequence of Path
        Files that must be the same when the run goes on.
    copy_instance : callable
        Gets the folder to be filled.

    Raises
    ------
    UsageError
        If another process is at work on the same run.
    """
    folder = run / CHECKPOINT
    with _alone(folder), replaced(folder) as draft:
        job = {
            "schema": _SCHEMA,
            "schema_version": _VERSION,
            "asked": dict(asked),
            "rules": {str(path): file_digest(path) for path in rules},
        }
        (draft / _JOB).write_text(json.dumps(job, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        copy_instance(draft / _INSTANCE)
    try:
        with _alone(folder):
            yield Unfinished(folder, dict(asked))
    except (SitingError, KeyboardInterrupt):
        _clear(run)
        raise
    _clear(run)


@contextmanager
def gone_on_with(run: Path) -> Iterator[Unfinished]:
    """A run that goes on; what is left of it vanishes when it ends well.

    Raises
    ------
    UsageError
        If there is none, it is damaged, another process is at work on it, or a file with rules has changed.
    """
    folder = run / CHECKPOINT
    if not folder.is_dir():
        raise UsageError(f"There is nothing to go on with in {str(run)!r}: no run was stopped there. Use siting solve.")
    with _alone(folder):
        job = _read(folder)
        for name, sha256 in job["rules"].items():
            if not Path(name).is_file() or file_digest(Path(name)) != sha256:
                raise UsageError(f"{name} is not as it was when the run was begun. Restore it, or solve again.")
        yield Unfinished(folder, job["asked"])
    _clear(run)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with locked(folder) as free:
        if not free:
            run = str(folder.parent)
            raise UsageError(f"Another process is at work on {run!r}. Wait for it, or choose another folder.")
        yield


def _read(folder: Path) -> dict[str, Any]:
    try:
        job = json.loads((folder / _JOB).read_text(encoding="utf-8"))
        fits = (job["schema"], job["schema_version"]) == (_SCHEMA, _VERSION)
        job = {"asked": dict(job["asked"]), "rules": dict(job["rules"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{str(folder / _JOB)!r} is damaged ({error}). Solve again from the beginning.") from error
    if not fits:
        raise UsageError(f"{str(folder)!r} was written by another version of siting. Solve again from the beginning.")
    return job


def _clear(run: Path) -> None:
    """Delete what no solve can go on with, and the run folder if nothing else is in it."""
    if not can_go_on(run):
        shutil.rmtree(run / CHECKPOINT, ignore_errors=True)
        if run.is_dir() and not any(run.iterdir()):
            run.rmdir()
