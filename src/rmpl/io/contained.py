"""Files within files: members of a zip archive (a Word document is one), and attachments of mail.

They are named as if their file were a folder: ``news.zip/a.html``, ``mail.eml/photo.jpg``,
``news.zip/story.docx/word/media/image1.png``. They are read from there and unpacked nowhere else.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rmpl.errors import RmplError
from rmpl.io.mail import attachments, parse_mail
from rmpl.io.regular import open_regular

MAX_MEMBER = 128 * 2**20
"""Limit of a member, unpacked."""
MAX_MEMBERS = 100_000
MAX_RATIO = 200
"""The most that a member of more than ``_SMALL`` bytes may be compressed; text takes about 5."""
_SMALL = 2**20
_MAX_DIRECTORY = 32 * 2**20
"""Limit of the list of an archive's members, each of which takes at least 46 bytes."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_TAIL = 22 + 2**16 + 100
_BOMB = "unpack it yourself if you trust it"
_LEAVES = re.compile(r"/|[A-Za-z]:|.*(?:^|/)\.\.(?:/|$)", re.DOTALL)


def is_zip(data: bytes) -> bool:
    """Return whether data starts as a zip archive does."""
    return data.startswith(_ZIP)


class Archive:
    """The members of a zip archive, by name.

    Parameters
    ----------
    opened
        Opens the archive.
    where
        Its name, for errors.

    Attributes
    ----------
    names
        The names of its files, in the order of the archive.
    refused
        Names that would leave the folder that an archive is unpacked to, or that occur twice.

    Raises
    ------
    RmplError
        If it is damaged, its members overlap, or there are too many.
    """

    def __init__(self, opened: Callable[[], BinaryIO], where: str) -> None:
        self._opened = opened
        self._where = where
        with opened() as file:
            _check_directory(file, where)
            try:
                with zipfile.ZipFile(file) as archive:
                    found = [one for one in archive.infolist() if not one.is_dir()]
            except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
                raise _damaged(error, where) from error
        if len(found) > MAX_MEMBERS:
            raise RmplError(
                f"an archive of {len(found):,} files", where=where, remedy="split it, or unpack it"
            )
        _check_overlaps(found, where)
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.refused: list[str] = []
        for one in found:
            name = one.filename.replace("\\", "/")
            if _LEAVES.match(name) or "\0" in name or name in self._members:
                self.refused.append(name)
            else:
                self._members[name] = one
        self.names = list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        """Return a member's size in bytes, unpacked, as the archive says."""
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        """Return the content of a member.

        Raises
        ------
        RmplError
            If it is damaged, encrypted or too large, or compressed more than text or images are.
        """
        member = self._members[name]
        where = f"{self._where}/{name}"
        size = member.file_size
        if member.flag_bits & 1:
            raise RmplError("an encrypted file", where=where, remedy="unpack it with its password")
        if size > MAX_MEMBER:
            raise RmplError(f"{size / 2**20:,.0f} MB when unpacked", where=where, remedy=_BOMB)
        if size > _SMALL and size > MAX_RATIO * member.compress_size:
            what = f"{size / 2**20:,.0f} MB compressed to {member.compress_size / 1000:,.0f} kB"
            raise RmplError(what, where=where, remedy=_BOMB)
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RmplError(
                "compressed by another method than deflate", where=where, remedy="unpack it"
            )
        with self._opened() as file:
            packed = _packed(file, member, where)
        try:
            data = packed if member.compress_type == zipfile.ZIP_STORED else _inflated(packed, size)
        except zlib.error as error:
            raise _damaged(error, where) from error
        if len(data) != size or zlib.crc32(data) != member.CRC:
            raise _damaged("not the size or the checksum that it should have", where)
        return data


def _inflated(packed: bytes, size: int) -> bytes:
    # One more, so that a longer one is noticed.
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)


def _packed(file: BinaryIO, member: zipfile.ZipInfo, where: str) -> bytes:
    """Return a member as it is compressed; its local header has lengths of its own."""
    file.seek(member.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(_ZIP[0]):
        raise _damaged("no header", where)
    name, extra = struct.unpack("<HH", header[26:30])
    file.seek(name + extra, os.SEEK_CUR)
    return file.read(member.compress_size)


def _check_directory(file: BinaryIO, where: str) -> None:
    """Refuse a list of members that would take gigabytes when it is read."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _TAIL))
    tail = file.read()
    file.seek(0)
    end, end_64 = tail.rfind(_END), tail.rfind(_END_64)
    size = 0
    if 0 <= end <= len(tail) - 22:
        (size,) = struct.unpack("<I", tail[end + 12 : end + 16])
    if 0 <= end_64 <= len(tail) - 56:
        (size,) = struct.unpack("<Q", tail[end_64 + 40 : end_64 + 48])
    if size > _MAX_DIRECTORY:
        raise RmplError("an archive of too many files", where=where, remedy="split it")


def _check_overlaps(members: Iterable[zipfile.ZipInfo], where: str) -> None:
    """Refuse an archive whose members share their data: a small one can unpack to terabytes."""
    position = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < position:
            raise RmplError("an archive of files that overlap", where=where, remedy=_BOMB)
        position = member.header_offset + 30 + member.compress_size


def _damaged(error: object, where: str) -> RmplError:
    return RmplError(f"the zip archive is cut short or damaged ({error})", where=where)


class _Mail:
    """The attached images of mail, by name."""

    def __init__(self, data: bytes, where: str) -> None:
        self._parts = {one.name: one.data for one in attachments(parse_mail(data, where))}

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def size(self, name: str) -> int:
        return len(self._parts[name])

    def read(self, name: str) -> bytes:
        return self._parts[name]


class _Place(NamedTuple):
    """A file within another one."""

    container: Archive | _Mail
    name: str


def is_file(path: Path) -> bool:
    """Return whether there is such a regular file, or one within another."""
    if path.is_file():
        return True
    with contextlib.suppress(RmplError, OSError):
        return _find(path) is not None
    return False


def size_of(path: Path) -> int:
    """Return the size of a file, or of one within another, in bytes.

    Raises
    ------
    RmplError
        If the file that it is in cannot be read.
    OSError
        If there is no such file.
    """
    place = None if path.exists() else _find(path)
    return path.stat().st_size if place is None else place.container.size(place.name)


def version_of(path: Path) -> tuple[int, int]:
    """Return time and size of a file, or of the file that it is in; zeros without any."""
    for one in (path, *path.parents):
        with contextlib.suppress(OSError):
            found = one.stat()
            return (0, 0) if one.is_dir() else (found.st_mtime_ns, found.st_size)
    return 0, 0


def open_file(path: Path) -> BinaryIO:
    """Open a regular file, or one within another.

    Raises
    ------
    RmplError
        If it is a pipe, a device or a socket, or cannot be read from the file that it is in.
    OSError
        If it does not exist, is a folder, or permission is denied.
    """
    try:
        return open_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        place = _find(path)
        if place is None:
            raise
        return io.BufferedReader(io.BytesIO(place.container.read(place.name)))


def archive_of(path: Path) -> Archive:
    """Return the members of a zip archive, or of a Word document.

    Raises
    ------
    RmplError
        If it is damaged or exceeds a limit.
    """
    container = _container(path)
    if not isinstance(container, Archive):
        raise RmplError("not a zip archive", where=str(path))
    return container


def _find(path: Path) -> _Place | None:
    """Return where a file within another one is, ``None`` if there is none of that name."""
    parents = [one for one in path.parents if one.suffix.lower() in _WITHIN]
    for outer in parents:  # the nearest first
        if is_file(outer):
            container = _container(outer)
            name = path.relative_to(outer).as_posix()
            return _Place(container, name) if container is not None and name in container else None
    return None


_WITHIN = {".zip", ".docx", ".eml"}


def _container(path: Path) -> Archive | _Mail | None:
    return _read_container(path, version_of(path))


@functools.lru_cache(maxsize=4)
def _read_container(path: Path, _: tuple[int, int]) -> Archive | _Mail | None:
    with open_file(path) as file:
        head = file.read(4)
        if path.suffix.lower() == ".eml":
            return _Mail(head + file.read(MAX_MEMBER), str(path))
    return Archive(lambda: open_file(path), str(path)) if is_zip(head) else None
