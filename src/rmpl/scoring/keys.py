"""What identifies a mention, an argument or a link of a document."""

from __future__ import annotations

from rmpl.errors import RmplError
from rmpl.records import Document, ImageEvent, TextEvent

TextKey = tuple[str, int, int, str]
"""Sentence, trigger start, trigger end (tokens, end exclusive), event type."""

ImageKey = tuple[str, str]
"""Image, event type."""


def text_key(event: TextEvent) -> TextKey:
    """Return what must be right for a text mention to be right."""
    return event.sentence_id, event.trigger.start, event.trigger.end, event.event_type


def image_key(event: ImageEvent) -> ImageKey:
    """Return what must be right for an image mention to be right."""
    return event.image_id, event.event_type


def linked_events(document: Document) -> list[tuple[TextEvent, ImageEvent]]:
    """Return the two events of every link, in the order of the links, repeats included.

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
            f"a link names an event that is not there: {error.args[0]}",
            where=f"document {document.id}",
        ) from None
