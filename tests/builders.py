"""Small documents, events and lines of the M2E2 release, written by hand in few words."""

from __future__ import annotations

import re
from typing import Any

from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

ATTACK, DIE = "Conflict:Attack", "Life:Die"


def sentence(sentence_id: str, text: str, *entities: Span) -> Sentence:
    """A sentence whose tokens are its blank-separated words."""
    tokens = tuple(match.span() for match in re.finditer(r"\S+", text))
    return Sentence(sentence_id, text, tokens, entities=entities)


def text_event(
    event_id: str,
    start: int,
    *arguments: tuple[Any, ...],
    kind: str = ATTACK,
    end: int | None = None,
    sentence_id: str = "D_0",
) -> TextEvent:
    """An event with its trigger at a token; arguments are (role, token) or (role, start, end)."""
    spans = tuple(TextArgument(role, Span(at, *(to or (at + 1,)))) for role, at, *to in arguments)
    return TextEvent(event_id, sentence_id, kind, Span(start, end or start + 1), spans)


def image_event(
    event_id: str, *arguments: tuple[Any, ...], kind: str = ATTACK, image_id: str = "D_0"
) -> ImageEvent:
    """An event in an image; arguments are (role, x1, y1, x2, y2)."""
    boxes = tuple(ImageArgument(role, Box(*corners)) for role, *corners in arguments)
    return ImageEvent(event_id, image_id, kind, boxes)


def document(
    *events: TextEvent | ImageEvent,
    document_id: str = "D",
    sentences: tuple[Sentence, ...] = (),
    images: tuple[Image, ...] = (),
    links: tuple[Link, ...] = (),
) -> Document:
    """A document with events of both media, in one list."""
    return Document(
        document_id,
        sentences=sentences,
        images=images,
        text_events=tuple(event for event in events if isinstance(event, TextEvent)),
        image_events=tuple(event for event in events if isinstance(event, ImageEvent)),
        links=links,
    )


def m2e2_event(kind: str, start: int, end: int, *arguments: tuple[str, int, int]) -> dict[str, Any]:
    """An event as the M2E2 release writes it in a sentence; arguments are (role, start, end)."""
    return {
        "trigger": {"start": start, "end": end, "text": ""},
        "event_type": kind,
        "arguments": [{"role": r, "start": s, "end": e, "text": ""} for r, s, e in arguments],
    }


def m2e2_image(kind: str, **boxes: list[list[Any]]) -> dict[str, Any]:
    """An image's event as the M2E2 release writes it: a role's boxes, [number, x1, y1, x2, y2]."""
    return {"role": boxes, "event_type": kind}


def text_events_of(document: Document) -> list[tuple[str, ...]]:
    """Every text event in strings: its type, its trigger, and its arguments as ``Role: text``."""
    texts = {one.id: one for one in document.sentences}
    return [
        (
            event.event_type,
            texts[event.sentence_id].slice(event.trigger),
            *(f"{a.role}: {texts[event.sentence_id].slice(a.span)}" for a in event.arguments),
        )
        for event in document.text_events
    ]
