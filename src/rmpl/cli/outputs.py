"""What a command writes: its own until it ends, so that no second one writes it, too."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from rmpl.io.locks import writing_file, writing_folder

P = ParamSpec("P")
T = TypeVar("T")

_held = contextlib.ExitStack()


def hold(*files: Path | None) -> None:
    """Hold the right to write files until the command ends; ask before all work, not after it.

    Raises
    ------
    RmplError
        If another process writes one of them, or it cannot be written.
    """
    for file in files:
        if file is not None:
            _held.enter_context(writing_file(file))


def hold_folder(folder: Path) -> None:
    """Hold the right to write into a folder until the command ends.

    Raises
    ------
    RmplError
        As ``hold``.
    """
    _held.enter_context(writing_folder(folder))


def lets_go(command: Callable[P, T]) -> Callable[P, T]:
    """Make a command let go, at its end, of all that it holds."""

    @functools.wraps(command)
    def and_let_go(*args: P.args, **kwargs: P.kwargs) -> T:
        with _held:
            return command(*args, **kwargs)

    return and_let_go
