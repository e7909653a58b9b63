"""Keys that identify mentions, arguments and links in scoring."""

from __future__ import annotations

from rmpl.errors import RmplError
from rmpl.records import Document, ImageEvent, TextEvent

TextKey = tuple[str, int, int, str]
"""Sentence, trigger start, trigger end (tokens, end exclusive), event type."""

ImageKey = tuple[str, str]
"""Image, event type."""


def text_key(event: TextEvent) -> TextKey:
    """Return the key that a correct text mention must match."""
    return event.sentence_id, event.trigger.start, event.trigger.end, event.event_type


def image_key(event: ImageEvent) -> ImageKey:
    """Return the key that a correct image mention must match."""
    return event.image_id, event.event_type


def linked_events(document: Document) -> list[tuple[TextEvent, ImageEvent]]:
    """Return the two events of every link, in link order, including repeats.

    Raises
    ------
    RmplError
        If a link names an event that the document does not have.
    """
    if not document.links:
        return []
    text = {event.id: event for event in document.text_events}
    image = {event.id: event for event in document.image_events}
    try:
        return [(text[link.text], image[link.image]) for link in document.links]
    except KeyError as error:
        raise RmplError(
            f"a link to an unknown event: {error.args[0]}",
            where=f"document {document.id}",
        ) from None
