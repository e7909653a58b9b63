"""Reading lines and JSON with located errors and size limits, and atomic writing.

Only regular files are read, up to a size limit that is enforced while gzip is unpacked.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import io
import json
import os
import re
import secrets
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.io.contained import open_file
from rmpl.io.locks import hidden, is_marked, is_named, is_special, mark
from rmpl.io.regular import open_regular

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
GZIP_LEVEL = 6
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)

MAX_BYTES = 512 * 2**20
"""Limit for files read whole, unpacked. The largest annotation file is about 200 MB (SWiG)."""
MAX_LINE_BYTES = 64 * 2**20
"""Limit for one line, in bytes. A line is at most one document; 1,000 pages are about 3 MB."""
_BLOCK = 2**20


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """Return the content of a file, unpacked if it is gzipped, without a byte-order mark.

    Parameters
    ----------
    path
        A regular file.
    most
        Size limit in bytes, unpacked; no more than that is ever held in memory.

    Raises
    ------
    RmplError
        If the file does not exist, cannot be read, or is larger.
    """
    with opened(path) as file:
        return whole_of(file, str(path), most)


def whole_of(file: BinaryIO, name: str, most: int = MAX_BYTES) -> bytes:
    """Return the content of an open file, see ``read_bytes``; ``name`` is for messages.

    Raises
    ------
    RmplError
        If the file is damaged, or larger than ``most`` bytes.
    """
    content = io.BytesIO()
    try:
        source = unpacked(file)
        while block := source.read(_BLOCK):
            if content.tell() + len(block) > most:
                raise RmplError(
                    f"more than {most / 2**20:,.0f} MB{_decompressed_note(source, file)}",
                    where=name,
                    remedy="split it into smaller files",
                )
            content.write(block)
    except DAMAGED as error:
        raise damaged(error, name) from error
    return content.getvalue().removeprefix(BOM)


def read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield ``(file:line, content)`` for every non-blank line, unpacked if gzipped.

    Raises
    ------
    RmplError
        If the file does not exist, cannot be read, or has a line longer than ``MAX_LINE_BYTES``.
    """
    with opened(path) as file:
        yield from lines_of(file, str(path))


def lines_of(file: BinaryIO, name: str, most: int = MAX_LINE_BYTES) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name:line, content)`` of an open file, see ``read_lines``.

    Raises
    ------
    RmplError
        If the gzip stream is damaged, or a line has more than ``most`` bytes.
    """
    number = 0
    try:
        lines = unpacked(file)
        while line := lines.readline(most + 1):
            number += 1
            if len(line) > most:
                raise RmplError(
                    f"a line of more than {most / 2**20:,.0f} MB{_decompressed_note(lines, file)}",
                    where=f"{name}:{number}",
                    remedy="write one document per line",
                )
            content = (line.removeprefix(BOM) if number == 1 else line).strip()
            if content:
                yield f"{name}:{number}", content
    except DAMAGED as error:
        raise damaged(error, f"{name}:{number + 1}") from error


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file to read, or one within another (``rmpl.io.contained``).

    Raises
    ------
    RmplError
        If there is no such file, or reading it fails.
    """
    try:
        with open_file(path) as file:
            yield file
    except FileNotFoundError as error:
        raise RmplError("no such file", where=str(path), remedy="check the path") from error
    except OSError as error:
        raise RmplError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def unpacked(file: BinaryIO) -> BinaryIO:
    """Return an open file, unpacked while it is read if it is gzipped."""
    is_gzip = cast("_Peekable", file).peek(len(GZIP)).startswith(GZIP)
    return cast("BinaryIO", gzip.GzipFile(fileobj=file)) if is_gzip else file


def _decompressed_note(source: BinaryIO, file: BinaryIO) -> str:
    return "" if source is file else " when unpacked"


class _Peekable(Protocol):
    def peek(self, size: int, /) -> bytes: ...


def damaged(error: Exception, where: str) -> RmplError:
    """Return the error of a gzip file that raised one of ``DAMAGED``."""
    return RmplError(f"the gzip file is cut short or damaged ({error})", where=where)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for atomic writing: it replaces an existing one only when complete.

    It is gzipped if its name ends in ``.gz``; the same content gives the same bytes.

    Raises
    ------
    RmplError
        If it cannot be written; an existing file is left unchanged.
    """
    try:
        with appearing(path) as file:
            if path.suffix == ".gz":
                # No name or time in the header: they would differ from run to run.
                with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as compressed:
                    yield cast("BinaryIO", compressed)
            else:
                yield file
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})", where=str(path)
        ) from error


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Open a file like ``replacing``, but raise ``OSError`` as it is.

    Data goes to a hidden file with an unpredictable name in the same folder; symbolic links are
    never followed, and one at ``path`` is replaced. Pipes, devices and standard output are written
    to directly.
    """
    if is_special(path):
        with path.open("wb") as file:
            yield file
        return
    _remove_leftovers(path)
    with _partial(path) as (file, partial):
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
    flush_folder(path.parent)


_PARTIAL = "partial"


@contextlib.contextmanager
def _partial(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Create the temporary file; its lock marks it as in use rather than left over."""
    no_links = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        partial = path.with_name(hidden(path.name, f"{secrets.token_hex(8)}.{_PARTIAL}"))
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | no_links, 0o666)
        with os.fdopen(handle, "wb") as file:
            mark(handle)
            # Before it was locked, another process may have taken it for a leftover.
            if is_named(handle, partial):
                yield file, partial
                return


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files left by killed processes: those that are not locked."""
    named = re.compile(re.escape(hidden(path.name, "")) + rf"[0-9a-f]{{16}}\.{_PARTIAL}")
    with contextlib.suppress(OSError):
        for other in path.parent.iterdir():
            if named.fullmatch(other.name):
                _remove_unlocked(other)


def _remove_unlocked(partial: Path) -> None:
    with contextlib.suppress(OSError, RmplError), open_regular(partial) as file:
        if not partial.is_symlink() and not is_marked(file.fileno()):
            partial.unlink()


def write_file(path: Path, data: bytes | str) -> None:
    """Write a file as ``appearing`` does: it is there in full, old or new, at every moment."""
    with appearing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def flush(path: Path) -> None:
    """Flush a file, or a folder and every file below it, to the disk."""
    for one in (*sorted(path.rglob("*")), path):
        _flush(one)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Flush a folder entry to disk, on platforms where folders can be opened."""
    with contextlib.suppress(OSError):
        _flush(folder)


def decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw, where: str) -> T:
    """Decode JSON; any failure becomes one error with its location.

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
            remedy="compare it with the format in docs/formats.md",
        ) from error


def _line_of(message: str, data: bytes | msgspec.Raw) -> str:
    """Return ``:<line>`` if the message names a byte of a multi-line file."""
    place = re.search(r"\(byte (\d+)\)", message)
    if place is None or isinstance(data, msgspec.Raw) or b"\n" not in data.strip():
        return ""
    line = data.count(b"\n", 0, int(place[1])) + 1
    return f":{line}"


def repeated_keys(data: bytes, records: Collection[str], field: str) -> list[str]:
    """Return the repeated keys of a JSON object of records.

    A decoded ``dict`` no longer shows them: only the last record of a key remains.

    Parameters
    ----------
    data
        The object.
    records
        The keys that were decoded from it.
    field
        A field that every record has. The object is parsed a second time, which is slow, only if
        the field occurs more often than there are records.
    """
    if data.count(f'"{field}"'.encode()) <= len(records):
        return []
    pairs: list[tuple[str, object]] = json.loads(data, object_pairs_hook=list)
    return [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector.

    When millions of small objects are decoded and all stay alive, the collector traverses them
    repeatedly: that doubles the reading time of a large file and frees nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
