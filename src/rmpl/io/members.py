"""gzip files that grow: each part that is appended is a member of its own, readable at once."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from rmpl.errors import RmplError
from rmpl.io.files import GZIP_LEVEL

_BLOCK = 2**20
_ANY_HEADER = 31  # of zlib: a gzip header is expected


def member(content: bytes) -> bytes:
    """Return the bytes of a member; the same content gives the same bytes."""
    return gzip.compress(content, GZIP_LEVEL, mtime=0)


def whole_members(file: BinaryIO, where: str) -> Iterator[tuple[int, bytes]]:
    """Yield the end and the content of every complete member, from where the file stands.

    A truncated last member is not yielded.

    Raises
    ------
    RmplError
        If there is something else than members, or one is damaged; ``where`` names the file.
    """
    position, rest = file.tell(), b""
    while True:
        unpack, content, used = zlib.decompressobj(_ANY_HEADER), bytearray(), 0
        block = rest or file.read(_BLOCK)
        while block and not unpack.eof:
            try:
                content += unpack.decompress(block)
            except zlib.error as error:
                raise RmplError(
                    f"not in gzip format, or damaged ({error})",
                    where=where,
                    remedy="choose another file",
                ) from error
            used += len(block)
            block = b"" if unpack.eof else file.read(_BLOCK)
        if not unpack.eof:
            return
        rest = unpack.unused_data
        position += used - len(rest)
        yield position, bytes(content)
