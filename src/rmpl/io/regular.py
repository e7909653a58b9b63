"""Opening regular files only: reading pipes and devices could block or never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from rmpl.errors import RmplError

_SHELL_PIPES = {Path("/dev/stdin"), Path("/proc/self/fd/0")}
_SHELL_PIPE_FOLDERS = {Path("/dev/fd"), Path("/proc/self/fd")}
_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read.

    A pipe passed by the shell (``<(...)`` or /dev/stdin) is accepted, too: it is already open, and
    only the user can name it.

    Raises
    ------
    RmplError
        If it is a pipe, a device or a socket.
    OSError
        If it does not exist, is a folder, or permission is denied.
    """
    if _is_shell_pipe(path):
        return path.open("rb")
    _check(path, path.stat())  # before opening: opening alone affects some devices
    handle = os.open(path, os.O_RDONLY | _NON_BLOCKING | getattr(os, "O_BINARY", 0))
    try:
        _check(path, os.fstat(handle))
        if _NON_BLOCKING:
            os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_text(path: Path, most: int = 2**24) -> str:
    """Return the text of a small UTF-8 file, such as a recipe.

    Raises
    ------
    RmplError
        If it is not a regular file, or has more than ``most`` bytes.
    OSError, UnicodeDecodeError
        If it cannot be read, or is not UTF-8.
    """
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise RmplError(f"a file of more than {most >> 20} MB", where=str(path))
    return data.decode("utf-8")


def _check(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise RmplError(
            "not a regular file (a pipe, a device or a socket)",
            where=str(path),
            remedy="save its output to a file, or use - (standard input) where supported",
        )


def _is_shell_pipe(path: Path) -> bool:
    if path not in _SHELL_PIPES and path.parent not in _SHELL_PIPE_FOLDERS:
        return False
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False
