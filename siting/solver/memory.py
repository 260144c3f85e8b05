"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Have the C library return what was freed; glibc keeps it, hundreds of megabytes once a year is compiled."""
    if sys.platform == "linux":
        # Other C libraries have no such function, and keep less.
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
