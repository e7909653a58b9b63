"""Stage 2, argument role extraction (ARE): the arguments of a given event mention."""

from __future__ import annotations

from collections.abc import Iterable

from rmpl.records import Document, ImageArgument, TextArgument
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.counting import count_participants
from rmpl.tasks.questions import MentionQuestion, OfImageEvent, OfTextEvent
from rmpl.tasks.schema import (
    Answer,
    image_arguments,
    image_participants,
    read_participants,
    text_arguments,
    text_participants,
    write_participants,
)


class TextARE(Task[OfTextEvent, TextArgument]):
    """The arguments of a text event, given its type and its trigger (marked in the sentence)."""

    name = "text-are"
    medium = "text"
    finds = "arguments"
    max_tokens = 320
    instruction = (
        "Find the participants of the event whose trigger stands in [brackets]. Answer with a JSON "
        'list of {"role", "span"}; copy each span from the sentence; add "nth" where not the first '
        "occurrence is meant."
    )

    def questions_in(self, document: Document) -> Iterable[OfTextEvent]:
        """Yield one question per text event."""
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            yield MentionQuestion(event, sentences[event.sentence_id])

    def ask(self, question: OfTextEvent) -> Prompt:
        """Ask for the arguments of a mention."""
        event = question.event
        roles = self._roles(event.event_type)
        return self.prompt(f"{event.event_type}{roles}\n{mark(question.unit, event.trigger)}")

    def _roles(self, event_type: str) -> str:
        known = self.context.ontology.events.get(event_type)
        if self.context.style == "brief" or known is None:
            return ""
        return f" ({', '.join(known.text)})"

    def grammar(self, question: OfTextEvent) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``.

        An event of a type outside the schema has no arguments.
        """
        known = self.context.ontology.events.get(question.event.event_type)
        roles = () if known is None else known.text
        return grammars.text_arguments(question.unit, roles, self.context.pad)

    def target(self, question: OfTextEvent) -> str:
        """Write the arguments in sentence order."""
        arguments, pad = question.event.arguments, self.context.pad
        return write_participants(text_participants(arguments, question.unit, pad=pad))

    def read(self, answer: str, question: OfTextEvent) -> Answer[TextArgument]:
        """Parse arguments; a string that is not in the sentence gets the span ``NOWHERE``."""
        participants = read_participants(answer)
        arguments = text_arguments(participants.items, question.unit)
        return Answer(list(arguments), participants.failure, participants.places)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the arguments of an answer."""
        return count_participants(sample, answer, self.context.boxes)


class ImageARE(Task[OfImageEvent, ImageArgument]):
    """The boxed arguments of an image event, given its type."""

    name = "image-are"
    medium = "image"
    finds = "arguments"
    max_tokens = 320
    instruction = (
        "Find the participants of the event in the picture. Answer with a JSON list of "
        '{"role", "box"}.'
    )

    def questions_in(self, document: Document) -> Iterable[OfImageEvent]:
        """Yield one question per event of the schema whose image is available."""
        images = {image.id: image for image in document.images if image.path is not None}
        for event in document.image_events:
            if event.event_type in self.context.ontology.events and event.image_id in images:
                yield MentionQuestion(event, images[event.image_id])

    def ask(self, question: OfImageEvent) -> Prompt:
        """Ask for the participants of an image event."""
        event_type = question.event.event_type
        known = self.context.ontology.events.get(event_type)
        brief = self.context.style == "brief" or known is None
        roles = "" if brief or known is None else f" ({', '.join(known.image)})"
        return self.image_prompt(f"{event_type}{roles}", question.unit)

    def grammar(self, question: OfImageEvent) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``."""
        known = self.context.ontology.events.get(question.event.event_type)
        roles = () if known is None else known.image
        image, boxes = question.unit, self.context.boxes
        return grammars.image_arguments(roles, boxes.key, boxes.pattern(image.width, image.height))

    def target(self, question: OfImageEvent) -> str:
        """Write the arguments by role, then from left to right."""
        arguments, boxes = question.event.arguments, self.context.boxes
        return write_participants(image_participants(arguments, question.unit, boxes), boxes.key)

    def read(self, answer: str, question: OfImageEvent) -> Answer[ImageArgument]:
        """Parse arguments; an invalid box becomes an empty one and counts as wrong."""
        participants = read_participants(answer, self.context.boxes.key)
        arguments = image_arguments(participants.items, question.unit, self.context.boxes)
        return Answer(list(arguments), participants.failure, participants.places)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the arguments of an answer."""
        return count_participants(sample, answer, self.context.boxes)
