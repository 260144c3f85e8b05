"""A run that is not finished: the folder ``checkpoint`` in its run folder, from which it goes on after being killed.

``job.json`` says what was asked, ``instance/`` is a copy of the input, and ``progress.npz`` is what a solve period by
period has found so far; the solver of the whole keeps nothing. An earlier run in the same folder stays as it is until
the new one takes its place.

The folder is data, and may come from anyone: of files outside it knows the name and the hash only, and whoever goes on
gives them again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.errors import Sentence, SitingError, UsageError, sentences
from siting.files.atomic import locked, replaced
from siting.files.reading import MIB, parse_json, read_bytes, strangers
from siting.instance import file_digest

CHECKPOINT = "checkpoint"
_JOB, _PROGRESS, _INSTANCE = "job.json", "progress.npz", "instance"
_SCHEMA, _VERSION = "siting-unfinished", 2

Given = Mapping[str, Sequence[Path]]
"""Files by the option of the command line that names them."""


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
            shutil.copytree(self.folder, run / CHECKPOINT, symlinks=True)


def is_unfinished(run: Path) -> bool:
    """Whether there is nothing in a folder but a run that is not finished."""
    names = [path.name for path in run.iterdir()] if run.is_dir() else []
    return bool(names) and all(name == CHECKPOINT or name.startswith(f".{CHECKPOINT}.") for name in names)


def can_go_on(run: Path) -> bool:
    """Whether a run was stopped before its gap was proven, and knows how far it was."""
    return (run / CHECKPOINT / _PROGRESS).exists()


@contextmanager
def begun(
    run: Path, asked: Mapping[str, Any], given: Given, copy_instance: Callable[[Path], None]
) -> Iterator[Unfinished]:
    """A run from its beginning; what is left of it vanishes when it ends well, or for a mistake of the user.

    Parameters
    ----------
    run : Path
        Run folder.
    asked : mapping
        In types that JSON knows.
    given : mapping of str to sequence of Path
        Files that must be given again when the run goes on.
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
            "given": {
                option: [{"file": path.name, "sha256": file_digest(path)} for path in paths]
                for option, paths in given.items()
            },
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
def gone_on_with(run: Path, given: Given) -> Iterator[Unfinished]:
    """A run that goes on; what is left of it vanishes when it ends well.

    Parameters
    ----------
    run : Path
        Run folder.
    given : mapping of str to sequence of Path
        As of :func:`begun`.

    Raises
    ------
    UsageError
        If there is none, it is damaged, another process is at work on it, or not the same files are given.
    """
    folder = run / CHECKPOINT
    if not folder.is_dir():
        raise UsageError(
            Sentence(
                "There is nothing to go on with in {run!r}: no run was stopped there. Use siting solve.", run=str(run)
            )
        )
    for path in strangers(folder):
        raise UsageError(
            Sentence(
                "{value!r} is a link or no file: a checkpoint has none, so this one is not gone on with.",
                value=str(path),
            )
        )
    with _alone(folder):
        job = _read(folder)
        for option in sorted({*job["given"], *given}):
            _check(option, job["given"].get(option, []), given.get(option, ()))
        yield Unfinished(folder, job["asked"])
    _clear(run)


def _check(option: str, used: Sequence[Mapping[str, str]], given: Sequence[Path]) -> None:
    """Refuse other files than the run was begun with; the folder only knows their names and hashes."""
    for path in given:
        if not path.is_file():
            raise UsageError(Sentence("{option} {path}: there is no such file.", option=option, path=path))
    if [file_digest(path) for path in given] == [entry["sha256"] for entry in used]:
        return
    if not used:
        raise UsageError(Sentence("This run used no file with {option}: leave it out, or solve again.", option=option))
    files = ", ".join(f"{entry['file']} (sha256 {entry['sha256'][:16]}…)" for entry in used)
    again = " ".join(f"{option} {entry['file']}" for entry in used)
    rule = Sentence("This run used {files}, and it is not in the run folder.", files=files)
    if given:
        rule = Sentence("This run used {files}, and this is not it.", files=files)
    raise UsageError(sentences(rule, Sentence("Give the same again: {again}.", again=again)))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with locked(folder) as free:
        if not free:
            run = str(folder.parent)
            raise UsageError(
                Sentence("Another process is at work on {run!r}. Wait for it, or choose another folder.", run=run)
            )
        yield


def _read(folder: Path) -> dict[str, Any]:
    try:
        job = parse_json(read_bytes(folder / _JOB, MIB))
        fits = (job["schema"], job["schema_version"]) == (_SCHEMA, _VERSION)
        found = {"asked": dict(job["asked"]), "given": _given(job["given"])} if fits else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            Sentence(
                "{job!r} is damaged ({error}). Solve again from the beginning.", job=str(folder / _JOB), error=error
            )
        ) from error
    if not fits:
        raise UsageError(
            Sentence(
                "{folder!r} was written by another version of siting. Solve again from the beginning.",
                folder=str(folder),
            )
        )
    return found


def _given(files: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Names and hashes of files by option; the names are said and never opened."""
    found = {}
    for option, entries in files.items():
        found[option] = [{"file": Path(entry["file"]).name, "sha256": entry["sha256"]} for entry in entries]
        if not all(re.fullmatch("[0-9a-f]{64}", entry["sha256"]) for entry in found[option]):
            raise ValueError("a hash is none")
    return found


def _clear(run: Path) -> None:
    """Delete what no solve can go on with, and the run folder if nothing else is in it."""
    if not can_go_on(run):
        shutil.rmtree(run / CHECKPOINT, ignore_errors=True)
        if run.is_dir() and not any(run.iterdir()):
            run.rmdir()
