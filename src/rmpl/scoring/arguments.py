"""Strict matching of arguments: spans by equality, boxes by their overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from rmpl.records import Box, ImageArgument, ImageEvent, TextArgument, TextEvent
from rmpl.scoring.matching import iou, maximum_matching

IOU_THRESHOLD = 0.5
"""The minimum IoU of a correct box."""


def right_spans(gold: TextEvent, predicted: TextEvent) -> int:
    """Count predicted arguments that match a gold one in span and role, one to one."""
    if not gold.arguments or not predicted.arguments:
        return 0
    return shared(map(span_key, gold.arguments), map(span_key, predicted.arguments))


def right_boxes(gold: ImageEvent, predicted: ImageEvent) -> int:
    """Count predicted boxes that match gold boxes of the same role in a maximum matching."""
    return sum(right is not None for right in match_boxes(gold.arguments, predicted.arguments))


def match_boxes(
    gold: Sequence[ImageArgument], predicted: Sequence[ImageArgument]
) -> list[int | None]:
    """Return for each predicted argument the index of the matching gold argument, if any."""

    def compatible(i: int, j: int) -> bool:
        return predicted[i].role == gold[j].role and _is_close(predicted[i].box, gold[j].box)

    return maximum_matching(len(predicted), len(gold), compatible)


def _is_close(a: Box, b: Box) -> bool:
    return iou(a, b) >= IOU_THRESHOLD


def span_key(argument: TextArgument) -> tuple[str, int, int]:
    """Return what identifies a correct text argument."""
    return argument.role, argument.span.start, argument.span.end


def box_order(argument: ImageArgument) -> tuple[str, float, float, float, float]:
    """Sort boxes by role and corners."""
    box = argument.box
    return argument.role, box.x1, box.y1, box.x2, box.y2


def shared(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> int:
    """Return the size of the intersection of two multisets."""
    left = Counter(gold)
    found = 0
    for item in predicted:
        if left[item] > 0:
            left[item] -= 1
            found += 1
    return found
