"""The strict protocol: nothing of the gold is given, and every prediction counts, repeats included.

Each function scores one document; a document without predictions is passed as an empty one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from rmpl.records import Box, Document, ImageArgument, ImageEvent, TextArgument, TextEvent
from rmpl.scoring.counts import Counts
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.matching import best_assignment, iou, maximum_matching

Event = TypeVar("Event", TextEvent, ImageEvent)

IOU_THRESHOLD = 0.5
"""A box is right at this overlap or more."""


def text_emi(gold: Document, predicted: Document) -> Counts:
    """Score text mentions: sentence, trigger span and type."""
    return _multiset_counts(map(text_key, gold.text_events), map(text_key, predicted.text_events))


def text_are(gold: Document, predicted: Document) -> Counts:
    """Score text arguments: span and role, on a right mention."""
    return argument_counts(gold.text_events, predicted.text_events, text_key, right_spans)


def image_emi(gold: Document, predicted: Document) -> Counts:
    """Score image mentions: image and type."""
    return _multiset_counts(
        map(image_key, gold.image_events), map(image_key, predicted.image_events)
    )


def image_are(gold: Document, predicted: Document) -> Counts:
    """Score image arguments: role and box at IoU >= 0.5, on a right mention."""
    return argument_counts(gold.image_events, predicted.image_events, image_key, right_boxes)


def mm_emi(gold: Document, predicted: Document) -> Counts:
    """Score links: both mentions right, and linked in the gold."""
    return _multiset_counts(_link_keys(gold), _link_keys(predicted))


def mm_are(gold: Document, predicted: Document) -> Counts:
    """Score arguments of linked mentions; right only on mentions that take part in a right link."""
    right = set(_link_keys(gold)) & set(_link_keys(predicted))
    tp = _linked_arguments(gold, predicted, right).tp if right else 0
    return Counts(tp, _count_linked(predicted), _count_linked(gold))


SCORES: dict[str, Callable[[Document, Document], Counts]] = {
    "text_emi": text_emi,
    "text_are": text_are,
    "image_emi": image_emi,
    "image_are": image_are,
    "mm_emi": mm_emi,
    "mm_are": mm_are,
}


def argument_counts(
    gold: Sequence[Event],
    predicted: Sequence[Event],
    key: Callable[[Event], Hashable],
    right: Callable[[Event, Event], int],
) -> Counts:
    """Count the arguments that are right on mentions of equal ``key``.

    Where a mention is predicted (or annotated) more than once, copies are paired one to one so that
    as many arguments as possible are right.
    """
    by_key: dict[Hashable, list[Event]] = defaultdict(list)
    for event in predicted:
        by_key[key(event)].append(event)
    gold_by_key: dict[Hashable, list[Event]] = defaultdict(list)
    for event in gold:
        gold_by_key[key(event)].append(event)
    tp = 0
    for found, wanted in gold_by_key.items():
        copies = by_key.get(found)
        if copies:
            tp += sum(right(wanted[i], copies[j]) for i, j in pair_copies(wanted, copies, right))
    return Counts(
        tp,
        sum(len(event.arguments) for event in predicted),
        sum(len(event.arguments) for event in gold),
    )


def pair_copies(
    wanted: Sequence[Event], copies: Sequence[Event], right: Callable[[Event, Event], int]
) -> list[tuple[int, int]]:
    """Pair gold mentions with predicted mentions of the same key, ``(gold, predicted)`` indices."""
    if len(wanted) == 1 and len(copies) == 1:
        return [(0, 0)]
    return best_assignment([[right(event, copy) for copy in copies] for event in wanted])


def right_spans(gold: TextEvent, predicted: TextEvent) -> int:
    """Count predicted arguments whose span and role are those of a gold one, one to one."""
    if not gold.arguments or not predicted.arguments:
        return 0
    return _shared(map(_span_key, gold.arguments), map(_span_key, predicted.arguments))


def right_boxes(gold: ImageEvent, predicted: ImageEvent) -> int:
    """Count predicted boxes that match gold boxes of their role, one to one, as many as can be."""
    return sum(right is not None for right in match_boxes(gold.arguments, predicted.arguments))


def match_boxes(
    gold: Sequence[ImageArgument], predicted: Sequence[ImageArgument]
) -> list[int | None]:
    """Return for each predicted argument the gold argument it matches, if any."""

    def compatible(i: int, j: int) -> bool:
        return predicted[i].role == gold[j].role and _is_close(predicted[i].box, gold[j].box)

    return maximum_matching(len(predicted), len(gold), compatible)


def _is_close(a: Box, b: Box) -> bool:
    return iou(a, b) >= IOU_THRESHOLD


def _span_key(argument: TextArgument) -> tuple[int, int, str]:
    return argument.span.start, argument.span.end, argument.role


def _link_keys(document: Document) -> list[tuple[Hashable, Hashable]]:
    return [(text_key(text), image_key(image)) for text, image in linked_events(document)]


def _linked_arguments(
    gold: Document, predicted: Document, right: set[tuple[Hashable, Hashable]]
) -> Counts:
    """Count the arguments of the mentions in these links."""
    gold_text, gold_image = _linked_once(gold, right)
    predicted_text, predicted_image = _linked_once(predicted, right)
    return argument_counts(gold_text, predicted_text, text_key, right_spans) + argument_counts(
        gold_image, predicted_image, image_key, right_boxes
    )


def _count_linked(document: Document) -> int:
    text, image = _linked_once(document, None)
    return sum(len(e.arguments) for e in text) + sum(len(e.arguments) for e in image)


def _linked_once(
    document: Document, right: set[tuple[Hashable, Hashable]] | None
) -> tuple[list[TextEvent], list[ImageEvent]]:
    """Return every mention that takes part in a link (``right``: in one of these), once."""
    text: dict[str, TextEvent] = {}
    image: dict[str, ImageEvent] = {}
    for text_event, image_event in linked_events(document):
        if right is None or (text_key(text_event), image_key(image_event)) in right:
            text[text_event.id] = text_event
            image[image_event.id] = image_event
    return list(text.values()), list(image.values())


def _multiset_counts(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Counts:
    wanted, found = list(gold), list(predicted)
    return Counts(_shared(wanted, found), len(found), len(wanted))


def _shared(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> int:
    """Count what two multisets have in common."""
    left = Counter(gold)
    shared = 0
    for item in predicted:
        if left[item] > 0:
            left[item] -= 1
            shared += 1
    return shared
