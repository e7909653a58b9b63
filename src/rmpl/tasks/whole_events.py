"""Stage 1, events: a sentence or a picture, and every event in it with all its participants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rmpl.records import Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, role_list
from rmpl.tasks.schema import (
    Answer,
    Predicate,
    image_predicate,
    read_predicates,
    text_predicate,
    write_predicates,
)


class TextEvents(Task):
    """Textual event extraction in one answer: types, triggers and arguments."""

    name = "text-events"
    instruction = (
        "Find every event in the sentence. Answer with a JSON list of "
        '{"type", "trigger", "args": [{"role", "span"}]}; copy triggers and spans from the '
        'sentence; add "nth" where not the first occurrence is meant; [] if there is no event.'
    )

    def schema(self) -> str:
        """List types with their text roles."""
        return role_list(self.context.ontology, "text")

    def ask(self, sentence: Sentence) -> Prompt:
        """Ask for the events of a sentence."""
        return self.prompt(sentence.text)

    def grammar(self, sentence: Sentence) -> grammars.Grammar:
        """Return the grammar of the legal answers to ``ask(sentence)``."""
        return grammars.text_events(sentence, self.context.ontology, self.context.pad)

    def read(self, answer: str) -> Answer[Predicate]:
        """Read an answer as predicates."""
        return read_predicates(answer)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence, sentences without events included."""
        for document in documents:
            events: dict[str, list[TextEvent]] = defaultdict(list)
            for event in document.text_events:
                events[event.sentence_id].append(event)
            for sentence in document.sentences:
                ordered = sorted(events[sentence.id], key=lambda e: (e.trigger, e.event_type))
                target = write_predicates(
                    [text_predicate(e, sentence, pad=self.context.pad) for e in ordered]
                )
                yield Sample(self.name, sentence.id, self.ask(sentence), target)


class ImageEvents(Task):
    """Visual event extraction in one answer: the situation and its boxed participants.

    Situations outside the event types (``situation:cooking``) are kept: they are events of the same
    form, and what the model learns of boxes and roles from them carries over.
    """

    name = "image-events"
    instruction = (
        "Say what happens in the picture. Answer with a JSON list of "
        '{"type", "args": [{"role", "box"}]}; [] if nothing happens.'
    )

    def schema(self) -> str:
        """List types with their image roles."""
        return role_list(self.context.ontology, "image")

    def ask(self, image: Image) -> Prompt:
        """Ask for the events of a picture."""
        return self.prompt("", image)

    def grammar(self, image: Image) -> grammars.Grammar:
        """Return the grammar of the legal answers to ``ask(image)``.

        Situations outside the schema are learnt from, but not asked for: they are not legal.
        """
        boxes = self.context.boxes
        pattern = boxes.pattern(image.width, image.height)
        return grammars.image_events(self.context.ontology, boxes.key, pattern)

    def read(self, answer: str) -> Answer[Predicate]:
        """Read an answer as predicates."""
        return read_predicates(answer, self.context.boxes.key)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a picture that is at hand."""
        boxes = self.context.boxes
        for document in documents:
            events: dict[str, list[ImageEvent]] = defaultdict(list)
            for event in document.image_events:
                events[event.image_id].append(event)
            for image in document.images:
                if image.path is None:
                    continue
                predicates = [image_predicate(e, image, boxes) for e in events[image.id]]
                target = write_predicates(predicates, boxes.key)
                yield Sample(self.name, image.id, self.ask(image), target)
