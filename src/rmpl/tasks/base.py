"""What all tasks share: the sample, the prompt, and how a prompt is worded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from rmpl.ontology import Ontology
from rmpl.records import Document, Image, Sentence, Span
from rmpl.tasks.schema import BoxCodec, places_of_boxes

Style = Literal["full", "brief"]
Directions = Literal["one", "both"]


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


class Task:
    """A task: its name, its instruction, and the samples it makes of documents."""

    name: ClassVar[str]
    instruction: ClassVar[str]

    def __init__(self, context: Context) -> None:
        self.context = context

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield the training samples of ``documents`` in a fixed order."""
        raise NotImplementedError

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
