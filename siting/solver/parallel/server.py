"""What the process that others are copied from imports first: it ends with its parent and takes a folder with it.

The folder of its socket is made by the process that wants copies, which deletes it at its end, but not when it is
killed. Libraries take seconds to import, and it looks for its parent meanwhile.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
from typing import Any

SOCKETS = "SITING_SOCKETS"
"""The variable that tells the process that others are copied from its parent and the folder."""

_LOOK_S = 1.0
_PROCESS = os.getpid()


def _delete(folder: str) -> None:
    # Not at the end of a copy.
    if os.getpid() == _PROCESS:
        shutil.rmtree(folder, ignore_errors=True)


def _stay_with(parent: int, folder: str) -> None:
    """Look for the parent now and then; a timer and no thread, since what has threads is not to be copied."""

    def look(number: int, frame: Any) -> None:
        if os.getppid() != parent and os.getpid() == _PROCESS:
            _delete(folder)
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)


if (_told := os.environ.pop(SOCKETS, None)) is not None:
    _parent, _, _folder = _told.partition(" ")
    atexit.register(_delete, _folder)
    _stay_with(int(_parent), _folder)
