"""Stage 2, event mention identification (EMI): triggers of a sentence, type of a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rmpl.records import Document, Image, ImageEvent, Sentence, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, type_list
from rmpl.tasks.schema import (
    Answer,
    image_predicate,
    read_predicates,
    text_predicate,
    write_predicates,
)
from rmpl.tasks.spans import find_span


class TextEMI(Task):
    """The event mentions of a sentence: a type and a trigger each."""

    name = "text-emi"
    instruction = (
        "Find the event triggers in the sentence. Answer with a JSON list of "
        '{"type", "trigger"}; copy each trigger from the sentence; add "nth" where not the first '
        "occurrence is meant; [] if there is no event of these types:"
    )

    def schema(self) -> str:
        """List the event types."""
        return type_list(self.context.ontology)

    def ask(self, sentence: Sentence) -> Prompt:
        """Ask for the event mentions of a sentence."""
        return self.prompt(sentence.text)

    def grammar(self, sentence: Sentence) -> grammars.Grammar:
        """Return the grammar of the legal answers to ``ask(sentence)``."""
        return grammars.text_mentions(sentence, self.context.ontology, self.context.pad)

    def read(self, answer: str, sentence: Sentence) -> Answer[TextEvent]:
        """Read an answer as text events without arguments, in the order of the answer."""
        predicates = read_predicates(answer)
        events = [
            TextEvent(
                id=f"{sentence.id}#{index}",
                sentence_id=sentence.id,
                event_type=p.type,
                trigger=find_span(sentence, (p.trigger or "").strip(" "), p.nth),
                trigger_text=(p.trigger or "").strip(" "),
            )
            for index, p in enumerate(predicates.items)
        ]
        return Answer(events, predicates.failure, predicates.places)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence, sentences without events included."""
        for document in documents:
            events: dict[str, list[TextEvent]] = defaultdict(list)
            for event in document.text_events:
                events[event.sentence_id].append(event)
            for sentence in document.sentences:
                ordered = sorted(events[sentence.id], key=lambda e: (e.trigger, e.event_type))
                target = write_predicates(
                    [
                        text_predicate(e, sentence, pad=self.context.pad, with_arguments=False)
                        for e in ordered
                    ]
                )
                yield Sample(self.name, sentence.id, self.ask(sentence), target)


class ImageEMI(Task):
    """The event types of a picture. Situations outside the schema are negatives here."""

    name = "image-emi"
    instruction = (
        'Which events does the picture show? Answer with a JSON list of {"type"}; '
        "[] if there is no event of these types:"
    )

    def schema(self) -> str:
        """List the event types."""
        return type_list(self.context.ontology)

    def ask(self, image: Image) -> Prompt:
        """Ask for the event mentions of a picture."""
        return self.prompt("", image)

    def grammar(self, image: Image) -> grammars.Grammar:  # noqa: ARG002 - as ask
        """Return the grammar of the legal answers to ``ask(image)``."""
        return grammars.image_mentions(self.context.ontology)

    def read(self, answer: str, image: Image) -> Answer[ImageEvent]:
        """Read an answer as image events without arguments."""
        predicates = read_predicates(answer)
        events = [
            ImageEvent(id=f"{image.id}#{index}", image_id=image.id, event_type=p.type)
            for index, p in enumerate(predicates.items)
        ]
        return Answer(events, predicates.failure, predicates.places)

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a picture that is at hand, pictures without events included."""
        known = self.context.ontology.events
        for document in documents:
            events: dict[str, list[ImageEvent]] = defaultdict(list)
            for event in document.image_events:
                if event.event_type in known:
                    events[event.image_id].append(event)
            for image in document.images:
                if image.path is None:
                    continue
                predicates = [
                    image_predicate(e, image, self.context.boxes, with_arguments=False)
                    for e in events[image.id]
                ]
                yield Sample(self.name, image.id, self.ask(image), write_predicates(predicates))
