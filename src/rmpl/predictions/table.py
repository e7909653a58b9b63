"""Extracted events as rows of tables: what happened, who and what took part, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmpl.records import Document, Image, ImageEvent, Sentence, Span, TextEvent

TEXT, IMAGE = "text", "image"
"""The media of events; ids of events are unique in a document and a medium."""
METADATA = ("title", "author", "date")
"""Metadata of documents that has a column in every table; other keys have one where they occur."""


class ArgumentRow(NamedTuple):
    """An argument of an event: a span of text, or a box in pixels of the original image ``image``.

    ``start`` and ``end`` are as in ``EventRow``.
    """

    document: str
    event: str
    medium: str
    event_type: str
    role: str
    text: str = ""
    start: int | None = None
    end: int | None = None
    image: str = ""
    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None
    score: float | None = None

    @property
    def filler(self) -> str:
        """Who or what it is: the quoted text, or the box."""
        if self.x1 is None:
            return self.text
        return " ".join(
            f"{value:.0f}" for value in (self.x1, self.y1, self.x2, self.y2) if value is not None
        )


class EventRow(NamedTuple):
    """An event in words.

    Texts quote the document; where its sentences are not known, they give word positions. ``start``
    and ``end`` are characters of the user's own text, end exclusive, where that is known, else of
    the sentence. ``links`` are the ids of events that are the same one in the other medium.
    ``caption`` is the image's, ``metadata`` that of the document, by key. A text event whose
    sentence is one of a caption has that image, too.
    """

    document: str
    event: str
    medium: str
    event_type: str
    trigger: str = ""
    start: int | None = None
    end: int | None = None
    sentence: str = ""
    image: str = ""
    caption: str = ""
    score: float | None = None
    links: str = ""
    arguments: tuple[ArgumentRow, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def by_role(self) -> dict[str, str]:
        """What fills each role; several are divided by semicolons."""
        found: dict[str, str] = {}
        for one in self.arguments:
            found[one.role] = (
                f"{found[one.role]}; {one.filler}" if one.role in found else one.filler
            )
        return found


def event_rows(documents: Iterable[Document]) -> Iterator[EventRow]:
    """Yield a row for every event, text events first, document by document."""
    for document in documents:
        sentences = {sentence.id: sentence for sentence in document.sentences}
        captions = {image.id: image.caption for image in document.images}
        below = _Captions(document.images)
        links: dict[tuple[str, str], list[str]] = {}
        for link in document.links:
            links.setdefault((TEXT, link.text), []).append(link.image)
            links.setdefault((IMAGE, link.image), []).append(link.text)
        rows = [
            *(
                below.with_image(_text_row(document.id, event, sentences.get(event.sentence_id)))
                for event in document.text_events
            ),
            *(
                _image_row(document.id, event, captions.get(event.image_id, ""))
                for event in document.image_events
            ),
        ]
        metadata = tuple(document.metadata.items())
        for row in rows:
            linked = " ".join(links.get((row.medium, row.event), []))
            yield row._replace(links=linked, metadata=metadata)


class _Captions:
    """Which image's caption a sentence stands in; the first of several."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._texts = [
            (f" {' '.join(one.caption.split())} ", one) for one in images if one.caption.strip()
        ]

    def with_image(self, row: EventRow) -> EventRow:
        """Return the row of a text event with the image whose caption its sentence is of."""
        sentence = f" {' '.join(row.sentence.split())} "
        for text, image in self._texts if row.sentence.strip() else ():
            if sentence in text:
                return row._replace(image=image.id, caption=image.caption)
        return row


def _text_row(document: str, event: TextEvent, sentence: Sentence | None) -> EventRow:
    own = (document, event.id, TEXT, event.event_type)
    return EventRow(
        *own,
        *_quoted(event.trigger, sentence, event.trigger_text),
        sentence=event.sentence_id if sentence is None else sentence.text,
        score=event.score,
        arguments=tuple(
            ArgumentRow(*own, one.role, *_quoted(one.span, sentence, one.text), score=one.score)
            for one in event.arguments
        ),
    )


def _image_row(document: str, event: ImageEvent, caption: str) -> EventRow:
    own = (document, event.id, IMAGE, event.event_type)
    return EventRow(
        *own,
        image=event.image_id,
        caption=caption,
        score=event.score,
        arguments=tuple(
            ArgumentRow(
                *own,
                one.role,
                image=event.image_id,
                x1=round(one.box.x1, 2),
                y1=round(one.box.y1, 2),
                x2=round(one.box.x2, 2),
                y2=round(one.box.y2, 2),
                score=one.score,
            )
            for one in event.arguments
        ),
    )


def _quoted(
    span: Span, sentence: Sentence | None, text: str | None
) -> tuple[str, int | None, int | None]:
    if sentence is None or not sentence.holds(span):
        return f"words {span.start}-{span.end}" if text is None else text, None, None
    return sentence.slice(span), *(sentence.source_chars(span) or sentence.chars(span))
