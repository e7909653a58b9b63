"""Whether the parts of a document fit together."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

from rmpl.errors import RmplError
from rmpl.io.tokens import check_text
from rmpl.records import NOWHERE, Box, Document, Sentence, Span

MAX_SIDE = 2**31
"""Upper bound of an image's width and height: larger values do not fit common integer types."""


def check_document(document: Document, where: str) -> None:
    """Check the invariants that the rest of the program relies on.

    Ids are unique and not empty; tokens ascend within the text and are not empty; spans lie within
    their sentence (or are ``NOWHERE``, in predictions); image sizes are plausible or 0;
    boxes are finite and not reversed; events, links and relations name sentences, images and events
    of the document.

    Raises
    ------
    RmplError
        At the first violation.
    """
    where = f"{where}, document {document.id}"
    sentences = {sentence.id: sentence for sentence in document.sentences}
    images = {image.id for image in document.images}
    _unique("document", [document.id], where)
    _unique("sentence", [s.id for s in document.sentences], where)
    _unique("image", [i.id for i in document.images], where)
    _unique("text event", [e.id for e in document.text_events], where)
    _unique("image event", [e.id for e in document.image_events], where)
    _unique("relation", [r.id for r in document.relations], where)
    for sentence in document.sentences:
        _check_sentence(sentence, where)
    for image in document.images:
        if not (0 <= image.width < MAX_SIDE and 0 <= image.height < MAX_SIDE):
            raise RmplError(f"an image of an invalid size ({image.id})", where=where)
        check_text(image.caption, f"{where}, caption of {image.id}")
    for key, value in document.metadata.items():
        check_text(f"{key}: {value}", f"{where}, metadata")
    for event in document.text_events:
        spans = [event.trigger, *(argument.span for argument in event.arguments)]
        _check_spans(spans, sentences, event.sentence_id, f"{where}, {event.id}")
    for image_event in document.image_events:
        if image_event.image_id not in images:
            raise RmplError(f"an event in an unknown image {image_event.image_id!r}", where=where)
        for argument in image_event.arguments:
            _check_box(argument.box, f"{where}, {image_event.id}")
    _check_links(document, where)
    for relation in document.relations:
        if relation.image_id not in images:
            raise RmplError(f"a relation of an unknown image {relation.image_id!r}", where=where)
        spans = [relation.head, relation.tail]
        _check_spans(spans, sentences, relation.sentence_id, f"{where}, {relation.id}")


def _unique(kind: str, ids: list[str], where: str) -> None:
    if not all(ids):
        raise RmplError(f"an empty {kind} id", where=where)
    if len(set(ids)) != len(ids):
        raise RmplError(f"a repeated {kind} id", where=where)


def _check_sentence(sentence: Sentence, where: str) -> None:
    where = f"{where}, sentence {sentence.id}"
    check_text(sentence.text, where)
    _check_order(sentence.tokens, len(sentence.text), where)
    if sentence.source and len(sentence.source) != len(sentence.tokens):
        raise RmplError("source needs one span per token", where=where)
    _check_order(sentence.source, sys.maxsize, where)
    for entity in sentence.entities:
        _check_span(entity, sentence, where)


def _check_order(spans: Iterable[tuple[int, int]], length: int, where: str) -> None:
    position = 0
    for start, end in spans:
        if not position <= start < end <= length:
            raise RmplError(f"an invalid token span {start} to {end}", where=where)
        position = end


def _check_spans(
    spans: Iterable[Span], sentences: dict[str, Sentence], sentence_id: str, where: str
) -> None:
    sentence = sentences.get(sentence_id)
    if sentence is None:
        raise RmplError(f"an unknown sentence {sentence_id!r}", where=where)
    for span in spans:
        if span != NOWHERE:
            _check_span(span, sentence, where)


def _check_span(span: Span, sentence: Sentence, where: str) -> None:
    if not 0 <= span.start < span.end <= len(sentence.tokens):
        raise RmplError(f"an invalid span {span.start} to {span.end}", where=where)


def _check_box(box: Box, where: str) -> None:
    corners = (box.x1, box.y1, box.x2, box.y2)
    if not all(math.isfinite(corner) for corner in corners):
        raise RmplError("a box that is not finite", where=where)
    if box.x1 > box.x2 or box.y1 > box.y2:
        raise RmplError("a box with its corners reversed", where=where)


def _check_links(document: Document, where: str) -> None:
    texts = {event.id for event in document.text_events}
    image_events = {event.id for event in document.image_events}
    for link in document.links:
        if link.text not in texts or link.image not in image_events:
            raise RmplError(f"a link to an unknown event ({link.text} - {link.image})", where=where)
