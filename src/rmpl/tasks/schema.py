"""The unified schema: one target grammar for everything that is learnt.

An answer is a JSON list of predicates; a predicate has a type, a trigger where its medium has one,
and participants; a participant has a role and is a span of text or a box in an image::

    [{"type":"Conflict:Attack","trigger":"attacked","args":[{"role":"Target","span":"convoy"}]}]
    [{"type":"Conflict:Attack","args":[{"role":"Target","box":[120,40,480,900]}]}]
    [{"type":"/per/org/member_of",
      "args":[{"role":"head","span":"Ana"},{"role":"tail","span":"FC"}]}]

The relation as a two-participant predicate, the key names and the order are this project's
decision; the paper only says that the schema is one. ``"nth":2`` after a span names its occurrence
where it is not the first. The key and the numbers of a box belong to the model family
(``BoxCodec``).
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
    """How a model family writes a box. Conversion happens here only, never by guessing a space."""

    @property
    def key(self) -> str:
        """The JSON key that the family knows boxes by (``bbox_2d`` for Qwen)."""
        ...

    def encode(self, box: Box, width: int, height: int) -> BoxValue:
        """Return what the family writes for a box in pixels of a ``width`` x ``height`` image."""
        ...

    def decode(self, value: BoxValue, width: int, height: int) -> Box:
        """Return the box in pixels of the original image; ``ValueError`` if it is none."""
        ...

    def pattern(self, width: int, height: int) -> str:
        """Return a regular expression of everything ``encode`` can write, as compact JSON.

        In Rust's syntax without look-around; at most 64 bytes may match. What the family's
        vocabulary has as one token of its own stands in it by name, ``<|box_start|>``, a choice of
        such as ``(<loc0000>|<loc0001>){4}``: such a token is not spelt out letter by letter.
        """
        ...


class Participant(msgspec.Struct, omit_defaults=True, frozen=True):
    """A participant as it is written: a role with a span (and its occurrence) or a box."""

    role: str
    span: str | None = None
    nth: int = 1
    box: BoxValue | None = None


class Predicate(msgspec.Struct, omit_defaults=True, frozen=True):
    """A predicate as it is written. ``args`` is ``None`` where only mentions are asked for."""

    type: str
    trigger: str | None = None
    nth: int = 1
    args: list[Participant] | None = None


class Answer(msgspec.Struct, Generic[T]):
    """What could be read of a model's answer.

    ``failure`` is ``None`` for a whole, well-formed answer; otherwise it says what is wrong, and
    ``items`` holds the complete items that stand before that place. ``places`` says where each of
    them stands in the answer.
    """

    items: list[T]
    failure: str | None = None
    places: list[Place] = []


def places_of_boxes(answers: str, key: str) -> list[tuple[int, int]]:
    """Return where answers have boxes that are strings; ``key`` is the boxes' key.

    No string that an answer copies from a document can hold one: its quotes have backslashes there.
    """
    return [found.span() for found in re.finditer(rf'"{key}":"[^"\\]*"', answers)]


def encode_answer(value: object, box_key: str) -> str:
    """Write any structured answer as compact JSON, boxes under the family's key."""
    text = msgspec.json.encode(value).decode("utf-8")
    return text if box_key == "box" else text.replace('"box":[', f'"{box_key}":[')


def text_predicate(
    event: TextEvent, sentence: Sentence, *, pad: str = "", with_arguments: bool = True
) -> Predicate:
    """Say a text event in the schema; ``pad`` stands before every string copied from the text."""
    trigger, nth = name_span(sentence, event.trigger)
    args = text_participants(event.arguments, sentence, pad=pad) if with_arguments else None
    return Predicate(type=event.event_type, trigger=pad + trigger, nth=nth, args=args)


def text_participants(
    arguments: Iterable[TextArgument], sentence: Sentence, *, pad: str = ""
) -> list[Participant]:
    """Say a text event's arguments in the schema, in the order of the sentence."""
    ordered = sorted(arguments, key=lambda argument: (argument.span, argument.role))
    named = [(argument.role, *name_span(sentence, argument.span)) for argument in ordered]
    return [Participant(role=role, span=pad + text, nth=nth) for role, text, nth in named]


def image_predicate(
    event: ImageEvent, image: Image, boxes: BoxCodec, *, with_arguments: bool = True
) -> Predicate:
    """Say an image event in the schema."""
    args = image_participants(event.arguments, image, boxes) if with_arguments else None
    return Predicate(type=event.event_type, args=args)


def image_participants(
    arguments: Iterable[ImageArgument], image: Image, boxes: BoxCodec
) -> list[Participant]:
    """Say an image event's arguments in the schema: by role, then from left to right."""
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
    """Read an answer that is a list of something; a broken one keeps its whole items."""
    answer = _items(text.strip(), box_key, item)
    # The answer is read in another wording of boxes, so places are found in what was written.
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
    # An answer cut off in the middle still holds whole items: keep the longest readable beginning.
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
    """Read an answer that is a list of predicates; a broken one keeps its whole items."""
    return read_items(text, box_key, Predicate)


def read_participants(text: str, box_key: str = "box") -> Answer[Participant]:
    """Read an answer that is a list of participants; a broken one keeps its whole items."""
    return read_items(text, box_key, Participant)


def read_text_events(
    text: str, sentence: Sentence, *, with_arguments: bool = True
) -> Answer[TextEvent]:
    """Read an answer about a sentence as its events, with or without what it says of arguments.

    A trigger that does not occur in the sentence stands at ``NOWHERE``.
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
    """Read an answer about an image as its events, with or without what it says of arguments."""
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
    """Bring written participants back to token spans.

    A string that does not occur in the sentence becomes an argument at ``NOWHERE``, so that it
    still counts as predicted.
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
    """Bring written participants back to boxes; one without a readable box becomes an empty box."""
    found = []
    for participant in participants:
        try:
            box = boxes.decode(participant.box or [], image.width, image.height)
        except ValueError:
            box = Box(0, 0, 0, 0)
        found.append(ImageArgument(role=participant.role, box=box))
    return tuple(found)
