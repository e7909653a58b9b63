"""Files that a run or a model is made of: any fault of one is an error of one line.

They may be cut off, damaged, unreadable, not UTF-8 or nested deeper than any parser goes, because a
disk was full, a copy was interrupted, or somebody edited them.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.files import opened, read_bytes

T = TypeVar("T")

COPY_AGAIN = "copy or download the folder again"
_SEAL = "sha256"
"""The key of a JSON object's own digest."""
MOST = 2**24
"""Limit in bytes: the largest of these files have some hundred kilobytes."""
_SHOWN = 150


class FileDigest(msgspec.Struct, frozen=True):
    """The size in bytes and the SHA-256 of a file; it is empty where only the size is known."""

    size: int
    sha256: str


def saved_text(path: Path, remedy: str = COPY_AGAIN, *, most: int = MOST) -> str:
    """Return the text of a file.

    Raises
    ------
    RmplError
        If it cannot be read, is not UTF-8, or has more than ``most`` bytes.
    """
    content = saved_bytes(path, remedy, most=most)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(path, f"not UTF-8 ({error})", remedy) from error


def saved_json(path: Path, remedy: str = COPY_AGAIN, *, most: int = MOST) -> object:
    """Return what a JSON file holds.

    Raises
    ------
    RmplError
        As ``saved_text``, or if it is not JSON.
    """
    text = saved_text(path, remedy, most=most)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"not JSON ({error})", remedy) from error


def saved_object(path: Path, remedy: str = COPY_AGAIN, *, most: int = MOST) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises
    ------
    RmplError
        As ``saved_json``, or if it holds something else.
    """
    found = saved_json(path, remedy, most=most)
    if not isinstance(found, dict):
        raise _damaged(path, "no JSON object", remedy)
    return found


def check_shape(
    tree: object, kind: object, path: Path, what: str, remedy: str = COPY_AGAIN
) -> None:
    """Check that what a file holds has the keys that are used of it, of the right types.

    Raises
    ------
    RmplError
        If it does not; ``what`` is what a valid file is.
    """
    try:
        msgspec.convert(tree, cast("Any", kind))
    except msgspec.ValidationError as error:
        raise _damaged(path, f"not {what} ({error})", remedy) from error


def saved_record(path: Path, kind: type[T], known: str, what: str, remedy: str = COPY_AGAIN) -> T:
    """Return the record that a JSON file holds, which agrees with its digest if it has one.

    Parameters
    ----------
    path
        The file.
    kind
        The type of the record.
    known
        Its format, see ``formats.check_format``.
    what
        What the file is if it is valid, for messages: ``a calibration``.
    remedy
        What the user can do.

    Raises
    ------
    RmplError
        If it cannot be read, is something else, was changed, or is of a newer version.
    """
    content = saved_bytes(path, remedy)
    formats.check_format_of(content, known, str(path))
    try:
        found = msgspec.json.decode(content, type=kind)
        tree = json.loads(content)  # strings of unknown keys are not decoded by msgspec
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _damaged(path, f"not {what} ({error})", remedy) from error
    _check_seal(tree, path, remedy)
    return found


def sealed_record(record: msgspec.Struct, *, indent: int = 2) -> bytes:
    """Return a record as a JSON object that also holds the digest of its own content."""
    content = msgspec.to_builtins(record)
    sealed = {**content, _SEAL: _digest_of(content)}
    return msgspec.json.format(msgspec.json.encode(sealed), indent=indent)


def _check_seal(tree: object, path: Path, remedy: str) -> None:
    if not isinstance(tree, dict) or _SEAL not in tree:
        return
    if tree.pop(_SEAL) != _digest_of(tree):
        what = "its content was changed or damaged (its sha256 differs)"
        raise _damaged(path, what, f"{remedy}; if you changed it yourself, remove sha256")


def _digest_of(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def saved_bytes(path: Path, remedy: str = COPY_AGAIN, *, most: int = MOST) -> bytes:
    """Return the content of a file.

    Raises
    ------
    RmplError
        If it cannot be read, or has more than ``most`` bytes.
    """
    try:
        return read_bytes(path, most)
    except RmplError as error:
        raise RmplError(error.what, where=error.where, remedy=remedy) from error


def digest_of_file(path: Path) -> FileDigest:
    """Return the size and the SHA-256 of a file.

    Raises
    ------
    RmplError
        If it cannot be read.
    """
    with opened(path) as file:
        sha256 = hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()
        return FileDigest(file.tell(), sha256)


def difference(path: Path, recorded: FileDigest) -> str | None:
    """Return how a file differs from what was recorded of it, ``None`` if it does not.

    Raises
    ------
    RmplError
        If it cannot be read.
    """
    with opened(path) as file:
        size = file.seek(0, 2)
    if size != recorded.size:
        return f"{size:,} bytes instead of {recorded.size:,}"
    if recorded.sha256 and digest_of_file(path).sha256 != recorded.sha256:
        return "its content was changed or damaged (the SHA-256 differs)"
    return None


def _damaged(path: Path, what: str, remedy: str) -> RmplError:
    shown = what if len(what) <= _SHOWN else f"{what[:_SHOWN]}...)"
    return RmplError(shown, where=str(path), remedy=remedy)
