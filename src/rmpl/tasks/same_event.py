"""Stage 2, linking: whether a text event and a picture's event are the same event.

How the paper links is not known; this small task is this project's decision. The answer lists what
the sentence says that the event's participants look like, and whom or what the picture shows in
their places, both copied::

    [{"span":"man in a red coat","seen":"man in a red coat"},{"span":"bus","seen":"yellow truck"}]

All the same: the same event. Nothing to compare, ``[]``: nothing speaks against it. A bare yes or
no was tried, and a true or false for each look: of such bits a small model learnt nothing.

The prompt also says in words what the picture shows: its caption, in training that of its corpus,
in extraction the one that the model itself wrote. What is learnt from: see ``pairing``.

So a model is asked from the text to the picture. With ``Context.link_directions`` "both" it learns
and is asked the other way, too (``ShownFirst``): whom the picture shows first, then who stands in
their places in the sentence.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from rmpl.records import Document, Image, Sentence, Span, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Context, Prompt, Sample, Task, mark
from rmpl.tasks.pairing import Look, Pair, as_sentence, make_pairs, words
from rmpl.tasks.schema import Answer, encode_answer, read_items
from rmpl.tasks.spans import name_span


class Compared(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """What a sentence says that a participant looks like, and what the picture shows instead."""

    span: str
    nth: int = 1
    seen: str

    @property
    def is_same(self) -> bool:
        """Whether both say the same, in the same words."""
        return words(self.span) == words(self.seen)


class _Turned(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """The same with what is shown first."""

    seen: str
    span: str
    nth: int = 1


class SameEvent(Task):
    """Compare a text event (trigger marked) with a picture, participant by participant.

    What the picture shows is copied from its caption, so the caption decides what can be said.
    """

    name = "same-event"
    instruction = (
        "Is the event whose trigger stands in [brackets] the one that the picture shows? The last "
        "line says what the picture shows. Answer with a JSON list of what the sentence says that "
        'the participants look like, and what the last line has in their places: {"span", "seen"}.'
    )
    negatives_per_positive = 1
    shown_first: ClassVar[bool] = False

    def ask(self, event_type: str, marked: str, image: Image, caption: str | None) -> Prompt:
        """Ask whether a sentence (trigger marked) and a picture tell of the same event."""
        lines = [marked, *([caption] if caption else [])]
        if self.shown_first:
            lines.reverse()
        return self.prompt("\n".join([event_type, *lines]), image)

    def ask_pair(
        self, event: TextEvent, sentence: Sentence, image: Image, caption: str | None = None
    ) -> Prompt:
        """Ask whether a text event is the event of a picture, of which a caption may tell."""
        return self.ask(event.event_type, mark(sentence, event.trigger), image, caption)

    def grammar(self, sentence: Sentence, caption: str) -> grammars.Grammar:
        """Return the grammar of the legal answers about a sentence and a caption."""
        shown, pad = as_sentence(caption), self.context.pad
        return grammars.compared(sentence, shown, pad, shown_first=self.shown_first)

    def read(self, answer: str) -> Answer[Compared]:
        """Read what was compared; of a broken answer the whole items."""
        return read_items(answer, "box", Compared)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield weak pairs of the text events and the pictures in ``documents``, as many no as yes.

        The choice of pairs is a pure function of the documents, that of a pair's direction, where
        both are learnt, of its id.
        """
        ways = directions(self.context)
        for pair in self.pairs(documents, {}):
            yield random.Random(f"{pair.id} direction").choice(ways).sample(pair)

    def pairs(self, documents: Sequence[Document], captions: Mapping[str, str]) -> Iterator[Pair]:
        """Yield the pairs of ``samples``, of pictures that something else is said of.

        ``captions`` is that by the picture's id: what the model says itself, as in extraction.
        Other pictures have the corpus's.
        """
        known = self.context.ontology.events
        return make_pairs(documents, known, captions, self.negatives_per_positive)

    def sample(self, pair: Pair) -> Sample:
        """Return the sample of a pair."""
        prompt = self.ask(pair.event_type, told(pair), pair.image, pair.caption)
        compared, pad = [], self.context.pad
        for look, seen in self.ordered(pair):
            name, nth = name_span(pair.sentence, look.span)
            compared.append(Compared(span=pad + name, nth=nth, seen=pad + seen))
        return Sample(SameEvent.name, pair.id, prompt, self.write(compared))

    def ordered(self, pair: Pair) -> list[tuple[Look, str]]:
        """Return what is compared in a pair in the order in which it is to be said."""
        return list(pair.compared)

    def write(self, compared: Sequence[Compared]) -> str:
        """Write an answer."""
        return encode_answer(compared, "box")


class ShownFirst(SameEvent):
    """The same the other way: whom the picture shows, and who has their places in the sentence.

    What is copied second is judged by the first, so it is another question: of the participants
    that are shown, in the caption's order.
    """

    name = "same-event-shown"
    instruction = (
        "Is the event that the picture shows the one whose trigger stands in [brackets]? The line "
        "before the sentence says what the picture shows. Answer with a JSON list of what that "
        "line says that the participants look like, and what the sentence has in their places: "
        '{"seen", "span"}.'
    )
    shown_first = True

    def ordered(self, pair: Pair) -> list[tuple[Look, str]]:
        """Return what is compared in the order of the caption."""
        shown = words(pair.caption or "")

        def place(one: tuple[Look, str]) -> tuple[int, Span]:
            look, seen = one
            sought = words(seen)
            places = range(len(shown) - len(sought) + 1)
            found = (i for i in places if shown[i : i + len(sought)] == sought)
            return next(found, len(shown)), look.span

        return sorted(pair.compared, key=place)

    def write(self, compared: Sequence[Compared]) -> str:
        """Write an answer: the same items, the other side first."""
        return encode_answer([_Turned(**msgspec.structs.asdict(one)) for one in compared], "box")


def told(pair: Pair) -> str:
    """Return a pair's sentence as it is asked about: its trigger marked, if it has one."""
    text = pair.sentence.text
    return text if pair.trigger is None else mark(pair.sentence, pair.trigger)


def directions(context: Context) -> tuple[SameEvent, ...]:
    """Return the ways to ask that are in force, that from the text to the picture first."""
    told_first = SameEvent(context)
    return (told_first,) if context.link_directions == "one" else (told_first, ShownFirst(context))
