"""Returns memory freed after large requests to the system."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
from collections.abc import Callable

AFTER_SECONDS = 1.0


class Trimmer:
    """Returns freed memory shortly after requests end, once for all that end together.

    The C library keeps freed memory between blocks in use: gigabytes after large images.
    """

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Schedule returning memory; called on the event loop."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(AFTER_SECONDS, self._start)

    def _start(self) -> None:
        self._timer = None
        # In a thread, since it takes some milliseconds; ctypes releases the GIL.
        asyncio.get_running_loop().run_in_executor(None, give_back)


def give_back() -> None:
    """Return freed memory to the system, if the C library can."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    with contextlib.suppress(OSError, AttributeError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None
