"""Ctrl-C in training: the current step is finished and saved before the command ends."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from rmpl.runs.processes import world

NOTICE = "stopping after this step, which is saved; Ctrl-C again stops at once"


class Interruption(TrainerCallback):  # type: ignore[misc]
    """Stops training at the end of a step, with a checkpoint, once it was asked to."""

    def __init__(self) -> None:
        self._number: int | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save and stop, if that was asked for."""
        if self._number is not None:
            control.should_save = control.should_training_stop = True

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Answer the first Ctrl-C or SIGTERM at the end of a step; then as before this.

        Among several processes nothing changes: they would have to stop at the same step.
        """
        former = {} if world() > 1 else _handlers()

        def restore() -> None:
            for number, handler in former.items():
                signal.signal(number, handler)

        def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's
            restore()
            self._number = number
            sys.stderr.write(f"\n{NOTICE}\n")

        for number in former:
            signal.signal(number, ask)
        try:
            yield
        finally:
            restore()
        if self._number is not None:
            former[self._number](self._number, None)


def _handlers() -> dict[int, Any]:
    """Return the handlers of Ctrl-C and SIGTERM that are functions, by signal."""
    if threading.current_thread() is not threading.main_thread():
        return {}  # only the main thread may set any
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    return {int(number): handler for number, handler in found.items() if callable(handler)}
