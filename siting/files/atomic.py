"""Files and folders that appear complete or not at all, and leave nothing behind when the process is killed."""

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
def replaced(target: Path, *, durable: bool = True) -> Iterator[Path]:
    """A draft folder that takes the place of the target when the block ends well, and vanishes when it does not.

    The files are on the disk before the names change. On Linux both folders change names in one step; elsewhere the
    old one is set aside for a moment, and the next run puts it back if the process was killed in that moment.

    Parameters
    ----------
    target : Path
        New, or a folder that may be deleted once the draft is complete.
    durable : bool
        Whether the files must be on the disk before; not where they are a part of a larger draft.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    clean(target)
    draft = _draft(target)
    draft.mkdir()
    held = _hold(draft)
    try:
        yield draft
        if durable:
            _sync(draft)
        _take_place(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if held is not None:
            os.close(held)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a link in its place is replaced and not followed."""
    clean(path)
    draft = _draft(path)
    # No one can have put a link there before: the name is random, and whatever has it makes this fail.
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(opened, "wb") as file:
            _lock(opened)
            file.write(content)
            file.flush()
            os.fsync(opened)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_names(path.parent)


def draft_prefix(path: Path) -> str:
    """How the names of its drafts begin."""
    return f".{path.name}.{_DRAFT}-"


def _draft(path: Path) -> Path:
    return path.with_name(draft_prefix(path) + secrets.token_hex(8))


def clean(target: Path) -> None:
    """Delete what killed processes left beside a file or folder, or put it back if it is all that there is.

    Parameters
    ----------
    target : Path
        Drafts of it that a living process holds are left alone, and so are links: none of them is ours.
    """
    beside = list(target.parent.iterdir()) if target.parent.is_dir() else []
    old, draft = f".{target.name}.{_OLD}-", draft_prefix(target)
    for path in beside:
        set_aside = path.name.startswith(old)
        if not (set_aside or path.name.startswith(draft)) or path.is_symlink():
            continue
        held = _hold(path)
        if held is None and not (set_aside and sys.platform == "win32"):
            continue
        if set_aside and not target.exists() and path.is_dir():
            path.rename(target)
        else:
            _delete(path)
        if held is not None:
            os.close(held)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


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
    """Lock a folder or file while this process lives; None if another process has it (or locks are not known)."""
    if sys.platform == "win32":
        return None
    try:
        # A link is not followed, and a pipe is not waited for.
        held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not _lock(held):
        os.close(held)
        return None
    return held


def _lock(opened: int) -> bool:
    """Lock an open file or folder; False if another process has it (or locks are not known)."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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
