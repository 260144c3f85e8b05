"""Imported first by the fork server: it ends with its parent and deletes the folder of its socket.

That folder is made by the parent, which deletes it at its end, but not when it is killed. Libraries take seconds to
import; the parent is watched meanwhile.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
from typing import Any

SOCKETS = "SITING_SOCKETS"
"""The environment variable that tells the fork server its parent and the folder."""

_LOOK_S = 1.0
_PROCESS = os.getpid()


def _delete(folder: str) -> None:
    # Not at the end of a fork.
    if os.getpid() == _PROCESS:
        shutil.rmtree(folder, ignore_errors=True)


def _stay_with(parent: int, folder: str) -> None:
    """Check for the parent once a second; by a timer, since a process with threads should not be forked."""

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
