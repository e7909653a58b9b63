"""Limits on the cost of image headers: small crafted files can take hours or gigabytes to read.

Thousands of tags may each name the same megabytes, a comment of a GIF and the EXIF data of a JPEG
are put together piece by piece, and a TIFF may have a million strips. What is read of a head is
counted while Pillow reads it, and is refused where no camera and no program writes so much.
"""

from __future__ import annotations

import io
from typing import BinaryIO, Literal

import PIL.Image
import PIL.TiffTags

from rmpl.errors import RmplError

MOST_READS = 20_000
MOST_SQUARE = 4_000_000_000
"""Of a GIF: bytes read so far, added up at each read; its comments take a square of the time."""
MOST_PARTS = 100_000
"""Strips and tiles of a TIFF."""
_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
_ENTRIES = {12: 4, 20: 8}
"""Bytes of a directory's entry, and of the number of its values: of a TIFF, and a large one."""
_PARTS = {273, 279, 324, 325}
_EXIF, _MORE_IMAGES = b"Exif\0\0", b"MPF\0"


class Head:
    """An open image for Pillow, which counts what is read until ``is_read``.

    EXIF data of a JPEG are kept back until then, since Pillow looks into them while it opens one,
    and the list of a JPEG's further images for good.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = 4 * size + 2**16
        self._reads = self._read = self._square = 0
        self._start = b""
        self._exif: list[bytes] = []
        self._is_read = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        if self._is_read:
            return data
        self._start = self._start or data
        self._reads += 1
        self._read += len(data)
        self._square += self._read if self._start.startswith(b"GIF") else 0
        if self._reads > MOST_READS or self._read > self._left or self._square > MOST_SQUARE:
            raise _overloaded()
        if size in _ENTRIES and self._has_too_many_parts(data):
            raise _overloaded()
        if self._start.startswith(b"\xff\xd8"):
            if data.startswith(_EXIF):
                self._exif.append(data[len(_EXIF) :])
                return b"moved" + data[5:]
            if data.startswith(_MORE_IMAGES):
                return b"gone" + data[4:]
        return data

    def _has_too_many_parts(self, data: bytes) -> bool:
        """Whether an entry of a TIFF's directory, read alone, lists more parts than are read."""
        order: Literal["little", "big"] | None = _ORDERS.get(self._start[:2])
        if order is None or len(data) not in _ENTRIES:
            return False
        tag, number = data[:2], data[4 : 4 + _ENTRIES[len(data)]]
        return int.from_bytes(tag, order) in _PARTS and int.from_bytes(number, order) > MOST_PARTS

    def is_read(self, image: PIL.Image.Image) -> None:
        """Check that what the header names stays within the limits, and stop counting.

        Raises
        ------
        RmplError
            If it does.
        """
        if self._exif:
            image.info["exif"] = _EXIF + b"".join(self._exif)
        if image.format == "TIFF":
            width, height = image.size
            if len(getattr(image, "tile", ())) > min(MOST_PARTS, 4 * height + width * height // 64):
                raise _overloaded()
            exif = image.getexif()
            for key in exif.keys() & PIL.TiffTags.TAGS_V2_GROUPS.keys():
                exif.get_ifd(key)  # Pillow does so when the image is decoded
        elif "exif" in image.info:
            _check_exif(image.info["exif"])
        self._is_read = True


def _check_exif(data: bytes) -> None:
    while data.startswith(_EXIF):
        data = data[len(_EXIF) :]
    exif = PIL.Image.Exif()
    try:
        exif.load_from_fp(Head(io.BytesIO(data), len(data)))  # type: ignore[arg-type]
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError):
        return  # its reader reports it


def _overloaded() -> RmplError:
    return RmplError(
        "an image whose header is too large or too repetitive", remedy="save it as a new file"
    )
