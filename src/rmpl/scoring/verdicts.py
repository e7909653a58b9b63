"""The verdicts on predicted and gold items under strict scoring.

``rmpl.scoring.judgements`` makes these records, the error analysis counts them and the viewer draws
them.
"""

from __future__ import annotations

import enum
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from rmpl.records import (
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    TextArgument,
    TextEvent,
)


class Verdict(enum.StrEnum):
    """Correct, or the category of an error, in the order of tables."""

    RIGHT = "right"
    WRONG_TYPE = "wrong type"
    TRIGGER_BOUNDARY = "trigger boundary"
    WRONG_ROLE = "wrong role"
    ARGUMENT_BOUNDARY = "argument boundary"
    POOR_BOX = "poor box"
    OTHER_MENTION = "right sentence and image, wrong mention"
    REPEATED = "repeated"
    SPURIOUS = "spurious"
    MISSED = "missed"
    REPEATED_MENTION = "argument of a repeated mention"
    WRONG_MENTION = "argument of a wrong mention"
    MISSED_MENTION = "argument of a missed mention"
    WRONG_LINK = "argument of a wrong link"
    MISSED_LINK = "argument of a missed link"

    @property
    def meaning(self) -> str:
        """A short description of the verdict."""
        return _MEANINGS[self]


_MEANINGS = {
    Verdict.RIGHT: "predicted as in the gold",
    Verdict.WRONG_TYPE: "another event type on the right trigger or image",
    Verdict.TRIGGER_BOUNDARY: "the right type on a trigger that only overlaps the gold one",
    Verdict.WRONG_ROLE: "another role on the right span or box",
    Verdict.ARGUMENT_BOUNDARY: "the right role on a span that only overlaps the gold one",
    Verdict.POOR_BOX: "the right role on a box whose IoU with the gold one is below 0.5",
    Verdict.OTHER_MENTION: "a link of the right sentence and image between other mentions",
    Verdict.REPEATED: "right, but predicted more often than it is in the gold",
    Verdict.SPURIOUS: "predicted, and nothing like it in the gold",
    Verdict.MISSED: "in the gold, and nothing like it predicted",
    Verdict.REPEATED_MENTION: "predicted for a mention that was predicted more than once",
    Verdict.WRONG_MENTION: "predicted for a mention that is not right",
    Verdict.MISSED_MENTION: "in the gold for a mention that was not found",
    Verdict.WRONG_LINK: "predicted for a mention that is in no right link",
    Verdict.MISSED_LINK: "in the gold for a linked mention that no right link found",
}

Item = TypeVar("Item")
Event = TypeVar("Event", TextEvent, ImageEvent)
Argument = TypeVar("Argument", TextArgument, ImageArgument)


class Judged(msgspec.Struct, Generic[Item], frozen=True):
    """A prediction and the gold item it is paired with; one of the two may be absent.

    ``overlap`` is the IoU of two paired boxes.
    """

    verdict: Verdict
    predicted: Item | None
    gold: Item | None
    overlap: float | None = None


class JudgedMention(msgspec.Struct, Generic[Event, Argument], frozen=True):
    """A predicted and a gold mention that are paired, with their arguments."""

    verdict: Verdict
    predicted: Event | None
    gold: Event | None
    arguments: tuple[Judged[Argument], ...]


class Linked(NamedTuple):
    """A link with its two events."""

    link: Link
    text: TextEvent
    image: ImageEvent


JudgedText = JudgedMention[TextEvent, TextArgument]
JudgedImage = JudgedMention[ImageEvent, ImageArgument]


class JudgedDocument(msgspec.Struct, frozen=True):
    """The verdicts on a document.

    Every predicted and gold mention, argument and link occurs exactly once in ``mentions`` (by
    medium) and ``links``. ``linked`` holds the multimedia verdicts on the arguments of linked
    mentions, each mention once.

    Attributes
    ----------
    sentences
        The gold sentences, for quotations; without text if the gold was read without it.
    """

    id: str
    sentences: tuple[Sentence, ...]
    mentions: dict[str, tuple[JudgedMention[Any, Any], ...]]
    links: tuple[Judged[Linked], ...]
    linked: dict[str, tuple[JudgedMention[Any, Any], ...]]

    @property
    def text(self) -> tuple[JudgedText, ...]:
        """The mentions in sentences."""
        return self.mentions["text"]

    @property
    def image(self) -> tuple[JudgedImage, ...]:
        """The mentions in images."""
        return self.mentions["image"]

    @property
    def linked_text(self) -> tuple[JudgedText, ...]:
        """The linked mentions in sentences."""
        return self.linked["text"]

    @property
    def linked_image(self) -> tuple[JudgedImage, ...]:
        """The linked mentions in images."""
        return self.linked["image"]
