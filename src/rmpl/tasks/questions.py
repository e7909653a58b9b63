"""The questions that every medium has: what is in a sentence or an image, and who takes part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from rmpl.records import Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.tasks.base import Identified


class EventRecord(Protocol):
    """An event of any medium."""

    @property
    def id(self) -> str:
        """What links know it by."""
        ...

    @property
    def event_type(self) -> str:
        """Its type."""
        ...

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Its participants."""
        ...

    @property
    def score(self) -> float | None:
        """How sure of it its predictor is."""
        ...


Unit = TypeVar("Unit", bound=Identified)
"""A sentence or an image: what one prompt asks about."""
Event = TypeVar("Event", bound=EventRecord)


class UnitQuestion(msgspec.Struct, Generic[Unit, Event], frozen=True):
    """Which events are in a sentence or an image; ``events`` are the annotated ones."""

    unit: Unit
    events: tuple[Event, ...] = ()

    @property
    def id(self) -> str:
        """The sentence's or the image's."""
        return self.unit.id


class MentionQuestion(msgspec.Struct, Generic[Unit, Event], frozen=True):
    """What the arguments of this event in a sentence or an image are.

    The arguments that the event has are the annotated ones.
    """

    event: Event
    unit: Unit

    @property
    def id(self) -> str:
        """The event's."""
        return self.event.id


InSentence = UnitQuestion[Sentence, TextEvent]
InImage = UnitQuestion[Image, ImageEvent]
OfTextEvent = MentionQuestion[Sentence, TextEvent]
OfImageEvent = MentionQuestion[Image, ImageEvent]


def sentence_questions(document: Document) -> Iterator[InSentence]:
    """Yield one question per sentence, sentences without events included."""
    events: dict[str, list[TextEvent]] = defaultdict(list)
    for event in document.text_events:
        events[event.sentence_id].append(event)
    for sentence in document.sentences:
        yield UnitQuestion(sentence, tuple(events[sentence.id]))


def image_questions(document: Document, shown: Iterable[ImageEvent]) -> Iterator[InImage]:
    """Yield one question per image that is at hand, images without any event ``shown`` included."""
    events: dict[str, list[ImageEvent]] = defaultdict(list)
    for event in shown:
        events[event.image_id].append(event)
    for image in document.images:
        if image.path is not None:
            yield UnitQuestion(image, tuple(events[image.id]))
