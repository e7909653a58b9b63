"""The Python that commands run in: file names as UTF-8, docstrings kept, SIGTERM like Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn, TextIO

from rmpl.errors import RmplError

TERMINATED = 128 + signal.SIGTERM
_TRIED = "RMPL_INTERPRETER_CHANGED"
_NO_DOCSTRINGS = 2
_RANK = "LOCAL_RANK"
"""Set by torchrun, which ends its processes itself."""

_terminated = False


def in_suitable_python() -> None:
    """Start this command again where this Python cannot run it; this process then becomes it.

    Under an ASCII locale, names of files reach Python in a form that libraries cannot write; under
    ``PYTHONOPTIMIZE=2`` there are no docstrings, and transformers reads its own.

    Raises
    ------
    RmplError
        If that did not help.
    """
    is_utf8 = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"
    if is_utf8 and sys.flags.optimize < _NO_DOCSTRINGS:
        os.environ.pop(_TRIED, None)
        return
    if _TRIED in os.environ or not sys.executable or not hasattr(sys, "orig_argv"):
        raise RmplError(
            "this Python reads file names as ASCII, or was started without docstrings",
            remedy="set PYTHONUTF8=1, and leave out -OO and PYTHONOPTIMIZE=2",
        )
    os.environ[_TRIED] = "1"
    os.environ["PYTHONUTF8"] = "1"  # for the processes that it starts
    options = ["-X", "utf8"]
    if sys.flags.optimize >= _NO_DOCSTRINGS:
        os.environ["PYTHONOPTIMIZE"] = "1"
    given = ["-O" if one == "-OO" else one for one in sys.orig_argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, [sys.executable, *options, *given])  # noqa: S606 - no shell is wanted


def print_any_name(stream: TextIO) -> None:
    """Make a stream print names that are not UTF-8, with their bytes escaped."""
    if hasattr(stream, "reconfigure") and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")


def terminate_like_interrupt() -> None:
    """Answer SIGTERM like Ctrl-C; a second one ends the process at once."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL or _RANK in os.environ:
        return
    own = os.getpid()

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a handler's
        global _terminated  # noqa: PLW0603 - handlers return nothing
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != own:  # a forked child
            os.kill(os.getpid(), number)
        _terminated = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def was_terminated() -> bool:
    """Return whether this process was sent SIGTERM."""
    return _terminated
