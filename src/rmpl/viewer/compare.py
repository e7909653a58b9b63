"""Pairing predicted with gold events, with the verdicts of the scorer.

The verdicts are those of ``rmpl.scoring.judgements``; this module gives the drawing code one data
structure for documents with gold, predictions or both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from rmpl.records import Document, ImageArgument, ImageEvent, Link, TextArgument, TextEvent
from rmpl.scoring.judgements import judge
from rmpl.scoring.verdicts import (
    Argument,
    Event,
    Judged,
    JudgedDocument,
    JudgedMention,
    Linked,
    Verdict,
)

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Pair(Generic[T]):
    """A gold item and the prediction paired with it; one of the two may be absent.

    ``verdict`` is ``None`` without a comparison.
    """

    gold: T | None
    predicted: T | None
    verdict: Verdict | None

    def side(self, gold: bool) -> T | None:
        """Return the gold item or the predicted one."""
        return self.gold if gold else self.predicted


@dataclasses.dataclass(frozen=True)
class EventPair(Generic[Event, Argument]):
    """A gold mention and the predicted one paired with it, with their arguments."""

    gold: Event | None
    predicted: Event | None
    verdict: Verdict | None
    arguments: tuple[Pair[Argument], ...]

    def side(self, gold: bool) -> Event | None:
        """Return the gold mention or the predicted one."""
        return self.gold if gold else self.predicted

    @property
    def either(self) -> Event:
        """The gold mention, or the predicted one if there is no gold."""
        event = self.gold if self.gold is not None else self.predicted
        assert event is not None, "a pair has at least one side"  # noqa: S101
        return event


TextPair = EventPair[TextEvent, TextArgument]
ImagePair = EventPair[ImageEvent, ImageArgument]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A document with paired gold and predicted items; its sentences and images are the gold's.

    ``judged`` is ``None`` if only one side was given.
    """

    document: Document
    text: tuple[TextPair, ...]
    image: tuple[ImagePair, ...]
    links: tuple[Pair[Link], ...]
    judged: JudgedDocument | None

    @property
    def events(self) -> tuple[TextPair | ImagePair, ...]:
        """The mentions of both media, those of text first."""
        both: list[TextPair | ImagePair] = [*self.text, *self.image]
        return tuple(both)


def compare(gold: Document | None, predicted: Document | None) -> Comparison:
    """Pair the mentions, arguments and links of a document's gold and prediction.

    A link to an unknown event, which the scorer refuses, is shown as missed or spurious.

    Parameters
    ----------
    gold, predicted
        The same document (by id) with gold and with predicted events; if one is ``None``, the
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
    lost, unwanted = _dangling(gold), _dangling(predicted)
    judged = judge(_without(gold, lost), _without(predicted, unwanted))
    return Comparison(
        document=gold,
        text=tuple(map(_event_pair, judged.text)),
        image=tuple(map(_event_pair, judged.image)),
        links=(
            *map(_link_pair, judged.links),
            *(Pair(link, None, Verdict.MISSED) for link in lost),
            *(Pair(None, link, Verdict.SPURIOUS) for link in unwanted),
        ),
        judged=judged,
    )


def _event_pair(judged: JudgedMention[Event, Argument]) -> EventPair[Event, Argument]:
    arguments = tuple(Pair(one.gold, one.predicted, one.verdict) for one in judged.arguments)
    return EventPair(judged.gold, judged.predicted, judged.verdict, arguments)


def _link_pair(judged: Judged[Linked]) -> Pair[Link]:
    gold, predicted = (one.link if one else None for one in (judged.gold, judged.predicted))
    return Pair(gold, predicted, judged.verdict)


def _dangling(document: Document) -> list[Link]:
    text = {event.id for event in document.text_events}
    image = {event.id for event in document.image_events}
    return [link for link in document.links if link.text not in text or link.image not in image]


def _without(document: Document, links: Sequence[Link]) -> Document:
    remaining = tuple(link for link in document.links if link not in links)
    return msgspec.structs.replace(document, links=remaining) if links else document


def _plain(document: Document, as_gold: bool) -> Comparison:
    def pair(item: T) -> Pair[T]:
        return Pair(item if as_gold else None, None if as_gold else item, None)

    def event(mention: Event) -> EventPair[Event, Argument]:
        arguments = tuple(pair(argument) for argument in mention.arguments)
        laid = pair(mention)
        return EventPair(laid.gold, laid.predicted, None, arguments)  # type: ignore[arg-type]

    return Comparison(
        document=document,
        text=tuple(event(mention) for mention in document.text_events),
        image=tuple(event(mention) for mention in document.image_events),
        links=tuple(pair(link) for link in document.links),
        judged=None,
    )
