"""Laying the events of a prediction beside the gold ones: which are right, and how others miss.

The verdicts explain a drawing; the scores come from ``rmpl.scoring``. They follow the strict
protocol (a mention is right by place and type, an argument by place and role on a right mention,
boxes one-to-one at IoU >= 0.5) and then say of the rest what it was nearest to.
"""

from __future__ import annotations

import dataclasses
import enum
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from rmpl.records import (
    NOWHERE,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.scoring.keys import image_key, text_key
from rmpl.scoring.matching import iou
from rmpl.scoring.strict import (
    IOU_THRESHOLD,
    match_boxes,
    pair_copies,
    right_boxes,
    right_spans,
)

NEAR_IOU = 0.1
"""From this overlap on, a box of the right role is called misplaced rather than missed."""


class Verdict(enum.Enum):
    """What became of one gold or predicted item; the value is its CSS class."""

    RIGHT = "right"
    MISSED = "missed"
    SPURIOUS = "spurious"
    WRONG_TYPE = "wrong-type"
    WRONG_ROLE = "wrong-role"
    WRONG_PLACE = "wrong-place"
    PLAIN = "plain"


T = TypeVar("T")
E = TypeVar("E", TextEvent, ImageEvent)
A = TypeVar("A", TextArgument, ImageArgument)


@dataclasses.dataclass(frozen=True)
class Pair(Generic[T]):
    """A gold item and the prediction it was laid beside; one of the two may be absent."""

    gold: T | None
    predicted: T | None
    verdict: Verdict

    def side(self, gold: bool) -> T | None:
        """Return the gold item or the predicted one."""
        return self.gold if gold else self.predicted


@dataclasses.dataclass(frozen=True)
class EventPair(Generic[E, A]):
    """A gold mention and the predicted one laid beside it, with their arguments."""

    gold: E | None
    predicted: E | None
    verdict: Verdict
    arguments: tuple[Pair[A], ...]

    def side(self, gold: bool) -> E | None:
        """Return the gold mention or the predicted one."""
        return self.gold if gold else self.predicted

    @property
    def either(self) -> E:
        """The gold mention, or the predicted one where there is no gold."""
        event = self.gold if self.gold is not None else self.predicted
        assert event is not None, "a pair has at least one side"  # noqa: S101
        return event


TextPair = EventPair[TextEvent, TextArgument]
ImagePair = EventPair[ImageEvent, ImageArgument]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One document with everything in it paired; its sentences and images are the gold's."""

    document: Document
    text: tuple[TextPair, ...]
    image: tuple[ImagePair, ...]
    links: tuple[Pair[Link], ...]
    judged: bool
    """False where only one side was given: every verdict is then ``PLAIN``."""

    @property
    def events(self) -> tuple[TextPair | ImagePair, ...]:
        """The mentions of both media, those of text first."""
        both: list[TextPair | ImagePair] = [*self.text, *self.image]
        return tuple(both)


Nearness = Callable[[T, T], float]
"""How near two items are; 0 where they have nothing to do with each other."""


def _pair_up(
    gold: Sequence[T],
    predicted: Sequence[T],
    right: Sequence[tuple[int, int]],
    passes: Sequence[tuple[Nearness[T], Verdict]],
) -> list[Pair[T]]:
    """Pair what is right, then the rest pass by pass, the nearest first.

    Gold items come first, in their order, then the spurious predictions.
    """
    partner = {i: (j, Verdict.RIGHT) for i, j in right}
    taken = {j for _, j in right}
    for nearness, verdict in passes:
        free = [j for j in range(len(predicted)) if j not in taken]
        candidates = [
            (-nearness(gold[i], predicted[j]), i, j)
            for i in range(len(gold))
            if i not in partner
            for j in free
        ]
        for weight, i, j in sorted(candidates):
            if weight < 0 and i not in partner and j not in taken:
                partner[i] = (j, verdict)
                taken.add(j)
    pairs: list[Pair[T]] = []
    for i, wanted in enumerate(gold):
        j, verdict = partner.get(i, (-1, Verdict.MISSED))
        pairs.append(Pair(wanted, predicted[j] if j >= 0 else None, verdict))
    rest = [found for j, found in enumerate(predicted) if j not in taken]
    return pairs + [Pair(None, found, Verdict.SPURIOUS) for found in rest]


def _right_mentions(
    gold: Sequence[E],
    predicted: Sequence[E],
    key: Callable[[E], Hashable],
    right_arguments: Callable[[E, E], int],
) -> list[tuple[int, int]]:
    """Return index pairs of equal mentions, copies of one paired as the strict protocol does."""
    wanted: dict[Hashable, list[int]] = defaultdict(list)
    found: dict[Hashable, list[int]] = defaultdict(list)
    for i, event in enumerate(gold):
        wanted[key(event)].append(i)
    for j, event in enumerate(predicted):
        found[key(event)].append(j)
    right: list[tuple[int, int]] = []
    for same in wanted.keys() & found.keys():
        here, there = wanted[same], found[same]
        copies = pair_copies(
            [gold[i] for i in here], [predicted[j] for j in there], right_arguments
        )
        right += [(here[i], there[j]) for i, j in copies]
    return sorted(right)


def _overlap(a: Span, b: Span) -> bool:
    return NOWHERE not in (a, b) and a.start < b.end and b.start < a.end


def _pair_text(gold: Sequence[TextEvent], predicted: Sequence[TextEvent]) -> list[Pair[TextEvent]]:
    def same_trigger(a: TextEvent, b: TextEvent) -> bool:
        return a.sentence_id == b.sentence_id and a.trigger == b.trigger != NOWHERE

    def near_trigger(a: TextEvent, b: TextEvent) -> bool:
        same = a.sentence_id == b.sentence_id and a.event_type == b.event_type
        return same and _overlap(a.trigger, b.trigger)

    right = _right_mentions(gold, predicted, text_key, right_spans)
    passes: list[tuple[Nearness[TextEvent], Verdict]] = [
        (same_trigger, Verdict.WRONG_TYPE),
        (near_trigger, Verdict.WRONG_PLACE),
    ]
    return _pair_up(gold, predicted, right, passes)


def _pair_images(
    gold: Sequence[ImageEvent], predicted: Sequence[ImageEvent]
) -> list[Pair[ImageEvent]]:
    right = _right_mentions(gold, predicted, image_key, right_boxes)
    return _pair_up(
        gold, predicted, right, [(lambda a, b: a.image_id == b.image_id, Verdict.WRONG_TYPE)]
    )


def _pair_spans(
    gold: Sequence[TextArgument], predicted: Sequence[TextArgument]
) -> list[Pair[TextArgument]]:
    def same_span(a: TextArgument, b: TextArgument) -> bool:
        return a.span == b.span != NOWHERE

    passes: list[tuple[Nearness[TextArgument], Verdict]] = [
        (lambda a, b: same_span(a, b) and a.role == b.role, Verdict.RIGHT),
        (same_span, Verdict.WRONG_ROLE),
        (lambda a, b: a.role == b.role and _overlap(a.span, b.span), Verdict.WRONG_PLACE),
    ]
    return _pair_up(gold, predicted, [], passes)


def _pair_boxes(
    gold: Sequence[ImageArgument], predicted: Sequence[ImageArgument]
) -> list[Pair[ImageArgument]]:
    def same_box(a: ImageArgument, b: ImageArgument) -> float:
        overlap = iou(a.box, b.box)
        return overlap if overlap >= IOU_THRESHOLD else 0.0

    def near_box(a: ImageArgument, b: ImageArgument) -> float:
        overlap = iou(a.box, b.box)
        return overlap if a.role == b.role and overlap >= NEAR_IOU else 0.0

    matched = match_boxes(gold, predicted)
    right = sorted((i, j) for j, i in enumerate(matched) if i is not None)
    passes = [(same_box, Verdict.WRONG_ROLE), (near_box, Verdict.WRONG_PLACE)]
    return _pair_up(gold, predicted, right, passes)


def _with_arguments(
    pair: Pair[E], match: Callable[[Sequence[A], Sequence[A]], list[Pair[A]]]
) -> EventPair[E, A]:
    gold: Sequence[A] = pair.gold.arguments if pair.gold else ()  # type: ignore[assignment]
    found: Sequence[A] = pair.predicted.arguments if pair.predicted else ()  # type: ignore[assignment]
    if pair.verdict is Verdict.RIGHT:
        arguments = match(gold, found)
    else:
        # An argument counts only on a right mention: of another one, all are missed or spurious.
        arguments = match(gold, []) + match([], found)
    return EventPair(pair.gold, pair.predicted, pair.verdict, tuple(arguments))


def _link_key(document: Document) -> Callable[[Link], Hashable]:
    text = {event.id: text_key(event) for event in document.text_events}
    image = {event.id: image_key(event) for event in document.image_events}
    return lambda link: (text.get(link.text, link.text), image.get(link.image, link.image))


def _pair_links(gold: Document, predicted: Document) -> list[Pair[Link]]:
    gold_key, predicted_key = _link_key(gold), _link_key(predicted)
    passes: list[tuple[Nearness[Link], Verdict]] = [
        (lambda a, b: gold_key(a) == predicted_key(b), Verdict.RIGHT)
    ]
    return _pair_up(gold.links, predicted.links, [], passes)


def _plain(document: Document, as_gold: bool) -> Comparison:
    def pair(item: T) -> Pair[T]:
        return Pair(item if as_gold else None, None if as_gold else item, Verdict.PLAIN)

    def event(mention: E) -> EventPair[E, A]:
        arguments = tuple(pair(argument) for argument in mention.arguments)
        laid = pair(mention)
        return EventPair(laid.gold, laid.predicted, Verdict.PLAIN, arguments)  # type: ignore[arg-type]

    return Comparison(
        document=document,
        text=tuple(event(mention) for mention in document.text_events),
        image=tuple(event(mention) for mention in document.image_events),
        links=tuple(pair(link) for link in document.links),
        judged=False,
    )


def compare(gold: Document | None, predicted: Document | None) -> Comparison:
    """Pair the mentions, arguments and links of one document's gold and prediction.

    Parameters
    ----------
    gold, predicted
        The same document (by id) with gold and with predicted events; where one is ``None``, the
        other is shown without verdicts.

    Raises
    ------
    ValueError
        If both are ``None``, or their ids differ.
    """
    if gold is None or predicted is None:
        only = gold if gold is not None else predicted
        if only is None:
            raise ValueError("nothing to draw: neither gold nor prediction")
        return _plain(only, as_gold=gold is not None)
    if gold.id != predicted.id:
        raise ValueError(f"two documents: {gold.id!r} and {predicted.id!r}")
    text_mentions = _pair_text(gold.text_events, predicted.text_events)
    image_mentions = _pair_images(gold.image_events, predicted.image_events)
    text: list[TextPair] = [_with_arguments(pair, _pair_spans) for pair in text_mentions]
    image: list[ImagePair] = [_with_arguments(pair, _pair_boxes) for pair in image_mentions]
    return Comparison(
        gold, tuple(text), tuple(image), tuple(_pair_links(gold, predicted)), judged=True
    )
