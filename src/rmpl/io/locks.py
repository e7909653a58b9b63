"""Write locks, so that no two processes write the same file or folder.

A file is locked by the hidden file ``.NAME.lock`` beside it, a folder by ``.rmpl.lock`` in it; both
are removed on release. The lock is the kernel's (``flock``): a lock file left by a killed process
is unlocked and taken over by the next one. docs/decisions.md gives the reasons.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from rmpl.errors import RmplError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

FOLDER_LOCK = ".rmpl.lock"
LONGEST = 200
"""Bytes of a name that are repeated in its hidden file's name; most file systems allow 255."""

_OF_THE_SYSTEM = {Path("/dev"), Path("/dev/fd")}
_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


@dataclasses.dataclass
class _Held:
    handle: int
    thread: int
    times: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def writing_file(path: Path, *, again: bool = True, folder: bool = False) -> Iterator[None]:
    """Lock a file for writing, or a folder for replacement; the parent folder must exist.

    Pipes, devices and names in /dev and /proc are not locked.

    Parameters
    ----------
    path
        The file, which need not exist yet.
    again
        Whether the lock is reentrant: the thread that holds it may acquire it again.
    folder
        Whether ``path`` is a folder that is written elsewhere and then moved into place.

    Raises
    ------
    RmplError
        If another process (or thread) is writing it, it is a folder but a file is expected, it is
        ``-``, or it cannot be written.
    """
    _refuse_stream(path)
    if is_special(path):
        yield
        return
    if path.is_dir() and not folder:
        raise RmplError("is a folder", where=str(path), remedy="name a file")
    # A symbolic link at a file's name is replaced, not followed; one at a folder's is followed.
    place = os.path.realpath(path) if folder else f"{os.path.realpath(path.parent)}/{path.name}"
    lock = Path(place).with_name(hidden(Path(place).name, "lock"))
    with _locked(lock, path, again=again):
        yield


@contextlib.contextmanager
def writing_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for writing; the lock is reentrant.

    A missing folder is created, and removed again if it stays empty.

    Raises
    ------
    RmplError
        If another process (or thread) is writing there, it is ``-``, or it is not writable.
    """
    _refuse_stream(folder)
    made: list[Path] = []
    try:
        with _locked(Path(os.path.realpath(folder)) / FOLDER_LOCK, folder, makes=made):
            yield
    finally:
        for one in made:
            with contextlib.suppress(OSError):
                one.rmdir()


def hidden(name: str, ending: str) -> str:
    """Return the name of a hidden file beside the file ``name``, shortened if necessary."""
    return f".{os.fsdecode(os.fsencode(name)[:LONGEST])}.{ending}"


def is_special(path: Path) -> bool:
    """Return whether a path is not a regular file: a pipe, a device, or standard output."""
    place = Path(os.path.abspath(path)).parent  # noqa: PTH100 - links are not followed here
    if place in _OF_THE_SYSTEM or Path("/proc") in (place, *place.parents):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _refuse_stream(path: Path) -> None:
    """Refuse ``-``: what goes to standard output needs no lock, and nobody means such a file."""
    if path == Path("-"):
        raise RmplError(
            "this output is not written to standard output",
            where="-",
            remedy="name a file or folder",
        )


@contextlib.contextmanager
def _locked(
    lock: Path, what: Path, *, again: bool = True, makes: list[Path] | None = None
) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    with _guard:
        held = _held.get(lock)
        if held is None:
            held = _held[lock] = _Held(_take(lock, what, makes), threading.get_ident())
        elif again and held.thread == threading.get_ident():
            held.times += 1
        else:
            raise _taken(what)
    try:
        yield
    finally:
        with _guard:
            held.times -= 1
            if not held.times and _held.get(lock) is held:
                del _held[lock]
                _let_go(lock, held.handle)


def _take(lock: Path, what: Path, makes: list[Path] | None) -> int:
    """Open and lock ``lock``; with ``makes``, create its folder and record it there."""
    while True:
        try:
            if makes is not None:
                _make(lock.parent, makes)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except FileNotFoundError as error:
            # The process that made the folder may have removed it in the meantime.
            if makes is not None:
                continue
            raise _unwritable(what, error) from error
        except OSError as error:
            raise _unwritable(what, error) from error
        if not _lock(handle):
            os.close(handle)
            raise _taken(what)
        # The previous holder may have removed the file since it was opened here.
        if is_named(handle, lock):
            return handle
        os.close(handle)


def _make(folder: Path, makes: list[Path]) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    makes.extend(one for one in missing if one not in makes)


def _lock(handle: int) -> bool:
    """Lock an open file; continue without if the file system does not support locks."""
    assert fcntl is not None  # noqa: S101 - for the type checker
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN
    return True


def mark(handle: int) -> None:
    """Mark an open file as in use by locking it until it is closed, if possible."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)


def is_marked(handle: int) -> bool:
    """Return whether an open file may be in use; if it is not, lock it until it is closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def is_named(handle: int, path: Path) -> bool:
    """Return whether ``path`` still names this open file."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def _let_go(lock: Path, handle: int) -> None:
    # Unlink before unlocking: while the file is locked, nobody else can hold this name.
    with contextlib.suppress(OSError):
        lock.unlink()
    os.close(handle)


def _forget() -> None:
    """Close inherited locks in a forked child, which would otherwise outlive a killed parent."""
    global _guard  # noqa: PLW0603 - another thread of the parent may hold it forever
    _guard = threading.Lock()
    for held in _held.values():
        with contextlib.suppress(OSError):
            os.close(held.handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _taken(what: Path) -> RmplError:
    return RmplError(
        "is being written by another process",
        where=str(what),
        remedy="wait until it ends, or choose another name",
    )


def _unwritable(what: Path, error: OSError) -> RmplError:
    return RmplError(
        f"cannot be written ({error.strerror or error})",
        where=str(what),
        remedy="check the folder, or choose another name",
    )
