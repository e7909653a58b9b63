"""Stage 1, relations: how two spans of a sentence with an image are related.

The relation is written as a two-participant predicate of the unified schema (this project's
decision), so that relation and event extraction share what is learnt of predicates and their
participants. The answer for an unrelated pair is the empty list, like that for a sentence without
events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from rmpl.records import Document, Image, Relation, Sentence
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task
from rmpl.tasks.counting import count_predicates
from rmpl.tasks.schema import (
    Answer,
    Participant,
    Predicate,
    read_predicates,
    write_predicates,
)
from rmpl.tasks.spans import name_span

NEGATIVE = "None"
_ABOUT_THE_IMAGE = "The post goes with the picture. "


class RelationQuestion(msgspec.Struct, frozen=True):
    """How two spans of a sentence are related.

    ``relation`` holds the spans and the annotated label; ``labels`` are the possible ones.
    ``image`` is the image posted with the sentence, if available.
    """

    relation: Relation
    sentence: Sentence
    image: Image | None
    labels: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of the relation."""
        return self.relation.id


class Relations(Task[RelationQuestion, Predicate]):
    """Multimedia relation extraction (MNRE)."""

    name = "relations"
    medium = "both"
    needs_images = False
    instruction = (
        f"{_ABOUT_THE_IMAGE}Say how the head and the tail are related. Answer with a "
        'JSON list of {"type", "args": [{"role": "head", "span"}, {"role": "tail", "span"}]}; '
        "[] if they are not related."
    )

    def questions(self, documents: Sequence[Document]) -> Iterator[RelationQuestion]:
        """Yield one question per relation, with all labels of the documents."""
        relations = (relation for document in documents for relation in document.relations)
        labels = tuple(dict.fromkeys(relation.label for relation in relations))
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            images = {image.id: image for image in document.images if image.path is not None}
            for relation in document.relations:
                sentence, image = sentences[relation.sentence_id], images.get(relation.image_id)
                yield RelationQuestion(relation, sentence, image, labels)

    def ask(self, question: RelationQuestion) -> Prompt:
        """Ask how two spans of a sentence are related."""
        sentence, relation = question.sentence, question.relation
        head, tail = sentence.slice(relation.head), sentence.slice(relation.tail)
        image = question.image if self.context.reads_images else None
        return self.prompt(f"{sentence.text}\nhead: {head}\ntail: {tail}", image)

    def beginning(self) -> str:
        """Return the instruction; a model that reads no images is asked about the post alone."""
        words = super().beginning()
        return words if self.context.reads_images else words.removeprefix(_ABOUT_THE_IMAGE)

    def grammar(self, question: RelationQuestion) -> grammars.Grammar:
        """Return the output grammar: one of the labels, or no relation."""
        names = [label for label in question.labels if label != NEGATIVE]
        return grammars.relation(names, self._participants(question))

    def target(self, question: RelationQuestion) -> str:
        """Write the relation, or the empty list if the spans are unrelated."""
        label = question.relation.label
        if label == NEGATIVE:
            return write_predicates([])
        return write_predicates([Predicate(type=label, args=self._participants(question))])

    def read(self, answer: str, question: RelationQuestion) -> Answer[Predicate]:  # noqa: ARG002
        """Parse predicates."""
        return read_predicates(answer)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the labels and the participants of an answer."""
        return count_predicates(sample, answer, self.context.boxes)

    def _participants(self, question: RelationQuestion) -> list[Participant]:
        sentence, relation, pad = question.sentence, question.relation, self.context.pad
        (head, nth_head), (tail, nth_tail) = (
            name_span(sentence, span) for span in (relation.head, relation.tail)
        )
        return [
            Participant("head", pad + head, nth_head),
            Participant("tail", pad + tail, nth_tail),
        ]
