"""Stage 2, linking: whether a text event and a picture's event are the same event.

How the paper links is not known; this small task is this project's decision. The answer lists what
the sentence says that the event's participants look like, as far as the picture could show it, and
whether it does::

    [{"span":"man in a red coat","shown":true},{"span":"yellow truck","shown":false}]

All shown: the same event. Nothing to compare, ``[]``: nothing speaks against it. A bare yes or no
was tried: one bit a sample taught a small model nothing in 2,700 samples.

The prompt also says in words what the picture shows: its caption, in training that of its corpus,
in extraction the one that the model itself wrote. What is learnt from: see ``pairing``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rmpl.records import Document, Image, Sentence, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.pairing import Pair, make_pairs
from rmpl.tasks.schema import Answer, encode_answer, read_items
from rmpl.tasks.spans import name_span


class Compared(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """A participant's looks, as the sentence has them, and whether the picture shows such a one."""

    span: str
    nth: int = 1
    shown: bool


class SameEvent(Task):
    """Compare a text event (trigger marked) with a picture, participant by participant.

    Each comparison ends with one token, ``true`` or ``false``, so that its probability is known.
    """

    name = "same-event"
    instruction = (
        "Is the event whose trigger stands in [brackets] the one that the picture shows? The last "
        "line says what the picture shows. Answer with a JSON list of what the sentence says that "
        'the participants look like, and whether the picture shows it: {"span", "shown"}.'
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

    def grammar(self, sentence: Sentence) -> grammars.Grammar:
        """Return the grammar of the legal answers about a sentence."""
        return grammars.compared(sentence, self.context.pad)

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
        compared = []
        for span, shown in pair.compared:
            name, nth = name_span(pair.sentence, span)
            compared.append(Compared(span=self.context.pad + name, nth=nth, shown=shown))
        prompt = self.ask(pair.event_type, told, pair.image, pair.caption)
        return Sample(self.name, pair.id, prompt, encode_answer(compared, "box"))
