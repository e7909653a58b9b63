"""The files a command writes: locked until it ends, and never among those it reads."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

from rmpl.errors import RmplError
from rmpl.inputs.written import CSV, HEAD, PAGE
from rmpl.io.files import GZIP, opened
from rmpl.io.locks import is_special, writing_file, writing_folder

P = ParamSpec("P")
T = TypeVar("T")

_held = contextlib.ExitStack()


_NEVER_READ = (".xlsx", ".graphml", ".jsonld")
"""Suffixes of files that commands write and never read."""
_WRITTEN = re.compile(
    rb'\s*\{\s*"format":\s*"rmpl-(?:predictions|documents|errors|ablation)/'
    rb'|\{"doc_id":'
    rb'|\s*\{\s*"[\w.-]+":\s*\{\s*"(?:text|image|mm|link)_'  # scores by protocol and task
    rb"|" + re.escape(CSV) + rb"|" + re.escape(PAGE)
)
"""The beginning of files that commands write and may write again beside what they read."""


def hold(*files: Path | None, reads: Iterable[str | Path | None] = ()) -> None:
    """Lock output files until the command ends; called before any work is done.

    Folders that are missing are made, and removed again if nothing is written there. ``reads`` are
    the files and folders that the command reads.

    Raises
    ------
    RmplError
        If an output is also an input or is ``-``, another process is writing one of them, or it
        cannot be written.
    """
    refuse_inputs(files, reads)
    for file in files:
        if file is not None:
            _make_folder(file.parent)
            _held.enter_context(writing_file(file))


def hold_new_folder(folder: Path, reads: Iterable[str | Path | None] = ()) -> None:
    """Lock a folder that is to be made, or to be filled, until the command ends.

    ``reads`` are the files and folders that the command reads.

    Raises
    ------
    RmplError
        As ``hold``.
    """
    refuse_inputs([folder], reads)
    _make_folder(Path(os.path.realpath(folder)).parent)
    _held.enter_context(writing_file(folder, folder=True))


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RmplError(
            f"cannot be made ({error.strerror or error})",
            where=str(folder),
            remedy="choose another name",
        ) from error
    _held.callback(_remove_empty, missing)


def _remove_empty(folders: list[Path]) -> None:
    for one in folders:
        with contextlib.suppress(OSError):
            one.rmdir()


def refuse_inputs(files: Iterable[Path | None], reads: Iterable[str | Path | None]) -> None:
    """Refuse output files that are inputs, through links too, or that are the same file.

    In a folder that is read, a file may be replaced only if it is an output of such a command.

    Raises
    ------
    RmplError
        If there is one.
    """
    inputs = [Path(one) for one in reads if one is not None and str(one) != "-"]
    given = [file for file in files if file is not None and not is_special(file)]
    for number, file in enumerate(given):
        if any(_is_same(file, other) for other in given[:number]):
            raise RmplError("two outputs of one name", where=str(file), remedy="name two files")
        if any(_is_same(file, one) or _is_read_in(one, file) for one in inputs):
            raise RmplError(
                "is an input of this command, which would be overwritten",
                where=str(file),
                remedy="choose another name for the output",
            )


def _is_same(file: Path, other: Path) -> bool:
    try:
        return file.samefile(other)
    except OSError:  # one of them does not exist yet
        return os.path.realpath(file) == os.path.realpath(other)


def _is_read_in(folder: Path, file: Path) -> bool:
    """Return whether ``file`` is in a folder and may be what is read there."""
    if not (folder.is_dir() and file.is_file()) or file.suffix.lower() in _NEVER_READ:
        return False
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
        return False
    with opened(file) as content:
        packed = content.read(HEAD)
    # The end of the gzip stream is missing, which only zlib's own object takes.
    head = zlib.decompressobj(31).decompress(packed) if packed.startswith(GZIP) else packed
    return bool(head.strip()) and _WRITTEN.match(head) is None


def hold_folder(folder: Path) -> None:
    """Lock an output folder until the command ends.

    Raises
    ------
    RmplError
        As ``hold``.
    """
    _held.enter_context(writing_folder(folder))


def releases_locks(command: Callable[P, T]) -> Callable[P, T]:
    """Make a command release its locks when it ends."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with _held:
            return command(*args, **kwargs)

    return run
