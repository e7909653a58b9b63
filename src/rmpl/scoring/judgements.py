"""Why each prediction is right or wrong, and each gold item found or missed, under strict scoring.

Every wrong prediction and every missed gold item gets exactly one category, so the categories of a
task sum to its errors: ``predicted - tp`` wrong predictions and ``gold - tp`` missed items. Where
a wrong prediction explains a missed item (another type on the same trigger), the two are one
judgement with both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

import msgspec

from rmpl.records import Document, ImageArgument, ImageEvent, Span, TextArgument, TextEvent
from rmpl.scoring.explaining import (
    POOR_BOX,
    WRONG_ROLE,
    Item,
    explain,
    explain_boxes,
    pair_mentions,
)
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.matching import iou
from rmpl.scoring.strict import right_boxes, right_spans

WRONG_TYPE = "wrong type"
TRIGGER_BOUNDARY = "trigger boundary"
ARGUMENT_BOUNDARY = "argument boundary"
WRONG_MENTION = "argument of a wrong mention"
MISSED_MENTION = "argument of a missed mention"
REPEATED_MENTION = "argument of a repeated mention"
WRONG_LINK = "argument of a wrong link"
MISSED_LINK = "argument of a missed link"
OTHER_MENTION = "right sentence and image, wrong mention"

Link = tuple[TextEvent, ImageEvent]


class Side(msgspec.Struct, frozen=True):
    """One predicted or gold item: the type of its event, its role, and how to name it."""

    event_type: str
    role: str | None
    name: str


class Judgement(msgspec.Struct, frozen=True):
    """One item of a task judged; ``gold`` or ``predicted`` is missing where nothing corresponds.

    ``overlap`` is the IoU of a poor box with its gold box.
    """

    task: str
    category: str
    document: str
    medium: str
    predicted: Side | None
    gold: Side | None
    overlap: float | None = None


def judge(gold: Document, predicted: Document) -> Iterator[Judgement]:
    """Judge every item of a document, task by task."""
    yield from _Judge(gold, predicted).judgements()


class _Judge:
    def __init__(self, gold: Document, predicted: Document) -> None:
        self.gold = gold
        self.predicted = predicted
        self.texts = {sentence.id: sentence for sentence in gold.sentences if sentence.text}

    def judgements(self) -> Iterator[Judgement]:
        gold, predicted = self.gold, self.predicted
        yield from self._text_mentions(gold.text_events, predicted.text_events)
        yield from self._text_arguments("text_are", gold.text_events, predicted.text_events)
        yield from self._image_mentions(gold.image_events, predicted.image_events)
        yield from self._image_arguments("image_are", gold.image_events, predicted.image_events)
        yield from self._links()

    def _text_mentions(
        self, gold: Sequence[TextEvent], predicted: Sequence[TextEvent]
    ) -> Iterator[Judgement]:
        for category, p, g in explain(predicted, gold, text_key, _NEAR_MENTIONS):
            medium = _either(p, g).sentence_id
            yield self._judgement("text_emi", category, medium, self._text(p), self._text(g))

    def _image_mentions(
        self, gold: Sequence[ImageEvent], predicted: Sequence[ImageEvent]
    ) -> Iterator[Judgement]:
        for category, p, g in explain(predicted, gold, image_key, _NEAR_IMAGES):
            medium = _either(p, g).image_id
            yield self._judgement("image_emi", category, medium, _image(p), _image(g))

    def _text_arguments(
        self,
        task: str,
        gold: Sequence[TextEvent],
        predicted: Sequence[TextEvent],
        wrong: str = WRONG_MENTION,
        missed: str = MISSED_MENTION,
    ) -> Iterator[Judgement]:
        for p, g, known in pair_mentions(gold, predicted, text_key, right_spans):
            medium = _either(p, g).sentence_id
            if p is not None and g is not None:
                for category, a, b in explain(p.arguments, g.arguments, _span_key, _NEAR_SPANS):
                    sides = self._span(p, a), self._span(g, b)
                    yield self._judgement(task, category, medium, *sides)
            elif p is not None:
                for a in p.arguments:
                    category = REPEATED_MENTION if known else wrong
                    yield self._judgement(task, category, medium, self._span(p, a), None)
            elif g is not None:
                for a in g.arguments:
                    yield self._judgement(task, missed, medium, None, self._span(g, a))

    def _image_arguments(
        self,
        task: str,
        gold: Sequence[ImageEvent],
        predicted: Sequence[ImageEvent],
        wrong: str = WRONG_MENTION,
        missed: str = MISSED_MENTION,
    ) -> Iterator[Judgement]:
        for p, g, known in pair_mentions(gold, predicted, image_key, right_boxes):
            medium = _either(p, g).image_id
            if p is not None and g is not None:
                for category, a, b in explain_boxes(p.arguments, g.arguments):
                    overlap = iou(a.box, b.box) if category == POOR_BOX and a and b else None
                    sides = _box(p, a), _box(g, b)
                    yield self._judgement(task, category, medium, *sides, overlap)
            elif p is not None:
                for a in p.arguments:
                    category = REPEATED_MENTION if known else wrong
                    yield self._judgement(task, category, medium, _box(p, a), None)
            elif g is not None:
                for a in g.arguments:
                    yield self._judgement(task, missed, medium, None, _box(g, a))

    def _links(self) -> Iterator[Judgement]:
        gold, predicted = linked_events(self.gold), linked_events(self.predicted)
        for category, p, g in explain(predicted, gold, _link_key, _NEAR_LINKS):
            medium = _either(p, g)[0].sentence_id
            yield self._judgement("mm_emi", category, medium, self._link(p), self._link(g))
        # Arguments of right links are judged one by one, those of other links by their link.
        right = set(map(_link_key, gold)) & set(map(_link_key, predicted))
        gold_right, gold_rest = _by_rightness(gold, right)
        found_right, found_rest = _by_rightness(predicted, right)
        for wanted, found in (
            (gold_right, found_right),
            (gold_rest, ([], [])),
            (([], []), found_rest),
        ):
            yield from self._text_arguments("mm_are", wanted[0], found[0], WRONG_LINK, MISSED_LINK)
            yield from self._image_arguments("mm_are", wanted[1], found[1], WRONG_LINK, MISSED_LINK)

    def _judgement(
        self,
        task: str,
        category: str,
        medium: str,
        predicted: Side | None,
        gold: Side | None,
        overlap: float | None = None,
    ) -> Judgement:
        return Judgement(task, category, self.gold.id, medium, predicted, gold, overlap)

    def _text(self, event: TextEvent | None) -> Side | None:
        if event is None:
            return None
        words = self._words(event.sentence_id, event.trigger, event.trigger_text)
        return Side(event.event_type, None, f"{event.event_type} {words}")

    def _span(self, event: TextEvent, argument: TextArgument | None) -> Side | None:
        if argument is None:
            return None
        words = self._words(event.sentence_id, argument.span, argument.text)
        return Side(event.event_type, argument.role, f"{event.event_type} {argument.role} {words}")

    def _link(self, link: Link | None) -> Side | None:
        if link is None:
            return None
        text, image = link
        words = self._words(text.sentence_id, text.trigger, text.trigger_text)
        name = f"{text.event_type} {words} - {image.event_type} on {image.image_id}"
        return Side(text.event_type, None, name)

    def _words(self, sentence_id: str, span: Span, text: str | None) -> str:
        """Name a span by its text, as far as it is known, and its tokens."""
        sentence = self.texts.get(sentence_id)
        if sentence is not None and 0 <= span.start < span.end <= len(sentence.tokens):
            text = sentence.slice(span)
        tokens = f"[{span.start}:{span.end}]"
        return tokens if text is None else f"{text!r} {tokens}"


def _image(event: ImageEvent | None) -> Side | None:
    return None if event is None else Side(event.event_type, None, event.event_type)


def _box(event: ImageEvent, argument: ImageArgument | None) -> Side | None:
    if argument is None:
        return None
    box = argument.box
    corners = f"[{box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g}]"
    return Side(event.event_type, argument.role, f"{event.event_type} {argument.role} {corners}")


def _place(event: TextEvent) -> Hashable:
    return event.sentence_id, event.trigger


def _overlap(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def _link_key(link: Link) -> Hashable:
    return text_key(link[0]), image_key(link[1])


def _span_key(argument: TextArgument) -> Hashable:
    return argument.span, argument.role


def _either(predicted: Item | None, gold: Item | None) -> Item:
    item = gold if predicted is None else predicted
    if item is None:
        raise ValueError("a judgement needs a predicted or a gold item")
    return item


def _by_rightness(
    links: Sequence[Link], right: set[Hashable]
) -> tuple[tuple[list[TextEvent], list[ImageEvent]], tuple[list[TextEvent], list[ImageEvent]]]:
    """Split linked mentions, each taken once: those of any right link, and the others."""
    in_right = [link for link in links if _link_key(link) in right]
    ids = {text.id for text, _ in in_right}, {image.id for _, image in in_right}
    rest_text = {text.id: text for text, _ in links if text.id not in ids[0]}
    rest_image = {image.id: image for _, image in links if image.id not in ids[1]}
    return (
        (
            list({text.id: text for text, _ in in_right}.values()),
            list({image.id: image for _, image in in_right}.values()),
        ),
        (list(rest_text.values()), list(rest_image.values())),
    )


_NEAR_MENTIONS: list[tuple[str, Callable[[TextEvent, TextEvent], bool]]] = [
    (WRONG_TYPE, lambda p, g: _place(p) == _place(g)),
    (
        TRIGGER_BOUNDARY,
        lambda p, g: (
            p.sentence_id == g.sentence_id
            and p.event_type == g.event_type
            and _overlap(p.trigger, g.trigger)
        ),
    ),
]
_NEAR_IMAGES: list[tuple[str, Callable[[ImageEvent, ImageEvent], bool]]] = [
    (WRONG_TYPE, lambda p, g: p.image_id == g.image_id),
]
_NEAR_SPANS: list[tuple[str, Callable[[TextArgument, TextArgument], bool]]] = [
    (WRONG_ROLE, lambda p, g: p.span == g.span),
    (ARGUMENT_BOUNDARY, lambda p, g: p.role == g.role and _overlap(p.span, g.span)),
]
_NEAR_LINKS: list[tuple[str, Callable[[Link, Link], bool]]] = [
    (
        OTHER_MENTION,
        lambda p, g: (p[0].sentence_id, p[1].image_id) == (g[0].sentence_id, g[1].image_id),
    ),
]
