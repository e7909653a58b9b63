"""Reading annotation files: lines, JSON and its errors, with the place of every mistake."""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, cast

import msgspec

from rmpl.errors import RmplError

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
GZIP_LEVEL = 6
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, unpacked if it is gzipped, without a byte-order mark.

    Raises
    ------
    RmplError
        If there is no such file or it cannot be read.
    """
    with _named_errors(path):
        data = path.read_bytes()
    try:
        data = gzip.decompress(data) if data.startswith(GZIP) else data
    except _DAMAGED as error:
        raise _damaged(error, str(path)) from error
    return data.removeprefix(BOM)


def read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield ``(file:line, content)`` for every line that is not blank, unpacked if gzipped.

    Raises
    ------
    RmplError
        If there is no such file or it cannot be read.
    """
    with _named_errors(path), path.open("rb") as file:
        yield from lines_of(file, str(path))


def lines_of(file: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name:line, content)`` of an open file, see ``read_lines``.

    Raises
    ------
    RmplError
        If it is gzipped and damaged.
    """
    packed = cast("_Peekable", file).peek(len(GZIP)).startswith(GZIP)
    lines = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            content = (line.removeprefix(BOM) if number == 1 else line).strip()
            if content:
                yield f"{name}:{number}", content
    except _DAMAGED as error:
        raise _damaged(error, f"{name}:{number + 1}") from error


class _Peekable(Protocol):
    def peek(self, size: int, /) -> bytes: ...


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RmplError("no such file", where=str(path), remedy="check the path") from error
    except OSError as error:
        raise RmplError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def _damaged(error: Exception, where: str) -> RmplError:
    return RmplError(f"the gzip file is cut short or damaged ({error})", where=where)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears, or replaces another, only when it is complete.

    It is gzipped where its name ends in ``.gz``; the same content gives the same bytes.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            if path.suffix == ".gz":
                # No name and no time in the header, which would differ from run to run.
                with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield file
        partial.replace(path)
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})", where=str(path)
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw, where: str) -> T:
    """Decode JSON; whatever is wrong with it becomes one error that says where.

    Raises
    ------
    RmplError
        If ``data`` is not JSON, or not of the decoder's type.
    """
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RmplError(
            f"not a valid record ({error})",
            where=where + _line_of(str(error), data),
            remedy="compare it with the format's description in docs/formats.md",
        ) from error


def _line_of(message: str, data: bytes | msgspec.Raw) -> str:
    """Return ``:<line>`` where the message names a byte of a file of several lines."""
    place = re.search(r"\(byte (\d+)\)", message)
    if place is None or isinstance(data, msgspec.Raw) or b"\n" not in data.strip():
        return ""
    line = data.count(b"\n", 0, int(place[1])) + 1
    return f":{line}"


def repeated_keys(data: bytes, records: Collection[str], field: str) -> list[str]:
    """Return the keys of a JSON object of records that come more than once.

    A decoded ``dict`` has lost them: of two records with one key, the last stays.

    Parameters
    ----------
    data
        The object.
    records
        The keys of what was decoded from it.
    field
        A field that every record has: only where it comes more often than there are records, the
        object is parsed a second time, which takes long.
    """
    if data.count(f'"{field}"'.encode()) <= len(records):
        return []
    pairs: list[tuple[str, object]] = json.loads(data, object_pairs_hook=list)
    return [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector.

    Decoding millions of small objects that all stay alive makes the collector walk them again and
    again, which doubles the reading time of a large file and frees nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
