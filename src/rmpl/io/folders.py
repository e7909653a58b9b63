"""Folders that appear only when they are complete."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from rmpl.io.files import flush, flush_folder
from rmpl.io.locks import hidden

_PARTIAL, _OLD = "partial", "old"


@contextlib.contextmanager
def appearing_folder(path: Path, *, flushed: bool = True) -> Iterator[Path]:
    """Make an empty folder that appears, or replaces another, only when it is complete.

    Until then it is a hidden folder beside its name, which is removed if anything goes wrong. The
    caller holds the lock (``writing_file``), so that any other one is what a killed process left.

    Parameters
    ----------
    path
        The folder; an older one, or a file of that name, is moved aside and then removed. An empty
        one stays, which may be where somebody is: the files are moved into it.
    flushed
        Whether to flush every file to the disk first. Without, it takes less time for thousands of
        files that can be made again, which a crash of the machine may leave empty.
    """
    path = Path(os.path.realpath(path))
    remove_unfinished(path)
    written, old = (
        path.with_name(hidden(path.name, f"{kind}-{secrets.token_hex(8)}"))
        for kind in (_PARTIAL, _OLD)
    )
    try:
        written.mkdir()
        yield written
        _let_read(written)
        if flushed:
            flush(written)
        _put_in_place(written, path, old)
    finally:
        shutil.rmtree(written, ignore_errors=True)
    flush_folder(path.parent)


def _let_read(folder: Path) -> None:
    """Let those read the files in a folder who may read the folder.

    safetensors writes files that nobody but their owner may read, such as a server's user.
    """
    may_read = folder.stat().st_mode & 0o444
    for one in folder.rglob("*"):
        mode = one.lstat().st_mode
        if stat.S_ISREG(mode) and mode & may_read != may_read:
            one.chmod(stat.S_IMODE(mode) | may_read)


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes left of a folder; the caller holds its lock."""
    for kind in (_PARTIAL, _OLD):
        for left in path.parent.glob(f"{glob.escape(hidden(path.name, kind))}-*"):
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(written: Path, path: Path, old: Path) -> None:
    if path.is_dir() and not any(path.iterdir()):
        for one in written.iterdir():
            one.rename(path / one.name)
        return
    if path.exists():
        path.rename(old)
    try:
        written.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
