"""Zip archives of articles, images and documents: which files are in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.inputs.files import OnUnreadable, path_name
from rmpl.io.contained import archive_of


def archive_files(path: Path, on_unreadable: OnUnreadable) -> Iterator[Path]:
    """Yield the files in an archive, as if it were a folder; hidden ones are left out, as there.

    Raises
    ------
    RmplError
        If it is no zip archive, is damaged, or exceeds a limit.
    """
    archive = archive_of(path)
    for name in archive.refused:
        on_unreadable(
            RmplError(
                "a name in an archive that leaves its folder, or occurs twice",
                where=f"{path_name(path)}, {name[:100]!r}",
                remedy="unpack it yourself if you trust it",
            )
        )
    for name in sorted(archive.names):
        if not any(part.startswith((".", "__MACOSX")) for part in name.split("/")):
            yield path / name
