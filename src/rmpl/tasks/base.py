"""What all tasks share: questions, prompts, samples, and how a prompt is worded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec

from rmpl.ontology import Ontology
from rmpl.records import Document, Image, Sentence, Span
from rmpl.scoring.counts import Counts
from rmpl.tasks.grammars import Grammar
from rmpl.tasks.schema import Answer, BoxCodec, places_of_boxes

Style = Literal["full", "brief"]
Directions = Literal["one", "both"]
Finds = Literal["events", "mentions", "arguments", "links"]


class Prompt(msgspec.Struct, frozen=True):
    """What a model is shown: an optional picture, then a text.

    ``boxes`` are places in the text, first character and the one after the last, where the task has
    written a box, maybe in the family's own tokens. All else is plain text, whatever it holds.
    """

    text: str
    image: Image | None = None
    boxes: tuple[tuple[int, int], ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """One training sample: a prompt and the answer the model should write.

    ``id`` names the document and the place in it, so that every sample can be traced.
    """

    task: str
    id: str
    prompt: Prompt
    target: str


@dataclasses.dataclass(frozen=True)
class Context:
    """What a task needs to know besides the document.

    Parameters
    ----------
    ontology
        The event types and roles in force.
    boxes
        How the model family writes boxes.
    style
        ``full`` explains the task and lists the schema, for models that read instructions;
        ``brief`` is the task's name only, for models too small to profit from more.
    pad
        What stands before every string copied from the text. One blank makes a byte-level tokenizer
        use the tokens that the string has in running text, which a small model copies more easily;
        reading an answer takes it off again.
    link_directions
        Whether "same event?" is asked from the text to the picture only, or also the other way.
    examples
        Task -> worked examples to stand in its prompts, for models that were not trained on it.
    """

    ontology: Ontology
    boxes: BoxCodec
    style: Style = "full"
    pad: str = ""
    link_directions: Directions = "one"
    examples: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)


class Identified(Protocol):
    """Anything with an id, such as a question, a sentence or an image."""

    @property
    def id(self) -> str:
        """What it is called within its document."""
        ...


Question = TypeVar("Question", bound=Identified)
Item = TypeVar("Item")


class Task(Generic[Question, Item]):
    """Everything about one task: what is asked and answered, how answers are read and scored.

    ``Question`` is a small frozen record of what is asked about; one made by ``questions`` also
    holds the annotation that its target is made of. ``Item`` is what an answer is a list of.

    Attributes
    ----------
    name
        What recipes call the task; it also begins its brief prompts.
    medium
        What is asked about: a medium of ``tasks.media``, such as ``text``, or ``both``.
    instruction
        How full prompts begin.
    finds
        What its items are to event extraction: ``events`` with their arguments, ``mentions``
        without, the ``arguments`` of a given mention, or ``links``; ``None`` for other tasks.
    max_tokens
        The largest number of tokens of an answer.
    """

    name: ClassVar[str]
    medium: ClassVar[str]
    instruction: ClassVar[str]
    finds: ClassVar[Finds | None] = None
    max_tokens: ClassVar[int] = 128

    def __init__(self, context: Context) -> None:
        self.context = context

    def questions(self, documents: Sequence[Document]) -> Iterator[Question]:
        """Yield the questions to learn from, in a fixed order.

        A task that joins documents, such as a text with another one's image, overrides this.
        """
        for document in documents:
            yield from self.questions_in(document)

    def questions_in(self, document: Document) -> Iterable[Question]:
        """Return the questions of one document, with what it is annotated with."""
        raise NotImplementedError

    def ask(self, question: Question) -> Prompt:
        """Word a question; the annotation in it is not looked at."""
        raise NotImplementedError

    def grammar(self, question: Question) -> Grammar:
        """Return the grammar of the legal answers to ``ask(question)``."""
        raise NotImplementedError

    def target(self, question: Question) -> str:
        """Return the answer that the annotation in a question calls for."""
        raise NotImplementedError

    def read(self, answer: str, question: Question) -> Answer[Item]:
        """Read an answer to ``ask(question)``; of a broken one the whole items."""
        raise NotImplementedError

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield the training samples of ``documents``: one per question."""
        return map(self.sample, self.questions(documents))

    def sample(self, question: Question) -> Sample:
        """Return the training sample of a question."""
        return Sample(self.name, question.id, self.ask(question), self.target(question))

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the correct, predicted and gold items of an answer to a held-out sample.

        Here the whole answer is one item, and letter case does not matter.
        """
        is_right = answer.strip().lower() == sample.target.strip().lower()
        return Counts(int(is_right), 1, 1)

    def is_positive(self, sample: Sample) -> bool | None:
        """Return whether a sample has something to find; ``None`` where that cannot be said."""
        return sample.target != "[]"

    def schema(self) -> str:
        """List the types this task may answer with, for a full prompt; empty if it needs none."""
        return ""

    def prompt(self, body: str, image: Image | None = None) -> Prompt:
        """Word a prompt: the shared instruction first, then what this sample asks about.

        The instruction comes first so that its computation can be shared between prompts.
        """
        if self.context.style == "brief":
            return Prompt(f"{self.name}: {body}".rstrip(), image)
        examples = self.context.examples.get(self.name, "")
        text = "\n".join(part for part in (self.beginning(), examples, body) if part)
        end = len(text) - len(body)
        boxes = places_of_boxes(text[:end], self.context.boxes.key) if examples else []
        return Prompt(text, image, tuple(boxes))

    def beginning(self) -> str:
        """Return what every full prompt of this task begins with: the instruction, the schema."""
        return "\n".join(part for part in (self.instruction, self.schema()) if part)


def type_list(ontology: Ontology) -> str:
    """List the event types with what they mean, one a line."""
    return "\n".join(f"- {name}: {event.description}" for name, event in ontology.events.items())


def role_list(ontology: Ontology, medium: Literal["text", "image"]) -> str:
    """List the event types with the roles they have in a medium, one a line."""
    return "\n".join(
        f"- {name}: {', '.join(event.text if medium == 'text' else event.image)}"
        for name, event in ontology.events.items()
    )


def mark(sentence: Sentence, span: Span) -> str:
    """Return the sentence with a span in square brackets: ``Rebels [attacked] a convoy``.

    Marking the trigger in place says which occurrence is meant without counting.
    """
    start, end = sentence.chars(span)
    return f"{sentence.text[:start]}[{sentence.text[start:end]}]{sentence.text[end:]}"
