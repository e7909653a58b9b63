"""The items of a judged document one by one, task by task, each with a name to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from rmpl.records import ImageArgument, ImageEvent, Sentence, Span, TextArgument, TextEvent
from rmpl.scoring.verdicts import (
    JudgedDocument,
    JudgedImage,
    JudgedText,
    Linked,
    Verdict,
)

Place = Literal["sentence", "image", "link"]


class Side(msgspec.Struct, frozen=True):
    """One predicted or gold item: the type of its event, its role, how to name it, where it is.

    ``events`` holds the id of its event in the file; of a link, those of both events.
    """

    event_type: str
    role: str | None
    name: str
    events: tuple[str, ...]


class Judgement(msgspec.Struct, frozen=True):
    """One item of a task judged; ``gold`` or ``predicted`` is missing where nothing corresponds.

    ``medium`` is the id of the sentence or image; of a link's sentence. ``overlap`` is the IoU of a
    predicted and a gold box.
    """

    task: str
    verdict: Verdict
    document: str
    place: Place
    medium: str
    predicted: Side | None
    gold: Side | None
    overlap: float | None = None


def list_items(judged: JudgedDocument) -> Iterator[Judgement]:
    """Yield every item of a document, task by task."""
    yield from _Listing(judged).items()


class _Listing:
    def __init__(self, judged: JudgedDocument) -> None:
        self.judged = judged
        self.texts: Mapping[str, Sentence] = {one.id: one for one in judged.sentences if one.text}

    def items(self) -> Iterator[Judgement]:
        judged = self.judged
        for text in judged.text:
            sides = self._text(text.predicted), self._text(text.gold)
            medium = _sentence(text)
            yield Judgement("text_emi", text.verdict, judged.id, "sentence", medium, *sides)
        yield from self._text_arguments("text_are", judged.text)
        for image in judged.image:
            sides = _image(image.predicted), _image(image.gold)
            medium = _picture(image)
            yield Judgement("image_emi", image.verdict, judged.id, "image", medium, *sides)
        yield from self._image_arguments("image_are", judged.image)
        for link in judged.links:
            sides = self._link(link.predicted), self._link(link.gold)
            either = link.gold or link.predicted
            medium = either.text.sentence_id if either else ""
            yield Judgement("mm_emi", link.verdict, judged.id, "link", medium, *sides)
        yield from self._text_arguments("mm_are", judged.linked_text)
        yield from self._image_arguments("mm_are", judged.linked_image)

    def _text_arguments(self, task: str, mentions: Sequence[JudgedText]) -> Iterator[Judgement]:
        for mention in mentions:
            medium = _sentence(mention)
            for one in mention.arguments:
                yield Judgement(
                    task,
                    one.verdict,
                    self.judged.id,
                    "sentence",
                    medium,
                    self._span(mention.predicted, one.predicted),
                    self._span(mention.gold, one.gold),
                )

    def _image_arguments(self, task: str, mentions: Sequence[JudgedImage]) -> Iterator[Judgement]:
        for mention in mentions:
            medium = _picture(mention)
            for one in mention.arguments:
                yield Judgement(
                    task,
                    one.verdict,
                    self.judged.id,
                    "image",
                    medium,
                    _box(mention.predicted, one.predicted),
                    _box(mention.gold, one.gold),
                    one.overlap,
                )

    def _text(self, event: TextEvent | None) -> Side | None:
        if event is None:
            return None
        words = self._words(event.sentence_id, event.trigger, event.trigger_text)
        return Side(event.event_type, None, f"{event.event_type} {words}", (event.id,))

    def _span(self, event: TextEvent | None, argument: TextArgument | None) -> Side | None:
        if event is None or argument is None:
            return None
        words = self._words(event.sentence_id, argument.span, argument.text)
        name = f"{event.event_type} {argument.role} {words}"
        return Side(event.event_type, argument.role, name, (event.id,))

    def _link(self, linked: Linked | None) -> Side | None:
        if linked is None:
            return None
        link, text, image = linked
        words = self._words(text.sentence_id, text.trigger, text.trigger_text)
        name = f"{text.event_type} {words} - {image.event_type} on {image.image_id}"
        return Side(text.event_type, None, name, (link.text, link.image))

    def _words(self, sentence_id: str, span: Span, text: str | None) -> str:
        """Name a span by its text, as far as it is known, and its tokens."""
        sentence = self.texts.get(sentence_id)
        if sentence is not None and 0 <= span.start < span.end <= len(sentence.tokens):
            text = sentence.slice(span)
        tokens = f"[{span.start}:{span.end}]"
        return tokens if text is None else f"{text!r} {tokens}"


def _sentence(mention: JudgedText) -> str:
    event = mention.gold or mention.predicted
    return event.sentence_id if event else ""


def _picture(mention: JudgedImage) -> str:
    event = mention.gold or mention.predicted
    return event.image_id if event else ""


def _image(event: ImageEvent | None) -> Side | None:
    return None if event is None else Side(event.event_type, None, event.event_type, (event.id,))


def _box(event: ImageEvent | None, argument: ImageArgument | None) -> Side | None:
    if event is None or argument is None:
        return None
    box = argument.box
    corners = ", ".join(f"{round(value, 1):g}" for value in (box.x1, box.y1, box.x2, box.y2))
    name = f"{event.event_type} {argument.role} [{corners}]"
    return Side(event.event_type, argument.role, name, (event.id,))
