"""Pairing wrong predictions with the gold items that they nearly found.

Items are paired at most once, by the first step that fits; what is left over is spurious or missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from rmpl.records import ImageArgument, ImageEvent, TextEvent
from rmpl.scoring.matching import iou
from rmpl.scoring.strict import IOU_THRESHOLD, match_boxes, pair_copies

RIGHT = "right"
SPURIOUS = "spurious"
MISSED = "missed"
REPEATED = "repeated"
WRONG_ROLE = "wrong role"
POOR_BOX = "poor box"

Event = TypeVar("Event", TextEvent, ImageEvent)
Item = TypeVar("Item")
Explained = tuple[str, Item | None, Item | None]
"""A category, and the predicted and the gold item it is about."""


def explain(
    predicted: Sequence[Item],
    gold: Sequence[Item],
    key: Callable[[Item], Hashable],
    near: Sequence[tuple[str, Callable[[Item, Item], bool]]],
) -> Iterator[Explained[Item]]:
    """Pair items of equal ``key`` as right, then the rest by the steps of ``near``.

    A prediction that is right but whose gold item is taken is a repeat, before a later step can
    pair it with another item.
    """
    wanted = list(gold)
    known = set(map(key, gold))
    left = []
    for item in predicted:
        partner = next((i for i, other in enumerate(wanted) if key(other) == key(item)), None)
        if partner is not None:
            yield RIGHT, item, wanted.pop(partner)
        elif key(item) in known:
            yield REPEATED, item, None
        else:
            left.append(item)
    for category, fits in near:
        remaining = []
        for item in left:
            partner = next((i for i, other in enumerate(wanted) if fits(item, other)), None)
            if partner is None:
                remaining.append(item)
            else:
                yield category, item, wanted.pop(partner)
        left = remaining
    yield from ((SPURIOUS, item, None) for item in left)
    yield from ((MISSED, None, item) for item in wanted)


def explain_boxes(
    predicted: Sequence[ImageArgument], gold: Sequence[ImageArgument]
) -> Iterator[Explained[ImageArgument]]:
    """Pair boxes: right ones, right boxes of another role, and poor boxes of the right role."""
    partners = match_boxes(gold, predicted)
    taken = {j for j in partners if j is not None}
    left = []
    for argument, j in zip(predicted, partners, strict=True):
        if j is None:
            left.append(argument)
        else:
            yield RIGHT, argument, gold[j]
    wanted = [argument for j, argument in enumerate(gold) if j not in taken]
    for a, b in _nearest(left, wanted, same_role=False, least=IOU_THRESHOLD):
        yield WRONG_ROLE, a, b
    repeats = [a for a in left if _is_found(a, gold)]
    yield from ((REPEATED, a, None) for a in repeats)
    left = [a for a in left if a not in repeats]
    for a, b in _nearest(left, wanted, same_role=True, least=0.0):
        yield POOR_BOX, a, b
    yield from ((SPURIOUS, a, None) for a in left)
    yield from ((MISSED, None, b) for b in wanted)


def _nearest(
    left: list[ImageArgument], wanted: list[ImageArgument], *, same_role: bool, least: float
) -> Iterator[tuple[ImageArgument, ImageArgument]]:
    """Take pairs out of both lists, the best overlap first."""
    pairs = sorted(
        (
            (iou(a.box, b.box), i, j)
            for i, a in enumerate(left)
            for j, b in enumerate(wanted)
            if (a.role == b.role) is same_role
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used_left: set[int] = set()
    used_wanted: set[int] = set()
    for overlap, i, j in pairs:
        if overlap >= least and i not in used_left and j not in used_wanted:
            used_left.add(i)
            used_wanted.add(j)
            yield left[i], wanted[j]
    left[:] = [a for i, a in enumerate(left) if i not in used_left]
    wanted[:] = [b for j, b in enumerate(wanted) if j not in used_wanted]


def _is_found(argument: ImageArgument, gold: Sequence[ImageArgument]) -> bool:
    """Say whether a gold box of this role is right: then another prediction has taken it."""
    return any(
        argument.role == other.role and iou(argument.box, other.box) >= IOU_THRESHOLD
        for other in gold
    )


def pair_mentions(
    gold: Sequence[Event],
    predicted: Sequence[Event],
    key: Callable[[Event], Hashable],
    right: Callable[[Event, Event], int],
) -> Iterator[tuple[Event | None, Event | None, bool]]:
    """Pair predicted with gold mentions as strict argument scoring does.

    Yields
    ------
    predicted, gold, known
        ``known`` says whether the other side has the mention at all: a prediction without a partner
        but known is a repeat.
    """
    groups: dict[Hashable, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
    for event in gold:
        groups[key(event)][0].append(event)
    for event in predicted:
        groups[key(event)][1].append(event)
    for wanted, copies in groups.values():
        known = bool(wanted and copies)
        pairs = pair_copies(wanted, copies, right) if known else []
        yield from ((copies[j], wanted[i], True) for i, j in pairs)
        used_gold, used_predicted = {i for i, _ in pairs}, {j for _, j in pairs}
        for i, event in enumerate(wanted):
            if i not in used_gold:
                yield None, event, known
        for j, event in enumerate(copies):
            if j not in used_predicted:
                yield event, None, known
