"""The unified output format of all extraction tasks.

An answer is a JSON list of predicates. A predicate has a type, a trigger (in text) and
participants; a participant has a role and is a text span or a box in an image::

    [{"type":"Conflict:Attack","trigger":"attacked","args":[{"role":"Target","span":"convoy"}]}]
    [{"type":"Conflict:Attack","args":[{"role":"Target","box":[120,40,480,900]}]}]
    [{"type":"/per/org/member_of",
      "args":[{"role":"head","span":"Ana"},{"role":"tail","span":"FC"}]}]

Relations as two-participant predicates, the key names and their order are this project's decision;
the paper only states that there is one schema. ``"nth":2`` after a span gives its occurrence if it
is not the first. The key and the format of a box depend on the model family (``BoxCodec``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

import msgspec

from rmpl.records import Box, Image, ImageArgument, ImageEvent, Sentence, TextArgument, TextEvent
from rmpl.tasks.places import Place, object_places
from rmpl.tasks.spans import find_span, name_span

BoxValue = list[float] | str
T = TypeVar("T")


class BoxCodec(Protocol):
    """The box format of a model family. Only a codec converts boxes, and it never guesses units."""

    @property
    def key(self) -> str:
        """The family's JSON key of a box (``bbox_2d`` for Qwen)."""
        ...

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Encode a box in pixels of a ``width`` x ``height`` image."""
        ...

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels of the original image; raise ``ValueError`` if it is invalid."""
        ...

    def pattern(self, width: int, height: int) -> str:
        """Return a regular expression of everything ``encode`` can write, as compact JSON.

        In Rust's syntax without look-around; matches have at most 64 bytes. Special tokens of the
        family appear by name, ``<|box_start|>``, and alternatives of them as
        ``(<loc0000>|<loc0001>){4}``: they are generated as one token, not as characters.
        """
        ...


class Participant(msgspec.Struct, omit_defaults=True, frozen=True):
    """A participant in an answer: a role with a span (and its occurrence) or a box."""

    role: str
    span: str | None = None
    nth: int = 1
    box: BoxValue | None = None


class Predicate(msgspec.Struct, omit_defaults=True, frozen=True):
    """A predicate in an answer. ``args`` is ``None`` if only mentions are asked for."""

    type: str
    trigger: str | None = None
    nth: int = 1
    args: list[Participant] | None = None


class Answer(msgspec.Struct, Generic[T]):
    """The parsed items of a model's answer.

    ``failure`` is ``None`` for a parseable answer; otherwise it is the reason, and ``items`` holds
    the complete items before the error. ``places`` are the character spans of the items.
    """

    items: list[T]
    failure: str | None = None
    places: list[Place] = []


def places_of_boxes(answers: str, key: str) -> list[tuple[int, int]]:
    """Return the character spans of boxes that are strings; ``key`` is the key of boxes.

    No string copied from a document can contain one: quotes are escaped there.
    """
    return [found.span() for found in re.finditer(rf'"{key}":"[^"\\]*"', answers)]


def encode_answer(value: object, box_key: str) -> str:
    """Encode an answer as compact JSON, boxes under the family's key."""
    text = msgspec.json.encode(value).decode("utf-8")
    return text if box_key == "box" else text.replace('"box":[', f'"{box_key}":[')


def text_predicate(
    event: TextEvent, sentence: Sentence, *, pad: str = "", with_arguments: bool = True
) -> Predicate:
    """Convert a text event; ``pad`` is a prefix of every string copied from the text."""
    trigger, nth = name_span(sentence, event.trigger)
    args = text_participants(event.arguments, sentence, pad=pad) if with_arguments else None
    return Predicate(type=event.event_type, trigger=pad + trigger, nth=nth, args=args)


def text_participants(
    arguments: Iterable[TextArgument], sentence: Sentence, *, pad: str = ""
) -> list[Participant]:
    """Convert a text event's arguments, in sentence order."""
    ordered = sorted(arguments, key=lambda argument: (argument.span, argument.role))
    named = [(argument.role, *name_span(sentence, argument.span)) for argument in ordered]
    return [Participant(role=role, span=pad + text, nth=nth) for role, text, nth in named]


def image_predicate(
    event: ImageEvent, image: Image, boxes: BoxCodec, *, with_arguments: bool = True
) -> Predicate:
    """Convert an image event."""
    args = image_participants(event.arguments, image, boxes) if with_arguments else None
    return Predicate(type=event.event_type, args=args)


def image_participants(
    arguments: Iterable[ImageArgument], image: Image, boxes: BoxCodec
) -> list[Participant]:
    """Convert an image event's arguments, ordered by role, then from left to right."""
    ordered = sorted(arguments, key=lambda argument: (argument.role, argument.box))
    return [
        Participant(role=a.role, box=boxes.encode(a.box, image.width, image.height))
        for a in ordered
    ]


def write_predicates(predicates: list[Predicate], box_key: str = "box") -> str:
    """Write an answer that is a list of predicates."""
    return encode_answer(predicates, box_key)


def write_participants(participants: list[Participant], box_key: str = "box") -> str:
    """Write an answer that is a list of participants of one given mention."""
    return encode_answer(participants, box_key)


def read_items(text: str, box_key: str, item: type[T]) -> Answer[T]:
    """Parse a list of items; of a malformed one, the complete items."""
    answer = _items(text.strip(), box_key, item)
    # The text that is parsed has another box key, so places are taken from the original answer.
    answer.places = object_places(text)[: len(answer.items)]
    return answer


def _items(text: str, box_key: str, item: type[T]) -> Answer[T]:
    if box_key != "box":
        text = text.replace(f'"{box_key}":', '"box":')
    kind = list[item]  # type: ignore[valid-type]
    try:
        return Answer(msgspec.json.decode(text, type=kind))
    except msgspec.DecodeError as error:
        failure = str(error)
    # A truncated answer still has complete items: use the longest parseable prefix.
    for cut in range(len(text), 0, -1):
        if text[cut - 1] != "}":
            continue
        for closing in ("]", "]}]"):
            try:
                return Answer(msgspec.json.decode(text[:cut] + closing, type=kind), failure)
            except msgspec.DecodeError:
                continue
    return Answer([], failure)


def read_predicates(text: str, box_key: str = "box") -> Answer[Predicate]:
    """Parse a list of predicates; of a malformed one, the complete predicates."""
    return read_items(text, box_key, Predicate)


def read_participants(text: str, box_key: str = "box") -> Answer[Participant]:
    """Parse a list of participants; of a malformed one, the complete participants."""
    return read_items(text, box_key, Participant)


def read_text_events(
    text: str, sentence: Sentence, *, with_arguments: bool = True
) -> Answer[TextEvent]:
    """Parse an answer about a sentence as events, with or without arguments.

    A trigger that does not occur in the sentence gets the span ``NOWHERE``.
    """
    predicates = read_predicates(text)
    events = []
    for number, predicate in enumerate(predicates.items):
        trigger = (predicate.trigger or "").strip(" ")
        arguments = predicate.args if with_arguments and predicate.args else []
        events.append(
            TextEvent(
                id=f"{sentence.id}#{number}",
                sentence_id=sentence.id,
                event_type=predicate.type,
                trigger=find_span(sentence, trigger, predicate.nth),
                arguments=text_arguments(arguments, sentence),
                trigger_text=trigger,
            )
        )
    return Answer(events, predicates.failure, predicates.places)


def read_image_events(
    text: str, image: Image, boxes: BoxCodec, *, with_arguments: bool = True
) -> Answer[ImageEvent]:
    """Parse an answer about an image as events, with or without arguments."""
    predicates = read_predicates(text, boxes.key)
    events = []
    for number, predicate in enumerate(predicates.items):
        arguments = predicate.args if with_arguments and predicate.args else []
        events.append(
            ImageEvent(
                id=f"{image.id}#{number}",
                image_id=image.id,
                event_type=predicate.type,
                arguments=image_arguments(arguments, image, boxes),
            )
        )
    return Answer(events, predicates.failure, predicates.places)


def text_arguments(
    participants: Iterable[Participant], sentence: Sentence
) -> tuple[TextArgument, ...]:
    """Convert parsed participants to text arguments.

    A string that does not occur in the sentence gets the span ``NOWHERE``, so that it still counts
    as predicted.
    """
    found = []
    for participant in participants:
        text = (participant.span or "").strip(" ")
        span = find_span(sentence, text, participant.nth)
        found.append(TextArgument(role=participant.role, span=span, text=text))
    return tuple(found)


def image_arguments(
    participants: Iterable[Participant], image: Image, boxes: BoxCodec
) -> tuple[ImageArgument, ...]:
    """Convert parsed participants to image arguments; an invalid box becomes an empty one."""
    found = []
    for participant in participants:
        try:
            box = boxes.decode(participant.box or [], image.width, image.height)
        except ValueError:
            box = Box(0, 0, 0, 0)
        found.append(ImageArgument(role=participant.role, box=box))
    return tuple(found)
