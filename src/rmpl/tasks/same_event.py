"""Stage 2, linking: whether a text event and a picture's event are the same event.

How the paper links is not known; this small task is this project's decision. The answer lists what
the sentence says that the event's participants look like, and whom or what the picture shows in
their places, both copied::

    [{"span":"man in a red coat","seen":"man in a red coat"},{"span":"bus","seen":"yellow truck"}]

All the same: the same event. Nothing to compare, ``[]``: nothing speaks against it. A bare yes or
no was tried, and a true or false for each look: of such bits a small model learnt nothing.

The prompt also says in words what the picture shows: its caption, in training that of its corpus,
in extraction the one that the model itself wrote. What is learnt from: see ``pairing``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rmpl.records import Document, Image, Sentence, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.pairing import Pair, as_sentence, make_pairs, words
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

    def ask(self, event_type: str, marked: str, image: Image, caption: str | None) -> Prompt:
        """Ask whether a sentence (trigger marked) and a picture tell of the same event."""
        lines = [event_type, marked, *([caption] if caption else [])]
        return self.prompt("\n".join(lines), image)

    def ask_pair(
        self, event: TextEvent, sentence: Sentence, image: Image, caption: str | None = None
    ) -> Prompt:
        """Ask whether a text event is the event of a picture, of which a caption may tell."""
        return self.ask(event.event_type, mark(sentence, event.trigger), image, caption)

    def grammar(self, sentence: Sentence, caption: str) -> grammars.Grammar:
        """Return the grammar of the legal answers about a sentence and a caption."""
        return grammars.compared(sentence, as_sentence(caption), self.context.pad)

    def read(self, answer: str) -> Answer[Compared]:
        """Read what was compared; of a broken answer the whole items."""
        return read_items(answer, "box", Compared)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield weak pairs of the text events and the pictures in ``documents``, as many no as yes.

        The choice of pairs is a pure function of the documents.
        """
        for pair in self.pairs(documents, {}):
            yield self.sample(pair)

    def pairs(self, documents: Sequence[Document], captions: Mapping[str, str]) -> Iterator[Pair]:
        """Yield the pairs of ``samples``, of pictures that something else is said of.

        ``captions`` is that by the picture's id: what the model says itself, as in extraction.
        Other pictures have the corpus's.
        """
        known = self.context.ontology.events
        return make_pairs(documents, known, captions, self.negatives_per_positive)

    def sample(self, pair: Pair) -> Sample:
        """Return the sample of a pair."""
        text = pair.sentence.text
        told = text if pair.trigger is None else mark(pair.sentence, pair.trigger)
        compared, pad = [], self.context.pad
        for look, seen in pair.compared:
            name, nth = name_span(pair.sentence, look.span)
            compared.append(Compared(span=pad + name, nth=nth, seen=pad + seen))
        prompt = self.ask(pair.event_type, told, pair.image, pair.caption)
        return Sample(self.name, pair.id, prompt, encode_answer(compared, "box"))
