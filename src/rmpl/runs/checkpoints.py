"""Atomic checkpoints.

One is written into a folder of another name, its files are listed with their digests and flushed to
the disk, and only then it gets its name. A process may be killed at any moment, and a file may be
damaged later: the last whole checkpoint is the one to resume from.
"""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from safetensors import SafetensorError

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.files import flush, flush_folder
from rmpl.io.saved import FileDigest, difference, digest_of_file, saved_bytes, saved_object
from rmpl.runs.folder import StageFolder

MANIFEST = "files.json"


class _Manifest(msgspec.Struct, frozen=True):
    """The files of a checkpoint."""

    files: dict[str, FileDigest]
    format: str = formats.FILES


_STATE = "trainer_state.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# safetensors and torch hide the number of the error in their texts.
_SAYS_FULL = re.compile(
    r"No space left|os error 28|os error 27|File too large|Disk quota|PytorchStreamWriter"
    r"|enforce fail at inline_container|unexpected pos"
)


def last_checkpoint(folder: Path, note: Callable[[str], None] | None = None) -> Path | None:
    """Return the newest complete checkpoint; ``note`` is called for newer damaged ones."""
    for checkpoint in reversed(StageFolder(folder).checkpoints()):
        damage = _damage(checkpoint)
        if damage is None:
            return checkpoint
        if note is not None:
            note(f"{checkpoint}: ignored, {damage}")
    return None


def _damage(checkpoint: Path) -> str | None:
    """Return what is wrong with a checkpoint, ``None`` if it is complete."""
    try:
        manifest = checkpoint / MANIFEST
        if not manifest.is_file():
            # Written by an earlier version, which left the state for last.
            saved_object(checkpoint / _STATE)
            return None
        for name, recorded in _read_manifest(manifest).items():
            found = difference(checkpoint / name, recorded)
            if found is not None:
                return f"{name}: {found}"
    except (OSError, RmplError) as error:
        return f"it is not whole ({error})"
    return None


def _read_manifest(path: Path) -> dict[str, FileDigest]:
    """Return size and digest of every file of a checkpoint; an earlier version wrote sizes only."""
    content = saved_bytes(path)
    formats.check_format_of(content, formats.FILES, str(path))
    try:
        try:
            return msgspec.json.decode(content, type=_Manifest).files
        except msgspec.ValidationError:
            sizes = msgspec.json.decode(content, type=dict[str, int])
            return {name: FileDigest(size, "") for name, size in sizes.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RmplError(f"not a list of files ({error})", where=str(path)) from error


def seal(written: Path, folder: Path) -> Path:
    """Move a checkpoint that has just been written to its place in ``folder``; return the place."""
    files = [path for path in sorted(written.rglob("*")) if path.is_file()]
    digests = {path.relative_to(written).as_posix(): digest_of_file(path) for path in files}
    manifest = written / MANIFEST
    manifest.write_bytes(msgspec.json.format(msgspec.json.encode(_Manifest(digests)), indent=1))
    flush(written)
    place = folder / written.name
    if place.exists():  # torn, or it would have been gone on from
        shutil.rmtree(place)
    written.rename(place)
    flush_folder(folder)
    return place


def copy_weights(checkpoint: Path, place: Path) -> None:
    """Copy the weights of a checkpoint and their configuration, without the training state.

    Raises
    ------
    RmplError
        If the checkpoint is damaged: it may have been the best one for a long time.
    """
    damage = _damage(checkpoint)
    if damage is not None:
        raise RmplError(
            f"the selected checkpoint is damaged ({damage})",
            where=str(checkpoint),
            remedy="delete the stage's folder and train it again",
        )
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for path in sorted(checkpoint.iterdir()):
        describes = path.suffix == ".json" and path.name not in {MANIFEST, _STATE}
        if path.suffix == ".safetensors" or describes:
            shutil.copyfile(path, place / path.name)


@contextlib.contextmanager
def writing(where: Path, kept: str) -> Iterator[None]:
    """Turn a full disk into one error line; ``kept`` says what is safe."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        number = getattr(error, "errno", None)
        if number not in _FULL and _SAYS_FULL.search(str(error)) is None:
            raise
        raise RmplError(
            "the disk is full (or its quota is used up)",
            where=str(where),
            remedy=f"make room and start again: {kept}",
        ) from error
