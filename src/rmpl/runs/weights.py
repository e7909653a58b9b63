"""Weight files: safetensors metadata, and recognising pickled files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.files import appearing

_LENGTH_BYTES = 8
_MOST_HEADER = 100_000_000
_METADATA = "__metadata__"
_PICKLED_NAMES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz"}
_PICKLED_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def is_pickled(path: Path) -> bool:
    """Return whether a file is, or may hold, a pickle: loading one can run any program."""
    if path.suffix.lower() in _PICKLED_NAMES:
        return True
    with path.open("rb") as file:
        return file.read(4).startswith(_PICKLED_STARTS)


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises
    ------
    RmplError
        If it is no safetensors file.
    """
    return dict(_read_header(path).get(_METADATA, {}))


def add_metadata(path: Path, about: Mapping[str, str]) -> None:
    """Add entries to the metadata of a safetensors file; its tensors do not change.

    The file is written beside itself and then put in its place, so it is whole at every moment.
    """
    header = _read_header(path)
    wanted = {**header.get(_METADATA, {}), **about}
    if wanted == header.get(_METADATA):
        return
    text = json.dumps({**header, _METADATA: wanted}, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    with path.open("rb") as source, appearing(path) as target:
        length = int.from_bytes(source.read(_LENGTH_BYTES), "little")
        source.seek(_LENGTH_BYTES + length)
        target.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        shutil.copyfileobj(source, target, 2**24)


def _read_header(path: Path) -> dict[str, dict[str, str]]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            header = json.loads(file.read(length)) if length < _MOST_HEADER else None
    except (ValueError, RecursionError):
        header = None
    except OSError as error:
        raise RmplError(
            f"cannot be read ({error.strerror or error})", where=str(path), remedy="copy it again"
        ) from error
    if not isinstance(header, dict):
        raise RmplError("no safetensors file", where=str(path), remedy="copy it again")
    return header
