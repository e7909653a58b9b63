"""The app's folder of temporary files, removed at its end, or by the next app if it was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "rmpl-app-"


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Create a folder, locked while this process lives, and remove it afterwards.

    Leftover folders of killed apps are removed first: those of this user that are not locked.
    """
    base = Path(tempfile.gettempdir())
    _remove_left(base)
    # Renamed once it is locked: until then another app would take it for a leftover.
    made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=base))
    lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    folder = base / made.name.removeprefix(".")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made.rename(folder)
        yield folder
    finally:
        for path in (folder, made):
            shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _remove_left(base: Path) -> None:
    for path in base.glob(f"{PREFIX}*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # a link, not a folder, or another user's
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue  # in use
        finally:
            os.close(lock)
