"""Cancellation: work whose result nobody waits for stops at its next step.

The caller provides a condition; long operations (a decoding step, an image, waiting for a server)
check it regularly. It is a context variable, not a parameter, so that engines and pipelines of
others need not know about it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar


class StoppedError(Exception):
    """Nobody waits for this work any more; not an ``RmplError``, as it is no user's mistake."""


_IS_STOPPED: ContextVar[Callable[[], bool] | None] = ContextVar("is_stopped", default=None)


@contextlib.contextmanager
def stopped_when(is_stopped: Callable[[], bool]) -> Iterator[None]:
    """Make ``raise_if_stopped`` raise within this context once ``is_stopped`` returns true.

    ``is_stopped`` is called often, and from the working thread.
    """
    token = _IS_STOPPED.set(is_stopped)
    try:
        yield
    finally:
        _IS_STOPPED.reset(token)


def raise_if_stopped() -> None:
    """Return while somebody waits for this work.

    Raises
    ------
    StoppedError
        If nobody does.
    """
    is_stopped = _IS_STOPPED.get()
    if is_stopped is not None and is_stopped():
        raise StoppedError
