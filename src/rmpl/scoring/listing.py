"""Listing the judged items of a document by task, each with a printable name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from rmpl.records import Sentence, Span
from rmpl.scoring.media import MEDIA, Medium
from rmpl.scoring.verdicts import Argument, Event, JudgedDocument, JudgedMention, Linked, Verdict

Place = Literal["sentence", "image", "link"]
_AnyMedium = Medium[Any, Any]
_AnyMention = JudgedMention[Any, Any]


class Side(msgspec.Struct, frozen=True):
    """One predicted or gold item: its event type, role, printable name and location.

    ``events`` holds the id of its event in the file, or those of both linked events.
    """

    event_type: str
    role: str | None
    name: str
    events: tuple[str, ...]


class Judgement(msgspec.Struct, frozen=True):
    """One judged item of a task; ``gold`` or ``predicted`` is missing if it has no counterpart.

    ``medium`` is the id of the sentence or image (of a link, of the sentence). ``overlap`` is the
    IoU of a predicted and a gold box.
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
    """Yield every item of a document by task."""
    yield from _Listing(judged).items()


class _Listing:
    def __init__(self, judged: JudgedDocument) -> None:
        self.judged = judged
        self.texts: Mapping[str, Sentence] = {one.id: one for one in judged.sentences if one.text}

    def items(self) -> Iterator[Judgement]:
        for medium in MEDIA:
            mentions = self.judged.mentions[medium.name]
            for mention in mentions:
                sides = (
                    self._event(medium, mention.predicted),
                    self._event(medium, mention.gold),
                )
                yield self._judgement(
                    f"{medium.name}_emi", medium, mention, mention.verdict, *sides
                )
            yield from self._arguments(f"{medium.name}_are", medium, mentions)
        for link in self.judged.links:
            either = link.gold or link.predicted
            yield Judgement(
                "mm_emi",
                link.verdict,
                self.judged.id,
                "link",
                either.text.sentence_id if either else "",
                self._link(link.predicted),
                self._link(link.gold),
            )
        for medium in MEDIA:
            yield from self._arguments("mm_are", medium, self.judged.linked[medium.name])

    def _arguments(
        self, task: str, medium: _AnyMedium, mentions: Sequence[_AnyMention]
    ) -> Iterator[Judgement]:
        for mention in mentions:
            for one in mention.arguments:
                sides = (
                    self._argument(medium, mention.predicted, one.predicted),
                    self._argument(medium, mention.gold, one.gold),
                )
                yield self._judgement(task, medium, mention, one.verdict, *sides, one.overlap)

    def _judgement(
        self,
        task: str,
        medium: _AnyMedium,
        mention: _AnyMention,
        verdict: Verdict,
        predicted: Side | None,
        gold: Side | None,
        overlap: float | None = None,
    ) -> Judgement:
        either = mention.gold or mention.predicted
        where = medium.place_of(either) if either else ""
        place: Place = medium.place
        return Judgement(task, verdict, self.judged.id, place, where, predicted, gold, overlap)

    def _event(self, medium: Medium[Event, Argument], event: Event | None) -> Side | None:
        if event is None:
            return None
        name = medium.name_event(event, self._words)
        return Side(event.event_type, None, name, (event.id,))

    def _argument(
        self, medium: Medium[Event, Argument], event: Event | None, argument: Argument | None
    ) -> Side | None:
        if event is None or argument is None:
            return None
        name = medium.name_argument(event, argument, self._words)
        return Side(event.event_type, argument.role, name, (event.id,))

    def _link(self, linked: Linked | None) -> Side | None:
        if linked is None:
            return None
        link, text, image = linked
        words = self._words(text.sentence_id, text.trigger, text.trigger_text)
        name = f"{text.event_type} {words} - {image.event_type} on {image.image_id}"
        return Side(text.event_type, None, name, (link.text, link.image))

    def _words(self, sentence_id: str, span: Span, text: str | None) -> str:
        """Name a span by its text, if known, and its tokens."""
        sentence = self.texts.get(sentence_id)
        if sentence is not None and 0 <= span.start < span.end <= len(sentence.tokens):
            text = sentence.slice(span)
        tokens = f"[{span.start}:{span.end}]"
        return tokens if text is None else f"{text!r} {tokens}"
