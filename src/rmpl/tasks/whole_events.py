"""Stage 1, events: all events of a sentence or image with their arguments."""

from __future__ import annotations

from collections.abc import Iterable

from rmpl.records import Document, ImageEvent, TextEvent
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, role_list
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


class TextEvents(Task[InSentence, TextEvent]):
    """Textual event extraction in one answer: types, triggers and arguments."""

    name = "text-events"
    medium = "text"
    finds = "events"
    asks_for_all = True
    max_tokens = 448
    instruction = (
        "Find every event in the sentence. Answer with a JSON list of "
        '{"type", "trigger", "args": [{"role", "span"}]}; copy triggers and spans from the '
        'sentence; add "nth" where not the first occurrence is meant; [] if there is no event.'
    )

    def schema(self) -> str:
        """List types with their text roles."""
        return role_list(self.context.ontology, "text")

    def questions_in(self, document: Document) -> Iterable[InSentence]:
        """Return one question per sentence, including sentences without events."""
        return sentence_questions(document)

    def ask(self, question: InSentence) -> Prompt:
        """Ask for the events of a sentence."""
        return self.prompt(question.unit.text)

    def grammar(self, question: InSentence) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``."""
        return grammars.text_events(question.unit, self.context.ontology, self.context.pad)

    def target(self, question: InSentence) -> str:
        """Write the events in sentence order."""
        ordered = sorted(question.events, key=lambda e: (e.trigger, e.event_type))
        return write_predicates(
            [text_predicate(e, question.unit, pad=self.context.pad) for e in ordered]
        )

    def read(self, answer: str, question: InSentence) -> Answer[TextEvent]:
        """Parse text events, in the order of the answer."""
        return read_text_events(answer, question.unit)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the mentions and the arguments of an answer."""
        return count_predicates(sample, answer, self.context.boxes)


class ImageEvents(Task[InImage, ImageEvent]):
    """Visual event extraction in one answer: the situation and its boxed participants.

    Situations outside the schema (``situation:cooking``) are included: they have the same form, and
    what the model learns from them about boxes and roles transfers.
    """

    name = "image-events"
    medium = "image"
    finds = "events"
    asks_for_all = True
    max_tokens = 448
    instruction = (
        "Say what happens in the picture. Answer with a JSON list of "
        '{"type", "args": [{"role", "box"}]}; [] if nothing happens.'
    )

    def schema(self) -> str:
        """List types with their image roles."""
        return role_list(self.context.ontology, "image")

    def questions_in(self, document: Document) -> Iterable[InImage]:
        """Return one question per available image."""
        return image_questions(document, document.image_events)

    def ask(self, question: InImage) -> Prompt:
        """Ask for the events of an image."""
        return self.image_prompt("", question.unit)

    def grammar(self, question: InImage) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``.

        Situations outside the schema occur in training only; they are not grammatical output.
        """
        image, boxes = question.unit, self.context.boxes
        pattern = boxes.pattern(image.width, image.height)
        return grammars.image_events(self.context.ontology, boxes.key, pattern)

    def target(self, question: InImage) -> str:
        """Write the events in annotation order."""
        boxes = self.context.boxes
        predicates = [image_predicate(e, question.unit, boxes) for e in question.events]
        return write_predicates(predicates, boxes.key)

    def read(self, answer: str, question: InImage) -> Answer[ImageEvent]:
        """Parse image events."""
        return read_image_events(answer, question.unit, self.context.boxes)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the mentions and the arguments of an answer."""
        return count_predicates(sample, answer, self.context.boxes)
