"""Leaving out what a model is not sure enough of."""

from __future__ import annotations

import math

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Document, ImageEvent, TextEvent


def check_min_score(least: float) -> None:
    """Check a threshold of scores.

    Raises
    ------
    RmplError
        If it is no number from 0 to 1.
    """
    if not isinstance(least, int | float) or math.isnan(least) or not 0 <= least <= 1:
        raise RmplError(
            f"a minimum score of {least!r:.40}", remedy="give a number from 0 to 1, as scores are"
        )


def with_min_score(document: Document, least: float) -> Document:
    """Return a document without events of a score below ``least``, and without their links.

    Events without a score stay, and so do all arguments of the events that stay: an argument's
    score is at most its event's.
    """
    if not least:
        return document
    text = tuple(one for one in document.text_events if _is_sure(one, least))
    image = tuple(one for one in document.image_events if _is_sure(one, least))
    # A text event and an image event may have the same id.
    told, shown = {one.id for one in text}, {one.id for one in image}
    links = tuple(one for one in document.links if one.text in told and one.image in shown)
    return msgspec.structs.replace(document, text_events=text, image_events=image, links=links)


def _is_sure(event: TextEvent | ImageEvent, least: float) -> bool:
    return event.score is None or event.score >= least
