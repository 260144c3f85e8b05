"""Folders that appear complete or not at all, and leave nothing behind when the process is killed."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_DRAFT, _OLD = "siting-draft", "siting-old"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """A draft folder that takes the place of the target when the block ends well, and vanishes when it does not.

    The files are on the disk before the names change. On Linux both folders change names in one step; elsewhere the
    old one is set aside for a moment, and the next run puts it back if the process was killed in that moment.

    Parameters
    ----------
    target : Path
        New, or a folder that may be deleted once the draft is complete.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    clean(target)
    draft = target.with_name(f".{target.name}.{_DRAFT}-{secrets.token_hex(4)}")
    draft.mkdir()
    held = _hold(draft)
    try:
        yield draft
        _sync(draft)
        _take_place(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if held is not None:
            os.close(held)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.{_DRAFT}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_names(path.parent)


def clean(target: Path) -> None:
    """Delete what killed processes left beside the target, or put it back if it is all that there is.

    Parameters
    ----------
    target : Path
        Drafts of it that a living process holds are left alone.
    """
    beside = list(target.parent.iterdir()) if target.parent.is_dir() else []
    for old in (path for path in beside if path.name.startswith(f".{target.name}.{_OLD}-")):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)
    for draft in (path for path in beside if path.name.startswith(f".{target.name}.{_DRAFT}-")):
        held = _hold(draft)
        if held is not None:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(held)


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder until the block ends; tells whether no other living process has it (or locks are not known)."""
    held = _hold(folder)
    try:
        yield held is not None or sys.platform == "win32" or not folder.exists()
    finally:
        if held is not None:
            os.close(held)


def _hold(folder: Path) -> int | None:
    """Lock a folder as long as this process lives; None if another process has it (or locks are not known)."""
    if sys.platform == "win32":
        return None
    try:
        held = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held


def _sync(folder: Path) -> None:
    """Have the disk hold every file and folder."""
    if sys.platform == "win32":
        return
    for place, _, files in os.walk(folder):
        for path in (*(os.path.join(place, name) for name in files), place):  # noqa: PTH118 - os.walk gives text
            opened = os.open(path, os.O_RDONLY)
            os.fsync(opened)
            os.close(opened)


def _take_place(draft: Path, target: Path) -> None:
    """Give the draft the name of the target; what was there before is deleted after that."""
    if not target.exists():
        draft.rename(target)
    elif not _exchange(draft, target):
        old = target.with_name(f".{target.name}.{_OLD}-{secrets.token_hex(4)}")
        target.rename(old)
        draft.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    _sync_names(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def _sync_names(folder: Path) -> None:
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)
