"""Stage 1, one event: type and arguments of the event whose trigger is marked in the sentence."""

from __future__ import annotations

from collections.abc import Iterable

from rmpl.records import Document, TextEvent
from rmpl.scoring.counts import Counts
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task, mark, role_list
from rmpl.tasks.counting import count_predicates
from rmpl.tasks.questions import MentionQuestion, OfTextEvent
from rmpl.tasks.schema import Answer, read_text_events, text_predicate, write_predicates


class MarkedEvent(Task[OfTextEvent, TextEvent]):
    """The type and the arguments of one text event, given its trigger.

    It asks nothing about the rest of the sentence, so partial documents (RAMS, FrameNet's examples)
    can teach it. Extraction does not use it.
    """

    name = "text-event"
    medium = "text"
    finds = "event"
    max_tokens = 448
    instruction = (
        "Name the event whose trigger stands in [brackets]. Answer with a JSON list of one "
        '{"type", "trigger", "args": [{"role", "span"}]}; copy the trigger and the spans from the '
        'sentence; add "nth" where not the first occurrence is meant.'
    )

    def schema(self) -> str:
        """List types with their text roles."""
        return role_list(self.context.ontology, "text")

    def questions_in(self, document: Document) -> Iterable[OfTextEvent]:
        """Return one question per text event."""
        sentences = {sentence.id: sentence for sentence in document.sentences}
        for event in document.text_events:
            yield MentionQuestion(event, sentences[event.sentence_id])

    def ask(self, question: OfTextEvent) -> Prompt:
        """Ask for the event with a marked trigger."""
        return self.prompt(mark(question.unit, question.event.trigger))

    def grammar(self, question: OfTextEvent) -> grammars.Grammar:
        """Return the output grammar for ``ask(question)``: exactly one event."""
        return grammars.text_events(
            question.unit, self.context.ontology, self.context.pad, one=True
        )

    def target(self, question: OfTextEvent) -> str:
        """Write the event."""
        return write_predicates(
            [text_predicate(question.event, question.unit, pad=self.context.pad)]
        )

    def read(self, answer: str, question: OfTextEvent) -> Answer[TextEvent]:
        """Parse text events, in the order of the answer."""
        return read_text_events(answer, question.unit)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the mention and the arguments of an answer."""
        return count_predicates(sample, answer, self.context.boxes)
