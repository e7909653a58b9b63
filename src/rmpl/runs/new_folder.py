"""The folder that an export makes: it appears whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.folders import appearing_folder
from rmpl.io.locks import writing_file
from rmpl.runs.checkpoints import writing


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Make an empty folder that appears as ``out`` when it is complete.

    Raises
    ------
    RmplError
        If there is something of that name, it cannot be written, or the disk is full. Then nothing
        is left.
    """
    if out.exists() or out.is_symlink():
        raise RmplError(
            "there is something of that name already",
            where=str(out),
            remedy="give another folder, or remove it",
        )
    try:
        with writing(out, "nothing was written"):
            out.parent.mkdir(parents=True, exist_ok=True)
            with writing_file(out, folder=True), appearing_folder(out) as folder:
                yield folder
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})",
            where=str(out),
            remedy="choose a folder that you may write to; nothing was written",
        ) from error


def sizes_of(folder: Path) -> dict[str, int]:
    """Return the sizes in bytes of the files in a folder, by their names in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
