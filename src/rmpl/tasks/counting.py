"""Counting the correct items of an answer against the target of its sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from rmpl.records import Box, Image
from rmpl.scoring.counts import Counts
from rmpl.scoring.matching import iou, maximum_matching
from rmpl.tasks.base import Sample
from rmpl.tasks.schema import (
    BoxCodec,
    BoxValue,
    Participant,
    Predicate,
    read_participants,
    read_predicates,
)

T = TypeVar("T")
_SAME_BOX = 0.5
CountedItem = tuple[str, str, str, int, Box | None]
"""Type, role, span, occurrence of the span, and box if there is one."""


def count_predicates(sample: Sample, answer: str, boxes: BoxCodec) -> Counts:
    """Count the items of an answer that is a list of predicates.

    An item is a mention (type and trigger) or an argument (type, role and span, or a box with an
    IoU of at least 0.5). An empty answer to an empty target counts nothing.
    """
    image = sample.prompt.image
    written, wanted = (_predicates(text, image, boxes) for text in (answer, sample.target))
    return count_matches(written, wanted, same_item)


def count_participants(sample: Sample, answer: str, boxes: BoxCodec) -> Counts:
    """Count the items of an answer that is a list of one mention's arguments."""
    image = sample.prompt.image
    written, wanted = (_participants(text, image, boxes) for text in (answer, sample.target))
    return count_matches(written, wanted, same_item)


def count_matches(
    written: Sequence[T], wanted: Sequence[T], same: Callable[[T, T], bool]
) -> Counts:
    """Count items; every predicted item matches at most one gold item, and vice versa."""
    found = maximum_matching(
        len(written), len(wanted), lambda one, other: same(written[one], wanted[other])
    )
    right = sum(partner is not None for partner in found)
    return Counts(right, len(written), len(wanted))


def _predicates(text: str, image: Image | None, boxes: BoxCodec) -> list[CountedItem]:
    items: list[CountedItem] = []
    for predicate in read_predicates(text, boxes.key).items:
        items.append(_mention(predicate))
        arguments = predicate.args or []
        items += [argument_item(predicate.type, one, image, boxes) for one in arguments]
    return items


def _participants(text: str, image: Image | None, boxes: BoxCodec) -> list[CountedItem]:
    participants = read_participants(text, boxes.key).items
    return [argument_item("", one, image, boxes) for one in participants]


def _mention(predicate: Predicate) -> CountedItem:
    return predicate.type, "", (predicate.trigger or "").strip(), predicate.nth, None


def argument_item(kind: str, one: Participant, image: Image | None, boxes: BoxCodec) -> CountedItem:
    """Return an argument of an event of type ``kind`` as an item to count."""
    box = None
    if one.box is not None and image is not None:
        box = _box(one.box, image, boxes)
    return kind, one.role, (one.span or "").strip(), one.nth, box


def _box(value: BoxValue, image: Image, boxes: BoxCodec) -> Box:
    try:
        return boxes.decode(value, image.width, image.height)
    except ValueError:
        return Box(0, 0, 0, 0)


def same_item(one: CountedItem, other: CountedItem) -> bool:
    """Return whether two items match; boxes match if they overlap by half."""
    if one[:4] != other[:4] or (one[4] is None) != (other[4] is None):
        return False
    return one[4] is None or other[4] is None or iou(one[4], other[4]) >= _SAME_BOX
