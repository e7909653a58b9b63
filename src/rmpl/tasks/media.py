"""The media of events: how a document stores their events, and which tasks extract them.

Code that handles all media iterates over ``MEDIA``; a further medium is one more entry.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from rmpl.records import (
    NOWHERE,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Sentence,
    TextArgument,
    TextEvent,
)
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.base import Task
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.questions import Event, MentionQuestion, Unit, UnitQuestion
from rmpl.tasks.trigger_type import TriggerType
from rmpl.tasks.whole_events import ImageEvents, TextEvents

Argument = TypeVar("Argument")


class Medium(ABC, Generic[Unit, Event, Argument]):
    """One medium of a document: its units (sentences, images) and the events in them.

    ``needs_images`` is whether only models that read images extract from it.

    Parameters
    ----------
    whole
        The task that extracts events with their arguments in one answer.
    mentions
        The task that extracts the event mentions of a unit.
    arguments
        The task that extracts the arguments of a mention.
    triggers
        The task that classifies candidates for mentions, for models trained on it.
    """

    name: ClassVar[str]
    needs_images: ClassVar[bool] = False

    def __init__(
        self,
        whole: type[Task[UnitQuestion[Unit, Event], Event]],
        mentions: type[Task[UnitQuestion[Unit, Event], Event]],
        arguments: type[Task[MentionQuestion[Unit, Event], Argument]],
        triggers: type[TriggerType] | None = None,
    ) -> None:
        self.whole = whole
        self.mentions = mentions
        self.arguments = arguments
        self.triggers = triggers

    @abstractmethod
    def units(self, document: Document) -> Sequence[Unit]:
        """Return the units that can be asked about, in order."""

    @abstractmethod
    def events(self, document: Document) -> Sequence[Event]:
        """Return the document's events of this medium."""

    @abstractmethod
    def unit_of(self, event: Event) -> str:
        """Return the id of the unit that an event is in."""

    @abstractmethod
    def with_events(self, document: Document, events: Sequence[Event]) -> Document:
        """Return the document with its events of this medium replaced."""

    @abstractmethod
    def part(self, name: str, unit: Unit, events: Sequence[Event]) -> Document:
        """Return a document with the id ``name``, one unit and its events."""

    def is_placed(self, event: Event) -> bool:  # noqa: ARG002 - by default, all are
        """Return whether an event is located in its unit, so that it can be asked about."""
        return True


class _Text(Medium[Sentence, TextEvent, TextArgument]):
    name = "text"

    def units(self, document: Document) -> Sequence[Sentence]:
        return document.sentences

    def events(self, document: Document) -> Sequence[TextEvent]:
        return document.text_events

    def unit_of(self, event: TextEvent) -> str:
        return event.sentence_id

    def with_events(self, document: Document, events: Sequence[TextEvent]) -> Document:
        return msgspec.structs.replace(document, text_events=tuple(events))

    def part(self, name: str, unit: Sentence, events: Sequence[TextEvent]) -> Document:
        return Document(name, sentences=(unit,), text_events=tuple(events))

    def is_placed(self, event: TextEvent) -> bool:
        return event.trigger != NOWHERE


class _Image(Medium[Image, ImageEvent, ImageArgument]):
    name = "image"
    needs_images = True

    def units(self, document: Document) -> Sequence[Image]:
        return [image for image in document.images if image.path is not None]

    def events(self, document: Document) -> Sequence[ImageEvent]:
        return document.image_events

    def unit_of(self, event: ImageEvent) -> str:
        return event.image_id

    def with_events(self, document: Document, events: Sequence[ImageEvent]) -> Document:
        return msgspec.structs.replace(document, image_events=tuple(events))

    def part(self, name: str, unit: Image, events: Sequence[ImageEvent]) -> Document:
        return Document(name, images=(unit,), image_events=tuple(events))


TEXT = _Text(TextEvents, TextEMI, TextARE, TriggerType)
IMAGE = _Image(ImageEvents, ImageEMI, ImageARE)
MEDIA: dict[str, Medium[Any, Any, Any]] = {TEXT.name: TEXT, IMAGE.name: IMAGE}
"""The media by name, in the order in which they are asked about."""


def media_read(*, reads_images: bool) -> tuple[str, ...]:
    """Return the names of the media that a model extracts from."""
    return tuple(name for name, one in MEDIA.items() if reads_images or not one.needs_images)
