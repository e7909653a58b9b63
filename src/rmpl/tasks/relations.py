"""Stage 1, relations: a sentence, its picture and two of its spans, and how the two are related.

The relation is written as a two-participant predicate of the unified schema (this project's
decision), so that what is learnt of predicates, participants and who-is-who in a picture is shared
with events. A pair that is not related has the empty list as its answer, like a sentence without
events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmpl.records import Document, Image, Relation, Sentence
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task
from rmpl.tasks.schema import (
    Answer,
    Participant,
    Predicate,
    read_predicates,
    write_predicates,
)
from rmpl.tasks.spans import name_span

NEGATIVE = "None"


class Relations(Task):
    """Multimedia relation extraction (MNRE)."""

    name = "relations"
    instruction = (
        "The post goes with the picture. Say how the head and the tail are related. Answer with a "
        'JSON list of {"type", "args": [{"role": "head", "span"}, {"role": "tail", "span"}]}; '
        "[] if they are not related."
    )

    def ask(self, sentence: Sentence, relation: Relation, image: Image | None) -> Prompt:
        """Ask how two spans of a sentence are related."""
        head, tail = sentence.slice(relation.head), sentence.slice(relation.tail)
        return self.prompt(f"{sentence.text}\nhead: {head}\ntail: {tail}", image)

    def grammar(
        self, sentence: Sentence, relation: Relation, labels: Sequence[str]
    ) -> grammars.Grammar:
        """Return the grammar of the legal answers: one of ``labels``, or no relation."""
        names = [label for label in labels if label != NEGATIVE]
        return grammars.relation(names, self._participants(sentence, relation))

    def read(self, answer: str) -> Answer[Predicate]:
        """Read an answer as predicates."""
        return read_predicates(answer)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a relation; a picture that is not at hand is left out of the prompt."""
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            images = {image.id: image for image in document.images if image.path is not None}
            for relation in document.relations:
                sentence = sentences[relation.sentence_id]
                prompt = self.ask(sentence, relation, images.get(relation.image_id))
                yield Sample(self.name, relation.id, prompt, self._target(sentence, relation))

    def _target(self, sentence: Sentence, relation: Relation) -> str:
        if relation.label == NEGATIVE:
            return write_predicates([])
        args = self._participants(sentence, relation)
        return write_predicates([Predicate(type=relation.label, args=args)])

    def _participants(self, sentence: Sentence, relation: Relation) -> list[Participant]:
        (head, nth_head), (tail, nth_tail) = (
            name_span(sentence, span) for span in (relation.head, relation.tail)
        )
        pad = self.context.pad
        return [
            Participant("head", pad + head, nth_head),
            Participant("tail", pad + tail, nth_tail),
        ]
