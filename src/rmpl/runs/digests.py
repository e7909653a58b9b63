"""Size and digest of every file that loading a finished stage reads.

They are kept in the stage's ``trained.json`` and compared before anything is loaded: a changed byte
of a weight or of a tokenizer loads without a word and answers otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rmpl.errors import RmplError
from rmpl.io.saved import FileDigest, difference, digest_of_file
from rmpl.runs.folder import StageFolder, Trained

_READ = {".json", ".jinja", ".txt", ".model", ".safetensors"}
_REMEDY = (
    "copy or download the run again, or train it again into another folder; if you changed the "
    "file yourself, remove files and sha256 from {}"
)


def files_of(stage: Path, trained: Trained) -> dict[str, FileDigest]:
    """Return what a stage's record says of its files, by their paths from the stage's folder.

    They are those of its adapters, and of its base if that is a folder of the run.
    """
    return {
        Path(os.path.relpath(path, stage)).as_posix(): digest_of_file(path)
        for folder in _folders(stage, trained)
        for path in sorted(folder.iterdir())
        if path.suffix in _READ and path.is_file()
    }


def check_files(stage: StageFolder, trained: Trained, within: Path | None = None) -> None:
    """Check the files of a finished stage, or those of one folder of it, against its record.

    Nothing happens for a stage of version 0.1, whose record names no files.

    Raises
    ------
    RmplError
        If one is missing, cannot be read, or differs from what training has written.
    """
    for name, recorded in trained.files.items():
        path = stage.path / name
        if not _is_inside(name):
            raise RmplError(
                f"files names {name!r:.80}, which is not within the run",
                where=str(stage.trained),
                remedy=_REMEDY.format(stage.trained.name),
            )
        if within is not None and path.parent != within:
            continue
        try:
            found = difference(path, recorded)
        except RmplError as error:
            found = error.what
        if found is not None:
            raise RmplError(
                f"not the file that training wrote: {found}",
                where=os.path.normpath(path),
                remedy=_REMEDY.format(stage.trained.name),
            )


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return ".." not in parts[1:] and not PurePosixPath(name).is_absolute()


def _folders(stage: Path, trained: Trained) -> Iterator[Path]:
    yield from (stage / name for name in trained.adapters)
    own = stage / trained.base
    if not Path(trained.base).is_absolute() and _is_inside(trained.base) and own.is_dir():
        yield own
