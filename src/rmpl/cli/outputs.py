"""Lock the files a command writes until it ends."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from rmpl.errors import RmplError
from rmpl.io.locks import writing_file, writing_folder

P = ParamSpec("P")
T = TypeVar("T")

_held = contextlib.ExitStack()


def hold(*files: Path | None) -> None:
    """Lock output files until the command ends; called before any work is done.

    Folders that are missing are made, and removed again if nothing is written there.

    Raises
    ------
    RmplError
        If another process is writing one of them, or it cannot be written.
    """
    for file in files:
        if file is not None:
            _make_folder(file.parent)
            _held.enter_context(writing_file(file))


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RmplError(
            f"cannot be made ({error.strerror or error})",
            where=str(folder),
            remedy="choose another name",
        ) from error
    _held.callback(_remove_empty, missing)


def _remove_empty(folders: list[Path]) -> None:
    for one in folders:
        with contextlib.suppress(OSError):
            one.rmdir()


def hold_folder(folder: Path) -> None:
    """Lock an output folder until the command ends.

    Raises
    ------
    RmplError
        As ``hold``.
    """
    _held.enter_context(writing_folder(folder))


def releases_locks(command: Callable[P, T]) -> Callable[P, T]:
    """Make a command release its locks when it ends."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with _held:
            return command(*args, **kwargs)

    return run
