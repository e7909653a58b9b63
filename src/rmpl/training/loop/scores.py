"""The tasks' own scores of a written answer: how much of it is right, against the target."""

from __future__ import annotations

from rmpl.records import Box, Image
from rmpl.scoring.counts import Counts
from rmpl.scoring.matching import iou, maximum_matching
from rmpl.tasks import Sample
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.relations import Relations
from rmpl.tasks.schema import (
    BoxCodec,
    BoxValue,
    Participant,
    Predicate,
    read_participants,
    read_predicates,
)
from rmpl.tasks.whole_events import ImageEvents, TextEvents

_PARTICIPANTS = {TextARE.name, ImageARE.name}
_PREDICATES = {t.name for t in (TextEvents, ImageEvents, TextEMI, ImageEMI, Relations)}
_SAME_BOX = 0.5
_Item = tuple[str, str, str, int, Box | None]
"""Type, role, span, its occurrence, and the box where it has one."""


def count_right(sample: Sample, answer: str, boxes: BoxCodec) -> Counts:
    """Count the right, written and wanted items of an answer.

    An item is a mention (type and trigger) or an argument (type, role and span, or a box that
    overlaps by half); of other tasks the whole answer is one, such as yes or no. Nothing written
    where nothing is wanted counts nothing.
    """
    if sample.task not in _PARTICIPANTS | _PREDICATES:
        is_right = answer.strip().lower() == sample.target.strip().lower()
        return Counts(int(is_right), 1, 1)
    wanted = _items(sample, sample.target, boxes)
    written = _items(sample, answer, boxes)
    # Every written item finds one wanted item of its own, at most.
    found = maximum_matching(
        len(written), len(wanted), lambda one, other: _same(written[one], wanted[other])
    )
    right = sum(partner is not None for partner in found)
    return Counts(right, len(written), len(wanted))


def _items(sample: Sample, text: str, boxes: BoxCodec) -> list[_Item]:
    image = sample.prompt.image
    if sample.task in _PARTICIPANTS:
        participants = read_participants(text, boxes.key).items
        return [_argument("", one, image, boxes) for one in participants]
    items: list[_Item] = []
    for predicate in read_predicates(text, boxes.key).items:
        items.append(_mention(predicate))
        arguments = predicate.args or []
        items += [_argument(predicate.type, one, image, boxes) for one in arguments]
    return items


def _mention(predicate: Predicate) -> _Item:
    return predicate.type, "", (predicate.trigger or "").strip(), predicate.nth, None


def _argument(kind: str, one: Participant, image: Image | None, boxes: BoxCodec) -> _Item:
    box = None
    if one.box is not None and image is not None:
        box = _box(one.box, image, boxes)
    return kind, one.role, (one.span or "").strip(), one.nth, box


def _box(value: BoxValue, image: Image, boxes: BoxCodec) -> Box:
    try:
        return boxes.decode(value, image.width, image.height)
    except ValueError:
        return Box(0, 0, 0, 0)


def _same(one: _Item, other: _Item) -> bool:
    if one[:4] != other[:4] or (one[4] is None) != (other[4] is None):
        return False
    return one[4] is None or other[4] is None or iou(one[4], other[4]) >= _SAME_BOX
