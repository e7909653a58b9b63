"""Checks of prediction lines: errors that prevent scoring, and warnings."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Mapping

import msgspec

from rmpl.errors import RmplError
from rmpl.io.keys import decoded_whole, twice
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.predictions.lines import (
    DocumentLine,
    ImageEventLine,
    TextArgumentLine,
    TextEventLine,
    TriggerLine,
    unknown_keys_of,
)
from rmpl.records import NOWHERE

_NOWHERE = (NOWHERE.start, NOWHERE.end)


class Candidates(msgspec.Struct, frozen=True):
    """The documents, sentences and images of a benchmark; predictions outside cannot be correct.

    ``sentences`` and ``images`` map ids to documents.
    """

    documents: Collection[str]
    sentences: Mapping[str, str]
    images: Mapping[str, str]


def check_line(document: DocumentLine, ontology: Ontology, where: str) -> None:
    """Refuse a line that cannot be scored.

    Raises
    ------
    RmplError
        If an id is repeated, a link names an unknown id, an event type is unknown, a span is empty,
        or a box is not finite.
    """
    _check_ids([event.id for event in document.text_events], "text event", where)
    _check_ids([event.id for event in document.image_events], "image event", where)
    events: list[TextEventLine | ImageEventLine] = [*document.text_events, *document.image_events]
    for event in events:
        if event.event_type not in ontology.events:
            raise RmplError(
                f"unknown event type {event.event_type!r} in event {event.id}",
                where=where,
                remedy=f"use {', '.join(ontology.events)}",
            )
    for text_event in document.text_events:
        _check_span(text_event.trigger, f"the trigger of event {text_event.id}", where)
        for argument in text_event.arguments:
            _check_span(argument, f"{argument.role} of event {text_event.id}", where)
    for image_event in document.image_events:
        for box in image_event.arguments:
            if not all(map(math.isfinite, box.box)):
                raise RmplError(
                    f"a non-finite box: {box.role} of event {image_event.id}", where=where
                )
    _check_links(document, where)


def _check_ids(ids: list[str], what: str, where: str) -> None:
    if len(set(ids)) < len(ids):
        repeated = next(name for name in ids if ids.count(name) > 1)
        raise RmplError(
            f"a repeated {what} id {repeated!r}",
            where=where,
            remedy="ids must be unique within their list",
        )


def _check_span(span: TriggerLine | TextArgumentLine, what: str, where: str) -> None:
    if span.start >= span.end:
        raise RmplError(
            f"{what} starts at token {span.start} and ends at {span.end}",
            where=where,
            remedy="start and end are token indices, end exclusive",
        )


def _check_links(document: DocumentLine, where: str) -> None:
    text = {event.id for event in document.text_events}
    image = {event.id for event in document.image_events}
    for link in document.links:
        for name, known, what in ((link.text, text, "text"), (link.image, image, "image")):
            if name not in known:
                raise RmplError(f"a link to an unknown {what} event {name!r}", where=where)


_OF_ANY_LINE = frozenset({"doc_id", "format", "media"})
"""Keys that say nothing about what is in a document."""


def check_keys(line: bytes, where: str, report: ReadReport) -> None:
    """Warn of keys that are not read, or only the last time, once per key.

    A mistyped one would mean nothing predicted.

    Raises
    ------
    RmplError
        If none of the keys of the line is read: all of it would be. And as ``decoded_whole``.
    """
    value, repeated = decoded_whole(line, where)
    for key in repeated:
        report.warn(twice(key), where)
    unknown = unknown_keys_of(value)
    if not unknown:
        return
    outer = [one for one in unknown if not one.place]
    if outer and not value.keys() - _OF_ANY_LINE - {one.key for one in outer}:
        raise RmplError(
            f"no key of a prediction line but doc_id: {outer[0].said}",
            where=where,
            remedy="write text_events, image_events and links; a document without events has "
            "empty lists",
        )
    for one in unknown:
        report.warn(f"{one.said}, not read", where)


_TEXT_ROLE = "text role not in the schema of its event type"
_IMAGE_ROLE = "image role not in the schema of its event type"


def warn_of_line(
    document: DocumentLine,
    ontology: Ontology,
    candidates: Candidates | None,
    report: ReadReport,
) -> None:
    """Count predictions that are valid but cannot be correct."""
    name = document.doc_id
    if candidates is not None:
        _warn_of_candidates(document, candidates, report)
    for text_event in document.text_events:
        roles = ontology.events[text_event.event_type].text
        spans: list[TriggerLine | TextArgumentLine] = [text_event.trigger, *text_event.arguments]
        if any(span.start < 0 and (span.start, span.end) != _NOWHERE for span in spans):
            report.warn("span with a negative start", f"{name}, event {text_event.id}")
        for argument in text_event.arguments:
            if argument.role not in roles:
                what = f"{argument.role} of {text_event.event_type}"
                report.warn(_TEXT_ROLE, f"{name}, event {text_event.id}: {what}")
    for image_event in document.image_events:
        roles = ontology.events[image_event.event_type].image
        for box in image_event.arguments:
            if box.role not in roles:
                what = f"{box.role} of {image_event.event_type}"
                report.warn(_IMAGE_ROLE, f"{name}, event {image_event.id}: {what}")
    _warn_of_repeats(document, report)


_SENTENCE = "sentence outside its document's candidates"
_IMAGE = "image outside its document's candidates"


def _warn_of_candidates(document: DocumentLine, candidates: Candidates, report: ReadReport) -> None:
    name = document.doc_id
    if name not in candidates.documents:
        report.warn("document outside the gold", name)
    for text_event in document.text_events:
        if candidates.sentences.get(text_event.sentence_id) != name:
            report.warn(_SENTENCE, f"{name}, event {text_event.id}")
    for image_event in document.image_events:
        if candidates.images.get(image_event.image_id) != name:
            report.warn(_IMAGE, f"{name}, event {image_event.id}")


def _warn_of_repeats(document: DocumentLine, report: ReadReport) -> None:
    def warn(kind: str, keys: list[Hashable], name: Callable[[int], str]) -> None:
        if len(set(keys)) == len(keys):
            return
        seen: set[Hashable] = set()
        for i, key in enumerate(keys):
            if key in seen:
                report.warn(f"repeated {kind}", f"{document.doc_id}, {name(i)}")
            seen.add(key)

    texts, images, links = document.text_events, document.image_events, document.links
    spans = [(event.id, a) for event in texts for a in event.arguments]
    boxes = [(event.id, a) for event in images for a in event.arguments]
    warn(
        "text mention",
        [(e.sentence_id, e.trigger.start, e.trigger.end, e.event_type) for e in texts],
        lambda i: f"event {texts[i].id}",
    )
    warn(
        "image mention",
        [(event.image_id, event.event_type) for event in images],
        lambda i: f"event {images[i].id}",
    )
    warn(
        "text argument",
        [(event_id, a.start, a.end, a.role) for event_id, a in spans],
        lambda i: f"event {spans[i][0]}: {spans[i][1].role}",
    )
    warn(
        "image argument",
        [(event_id, a.box, a.role) for event_id, a in boxes],
        lambda i: f"event {boxes[i][0]}: {boxes[i][1].role}",
    )
    warn(
        "link",
        [(link.text, link.image) for link in links],
        lambda i: f"{links[i].text} - {links[i].image}",
    )
