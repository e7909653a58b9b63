"""Documents as JSON: in the document format, or as a text with its image files.

::

    {"id": "d1", "text": "Police arrested Ana Reyes in Lima.", "images": ["photos/a.jpg"]}

``doc_id`` is taken for ``id``, and ``image`` and ``image_paths`` for ``images``; an image may be an
object with ``path``, ``caption`` and, if it has one, ``id``. The keys title, author, date,
modified, url, source and language, and those of ``metadata``, are the document's metadata; any
other key is warned of.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.files import OnUnreadable
from rmpl.inputs.metadata import named_metadata
from rmpl.inputs.paragraphs import plain_paragraphs
from rmpl.inputs.sentences import check_length, split_text
from rmpl.io.documents import to_document
from rmpl.io.files import decode
from rmpl.io.given_images import TWICE, GivenImage, named_images
from rmpl.io.image_folders import OTHER_SIZE, ImageFolders, is_other_size, with_image_paths
from rmpl.io.keys import suspicious_keys
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.io.tokens import check_text
from rmpl.io.validity import check_document
from rmpl.records import Document, Image, Sentence

MAX_SENTENCE_LENGTH = 8_000
"""Limit for a given sentence; sentences split from raw text are always shorter."""


class _Written(msgspec.Struct):
    text: str
    id: str | int | None = None
    doc_id: str | int | None = None
    images: tuple[str | GivenImage, ...] | str | None = None
    image: tuple[str | GivenImage, ...] | str | None = None
    image_paths: tuple[str | GivenImage, ...] | str | None = None
    metadata: dict[str, object] = {}
    title: object = None
    author: object = None
    date: object = None
    modified: object = None
    url: object = None
    source: object = None
    language: object = None


_MOST_NAMED = 10
_METADATA = ("title", "author", "date", "modified", "url", "source", "language")


_WRITTEN = msgspec.json.Decoder(_Written)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_record(
    content: bytes,
    name: str,
    where: str,
    report: ReadReport,
    *,
    max_characters: int | None = None,
) -> Document:
    """Decode one document.

    Parameters
    ----------
    content
        A JSON object.
    name
        The id of a document without one.
    where
        File and line, for errors.
    report
        Counts suspicious items of a text.
    max_characters
        Limit of the text of all sentences.

    Raises
    ------
    RmplError
        If it is not a document, is inconsistent, or its text is too long.
    """
    keys = decode(_KEYS, content, where)
    if "sentences" in keys or "text" not in keys:
        document = _document(content, keys, where, report)
        length = sum(len(sentence.text) for sentence in document.sentences)
        check_length(length, where, max_characters)
    else:
        written = decode(_WRITTEN, content, where)
        given = next((one for one in (written.id, written.doc_id) if one not in {None, ""}), name)
        named = text_document(written.text, str(given), report, max_characters=max_characters)
        outer = {key: value for key in _METADATA if (value := getattr(written, key)) is not None}
        document = msgspec.structs.replace(
            named,
            images=_images(written, where, report),
            metadata=named_metadata({**written.metadata, **outer}),
        )
        for warning in suspicious_keys(content, _Written, where):
            report.warn(warning, where)
    check_document(document, where)
    for sentence in document.sentences:
        if len(sentence.text) > MAX_SENTENCE_LENGTH:
            raise RmplError(
                f"a sentence of {len(sentence.text):,} characters",
                where=f"{where}, {sentence.id}",
                remedy='give it as "text", which is split into sentences',
            )
    return document


def _document(
    content: bytes, keys: Mapping[str, object], where: str, report: ReadReport
) -> Document:
    """Decode a document of its own format; of one that is meant as a text, say what is missing."""
    try:
        return to_document(content, where, report)
    except RmplError as error:
        if "sentences" in keys or "images" in keys:
            raise
        names = ", ".join(map(repr, itertools.islice(keys, _MOST_NAMED))) or "none"
        raise RmplError(
            f'a document without "text" (its keys: {names:.300})',
            where=error.where,
            remedy='give its text the key "text", or compare it with docs/formats.md',
        ) from error


def _images(written: _Written, where: str, report: ReadReport) -> tuple[Image, ...]:
    """Return the images of a text, each once."""
    listed: list[GivenImage] = []
    seen: set[tuple[str, str | None]] = set()
    for given in (written.images, written.image, written.image_paths):
        for one in (given,) if isinstance(given, str) else given or ():
            image = GivenImage(path=one) if isinstance(one, str) else one
            if image.id is not None:
                if (image.id, image.path) in seen:
                    report.warn(TWICE, f"{where}, {image.id}")
                    continue
                seen.add((image.id, image.path))
            listed.append(image)
    return named_images(listed, where, report)


def text_document(
    text: str,
    name: str,
    report: ReadReport | None = None,
    *,
    max_characters: int | None = None,
) -> Document:
    """Return a plain text as a document called ``name``.

    Raises
    ------
    RmplError
        If a character is invalid, there are more than ``max_characters``, or the libraries are not
        installed.
    """
    require_splitter("raw text", "extract")
    check_text(text, name)
    report = ReadReport() if report is None else report
    sentences = split_text(text, name, plain_paragraphs, report, max_characters=max_characters)
    return Document(name, sentences)


def with_captions(document: Document, report: ReadReport) -> Document:
    """Return a text with the sentences of its images' captions that are not in it.

    So an event that only a caption names is found. They come last, and have no place in the text.
    """
    known = {sentence.text for sentence in document.sentences}
    added: list[Sentence] = []
    for caption in dict.fromkeys(image.caption for image in document.images if image.caption):
        name = f"{document.id}_caption{len(added)}"
        for sentence in split_text(caption, name, plain_paragraphs, report):
            if sentence.text not in known:
                known.add(sentence.text)
                number = f"{document.id}_caption_{len(added)}"
                added.append(msgspec.structs.replace(sentence, id=number, source=()))
    if not added:
        return document
    return msgspec.structs.replace(document, sentences=(*document.sentences, *added))


def with_own_images(
    document: Document,
    folder: Path,
    where: str,
    report: ReadReport,
    on_unreadable: OnUnreadable,
) -> Document:
    """Return a document with its readable images, measured; missing and broken ones are reported.

    Relative paths start from ``folder`` and cannot leave it; absolute ones, as ``rmpl convert``
    writes them, are used as they are.
    """
    images: list[Image] = []
    for image in document.images:
        # Events are extracted anew, so a wrong size of the record spoils no box: it is reported.
        unsized = msgspec.structs.replace(image, width=0, height=0) if image.path else image
        alone = Document(document.id, images=(unsized,))
        folders = ImageFolders([folder], "raise", ReadReport(), follow_links=True)
        try:
            images += with_image_paths(alone, folders, where, contained=False).images
            if images[-1].path is None and image.path is not None:
                images.pop()
                raise RmplError("no such image", where=f"{where}, {image.path}")
            if is_other_size(image, images[-1]):
                report.warn(OTHER_SIZE, f"{where}, {image.path}")
        except RmplError as error:
            on_unreadable(error)
    return msgspec.structs.replace(document, images=tuple(images))
