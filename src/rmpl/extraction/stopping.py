"""Work that nobody waits for any more ends at the next step.

Who asks for work says when it is in vain; whatever takes long (a step of decoding, a picture, a
wait for a server) looks now and then. It is a context variable and no parameter, so that engines
and pipelines of others need to know nothing of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar


class StoppedError(Exception):
    """Nobody waits for this work any more. No mistake of anybody, so no ``RmplError``."""


_IN_VAIN: ContextVar[Callable[[], bool] | None] = ContextVar("in_vain", default=None)


@contextlib.contextmanager
def stopped_when(in_vain: Callable[[], bool]) -> Iterator[None]:
    """Let ``go_on`` within raise ``StoppedError`` as soon as ``in_vain`` returns true.

    It is called often, and from the thread that works.
    """
    token = _IN_VAIN.set(in_vain)
    try:
        yield
    finally:
        _IN_VAIN.reset(token)


def go_on() -> None:
    """Return if somebody waits for this work.

    Raises
    ------
    StoppedError
        If nobody does.
    """
    in_vain = _IN_VAIN.get()
    if in_vain is not None and in_vain():
        raise StoppedError
