"""What a program gives to an extractor: a document, a text or a path, and images of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.inputs.given import looks_like_a_path, with_image_files
from rmpl.inputs.reading import Reader
from rmpl.inputs.records import text_document
from rmpl.inputs.sources import find_sources
from rmpl.io.image_folders import with_measured_images
from rmpl.io.read_report import ReadReport
from rmpl.records import Document

Given = Document | str | Path
"""A document, a text, or the path of a file or of a folder with an article and its images."""
GivenImages = str | Path | Sequence[str | Path] | None
"""Files of images."""


def document_of(given: Given | None, images: GivenImages = ()) -> Document:
    """Read what was given; images may stand alone.

    Raises
    ------
    RmplError
        If it or an image cannot be read, or a path holds no document or more than one.
    """
    if given is None and not images:
        raise RmplError(
            "nothing to extract from", remedy="pass a text (str), a Path, a Document, or images"
        )
    return with_image_files(Document("images") if given is None else _read(given), images or ())


def check_many(documents: Iterable[Given]) -> None:
    """Check that many documents are not one: the characters of a text would be read one by one.

    Raises
    ------
    RmplError
        If they are.
    """
    if isinstance(documents, str | os.PathLike | Document):
        raise RmplError(
            f"one {type(documents).__name__} instead of a list of documents",
            remedy="use extract for one",
        )


def _read(given: Given) -> Document:
    if isinstance(given, Document):
        return with_measured_images(given)
    if isinstance(given, str):
        return text_document(given, "text")
    if not isinstance(given, os.PathLike):
        raise RmplError(
            f"a {type(given).__name__} is nothing to extract from",
            remedy="use extract_all for several documents"
            if isinstance(given, Iterable) and not isinstance(given, bytes)
            else "pass a text (str), a Path or a Document",
        )
    report = ReadReport()
    sources = find_sources([str(given)], report, _stop)
    items = list(Reader(report, _stop).read(sources))
    if len(items) != 1:
        raise RmplError(
            f"{len(items)} documents instead of one",
            where=str(given),
            remedy="use extract_files for many",
        )
    return items[0].document


def _stop(error: RmplError) -> None:
    raise error


class GivenWarnings:
    """Warns, once each, of a text that looks like a path, and of images that are not read."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def look(
        self,
        given: Given | None,
        images: GivenImages,
        media: Collection[str],
        *,
        stacklevel: int,
    ) -> None:
        """Look at what is given; ``media`` are those that the model reads."""
        if isinstance(given, str) and looks_like_a_path(given):
            self._say(
                f"{given!r} is read as a text, though it looks like a path: pass Path({given!r}) "
                "to read the file",
                "path",
                stacklevel,
            )
        if images and "image" not in media:
            self._say(
                "this model reads no images: they are in the document, without events",
                "images",
                stacklevel,
            )

    def _say(self, message: str, kind: str, stacklevel: int) -> None:
        if kind not in self._said:
            self._said.add(kind)
            warnings.warn(message, stacklevel=stacklevel + 1)
