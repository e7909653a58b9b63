"""Memory that a large request took goes back to the system."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
from collections.abc import Callable

AFTER_SECONDS = 1.0


class Trimmer:
    """Gives freed memory back a moment after requests ended, however many ended in that moment.

    The C library keeps what is freed between blocks in use: gigabytes after large pictures.
    """

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Give memory back in a moment; called on the event loop."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(AFTER_SECONDS, self._start)

    def _start(self) -> None:
        self._timer = None
        # In a thread of its own: it takes some milliseconds, and ctypes lets others work.
        asyncio.get_running_loop().run_in_executor(None, give_back)


def give_back() -> None:
    """Give freed memory back to the system, where the C library can."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    with contextlib.suppress(OSError, AttributeError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None
