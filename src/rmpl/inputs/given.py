"""What a program gives to an extractor: texts that may be meant as paths, and images of a text."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.image_folders import with_measured_images
from rmpl.records import Document, Image

_FILE_NAME = re.compile(
    r"\S+\.(?:txt|md|html?|jsonl?|parquet|jpe?g|png|gif|webp|bmp|tiff?|pdf|docx?|csv)",
    re.IGNORECASE,
)
_LONGEST = 255


def looks_like_a_path(text: str) -> bool:
    """Whether a text is the name of a file or folder that is there, or ends like one of a file."""
    if not text or len(text) > _LONGEST or "\n" in text:
        return False
    if _FILE_NAME.fullmatch(text):
        return True
    with contextlib.suppress(OSError, ValueError):
        return Path(text).exists()
    return False


def _is_one(images: object) -> bool:
    return isinstance(images, str | bytes | Path)


def with_image_files(document: Document, images: str | Path | Sequence[str | Path]) -> Document:
    """Return a document with further images, measured; their ids are their paths.

    Raises
    ------
    RmplError
        If one is not there, is no image or is in the document already.
    """
    given = list(images) if isinstance(images, Iterable) and not _is_one(images) else [images]
    taken = {image.id for image in document.images}
    added = []
    for one in given:
        if not isinstance(one, str | Path):
            raise RmplError(
                f"an image is a {type(one).__name__}",
                remedy="save it, and pass the paths of image files",
            )
        if not Path(one).is_file():
            raise RmplError(
                "no such image",
                where=str(one),
                remedy="pass the paths of image files; URLs are never fetched",
            )
        if str(one) in taken:
            raise RmplError("an image is given twice", where=str(one), remedy="pass it once")
        taken.add(str(one))
        added.append(Image(str(one), str(one)))
    if not added:
        return document
    measured = with_measured_images(Document(document.id, images=tuple(added))).images
    return msgspec.structs.replace(document, images=(*document.images, *measured))
