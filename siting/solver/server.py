"""What the process that others are copied from imports first: it takes the folder of its socket with it.

The folder is made by the process that wants copies, which deletes it at its end, but not when it is killed.
"""

from __future__ import annotations

import atexit
import os
import shutil

SOCKETS = "SITING_SOCKETS"
"""The variable that names the folder to the process that others are copied from."""

_PROCESS = os.getpid()


def _delete(folder: str) -> None:
    # Not at the end of a copy.
    if os.getpid() == _PROCESS:
        shutil.rmtree(folder, ignore_errors=True)


if (_folder := os.environ.pop(SOCKETS, None)) is not None:
    atexit.register(_delete, _folder)
