"""The relaxations of released scorers, one function each; see ``rmpl.scoring.protocols``.

They are based on the sets of the legacy protocol, as the released scorers are. Configurable
relaxations are functions that return a scorer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

import msgspec

from rmpl.errors import RmplError
from rmpl.records import Box, Document, ImageEvent, TextArgument, TextEvent
from rmpl.scoring import legacy
from rmpl.scoring.counts import Counts
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.legacy import Candidates, Scorer, events_in, linked_candidates, set_counts
from rmpl.scoring.matching import iou, share_inside
from rmpl.scoring.media import IMAGE, MEDIA, TEXT, Medium
from rmpl.scoring.verdicts import Argument, Event

DEMONSTRATE = "Conflict:Demonstrate"
PROPS = frozenset({"Instrument", "Police"})
"""The image roles of Demonstrate that CAMEL omits (144 boxes, so 1,285 of 1,429 remain)."""


def distinct_mentions(key: Callable[[TextEvent], Hashable]) -> Scorer:
    """Score distinct text mentions by another key than the whole trigger."""
    return lambda gold, predicted: set_counts(
        map(key, gold.text_events), map(key, predicted.text_events)
    )


def distinct_arguments(key: Callable[[TextEvent, TextArgument], Hashable]) -> Scorer:
    """Score distinct text arguments by another key than sentence, type, span and role."""

    def keys(document: Document) -> set[Hashable]:
        return {key(event, a) for event in document.text_events for a in event.arguments}

    return lambda gold, predicted: set_counts(keys(gold), keys(predicted))


def start_key(event: TextEvent) -> Hashable:
    """Identify a mention by the first token of its trigger."""
    return event.sentence_id, event.trigger.start, event.event_type


def type_key(event: TextEvent) -> Hashable:
    """Identify a mention by sentence and type, without its trigger."""
    return event.sentence_id, event.event_type


def starts_key(event: TextEvent, argument: TextArgument) -> Hashable:
    """Identify an argument by first tokens: its own and its trigger's."""
    return *_head(event), argument.span.start, argument.role


def on_trigger_key(event: TextEvent, argument: TextArgument) -> Hashable:
    """Identify an argument by its span, role and whole mention."""
    return text_key(event), argument.span.start, argument.span.end, argument.role


def untyped_key(event: TextEvent, argument: TextArgument) -> Hashable:
    """Identify an argument by sentence, span and role, whatever the event."""
    return event.sentence_id, argument.span.start, argument.span.end, argument.role


def _head(event: TextEvent) -> tuple[str, str, int]:
    return event.sentence_id, event.event_type, event.trigger.start


def in_event_places(medium: Medium[Event, Argument], scorer: Scorer) -> Scorer:
    """Ignore predictions in sentences (or on images) without a gold event."""

    def score(gold: Document, predicted: Document) -> Counts:
        places = set(map(medium.place_of, medium.events(gold)))
        return scorer(gold, _with(medium, predicted, events_in(medium, predicted, places)))

    return score


def on_gold_triggers(scorer: Scorer) -> Scorer:
    """Ignore predicted mentions whose trigger is not a gold trigger."""

    def score(gold: Document, predicted: Document) -> Counts:
        triggers = {(event.sentence_id, event.trigger) for event in gold.text_events}
        selected = [e for e in predicted.text_events if (e.sentence_id, e.trigger) in triggers]
        return scorer(gold, _with(TEXT, predicted, selected))

    return score


def on_gold_entities(scorer: Scorer) -> Scorer:
    """Ignore predicted arguments that are not gold entity mentions.

    Raises
    ------
    RmplError
        When scoring, if the gold has text events but no sentences (JSONL gold has no entities).
    """

    def score(gold: Document, predicted: Document) -> Counts:
        if gold.text_events and not gold.sentences:
            raise RmplError(
                "the gold has no entity mentions",
                where=f"document {gold.id}",
                remedy="give the folder of the M2E2 files as gold",
            )
        entities = {(s.id, span) for s in gold.sentences for span in s.entities}
        selected = tuple(
            msgspec.structs.replace(
                event,
                arguments=tuple(
                    a for a in event.arguments if (event.sentence_id, a.span) in entities
                ),
            )
            for event in predicted.text_events
        )
        return scorer(gold, msgspec.structs.replace(predicted, text_events=selected))

    return score


def gold_of_predicted_images(scorer: Scorer) -> Scorer:
    """Ignore the gold of images without a prediction."""

    def score(gold: Document, predicted: Document) -> Counts:
        images = {event.image_id for event in predicted.image_events}
        return scorer(_with(IMAGE, gold, events_in(IMAGE, gold, images)), predicted)

    return score


def box_pairs(right: Callable[[Box, Box], bool]) -> Scorer:
    """Count pairs of boxes as the legacy protocol does, with another overlap criterion."""
    return lambda gold, predicted: legacy.box_pair_counts(
        gold.image_events, predicted.image_events, right
    )


def is_above_half(predicted: Box, gold: Box) -> bool:
    """Return whether two boxes overlap at IoU > 0.5 (X-MTL; the others include 0.5)."""
    return iou(predicted, gold) > 0.5


def image_are_without_props(gold: Document, predicted: Document) -> Counts:
    """Count pairs of boxes without Demonstrate's Instrument and Police (CAMEL)."""
    return legacy.image_are(_without_props(gold), _without_props(predicted))


def mm_are_without_props(gold: Document, predicted: Document) -> Counts:
    """Score restricted multimedia arguments without Demonstrate's Instrument and Police (CAMEL)."""
    return legacy.mm_are_restricted(_without_props(gold), _without_props(predicted))


def role_sets(gold: Document, predicted: Document) -> Counts:
    """Score the set of roles of an image; neither boxes nor the type are compared (UniCL)."""

    def keys(document: Document) -> set[Hashable]:
        return {(e.image_id, a.role) for e in document.image_events for a in e.arguments}

    return set_counts(keys(gold), keys(predicted))


def iou_or_inside(gold: Document, predicted: Document) -> Counts:
    """Count predicted boxes near any gold box of their role on the image (WASE).

    Near is IoU >= 0.5, or 90% of the predicted box inside the gold box. Several predictions may
    share a gold box, and the event type is not compared.
    """
    wanted: dict[Hashable, list[Box]] = {}
    for event in gold.image_events:
        for a in event.arguments:
            wanted.setdefault((event.image_id, a.role), []).append(a.box)
    tp = n_pred = 0
    for event in predicted.image_events:
        n_pred += len(event.arguments)
        for a in event.arguments:
            boxes = wanted.get((event.image_id, a.role), ())
            tp += any(
                legacy.is_close(a.box, box) or share_inside(a.box, box) >= 0.9 for box in boxes
            )
    return Counts(tp, n_pred, sum(map(len, wanted.values())))


def linked_mentions(gold: Document, predicted: Document) -> Counts:
    """Score the distinct mentions of all links individually (192 + 203 = 395)."""

    def keys(document: Document) -> set[Hashable]:
        return {
            (medium.name, medium.key(event))
            for pair in linked_events(document)
            for medium, event in zip(MEDIA, pair, strict=True)
        }

    return set_counts(keys(gold), keys(predicted))


def pairs_given(*, both: bool) -> Scorer:
    """Score gold pairs: one is correct if its type is predicted on either side (or on both)."""

    def score(gold: Document, predicted: Document) -> Counts:
        text = {(event.sentence_id, event.event_type) for event in predicted.text_events}
        image = set(map(image_key, predicted.image_events))
        pairs = linked_events(gold)
        tp = 0
        for text_event, image_event in pairs:
            wanted = text_event.event_type
            in_text = (text_event.sentence_id, wanted) in text
            on_image = (image_event.image_id, wanted) in image
            tp += (in_text and on_image) if both else (in_text or on_image)
        return Counts(tp, len(pairs), len(pairs))

    return score


def in_right_pairs(gold: Document, predicted: Document) -> Counts:
    """Count arguments only inside correctly predicted pairs, pair by pair (X-MTL).

    Arguments of wrong and of missed pairs are ignored; an argument counts once per pair of its
    mention.
    """
    wanted = {(t.sentence_id, i.image_id, t.event_type) for t, i in linked_events(gold)}
    found = {
        (t.sentence_id, i.image_id, t.event_type)
        for t, i in linked_events(predicted)
        if t.event_type == i.event_type
    }
    on_trigger = distinct_arguments(on_trigger_key)
    total = Counts()
    for sentence_id, image_id, event_type in wanted & found:
        parts = [
            Document(
                document.id,
                text_events=tuple(
                    e for e in document.text_events if type_key(e) == (sentence_id, event_type)
                ),
                image_events=tuple(
                    e for e in document.image_events if image_key(e) == (image_id, event_type)
                ),
            )
            for document in (gold, predicted)
        ]
        total += on_trigger(*parts) + box_pairs(is_above_half)(*parts)
    return total


def restricted(scorer: Scorer) -> Scorer:
    """Restrict links to the sentences and images that are linked in the gold."""

    def score(gold: Document, predicted: Document) -> Counts:
        within = linked_candidates(gold)
        links = tuple(
            link
            for link, pair in zip(predicted.links, linked_events(predicted), strict=True)
            if _is_within(pair, within)
        )
        return scorer(gold, msgspec.structs.replace(predicted, links=links))

    return score


def _is_within(pair: tuple[TextEvent, ImageEvent], within: Candidates) -> bool:
    return pair[0].sentence_id in within.sentences and pair[1].image_id in within.images


def _with(medium: Medium[Event, Argument], document: Document, events: Iterable[Event]) -> Document:
    """Return the document with these events of the medium, and without links."""
    return msgspec.structs.replace(document, **{medium.field: tuple(events)}, links=())


def _without_props(document: Document) -> Document:
    return msgspec.structs.replace(document, image_events=tuple(_drop_props(document.image_events)))


def _drop_props(events: Iterable[ImageEvent]) -> Iterable[ImageEvent]:
    for event in events:
        if event.event_type != DEMONSTRATE:
            yield event
        else:
            selected = tuple(a for a in event.arguments if a.role not in PROPS)
            yield msgspec.structs.replace(event, arguments=selected)
