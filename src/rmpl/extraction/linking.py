"""Cross-media linking: which text event and which image event of a document are the same event.

How the paper links is not known. Here every pair of one type in one document is a candidate, and a
model's answer to the "same event?" task decides (this project's decision).
"""

from __future__ import annotations

from collections.abc import Iterator

from rmpl.extraction.engine import Reply
from rmpl.records import NOWHERE, Document, ImageEvent, TextEvent
from rmpl.tasks.same_event import YES


def candidates(document: Document) -> Iterator[tuple[TextEvent, ImageEvent]]:
    """Yield every pair of a text event and an image event of one type.

    M2E2 has two pairs of unlike types among 309; asking about all pairs would cost far more than
    those two can give.
    """
    for text_event in document.text_events:
        if text_event.trigger == NOWHERE:
            continue
        for image_event in document.image_events:
            if image_event.event_type == text_event.event_type:
                yield text_event, image_event


def probability(reply: Reply) -> float:
    """Return the probability of "yes" from an answer and its confidence."""
    is_yes = reply.text.strip().lower() == YES
    return reply.confidence if is_yes else 1.0 - reply.confidence
