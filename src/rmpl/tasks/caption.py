"""Captioning: describing an image in one sentence, with participants by appearance.

A generic skill, and the first step of linking: a caption can be compared with a sentence word by
word (see ``same_event``). Captions of situations are imSitu's templates filled with its nouns.
"""

from __future__ import annotations

from collections.abc import Iterable

from rmpl.records import Document
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Task
from rmpl.tasks.questions import InImage, UnitQuestion
from rmpl.tasks.schema import Answer


class Caption(Task[InImage, str]):
    """Describe an image in one sentence."""

    name = "caption"
    medium = "image"
    max_tokens = 96
    instruction = "Describe what happens in the picture in one sentence."

    def questions_in(self, document: Document) -> Iterable[InImage]:
        """Yield one question per event with a caption whose image is available."""
        images = {image.id: image for image in document.images if image.path is not None}
        for event in document.image_events:
            if event.caption and event.image_id in images:
                yield UnitQuestion(images[event.image_id], (event,))

    def ask(self, question: InImage) -> Prompt:
        """Ask for the caption of an image."""
        return self.prompt("", question.unit)

    def grammar(self, question: InImage) -> grammars.Grammar:  # noqa: ARG002 - as every task's
        """Return the grammar of a caption: one line, the same for all images."""
        return grammars.one_line()

    def target(self, question: InImage) -> str:
        """Write the event's caption."""
        (event,) = question.events
        return self.context.pad + (event.caption or "")

    def read(self, answer: str, question: InImage) -> Answer[str]:  # noqa: ARG002 - as every task's
        """Parse a caption; an empty answer is a failure."""
        text = " ".join(answer.split())
        return Answer([text], None if text else "an empty caption")
