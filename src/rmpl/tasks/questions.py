"""The questions of every medium: the events of a sentence or image, and their arguments."""

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
        """The id that links refer to."""
        ...

    @property
    def event_type(self) -> str:
        """The event type."""
        ...

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The participants."""
        ...

    @property
    def score(self) -> float | None:
        """The confidence of a prediction."""
        ...


Unit = TypeVar("Unit", bound=Identified)
"""A sentence or an image, which one prompt asks about."""
Event = TypeVar("Event", bound=EventRecord)


class UnitQuestion(msgspec.Struct, Generic[Unit, Event], frozen=True):
    """Which events occur in a sentence or image; ``events`` are the annotated ones."""

    unit: Unit
    events: tuple[Event, ...] = ()

    @property
    def id(self) -> str:
        """The id of the sentence or image."""
        return self.unit.id


class MentionQuestion(msgspec.Struct, Generic[Unit, Event], frozen=True):
    """Which arguments an event has; those in ``event`` are the annotated ones."""

    event: Event
    unit: Unit

    @property
    def id(self) -> str:
        """The id of the event."""
        return self.event.id


InSentence = UnitQuestion[Sentence, TextEvent]
InImage = UnitQuestion[Image, ImageEvent]
OfTextEvent = MentionQuestion[Sentence, TextEvent]
OfImageEvent = MentionQuestion[Image, ImageEvent]


def sentence_questions(document: Document) -> Iterator[InSentence]:
    """Yield one question per sentence, including sentences without events."""
    events: dict[str, list[TextEvent]] = defaultdict(list)
    for event in document.text_events:
        events[event.sentence_id].append(event)
    for sentence in document.sentences:
        yield UnitQuestion(sentence, tuple(events[sentence.id]))


def image_questions(document: Document, shown: Iterable[ImageEvent]) -> Iterator[InImage]:
    """Yield one question per available image, including those without an event in ``shown``."""
    events: dict[str, list[ImageEvent]] = defaultdict(list)
    for event in shown:
        events[event.image_id].append(event)
    for image in document.images:
        if image.path is not None:
            yield UnitQuestion(image, tuple(events[image.id]))
