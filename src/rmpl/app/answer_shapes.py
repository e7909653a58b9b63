"""The form of what the API answers, for its description; ``rmpl extract`` writes such lines."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from rmpl.records import Image, Sentence

Score = Annotated[
    float | UnsetType, msgspec.Meta(description="a probability; absent where there is none")
]
Offset = Annotated[
    int | UnsetType, msgspec.Meta(description="characters; absent where a string is in no sentence")
]


class Trigger(msgspec.Struct, kw_only=True):
    """The words that stand for an event.

    ``start`` and ``end`` are tokens of the sentence, ``char_`` characters of it, ``source_``
    characters of the text that was sent; ends exclusive.
    """

    start: int
    end: int
    char_start: Offset = UNSET
    char_end: Offset = UNSET
    source_start: Offset = UNSET
    source_end: Offset = UNSET
    text: str | UnsetType = UNSET


class TextArgument(Trigger, kw_only=True):
    """A participant of a text event, with its role."""

    role: str
    score: Score = UNSET


class ImageArgument(msgspec.Struct, kw_only=True):
    """A participant of an image event: a box in pixels of the upright image, x1, y1, x2, y2."""

    role: str
    box: tuple[float, float, float, float]
    group: bool | UnsetType = UNSET
    score: Score = UNSET


class TextEvent(msgspec.Struct, kw_only=True):
    """An event in a sentence: its trigger, and apart from it its arguments."""

    id: str
    sentence_id: str
    event_type: str
    trigger: Trigger
    arguments: list[TextArgument]
    score: Score = UNSET


class ImageEvent(msgspec.Struct, kw_only=True):
    """An event in an image; it has no trigger."""

    id: str
    image_id: str
    event_type: str
    arguments: list[ImageArgument]
    score: Score = UNSET


class Alignment(msgspec.Struct, kw_only=True):
    """A span and a box that show the same participant."""

    role: str
    start: int
    end: int
    box: tuple[float, float, float, float]
    group: bool | UnsetType = UNSET
    score: Score = UNSET


class Link(msgspec.Struct, kw_only=True):
    """The ids of a text event and an image event that are the same event."""

    text: str
    image: str
    score: Score = UNSET
    alignments: list[Alignment] | UnsetType = UNSET


class SameParticipant(msgspec.Struct, kw_only=True):
    """Indices of a text and an image argument of a multimedia event."""

    text: int
    image: int
    score: Score = UNSET


class Participant(msgspec.Struct, kw_only=True):
    """An argument of a multimedia event: a span of a text event, or a box of an image event."""

    event: str
    role: str
    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    char_start: Offset = UNSET
    char_end: Offset = UNSET
    source_start: Offset = UNSET
    source_end: Offset = UNSET
    text: str | UnsetType = UNSET
    box: tuple[float, float, float, float] | UnsetType = UNSET
    group: bool | UnsetType = UNSET
    score: Score = UNSET


class MultimediaEvent(msgspec.Struct, kw_only=True):
    """Linked events as one, with the arguments of all of them."""

    id: str
    event_type: str
    text_events: list[str]
    image_events: list[str]
    arguments: list[Participant]
    alignment: list[SameParticipant]
    score: Score = UNSET


class Extracted(msgspec.Struct, kw_only=True):
    """A document with its events; ``text`` is the text of a page."""

    format: str
    doc_id: str
    file: str
    media: list[str] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    sentences: list[Sentence]
    images: list[Image]
    text_events: list[TextEvent]
    image_events: list[ImageEvent]
    links: list[Link]
    multimedia_events: list[MultimediaEvent]


class Problem(msgspec.Struct, kw_only=True):
    """An error: what, where, and how to fix it."""

    error: str
    where: str | None = None
    remedy: str | None = None


class Progress(msgspec.Struct, kw_only=True):
    """What is under way, and how many prompts of it are answered."""

    step: str
    done: int
    of: int


class BatchLine(msgspec.Struct, kw_only=True):
    """One document of a batch: its place in the request, and its events or an error."""

    index: int
    result: Extracted | None = None
    problem: Problem | None = None


class Drawing(msgspec.Struct, kw_only=True):
    """The line of ``/api/extract``, and a self-contained page that draws it."""

    line: Extracted
    drawing: str


class DrawnLine(msgspec.Struct, kw_only=True):
    """One of these: what is under way, what was found, or an error."""

    progress: Progress | None = None
    result: Drawing | None = None
    problem: Problem | None = None
