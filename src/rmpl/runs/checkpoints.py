"""Atomic checkpoints.

One is written into a folder of another name, its files are listed and flushed to the disk, and only
then it gets its name. A process may be killed at any moment: the last whole checkpoint stays.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from safetensors import SafetensorError

from rmpl.errors import RmplError
from rmpl.io.files import flush, flush_folder
from rmpl.io.regular import read_text
from rmpl.runs.folder import StageFolder

MANIFEST = "files.json"
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
            json.loads(read_text(checkpoint / _STATE))
            return None
        for name, size in json.loads(read_text(manifest)).items():
            if (checkpoint / name).stat().st_size != size:
                return f"{name} is cut off"
    except (OSError, ValueError, RmplError) as error:
        return f"it is not whole ({error})"
    return None


def seal(written: Path, folder: Path) -> Path:
    """Move a checkpoint that has just been written to its place in ``folder``; return the place."""
    files = [path for path in sorted(written.rglob("*")) if path.is_file()]
    sizes = {str(path.relative_to(written)): path.stat().st_size for path in files}
    manifest = written / MANIFEST
    manifest.write_text(json.dumps(sizes, indent=1), encoding="utf-8")
    flush(written)
    place = folder / written.name
    if place.exists():  # torn, or it would have been gone on from
        shutil.rmtree(place)
    written.rename(place)
    flush_folder(folder)
    return place


def copy_weights(checkpoint: Path, place: Path) -> None:
    """Copy the weights of a checkpoint and their configuration, without the training state."""
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
