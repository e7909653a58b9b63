"""The legacy protocol of most papers' released scorers (MMUTF's scorers, CAMEL's pairs).

It compares sets, so repeated predictions cost nothing; arguments are compared without their
trigger; every pair of overlapping boxes counts, so a score can exceed 100.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import NamedTuple

from rmpl.records import Box, Document, ImageEvent, TextEvent
from rmpl.scoring.arguments import IOU_THRESHOLD
from rmpl.scoring.counts import Counts
from rmpl.scoring.keys import linked_events
from rmpl.scoring.matching import iou
from rmpl.scoring.media import IMAGE, TEXT, Medium
from rmpl.scoring.verdicts import Argument, Event

Scorer = Callable[[Document, Document], Counts]
TextArgumentKey = tuple[str, str, int, int, str]


class Candidates(NamedTuple):
    """The sentences and images that links may join."""

    sentences: frozenset[str]
    images: frozenset[str]


def set_counts(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Counts:
    """Count distinct items."""
    wanted, found = set(gold), set(predicted)
    return Counts(len(wanted & found), len(found), len(wanted))


def event_mentions(medium: Medium[Event, Argument]) -> Scorer:
    """Return a scorer of a medium's distinct mentions.

    Text: sentence, trigger span and type. Images: image and type.
    """

    def score(gold: Document, predicted: Document) -> Counts:
        return set_counts(
            map(medium.key, medium.events(gold)), map(medium.key, medium.events(predicted))
        )

    return score


text_emi = event_mentions(TEXT)
image_emi = event_mentions(IMAGE)


def text_are(gold: Document, predicted: Document) -> Counts:
    """Score distinct text arguments: sentence, type, span and role; the trigger is not compared."""
    return set_counts(argument_keys(gold.text_events), argument_keys(predicted.text_events))


def image_are(gold: Document, predicted: Document) -> Counts:
    """Score pairs of boxes: each predicted box with each gold box of its role that it overlaps."""
    return box_pair_counts(gold.image_events, predicted.image_events)


def mm_emi(gold: Document, predicted: Document) -> Counts:
    """Score distinct links by sentence, image and the type that both sides must have."""
    return _link_counts(gold, predicted, None)


def mm_are(gold: Document, predicted: Document) -> Counts:
    """Score arguments of all mentions in linked sentences and on linked images."""
    return _linked_argument_counts(gold, predicted, None)


def mm_emi_restricted(gold: Document, predicted: Document) -> Counts:
    """Score links among gold-linked sentences and images only."""
    return _link_counts(gold, predicted, linked_candidates(gold))


def mm_are_restricted(gold: Document, predicted: Document) -> Counts:
    """Score arguments of links among gold-linked sentences and images only."""
    return _linked_argument_counts(gold, predicted, linked_candidates(gold))


SCORES: dict[str, Scorer] = {
    "text_emi": text_emi,
    "text_are": text_are,
    "image_emi": image_emi,
    "image_are": image_are,
    "mm_emi": mm_emi,
    "mm_are": mm_are,
    "mm_emi_restricted": mm_emi_restricted,
    "mm_are_restricted": mm_are_restricted,
}


def argument_keys(events: Iterable[TextEvent]) -> set[TextArgumentKey]:
    """Return sentence, type, span and role of every argument."""
    return {
        (
            event.sentence_id,
            event.event_type,
            argument.span.start,
            argument.span.end,
            argument.role,
        )
        for event in events
        for argument in event.arguments
    }


def last_events(events: Iterable[ImageEvent]) -> dict[str, ImageEvent]:
    """Return one event per image: the last, as in scorers that fill a dictionary."""
    return {event.image_id: event for event in events}


def is_close(predicted: Box, gold: Box) -> bool:
    """Return whether two boxes overlap at IoU >= 0.5."""
    return iou(predicted, gold) >= IOU_THRESHOLD


def box_pair_counts(
    gold: Iterable[ImageEvent],
    predicted: Iterable[ImageEvent],
    right: Callable[[Box, Box], bool] = is_close,
) -> Counts:
    """Count pairs of a predicted and a gold box of one role, on images with the correct type."""
    wanted, found = last_events(gold), last_events(predicted)
    tp = 0
    for image_id, event in found.items():
        target = wanted.get(image_id)
        if target is not None and target.event_type == event.event_type:
            tp += sum(
                right(argument.box, other.box)
                for argument in event.arguments
                for other in target.arguments
                if argument.role == other.role
            )
    return Counts(
        tp,
        sum(len(event.arguments) for event in found.values()),
        sum(len(event.arguments) for event in wanted.values()),
    )


def linked_candidates(document: Document, within: Candidates | None = None) -> Candidates:
    """Return the sentences and the images that take part in any link (inside ``within``)."""
    pairs = _linked_pairs(document, within)
    return Candidates(
        frozenset(text.sentence_id for text, _ in pairs),
        frozenset(image.image_id for _, image in pairs),
    )


def _linked_pairs(
    document: Document, within: Candidates | None
) -> list[tuple[TextEvent, ImageEvent]]:
    pairs = linked_events(document)
    if within is None:
        return pairs
    return [
        (text, image)
        for text, image in pairs
        if text.sentence_id in within.sentences and image.image_id in within.images
    ]


def _link_counts(gold: Document, predicted: Document, within: Candidates | None) -> Counts:
    # A gold row has one type, that of its text mention; a predicted link is correct if both of its
    # sides have it, so the gold key repeats it.
    wanted = {
        (text.sentence_id, image.image_id, text.event_type, text.event_type)
        for text, image in linked_events(gold)
    }
    found = {
        (text.sentence_id, image.image_id, text.event_type, image.event_type)
        for text, image in _linked_pairs(predicted, within)
    }
    return set_counts(wanted, found)


def _linked_argument_counts(
    gold: Document, predicted: Document, within: Candidates | None
) -> Counts:
    wanted, found = linked_candidates(gold), linked_candidates(predicted, within)
    text = set_counts(
        argument_keys(events_in(TEXT, gold, wanted.sentences)),
        argument_keys(events_in(TEXT, predicted, found.sentences)),
    )
    return text + box_pair_counts(
        events_in(IMAGE, gold, wanted.images), events_in(IMAGE, predicted, found.images)
    )


def events_in(
    medium: Medium[Event, Argument], document: Document, places: Collection[str]
) -> list[Event]:
    """Return a document's events in these sentences or images."""
    return [event for event in medium.events(document) if medium.place_of(event) in places]
