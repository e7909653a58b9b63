"""Reading annotation files: lines, JSON and its errors, with the place of every mistake."""

from __future__ import annotations

import contextlib
import gc
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from rmpl.errors import RmplError

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"


def read_bytes(path: Path) -> bytes:
    """Return the content of a file (``.gz`` is unpacked), without a byte-order mark.

    Raises
    ------
    RmplError
        If there is no such file or it cannot be read.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except FileNotFoundError as error:
        raise RmplError("no such file", where=str(path), remedy="check the path") from error
    except (OSError, EOFError, zlib.error) as error:
        raise RmplError(f"cannot be read ({error})", where=str(path)) from error
    return data.removeprefix(BOM)


def read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield ``(file:line, content)`` for every line that is not blank; ``.gz`` is unpacked.

    Raises
    ------
    RmplError
        If there is no such file or it cannot be read.
    """
    name = str(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                content = (line.removeprefix(BOM) if number == 1 else line).strip()
                if content:
                    yield f"{name}:{number}", content
    except FileNotFoundError as error:
        raise RmplError("no such file", where=str(path), remedy="check the path") from error
    except (OSError, EOFError, zlib.error) as error:
        raise RmplError(f"cannot be read ({error})", where=str(path)) from error


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
            where=where,
            remedy="compare it with the format's description in docs/formats.md",
        ) from error


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
