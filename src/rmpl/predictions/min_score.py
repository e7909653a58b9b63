"""Leaving out what a model is not sure enough of."""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Document, ImageArgument, ImageEvent, Link, TextArgument, TextEvent

Event = TypeVar("Event", TextEvent, ImageEvent)


def check_min_score(least: float) -> None:
    """Check a threshold of scores.

    Raises
    ------
    RmplError
        If it is no number from 0 to 1.
    """
    if not isinstance(least, int | float) or math.isnan(least) or not 0 <= least <= 1:
        raise RmplError(
            f"min_score is {least!r:.40}", remedy="scores are probabilities: from 0 to 1"
        )


def with_min_score(document: Document, least: float) -> Document:
    """Return a document without events, arguments and links of a score below ``least``.

    A link goes with either of its events. What has no score stays.
    """
    if not least:
        return document
    text = tuple(_sure(one, least) for one in document.text_events if _is_sure(one, least))
    image = tuple(_sure(one, least) for one in document.image_events if _is_sure(one, least))
    names = {event.id for event in text} | {event.id for event in image}
    links = tuple(
        one for one in document.links if _is_sure(one, least) and {one.text, one.image} <= names
    )
    return msgspec.structs.replace(document, text_events=text, image_events=image, links=links)


def _sure(event: Event, least: float) -> Event:
    arguments = tuple(one for one in event.arguments if _is_sure(one, least))
    return msgspec.structs.replace(event, arguments=arguments)


def _is_sure(
    one: TextEvent | ImageEvent | TextArgument | ImageArgument | Link, least: float
) -> bool:
    return one.score is None or one.score >= least
