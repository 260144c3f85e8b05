"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Have the C library return what was freed; glibc keeps it, 360 of 890 MB once a year of ``china`` is compiled."""
    if sys.platform == "linux":
        # Other C libraries have no such function, and keep less.
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
