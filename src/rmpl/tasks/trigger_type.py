"""Stage 2, trigger classification: whether a marked word triggers an event, and of which type.

A question is about one word, so its answer has one probability, and partial documents (RAMS,
FrameNet's examples), which mark one event of a sentence, can teach what a trigger is. The words
asked about are those that are triggers somewhere in training (``TriggerWords``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rmpl.records import Document, Sentence, Span, TextEvent
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Task, mark, type_list
from rmpl.tasks.questions import MentionQuestion, OfTextEvent
from rmpl.tasks.schema import Answer, Predicate, read_predicates, write_predicates
from rmpl.tasks.trigger_words import TriggerWords

NO_TYPE = ""
"""The type of a word that triggers no event of the schema."""


class TriggerType(Task[OfTextEvent, TextEvent]):
    """The type of the event that a marked word triggers, if any."""

    name = "text-trigger"
    medium = "text"
    finds = "type"
    max_tokens = 64
    instruction = (
        "Is the word in [brackets] the trigger of an event? Answer with a JSON list of one "
        '{"type"}; [] if it is no event of these types:'
    )

    def schema(self) -> str:
        """List the event types."""
        return type_list(self.context.ontology)

    def questions(self, documents: Sequence[Document]) -> Iterator[OfTextEvent]:
        """Yield one question per trigger, and per other word that is a trigger elsewhere.

        Of partial documents, only their triggers are asked about.
        """
        words = TriggerWords.of(documents, self.context.ontology.events)
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            events = {(event.sentence_id, event.trigger): event for event in document.text_events}
            for (unit, _), event in events.items():
                yield MentionQuestion(event, sentences[unit])
            if document.partial:
                continue
            triggers = {(unit, at) for unit, span in events for at in range(span.start, span.end)}
            for sentence in document.sentences:
                for question in self.about(words.candidates(sentence), sentence):
                    if (sentence.id, question.event.trigger.start) not in triggers:
                        yield question

    def candidates(self, sentence: Sentence) -> Iterator[OfTextEvent]:
        """Yield the questions about a sentence: one per word that is a trigger in training."""
        words = self.context.trigger_words
        if words is not None:
            yield from self.about(words.candidates(sentence), sentence)

    def about(self, spans: Iterable[Span], sentence: Sentence) -> Iterator[OfTextEvent]:
        """Yield the questions about spans of a sentence."""
        for span in spans:
            name = f"{sentence.id}.{span.start}-{span.end}"
            yield MentionQuestion(TextEvent(name, sentence.id, NO_TYPE, span), sentence)

    def ask(self, question: OfTextEvent) -> Prompt:
        """Ask about a marked word."""
        return self.prompt(mark(question.unit, question.event.trigger))

    def grammar(self, question: OfTextEvent) -> grammars.Grammar:  # noqa: ARG002
        """Return the output grammar: one type, or none."""
        return grammars.trigger_type(self.context.ontology)

    def target(self, question: OfTextEvent) -> str:
        """Write the type."""
        kind = question.event.event_type
        is_known = kind in self.context.ontology.events
        return write_predicates([Predicate(type=kind)] if is_known else [])

    def read(self, answer: str, question: OfTextEvent) -> Answer[TextEvent]:
        """Parse the type; the event has the trigger that was asked about."""
        found = read_predicates(answer)
        events = [
            msgspec.structs.replace(question.event, event_type=one.type, arguments=())
            for one in found.items
        ]
        return Answer(events, found.failure, found.places)
