"""Extracted events as rows of a table: what happened, who and what took part, and where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.predictions.results import read_results
from rmpl.records import Box, Document, ImageEvent, Sentence, Span, TextEvent

HEADER = ("document", "event", "trigger", "arguments", "score", "where")


class EventRow(NamedTuple):
    """An event in words.

    ``trigger`` and ``arguments`` quote the document; where its sentences are not known, they give
    word positions. ``where`` is the sentence or the image's id.
    """

    document: str
    event_type: str
    trigger: str
    arguments: str
    score: float | None
    where: str


def event_rows(path: Path) -> Iterator[EventRow]:
    """Yield a row for every event of a prediction file, text events first, document by document.

    Raises
    ------
    RmplError
        If there is no such file, or a line has another format.
    """
    for document in read_results(path):
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            yield _text_row(document, event, sentences.get(event.sentence_id))
        for shown in document.image_events:
            yield _image_row(document, shown)


def _text_row(document: Document, event: TextEvent, sentence: Sentence | None) -> EventRow:
    arguments = [f"{one.role}: {_quoted(one.span, sentence)}" for one in event.arguments]
    return EventRow(
        document.id,
        event.event_type,
        _quoted(event.trigger, sentence),
        "; ".join(arguments),
        event.score,
        event.sentence_id if sentence is None else sentence.text,
    )


def _image_row(document: Document, event: ImageEvent) -> EventRow:
    arguments = [f"{one.role}: {_corners(one.box)}" for one in event.arguments]
    return EventRow(
        document.id, event.event_type, "", "; ".join(arguments), event.score, event.image_id
    )


def _quoted(span: Span, sentence: Sentence | None) -> str:
    if sentence is None or not sentence.holds(span):
        return f"words {span.start}-{span.end}"
    return sentence.slice(span)


def _corners(box: Box) -> str:
    return " ".join(f"{value:.0f}" for value in (box.x1, box.y1, box.x2, box.y2))
