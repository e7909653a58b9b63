"""Stage 2, argument role extraction (ARE): the participants of one given mention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmpl.records import (
    Document,
    Image,
    ImageArgument,
    Sentence,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.schema import (
    Answer,
    image_arguments,
    image_participants,
    read_participants,
    text_arguments,
    text_participants,
    write_participants,
)


class TextARE(Task):
    """The arguments of a text event, given its type and its trigger (marked in the sentence)."""

    name = "text-are"
    instruction = (
        "Find the participants of the event whose trigger stands in [brackets]. Answer with a JSON "
        'list of {"role", "span"}; copy each span from the sentence; add "nth" where not the first '
        "occurrence is meant."
    )

    def ask(self, event: TextEvent, sentence: Sentence) -> Prompt:
        """Ask for the arguments of a mention."""
        roles = self._roles(event.event_type)
        return self.prompt(f"{event.event_type}{roles}\n{mark(sentence, event.trigger)}")

    def grammar(self, event: TextEvent, sentence: Sentence) -> grammars.Grammar:
        """Return the grammar of the legal answers to ``ask(event, sentence)``.

        An event of a type outside the schema has no arguments.
        """
        known = self.context.ontology.events.get(event.event_type)
        roles = () if known is None else known.text
        return grammars.text_arguments(sentence, roles, self.context.pad)

    def _roles(self, event_type: str) -> str:
        known = self.context.ontology.events.get(event_type)
        if self.context.style == "brief" or known is None:
            return ""
        return f" ({', '.join(known.text)})"

    def read(self, answer: str, sentence: Sentence) -> Answer[TextArgument]:
        """Read an answer as arguments; a string not in the sentence stands at ``NOWHERE``."""
        participants = read_participants(answer)
        arguments = text_arguments(participants.items, sentence)
        return Answer(list(arguments), participants.failure, participants.places)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a text event."""
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            for event in document.text_events:
                sentence = sentences[event.sentence_id]
                target = write_participants(
                    text_participants(event.arguments, sentence, pad=self.context.pad)
                )
                yield Sample(self.name, event.id, self.ask(event, sentence), target)


class ImageARE(Task):
    """The boxed arguments of an image event, given its type."""

    name = "image-are"
    instruction = (
        "Find the participants of the event in the picture. Answer with a JSON list of "
        '{"role", "box"}.'
    )

    def ask(self, event_type: str, image: Image) -> Prompt:
        """Ask for the participants of an image event."""
        known = self.context.ontology.events.get(event_type)
        brief = self.context.style == "brief" or known is None
        roles = "" if brief or known is None else f" ({', '.join(known.image)})"
        return self.prompt(f"{event_type}{roles}", image)

    def grammar(self, event_type: str, image: Image) -> grammars.Grammar:
        """Return the grammar of the legal answers to ``ask(event_type, image)``."""
        known = self.context.ontology.events.get(event_type)
        roles = () if known is None else known.image
        boxes = self.context.boxes
        return grammars.image_arguments(roles, boxes.key, boxes.pattern(image.width, image.height))

    def read(self, answer: str, image: Image) -> Answer[ImageArgument]:
        """Read an answer as arguments; an unreadable box is an empty one and counts as wrong."""
        participants = read_participants(answer, self.context.boxes.key)
        arguments = image_arguments(participants.items, image, self.context.boxes)
        return Answer(list(arguments), participants.failure, participants.places)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a picture and event type of the schema."""
        boxes = self.context.boxes
        for document in documents:
            images = {image.id: image for image in document.images if image.path is not None}
            for event in document.image_events:
                if event.event_type not in self.context.ontology.events:
                    continue
                image = images.get(event.image_id)
                if image is None:
                    continue
                target = write_participants(
                    image_participants(event.arguments, image, boxes), boxes.key
                )
                yield Sample(self.name, event.id, self.ask(event.event_type, image), target)
