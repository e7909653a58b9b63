"""The strict protocol: no gold annotation is given, and every prediction counts, even repeats.

Each function scores one document; a document without predictions is passed as an empty one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.scoring.arguments import shared
from rmpl.scoring.counts import Counts
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.matching import best_assignment
from rmpl.scoring.media import IMAGE, MEDIA, TEXT, Medium
from rmpl.scoring.verdicts import Argument, Event

Scorer = Callable[[Document, Document], Counts]


def event_mentions(medium: Medium[Event, Argument]) -> Scorer:
    """Return a scorer of a medium's mentions.

    Text: sentence, trigger span and type. Images: image and type.
    """

    def score(gold: Document, predicted: Document) -> Counts:
        return _multiset_counts(
            map(medium.key, medium.events(gold)), map(medium.key, medium.events(predicted))
        )

    return score


def argument_roles(medium: Medium[Event, Argument]) -> Scorer:
    """Return a scorer of a medium's arguments on correct mentions.

    Text: span and role. Images: role and box at IoU >= 0.5.
    """

    def score(gold: Document, predicted: Document) -> Counts:
        return argument_counts(medium, medium.events(gold), medium.events(predicted))

    return score


def mm_emi(gold: Document, predicted: Document) -> Counts:
    """Score links: correct if both mentions are, and they are linked in the gold."""
    return _multiset_counts(_link_keys(gold), _link_keys(predicted))


def mm_are(gold: Document, predicted: Document) -> Counts:
    """Score arguments of linked mentions; correct only on mentions of a correct link."""
    right = set(_link_keys(gold)) & set(_link_keys(predicted))
    tp = _linked_arguments(gold, predicted, right).tp if right else 0
    return Counts(tp, _count_linked(predicted), _count_linked(gold))


SCORES: dict[str, Scorer] = {
    "text_emi": event_mentions(TEXT),
    "text_are": argument_roles(TEXT),
    "image_emi": event_mentions(IMAGE),
    "image_are": argument_roles(IMAGE),
    "mm_emi": mm_emi,
    "mm_are": mm_are,
}


def argument_counts(
    medium: Medium[Event, Argument], gold: Sequence[Event], predicted: Sequence[Event]
) -> Counts:
    """Count the correct arguments on mentions of equal key.

    If a mention is predicted (or annotated) more than once, copies are paired one to one so that
    the number of correct arguments is largest.
    """
    by_key: dict[Hashable, list[Event]] = defaultdict(list)
    for event in predicted:
        by_key[medium.key(event)].append(event)
    gold_by_key: dict[Hashable, list[Event]] = defaultdict(list)
    for event in gold:
        gold_by_key[medium.key(event)].append(event)
    tp, right = 0, medium.right
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


def _link_keys(document: Document) -> list[tuple[Hashable, Hashable]]:
    return [(text_key(text), image_key(image)) for text, image in linked_events(document)]


def _linked_arguments(
    gold: Document, predicted: Document, right: set[tuple[Hashable, Hashable]]
) -> Counts:
    """Count the arguments of the mentions in these links."""
    wanted, found = _linked_once(gold, right), _linked_once(predicted, right)
    total = Counts()
    for medium, gold_events, events in zip(MEDIA, wanted, found, strict=True):
        total += argument_counts(medium, gold_events, events)
    return total


def _count_linked(document: Document) -> int:
    return sum(len(e.arguments) for events in _linked_once(document, None) for e in events)


def _linked_once(
    document: Document, right: set[tuple[Hashable, Hashable]] | None
) -> tuple[list[Any], ...]:
    """Return the distinct mentions in links (or only in the links ``right``).

    There is one list per medium.
    """
    text: dict[str, TextEvent] = {}
    image: dict[str, ImageEvent] = {}
    for text_event, image_event in linked_events(document):
        if right is None or (text_key(text_event), image_key(image_event)) in right:
            text[text_event.id] = text_event
            image[image_event.id] = image_event
    return list(text.values()), list(image.values())


def _multiset_counts(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Counts:
    wanted, found = list(gold), list(predicted)
    return Counts(shared(wanted, found), len(found), len(wanted))
