"""Documents as JSON: in the program's own form, or as a text with the files of its pictures.

::

    {"id": "d1", "text": "Police arrested Ana Reyes in Lima.", "images": ["photos/a.jpg"]}

Whatever else such an object holds (title, date, address) is left alone.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.files import Tell
from rmpl.inputs.paragraphs import plain_paragraphs
from rmpl.inputs.sentences import check_length, split_text
from rmpl.io.documents import to_document
from rmpl.io.files import decode
from rmpl.io.image_folders import Pictures, with_pictures
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.io.tokens import check_text
from rmpl.io.validity import check_document
from rmpl.records import Document, Image

MOST_CHARACTERS = 8_000
"""Of one sentence; sentences of one's own text are never so long."""


class _Written(msgspec.Struct):
    text: str
    id: str | None = None
    images: tuple[str | Image, ...] = ()


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
        The document's id, if it has none of its own.
    where
        File and line, for errors.
    report
        Is warned of what is odd in a text.
    max_characters
        The most that its sentences may have.

    Raises
    ------
    RmplError
        If it is no document, its parts do not fit together, or its text is too long.
    """
    keys = decode(_KEYS, content, where)
    if "sentences" in keys or "text" not in keys:
        document = to_document(content, where)
        length = sum(len(sentence.text) for sentence in document.sentences)
        check_length(length, where, max_characters)
    else:
        written = decode(_WRITTEN, content, where)
        named = text_document(
            written.text, written.id or name, report, max_characters=max_characters
        )
        images = (
            Image(id=one, path=one) if isinstance(one, str) else one for one in written.images
        )
        document = msgspec.structs.replace(named, images=tuple(images))
    check_document(document, where)
    for sentence in document.sentences:
        if len(sentence.text) > MOST_CHARACTERS:
            raise RmplError(
                f"a sentence of {len(sentence.text):,} characters",
                where=f"{where}, {sentence.id}",
                remedy='give it as "text", which is split into sentences',
            )
    return document


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
        If a character is broken, there are more than ``max_characters``, or the libraries for it
        are not installed.
    """
    require_splitter("text of one's own", "extract")
    check_text(text, name)
    report = ReadReport() if report is None else report
    sentences = split_text(text, name, plain_paragraphs, report, max_characters=max_characters)
    return Document(name, sentences)


def with_own_pictures(document: Document, folder: Path, where: str, tell: Tell) -> Document:
    """Return a document whose pictures are there, those that are not told of and left out.

    Paths are relative to ``folder``, which such a path cannot leave; an absolute path, as
    ``rmpl convert`` writes it, is taken as it is.
    """
    images: list[Image] = []
    for image in document.images:
        alone = msgspec.structs.replace(document, images=(image,))
        pictures = Pictures([folder], "raise", ReadReport(), follow_links=True)
        try:
            images += with_pictures(alone, pictures, where, contained=False).images
            if images[-1].path is None and image.path is not None:
                images.pop()
                raise RmplError("no such picture", where=f"{where}, {image.path}")
        except RmplError as error:
            tell(error)
    return msgspec.structs.replace(document, images=tuple(images))
