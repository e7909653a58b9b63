"""Turns uploads into a document; limits are checked before any processing.

Articles are read from memory. Images are written to files, since engines open files,
under generated names; client input is never part of a path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import msgspec

from rmpl.app.limits import Limits, Share
from rmpl.errors import RmplError
from rmpl.inputs.files import as_text
from rmpl.inputs.markdown import front_matter_of, markdown_paragraphs
from rmpl.inputs.pages import page_text_and_metadata
from rmpl.inputs.paragraphs import Finder, line_paragraphs, plain_paragraphs
from rmpl.inputs.reading import Reader
from rmpl.inputs.records import text_document
from rmpl.inputs.sentences import split_text
from rmpl.inputs.sources import Source
from rmpl.io.images import image_size
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.records import Document, Image, Sentence

Decoded = tuple[str, dict[str, str]]
"""A text, and its title, author, date and others."""


def _text(content: bytes, where: str) -> Decoded:
    return as_text(content, where), {}


def _markdown(content: bytes, where: str) -> Decoded:
    text = as_text(content, where)
    return text, front_matter_of(text)


_ARTICLES: dict[str, tuple[Callable[[bytes, str], Decoded], Finder]] = {
    ".txt": (_text, plain_paragraphs),
    ".md": (_markdown, markdown_paragraphs),
    ".html": (page_text_and_metadata, line_paragraphs),
    ".htm": (page_text_and_metadata, line_paragraphs),
}
ARTICLES = tuple(_ARTICLES)
PAGES = (".html", ".htm")
IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff")


class Upload(NamedTuple):
    """An uploaded file: its name and bytes."""

    name: str
    content: bytes

    @property
    def ending(self) -> str:
        """Return the file type given by the name's ending."""
        return Path(file_name(self.name)).suffix.lower()


def file_name(given: str) -> str:
    """Return the last part of a path, with either separator."""
    return PureWindowsPath(PurePosixPath(given).name).name or "file"


def check_sizes(text: str, files: Sequence[Upload], limits: Limits) -> None:
    """Check the limits of one document that need no parsing.

    Raises
    ------
    RmplError
        If a limit is exceeded, a file type is unsupported, or there is no input.
    """
    for file in files:
        if len(file.content) > limits.file_bytes:
            raise _too_large(len(file.content), file_name(file.name), limits.file_bytes)
        if file.ending not in (*ARTICLES, *IMAGES):
            raise RmplError(
                "unsupported file type",
                where=file_name(file.name),
                remedy=f"use {', '.join(ARTICLES + IMAGES)}",
            )
    check_totals(text, files, limits)
    if not text.strip() and not files:
        raise RmplError("nothing to read", remedy="send a text, images, or both")


def check_totals(text: str, files: Sequence[Upload], limits: Limits) -> None:
    """Check the limits of all documents of a request that need no parsing.

    Raises
    ------
    RmplError
        If one is exceeded.
    """
    if len(text) > limits.characters:
        raise _too_many(len(text), limits)
    if len(files) > limits.files:
        raise RmplError(f"{len(files)} files", remedy=f"the limit is {limits.files}")
    if (total := sum(len(file.content) for file in files)) > limits.files_bytes:
        raise _too_large(total, "all files together", limits.files_bytes)
    markup = sum(len(file.content) for file in files if file.ending in ARTICLES)
    if markup > limits.markup_bytes:
        raise _too_large(markup, "articles with markup", limits.markup_bytes)
    tags = sum(file.content.count(b"<") for file in files if file.ending in PAGES)
    if tags > limits.tags:
        raise RmplError(f"{tags:,} HTML tags", remedy=f"the limit is {limits.tags:,}")


def read(
    text: str,
    files: Sequence[Upload],
    folder: Path | None,
    *,
    limits: Limits,
    pixels: Share,
    go_on: Callable[[], None],
) -> Document:
    """Build one document from a text and files; ids are the uploaded names.

    Parameters
    ----------
    folder
        Folder for images; ``None`` without images.
    pixels
        The request's share of all pixels.
    go_on
        Called before each file; raises if the request was abandoned.

    Raises
    ------
    BusyError
        If concurrent requests have too many pixels.
    RmplError
        If a limit is exceeded, a file cannot be read, or there is no input.
    """
    require_splitter("your own text", "extract")
    sentences: list[Sentence] = []
    images: list[Image] = []
    known: list[dict[str, str]] = []
    if text.strip():
        sentences += text_document(text, "text").sentences
    left = limits.characters - len(text)
    shown = 0
    seen = {"text"}
    for number, file in enumerate(files):
        go_on()
        name = file_name(file.name)
        while name in seen:
            name = f"{number}-{name}"
        seen.add(name)
        if file.ending in ARTICLES:
            decode, find = _ARTICLES[file.ending]
            written, metadata = _written(file.content, name, decode)
            known.append(metadata)
            left -= len(written)
            if left < 0:
                raise _too_many(limits.characters - left, limits)
            sentences += split_text(written, name, find, ReadReport())
        elif folder is not None:
            # Only the ending of the name is used; it selects the decoder.
            path = folder / f"{number}{file.ending}"
            path.write_bytes(file.content)
            shown += _pixels_of(path, name, limits)
            if shown > limits.pixels:
                raise RmplError(
                    f"{shown:,} pixels in all images", remedy=f"the limit is {limits.pixels:,}"
                )
            images.append(_image(path, name, pixels))
    if not sentences and not images:
        raise RmplError("nothing to read", remedy="send a text, images, or both")
    # Of several articles, none is the document's.
    metadata = known[0] if len(known) == 1 and not text.strip() else {}
    return Document("upload", tuple(sentences), tuple(images), metadata=metadata)


def _written(content: bytes, name: str, decode: Callable[[bytes, str], Decoded]) -> Decoded:
    if not content.strip():
        raise RmplError("an empty file", where=name)
    written, metadata = decode(content, name)
    if not written.strip():
        raise RmplError("no text found", where=name)
    return written, metadata


def _pixels_of(path: Path, name: str, limits: Limits) -> int:
    try:
        width, height = image_size(path, max_pixels=limits.picture_pixels)
    except RmplError as error:
        raise RmplError(error.what, where=name, remedy=error.remedy) from error
    return width * height


def _image(path: Path, name: str, pixels: Share) -> Image:
    def stop(error: RmplError) -> None:
        # The temporary path is not disclosed.
        raise RmplError(error.what, where=name, remedy=error.remedy)

    width, height = image_size(path)
    pixels.take(width * height)
    (item,) = Reader(ReadReport(), stop).read([Source("image", path, name, path.parent)])
    (image,) = item.document.images
    return msgspec.structs.replace(image, id=name)


def _too_many(characters: int, limits: Limits) -> RmplError:
    return RmplError(f"{characters:,} characters", remedy=f"the limit is {limits.characters:,}")


def _too_large(size: int, where: str, most: int) -> RmplError:
    return RmplError(f"{size:,} bytes", where=where, remedy=f"the limit is {most:,}")
