"""Verdicts on every prediction and gold item of a document under strict scoring.

Every wrong prediction and every missed gold item gets exactly one category, so the categories of a
task sum to its errors: ``predicted - tp`` wrong predictions and ``gold - tp`` missed items. Where
a wrong prediction explains a missed item (another type on the same trigger), the two are one
record with both sides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Hashable, Sequence
from typing import Any, Generic, NamedTuple

from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.scoring.explaining import Near, explain
from rmpl.scoring.keys import image_key, linked_events, text_key
from rmpl.scoring.media import MEDIA, Medium
from rmpl.scoring.strict import pair_copies
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
    """Judge a document; missing gold or predictions are passed as an empty document.

    The verdicts do not depend on the order of events, arguments and links.

    Raises
    ------
    RmplError
        If a link names an event that its document does not have.
    """
    wanted, found = _linked(gold), _linked(predicted)
    right = set(map(_link_key, wanted)) & set(map(_link_key, found))
    return JudgedDocument(
        id=gold.id,
        sentences=gold.sentences,
        mentions={
            medium.name: _mentions(medium, medium.events(gold), medium.events(predicted))
            for medium in MEDIA
        },
        links=tuple(explain(found, wanted, key=_link_key, order=_link_key, near=_NEAR_LINKS)),
        linked={
            medium.name: _linked_mentions(
                medium, _by_rightness(medium, wanted, right), _by_rightness(medium, found, right)
            )
            for medium in MEDIA
        },
    )


def _mentions(
    medium: Medium[Event, Argument],
    gold: Sequence[Event],
    predicted: Sequence[Event],
    *,
    wrong: Verdict = Verdict.WRONG_MENTION,
    missed: Verdict = Verdict.MISSED_MENTION,
) -> tuple[JudgedMention[Event, Argument], ...]:
    """Judge mentions, and the arguments of correct ones; all arguments of the others are wrong."""
    pairs = explain(
        predicted,
        gold,
        key=medium.key,
        order=lambda event: _order(medium, event),
        near=medium.near,
        # Pair copies as strict argument scoring does: to maximise the number of correct arguments.
        copies=lambda wanted, copies: pair_copies(wanted, copies, medium.right),
    )
    judged = []
    for pair in pairs:
        if pair.verdict is Verdict.RIGHT and pair.predicted and pair.gold:
            arguments = medium.judge(pair.predicted, pair.gold)
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
    """Distinct linked mentions: those of correct links, and the others."""

    right: list[Event]
    rest: list[Event]


def _by_rightness(
    medium: Medium[Event, Argument], links: Sequence[Linked], right: Collection[Hashable]
) -> _Linked[Event]:
    once = {(event := medium.end(link)).id: event for link in links}.values()
    in_right = {medium.end(link).id for link in links if _link_key(link) in right}
    return _Linked([e for e in once if e.id in in_right], [e for e in once if e.id not in in_right])


def _linked_mentions(
    medium: Medium[Event, Argument], gold: _Linked[Event], predicted: _Linked[Event]
) -> tuple[JudgedMention[Event, Argument], ...]:
    """Judge the arguments of correct links individually, those of other links by their link."""
    medium = dataclasses.replace(medium, near=())
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


def _order(medium: Medium[Event, Argument], event: Event) -> tuple[Hashable, int, list[Any]]:
    """Sort events so that of equal copies the most informative one comes first."""
    found = medium.order(event)
    return medium.key(event), -len(found), found


def _link_key(link: Linked) -> tuple[Any, Any]:
    return text_key(link.text), image_key(link.image)


_NEAR_LINKS: tuple[Near[Linked], ...] = (
    (
        Verdict.OTHER_MENTION,
        lambda p, g: (
            (p.text.sentence_id, p.image.image_id) == (g.text.sentence_id, g.image.image_id)
        ),
    ),
)
