"""Stage 2, event mention identification (EMI): triggers in a sentence, types of an image."""

from __future__ import annotations

from collections.abc import Iterable

from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, type_list
from rmpl.tasks.counting import count_predicates
from rmpl.tasks.questions import InImage, InSentence, image_questions, sentence_questions
from rmpl.tasks.schema import (
    Answer,
    image_predicate,
    read_image_events,
    read_text_events,
    text_predicate,
    write_predicates,
)


class TextEMI(Task[InSentence, TextEvent]):
    """The event mentions of a sentence, each with a type and a trigger."""

    name = "text-emi"
    medium = "text"
    finds = "mentions"
    asks_for_all = True
    instruction = (
        "Find the event triggers in the sentence. Answer with a JSON list of "
        '{"type", "trigger"}; copy each trigger from the sentence; add "nth" where not the first '
        "occurrence is meant; [] if there is no event of these types:"
    )

    def schema(self) -> str:
        """List the event types."""
        return type_list(self.context.ontology)

    def questions_in(self, document: Document) -> Iterable[InSentence]:
        """Return one question per sentence, including sentences without events."""
        return sentence_questions(document)

    def ask(self, question: InSentence) -> Prompt:
        """Ask for the event mentions of a sentence."""
        return self.prompt(question.unit.text)

    def grammar(self, question: InSentence) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``."""
        return grammars.text_mentions(question.unit, self.context.ontology, self.context.pad)

    def target(self, question: InSentence) -> str:
        """Write the mentions in sentence order."""
        ordered = sorted(question.events, key=lambda e: (e.trigger, e.event_type))
        pad = self.context.pad
        return write_predicates(
            [text_predicate(e, question.unit, pad=pad, with_arguments=False) for e in ordered]
        )

    def read(self, answer: str, question: InSentence) -> Answer[TextEvent]:
        """Parse text events without arguments, in the order of the answer."""
        return read_text_events(answer, question.unit, with_arguments=False)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the mentions of an answer."""
        return count_predicates(sample, answer, self.context.boxes)


class ImageEMI(Task[InImage, ImageEvent]):
    """The event types of an image. Situations outside the schema are negatives here."""

    name = "image-emi"
    medium = "image"
    finds = "mentions"
    asks_for_all = True
    instruction = (
        'Which events does the picture show? Answer with a JSON list of {"type"}; '
        "[] if there is no event of these types:"
    )

    def schema(self) -> str:
        """List the event types."""
        return type_list(self.context.ontology)

    def questions_in(self, document: Document) -> Iterable[InImage]:
        """Return one question per available image, including images without events."""
        known = self.context.ontology.events
        return image_questions(
            document, [event for event in document.image_events if event.event_type in known]
        )

    def ask(self, question: InImage) -> Prompt:
        """Ask for the event mentions of an image."""
        return self.image_prompt("", question.unit)

    def grammar(self, question: InImage) -> grammars.Grammar:  # noqa: ARG002 - as every task's
        """Return the output grammar, which is the same for every image."""
        return grammars.image_mentions(self.context.ontology)

    def target(self, question: InImage) -> str:
        """Write the types of the events."""
        image, boxes = question.unit, self.context.boxes
        return write_predicates(
            [image_predicate(e, image, boxes, with_arguments=False) for e in question.events]
        )

    def read(self, answer: str, question: InImage) -> Answer[ImageEvent]:
        """Parse image events without arguments."""
        return read_image_events(answer, question.unit, self.context.boxes, with_arguments=False)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the mentions of an answer."""
        return count_predicates(sample, answer, self.context.boxes)
