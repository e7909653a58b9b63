"""One lock for whatever is written, so that no two processes write one file or folder.

A file is locked by the hidden file ``.NAME.lock`` beside it, a folder by ``.rmpl.lock`` in it; both
go when the lock is let go. The lock itself is the kernel's (``flock``): a killed process leaves a
file that nobody holds, and the next one takes it over. docs/decisions.md says why.
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
"""Bytes of a name that a hidden file beside it repeats; most file systems allow 255 in all."""

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
    """Hold the right to write a file, or to replace a folder; what it stands in must be there.

    Pipes, devices and the system's own names in /dev and /proc are not locked.

    Parameters
    ----------
    path
        The file, which need not be there yet.
    again
        Whether the thread that holds it already may hold it once more.
    folder
        Whether it is a folder that is written elsewhere and then put in its place as a whole.

    Raises
    ------
    RmplError
        If another process (or thread) is writing it, it is a folder and must not be one, or it
        cannot be written.
    """
    if is_special(path):
        yield
        return
    if path.is_dir() and not folder:
        raise RmplError("is a folder", where=str(path), remedy="name a file")
    # A link of a file's name is replaced, not followed; a folder is reached through one.
    place = os.path.realpath(path) if folder else f"{os.path.realpath(path.parent)}/{path.name}"
    lock = Path(place).with_name(hidden(Path(place).name, "lock"))
    with _locked(lock, path, again=again):
        yield


@contextlib.contextmanager
def writing_folder(folder: Path) -> Iterator[None]:
    """Hold the right to write into a folder; the thread that holds it may hold it once more.

    It is made where it is not there, and removed again if nothing was put into it.

    Raises
    ------
    RmplError
        If another process (or thread) is writing there, or it cannot be written to.
    """
    made: list[Path] = []
    try:
        with _locked(Path(os.path.realpath(folder)) / FOLDER_LOCK, folder, makes=made):
            yield
    finally:
        for one in made:
            with contextlib.suppress(OSError):
                one.rmdir()


def hidden(name: str, ending: str) -> str:
    """Return the name of a hidden file that stands beside one of a name, however long that is."""
    return f".{os.fsdecode(os.fsencode(name)[:LONGEST])}.{ending}"


def is_special(path: Path) -> bool:
    """Return whether a name stands for no file of its own: a pipe, a device, or standard output."""
    place = Path(os.path.abspath(path)).parent  # noqa: PTH100 - links are not followed here
    if place in _OF_THE_SYSTEM or Path("/proc") in (place, *place.parents):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


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
    """Return the open, locked file ``lock``, in a folder that is made where ``makes`` notes it."""
    while True:
        try:
            if makes is not None:
                _make(lock.parent, makes)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except FileNotFoundError as error:
            # Whoever had made the folder may have removed it in between.
            if makes is not None:
                continue
            raise _unwritable(what, error) from error
        except OSError as error:
            raise _unwritable(what, error) from error
        if not _lock(handle):
            os.close(handle)
            raise _taken(what)
        # The one that held it may have removed the name since it was opened here.
        if is_named(handle, lock):
            return handle
        os.close(handle)


def _make(folder: Path, makes: list[Path]) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    makes.extend(one for one in missing if one not in makes)


def _lock(handle: int) -> bool:
    """Lock an open file; where the file system knows no locks, work goes on without."""
    assert fcntl is not None  # noqa: S101 - tells the type checker
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN
    return True


def mark(handle: int) -> None:
    """Lock an open file until it is closed, where that can be done: it is in use."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)


def is_marked(handle: int) -> bool:
    """Return whether an open file is, or may be, in use; if not, it is locked until closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def is_named(handle: int, path: Path) -> bool:
    """Return whether an open file still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def _let_go(lock: Path, handle: int) -> None:
    # The name goes first: as long as the file is locked, nobody else can hold one of this name.
    with contextlib.suppress(OSError):
        lock.unlink()
    os.close(handle)


def _forget() -> None:
    """Close a parent's locks in a forked child, which would keep them when the parent is killed."""
    global _guard  # noqa: PLW0603 - another thread of the parent may hold it for ever
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
        remedy="wait until it ends, or name another one",
    )


def _unwritable(what: Path, error: OSError) -> RmplError:
    return RmplError(
        f"cannot be written ({error.strerror or error})",
        where=str(what),
        remedy="check the folder, or name another one",
    )
