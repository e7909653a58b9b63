"""What a command writes: its own until it ends, so that no second one writes it, too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rmpl.io.locks import writing_file, writing_folder

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


@contextlib.contextmanager
def letting_go() -> Iterator[None]:
    """Let go, at the end, of all that a command holds."""
    try:
        yield
    finally:
        _held.close()
