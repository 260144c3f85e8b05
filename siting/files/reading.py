"""Reading what others have made: plain files of a folder and no more than fits; a folder is data, whoever made it.

A file may be a pipe, a device or a link out of its folder, name other files, or hold a few kilobytes that unpack to
many gigabytes. Whoever reads a file of an instance or a run reads it with these functions.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

MIB = 1 << 20
SETTINGS_MOST, TABLE_MOST, SERIES_MOST, MAP_MOST, RESULT_MOST = 4 * MIB, 64 * MIB, 512 * MIB, 128 * MIB, 64 * MIB
"""Most bytes of ``instance.toml``, of a table, of an hourly series (unpacked), of a base map, of a JSON document."""


class UnsafeError(ValueError):
    """A file that is not read: what it is instead of a plain file of a bearable size."""


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a plain file.

    Parameters
    ----------
    path : Path
        Opened without waiting, as a pipe would make us.
    most : int
        Bytes.

    Raises
    ------
    UnsafeError
        If it is a folder, a pipe or a device, or larger.
    OSError
        If it cannot be opened.
    """
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    kind = os.fstat(opened)
    if not stat.S_ISREG(kind.st_mode):
        os.close(opened)
        raise UnsafeError(f"{path.name} is a {'folder' if stat.S_ISDIR(kind.st_mode) else 'pipe or a device'}")
    with os.fdopen(opened, "rb") as file:
        content = file.read(most + 1) if kind.st_size <= most else b""
    if kind.st_size > most or len(content) > most:
        raise UnsafeError(f"{path.name} is larger than {most // MIB:,} MiB")
    return content


def gunzip(data: bytes, most: int) -> bytes:
    """Unpack gzip.

    Raises
    ------
    UnsafeError
        If it unpacks to more bytes.
    ValueError
        If it is not gzip, or ends too early.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    if len(found) > most:
        raise UnsafeError(f"it unpacks to more than {most // MIB:,} MiB")
    return found


def parse_json(content: bytes | str) -> Any:
    """A JSON document.

    Raises
    ------
    ValueError
        If it is none, or nested too deeply.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise UnsafeError("it is nested too deeply") from error


def is_within(folder: Path, path: Path) -> bool:
    """Whether a path stays inside a folder, wherever links lead."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links in a ring, a name that no file can have
        return False


def is_inner_name(name: str) -> bool:
    """Whether a name that a file gives is that of a file below a folder: relative, without ``..``, on any system."""
    windows = PureWindowsPath(name)
    rooted = bool(windows.drive or windows.root or PurePath(name).is_absolute())
    return not rooted and ".." not in windows.parts and "\0" not in name


def strangers(folder: Path) -> Iterator[Path]:
    """What a folder of ours never holds: links, pipes, devices, at any depth. A folder that is a link is its own."""
    if folder.is_symlink():
        yield folder
        return
    for place, folders, files in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *files)):
            kind = path.lstat().st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                yield path


def arrays_of(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an ``npz`` file as :func:`numpy.savez` writes it: not packed, no Python objects.

    Raises
    ------
    ValueError
        If it is none, or an array says that it is larger than its part of the file.
    """
    found = {}
    try:
        with ZipFile(io.BytesIO(content)) as parts:
            every = parts.infolist()
            if sum(part.file_size for part in every) > len(content):
                raise UnsafeError("it says that it holds more than it does")
            for part in every:
                if part.compress_type != ZIP_STORED:
                    raise UnsafeError("a part of it is packed")
                found[part.filename.removesuffix(".npy")] = _array(parts.read(part))
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, MemoryError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    return found


def _array(content: bytes) -> npt.NDArray[Any]:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise UnsafeError("an array has an unknown form")
    shape, by_column, dtype = read(stream)
    body = content[stream.tell() :]
    # In Python's numbers, which do not overflow.
    count = 1
    for size in shape:
        count *= int(size)
    if dtype.hasobject or any(size < 0 for size in shape) or count * dtype.itemsize != len(body):
        raise UnsafeError("an array is not as large as it says")
    return np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if by_column else "C").copy()
