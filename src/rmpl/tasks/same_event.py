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
and is asked the other way, too (``Pair.shown_first``): whom the picture shows first, then who
stands in their places in the sentence.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rmpl.records import Document, Span
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Context, Prompt, Sample, Task
from rmpl.tasks.counting import count_matches
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


class SameEvent(Task[Pair, Compared]):
    """Compare a text event (trigger marked) with a picture, participant by participant.

    What the picture shows is copied from its caption, so the caption decides what can be said.
    """

    name = "same-event"
    medium = "both"
    finds = "links"
    max_tokens = 160
    instruction = (
        "Is the event whose trigger stands in [brackets] the one that the picture shows? The last "
        "line says what the picture shows. Answer with a JSON list of what the sentence says that "
        'the participants look like, and what the last line has in their places: {"span", "seen"}.'
    )
    negatives_per_positive = 1

    def questions(self, documents: Sequence[Document]) -> Iterator[Pair]:
        """Yield weak pairs of the text events and the images in ``documents``, as many no as yes.

        The choice of pairs is a pure function of the documents, that of a pair's direction, where
        both are learnt, of its id.
        """
        ways = directions(self.context)
        for pair in self.pairs(documents, {}):
            yield pair._replace(shown_first=random.Random(f"{pair.id} direction").choice(ways))

    def pairs(self, documents: Sequence[Document], captions: Mapping[str, str]) -> Iterator[Pair]:
        """Yield the pairs of ``questions``, of pictures that something else is said of.

        ``captions`` is that by the picture's id: what the model says itself, as in extraction.
        Other pictures have the corpus's.
        """
        known = self.context.ontology.events
        return make_pairs(documents, known, captions, self.negatives_per_positive)

    def ask(self, question: Pair) -> Prompt:
        """Ask whether a sentence (trigger marked) and a picture tell of the same event."""
        lines = [question.marked, *([question.caption] if question.caption else [])]
        wording: SameEvent = self
        if question.shown_first:
            lines.reverse()
            wording = _ShownFirst(self.context)
        return wording.prompt("\n".join([question.event_type, *lines]), question.image)

    def grammar(self, question: Pair) -> grammars.Grammar:
        """Return the grammar of the legal answers about a sentence and a caption."""
        shown, pad = as_sentence(question.caption or ""), self.context.pad
        return grammars.compared(question.sentence, shown, pad, shown_first=question.shown_first)

    def target(self, question: Pair) -> str:
        """Write what is compared, in the order of the side that comes first."""
        looks = _in_caption_order(question) if question.shown_first else question.compared
        compared, pad = [], self.context.pad
        for look, seen in looks:
            name, nth = name_span(question.sentence, look.span)
            compared.append(Compared(span=pad + name, nth=nth, seen=pad + seen))
        if question.shown_first:
            turned = [_Turned(**msgspec.structs.asdict(one)) for one in compared]
            return encode_answer(turned, "box")
        return encode_answer(compared, "box")

    def read(self, answer: str, question: Pair) -> Answer[Compared]:  # noqa: ARG002
        """Read what was compared; of a broken answer the whole items."""
        return _read(answer)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the comparisons of an answer: right are those of the same span and the same words.

        Their order does not matter, nor which side comes first.
        """
        written, wanted = (
            [(words(one.span), one.nth, words(one.seen)) for one in _read(text).items]
            for text in (answer, sample.target)
        )
        return count_matches(written, wanted, operator.eq)

    def is_positive(self, sample: Sample) -> bool | None:
        """Return whether a sample's events may be the same; ``None`` if nothing is compared."""
        compared = _read(sample.target).items
        return all(one.is_same for one in compared) if compared else None


class _ShownFirst(SameEvent):
    """How the other direction is worded: whom the picture shows, and who has their places.

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


def _read(answer: str) -> Answer[Compared]:
    return read_items(answer, "box", Compared)


def _in_caption_order(pair: Pair) -> list[tuple[Look, str]]:
    shown = words(pair.caption or "")

    def place(one: tuple[Look, str]) -> tuple[int, Span]:
        look, seen = one
        sought = words(seen)
        places = range(len(shown) - len(sought) + 1)
        found = (i for i in places if shown[i : i + len(sought)] == sought)
        return next(found, len(shown)), look.span

    return sorted(pair.compared, key=place)


def directions(context: Context) -> tuple[bool, ...]:
    """Return the directions in force, as ``Pair.shown_first``; that from text to image first."""
    return (False,) if context.link_directions == "one" else (False, True)
