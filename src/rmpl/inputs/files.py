"""Reading text files of unknown content: size limits and encodings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.contained import is_file, size_of
from rmpl.io.files import read_bytes

OnUnreadable = Callable[[RmplError], None]
"""Called with the error for every unreadable input."""

MAX_BYTES = 32 * 2**20
"""Size limit of a text, unpacked. A thousand pages are about 3 million characters."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def path_name(path: Path) -> str:
    """Return a path as an id: with forward slashes, and undecodable bytes replaced."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def read_file(path: Path) -> bytes:
    """Return the content of a text file, unpacked if it is gzipped.

    Raises
    ------
    RmplError
        If it is not a file, cannot be read, is empty or too large.
    """
    where = path_name(path)
    if not is_file(path):
        raise RmplError(
            "not a readable file", where=where, remedy="is it a pipe, or a broken link?"
        )
    size = size_of(path)
    if size > MAX_BYTES:
        raise RmplError(
            f"a text of {size / 2**20:,.0f} MB",
            where=where,
            remedy=f"split it into parts of at most {MAX_BYTES >> 20} MB",
        )
    data = read_bytes(path, MAX_BYTES)
    if not data.strip():
        raise RmplError("an empty file", where=where)
    return data


def as_text(data: bytes, where: str) -> str:
    """Decode a text file: UTF-8, or UTF-16 with a byte-order mark (not counted in offsets).

    Raises
    ------
    RmplError
        If it is neither, or not text at all.
    """
    if data.startswith(_UTF16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise RmplError(f"not UTF-16 text (byte {error.start})", where=where) from error
    if b"\0" in data:
        raise RmplError("a binary file, not text", where=where, remedy="save it as plain text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RmplError(
            f"not UTF-8 text (byte {error.start})",
            where=where,
            remedy="convert it, for example with iconv -f latin1 -t utf-8",
        ) from error
