"""Judging a document under strict scoring: every prediction and every gold item, with its verdict.

Every wrong prediction and every missed gold item gets exactly one category, so the categories of a
task sum to its errors: ``predicted - tp`` wrong predictions and ``gold - tp`` missed items. Where
a wrong prediction explains a missed item (another type on the same trigger), the two are one
record with both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, Generic, NamedTuple

from rmpl.records import Document, ImageArgument, ImageEvent, Span, TextArgument, TextEvent
from rmpl.scoring.explaining import Near, box_order, explain, explain_boxes
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.strict import pair_copies, right_boxes, right_spans
from rmpl.scoring.verdicts import (
    Argument,
    Event,
    Judged,
    JudgedDocument,
    JudgedMention,
    Linked,
    Verdict,
)


def judge(gold: Document, predicted: Document) -> JudgedDocument:
    """Judge everything in a document; one without gold or prediction is passed as an empty one.

    The verdicts do not depend on the order of events, arguments and links.

    Raises
    ------
    RmplError
        If a link names an event that its document does not have.
    """
    wanted, found = _linked(gold), _linked(predicted)
    right = set(map(_link_key, wanted)) & set(map(_link_key, found))
    gold_links, found_links = _by_rightness(wanted, right), _by_rightness(found, right)
    return JudgedDocument(
        id=gold.id,
        sentences=gold.sentences,
        text=_mentions(_TEXT, gold.text_events, predicted.text_events),
        image=_mentions(_IMAGE, gold.image_events, predicted.image_events),
        links=tuple(explain(found, wanted, key=_link_key, order=_link_key, near=_NEAR_LINKS)),
        linked_text=_linked_mentions(_TEXT, gold_links.text, found_links.text),
        linked_image=_linked_mentions(_IMAGE, gold_links.image, found_links.image),
    )


class _Medium(NamedTuple, Generic[Event, Argument]):
    """How the mentions of one medium are judged."""

    key: Callable[[Event], Hashable]
    order: Callable[[Event], Any]
    right: Callable[[Event, Event], int]
    near: Sequence[Near[Event]]
    arguments: Callable[[Event, Event], list[Judged[Argument]]]


def _mentions(
    medium: _Medium[Event, Argument],
    gold: Sequence[Event],
    predicted: Sequence[Event],
    *,
    wrong: Verdict = Verdict.WRONG_MENTION,
    missed: Verdict = Verdict.MISSED_MENTION,
) -> tuple[JudgedMention[Event, Argument], ...]:
    """Judge mentions, and the arguments of those that are right; of the others all are wrong."""
    pairs = explain(
        predicted,
        gold,
        key=medium.key,
        order=medium.order,
        near=medium.near,
        # As strict argument scoring pairs copies: so that as many arguments as possible are right.
        copies=lambda wanted, copies: pair_copies(wanted, copies, medium.right),
    )
    judged = []
    for pair in pairs:
        if pair.verdict is Verdict.RIGHT and pair.predicted and pair.gold:
            arguments = medium.arguments(pair.predicted, pair.gold)
        else:
            repeated = pair.verdict is Verdict.REPEATED
            verdict = Verdict.REPEATED_MENTION if repeated else wrong
            arguments = [Judged(missed, None, a) for a in _arguments(pair.gold)]
            arguments += [Judged(verdict, a, None) for a in _arguments(pair.predicted)]
        judged.append(JudgedMention(pair.verdict, pair.predicted, pair.gold, tuple(arguments)))
    return tuple(judged)


def _arguments(event: TextEvent | ImageEvent | None) -> Sequence[Any]:
    return () if event is None else event.arguments


class _Linked(NamedTuple, Generic[Event]):
    """Linked mentions, each once: those of any right link, and the others."""

    right: list[Event]
    rest: list[Event]


class _BothLinked(NamedTuple):
    text: _Linked[TextEvent]
    image: _Linked[ImageEvent]


def _by_rightness(links: Sequence[Linked], right: Collection[Hashable]) -> _BothLinked:
    in_right = [link for link in links if _link_key(link) in right]
    return _BothLinked(
        _split([link.text for link in links], {link.text.id for link in in_right}),
        _split([link.image for link in links], {link.image.id for link in in_right}),
    )


def _split(events: Sequence[Event], right: set[str]) -> _Linked[Event]:
    once = {event.id: event for event in events}.values()
    return _Linked([e for e in once if e.id in right], [e for e in once if e.id not in right])


def _linked_mentions(
    medium: _Medium[Event, Argument], gold: _Linked[Event], predicted: _Linked[Event]
) -> tuple[JudgedMention[Event, Argument], ...]:
    """Judge the arguments of right links one by one, those of other links by their link."""
    medium = medium._replace(near=())
    return tuple(
        judged
        for wanted, found in (
            (gold.right, predicted.right),
            (gold.rest, []),
            ([], predicted.rest),
        )
        for judged in _mentions(
            medium, wanted, found, wrong=Verdict.WRONG_LINK, missed=Verdict.MISSED_LINK
        )
    )


def _linked(document: Document) -> list[Linked]:
    events = linked_events(document)
    return [Linked(link, *both) for link, both in zip(document.links, events, strict=True)]


def _text_arguments(predicted: TextEvent, gold: TextEvent) -> list[Judged[TextArgument]]:
    return explain(
        predicted.arguments, gold.arguments, key=_span_key, order=_span_key, near=_NEAR_SPANS
    )


def _image_arguments(predicted: ImageEvent, gold: ImageEvent) -> list[Judged[ImageArgument]]:
    return explain_boxes(predicted.arguments, gold.arguments)


def _event_order(key: Hashable, arguments: Iterable[Any]) -> tuple[Hashable, int, list[Any]]:
    """Sort events so that of equally right copies the one that says most is taken first."""
    found = sorted(arguments)
    return key, -len(found), found


def _place(event: TextEvent) -> Hashable:
    return event.sentence_id, event.trigger


def _overlap(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def _span_key(argument: TextArgument) -> tuple[str, int, int]:
    return argument.role, argument.span.start, argument.span.end


def _link_key(link: Linked) -> tuple[Any, Any]:
    return text_key(link.text), image_key(link.image)


_NEAR_SPANS: tuple[Near[TextArgument], ...] = (
    (Verdict.WRONG_ROLE, lambda p, g: p.span == g.span),
    (Verdict.ARGUMENT_BOUNDARY, lambda p, g: p.role == g.role and _overlap(p.span, g.span)),
)
_NEAR_LINKS: tuple[Near[Linked], ...] = (
    (
        Verdict.OTHER_MENTION,
        lambda p, g: (
            (p.text.sentence_id, p.image.image_id) == (g.text.sentence_id, g.image.image_id)
        ),
    ),
)
_TEXT: _Medium[TextEvent, TextArgument] = _Medium(
    key=text_key,
    order=lambda event: _event_order(text_key(event), map(_span_key, event.arguments)),
    right=right_spans,
    near=(
        (Verdict.WRONG_TYPE, lambda p, g: _place(p) == _place(g)),
        (
            Verdict.TRIGGER_BOUNDARY,
            lambda p, g: (
                (p.sentence_id, p.event_type) == (g.sentence_id, g.event_type)
                and _overlap(p.trigger, g.trigger)
            ),
        ),
    ),
    arguments=_text_arguments,
)
_IMAGE: _Medium[ImageEvent, ImageArgument] = _Medium(
    key=image_key,
    order=lambda event: _event_order(image_key(event), map(box_order, event.arguments)),
    right=right_boxes,
    near=((Verdict.WRONG_TYPE, lambda p, g: p.image_id == g.image_id),),
    arguments=_image_arguments,
)
