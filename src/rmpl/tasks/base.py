"""The base class of tasks: questions, prompts and samples."""

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
from rmpl.tasks.trigger_words import TriggerWords

Style = Literal["full", "brief"]
Directions = Literal["one", "both"]
Finds = Literal["events", "mentions", "event", "type", "arguments", "links"]


MAX_CAPTION = 500
"""Characters of a caption in a prompt; three sentences are enough to say what an image shows."""


class Prompt(msgspec.Struct, frozen=True):
    """The model input: an optional image, then a text.

    ``boxes`` are the character spans, end exclusive, of boxes that the task wrote, possibly with
    special tokens of the family. Everything else is plain text, even if it looks like such a token.
    """

    text: str
    image: Image | None = None
    boxes: tuple[tuple[int, int], ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """A training sample: a prompt and its target.

    ``id`` names the sentence, image or event, so that every sample can be traced to its source.
    """

    task: str
    id: str
    prompt: Prompt
    target: str


@dataclasses.dataclass(frozen=True)
class Context:
    """The settings of a task.

    Parameters
    ----------
    ontology
        The schema: event types and roles.
    boxes
        The box format of the model family.
    style
        ``full`` explains the task and lists the schema, for instruction-following models;
        ``brief`` gives only the task name, for models too small to benefit from more.
    pad
        A prefix of every string copied from the text. With one blank, a byte-level tokenizer uses
        the same tokens as in running text, which a small model copies more easily; it is stripped
        when an answer is parsed.
    link_directions
        Whether linking asks from the text to the image only, or also from the image to the text.
    examples
        Few-shot examples for the prompts of each task, for models not trained on it.
    reads_images
        Whether the model reads images; if not, a task that can do without them leaves them out.
    captions
        Whether questions about an image hold its caption in its document, where that is known.
    trigger_words
        The words that a model trained on trigger classification is asked about; ``None`` for
        others.
    """

    ontology: Ontology
    boxes: BoxCodec
    style: Style = "full"
    pad: str = ""
    link_directions: Directions = "one"
    examples: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    reads_images: bool = True
    captions: bool = False
    trigger_words: TriggerWords | None = dataclasses.field(default=None, hash=False)


class Identified(Protocol):
    """Anything with an id, such as a question, a sentence or an image."""

    @property
    def id(self) -> str:
        """Its id within the document."""
        ...


Question = TypeVar("Question", bound=Identified)
Item = TypeVar("Item")


class Task(Generic[Question, Item]):
    """A task: its questions, prompts, targets, output grammar, parser and held-out score.

    ``Question`` is a small frozen record of what is asked about; those of ``questions`` also hold
    the annotation for the target. ``Item`` is the type of the items in an answer.

    Attributes
    ----------
    name
        The task name in recipes, which also starts its brief prompts.
    medium
        A medium of ``tasks.media``, such as ``text``, or ``both``.
    instruction
        The start of full prompts.
    finds
        The kind of items for event extraction: ``events`` with arguments, ``mentions`` without, one
        ``event`` with arguments, the ``type`` of a given trigger, the ``arguments`` of a given
        mention, or ``links``; ``None`` for other tasks.
    max_tokens
        The maximum number of tokens of an answer.
    asks_for_all
        Whether an answer lists all events of a sentence or image. Partial documents do not know
        them, so such a task has no training questions about them.
    needs_images
        Whether it cannot do without images; by default, if its medium is not ``text``.
    """

    name: ClassVar[str]
    medium: ClassVar[str]
    instruction: ClassVar[str]
    finds: ClassVar[Finds | None] = None
    max_tokens: ClassVar[int] = 128
    asks_for_all: ClassVar[bool] = False
    needs_images: ClassVar[bool | None] = None

    @classmethod
    def asks_about_images(cls) -> bool:
        """Return whether it cannot do without images."""
        return cls.medium != "text" if cls.needs_images is None else cls.needs_images

    def __init__(self, context: Context) -> None:
        self.context = context

    def questions(self, documents: Sequence[Document]) -> Iterator[Question]:
        """Yield the training questions, in a fixed order.

        A task that joins documents, such as a text with another one's image, overrides this.
        """
        for document in documents:
            if not (self.asks_for_all and document.partial):
                yield from self.questions_in(document)

    def questions_in(self, document: Document) -> Iterable[Question]:
        """Return the questions of one document, with its annotation."""
        raise NotImplementedError

    def ask(self, question: Question) -> Prompt:
        """Return the prompt of a question, without using its annotation."""
        raise NotImplementedError

    def grammar(self, question: Question) -> Grammar:
        """Return the output grammar for ``ask(question)``."""
        raise NotImplementedError

    def target(self, question: Question) -> str:
        """Return the target: the correct answer by the question's annotation."""
        raise NotImplementedError

    def read(self, answer: str, question: Question) -> Answer[Item]:
        """Parse an answer to ``ask(question)``; of a malformed one, the complete items."""
        raise NotImplementedError

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield the training samples of ``documents``: one per question."""
        return map(self.sample, self.questions(documents))

    def sample(self, question: Question) -> Sample:
        """Return the training sample of a question."""
        return Sample(self.name, question.id, self.ask(question), self.target(question))

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the correct, predicted and gold items of an answer to a held-out sample.

        By default, the whole answer is one item, compared without regard to case.
        """
        is_right = answer.strip().lower() == sample.target.strip().lower()
        return Counts(int(is_right), 1, 1)

    def is_positive(self, sample: Sample) -> bool | None:
        """Return whether a sample is positive; ``None`` if that is undefined."""
        return sample.target != "[]"

    def schema(self) -> str:
        """Return the part of the schema that a full prompt lists; empty if not needed."""
        return ""

    def prompt(self, body: str, image: Image | None = None) -> Prompt:
        """Build a prompt: first the shared instruction, then ``body``.

        The instruction comes first so that prompts share a prefix in the KV cache.
        """
        if self.context.style == "brief":
            return Prompt(f"{self.name}: {body}".rstrip(), image)
        examples = self.context.examples.get(self.name, "")
        text = "\n".join(part for part in (self.beginning(), examples, body) if part)
        end = len(text) - len(body)
        boxes = places_of_boxes(text[:end], self.context.boxes.key) if examples else []
        return Prompt(text, image, tuple(boxes))

    def image_prompt(self, body: str, image: Image) -> Prompt:
        """Build the prompt of a question about an image, with its caption if that is wanted."""
        if not self.context.captions or not image.caption:
            return self.prompt(body, image)
        caption = " ".join(image.caption.split())[:MAX_CAPTION]
        return self.prompt(f"{body}\ncaption: {caption}".lstrip(), image)

    def beginning(self) -> str:
        """Return the common prefix of the task's full prompts: the instruction and the schema."""
        return "\n".join(part for part in (self.instruction, self.schema()) if part)


def type_list(ontology: Ontology) -> str:
    """List the event types with their descriptions, one per line."""
    return "\n".join(f"- {name}: {event.description}" for name, event in ontology.events.items())


def role_list(ontology: Ontology, medium: Literal["text", "image"]) -> str:
    """List the event types with their roles in a medium, one per line."""
    return "\n".join(
        f"- {name}: {', '.join(event.text if medium == 'text' else event.image)}"
        for name, event in ontology.events.items()
    )


def mark(sentence: Sentence, span: Span) -> str:
    """Return the sentence with a span in square brackets: ``Rebels [attacked] a convoy``.

    Marking the trigger in place identifies the occurrence without counting.
    """
    start, end = sentence.chars(span)
    return f"{sentence.text[:start]}[{sentence.text[start:end]}]{sentence.text[end:]}"
