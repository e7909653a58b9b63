"""Saying in a sentence what a picture shows: who does what to whom, by their looks.

A generic skill, and the first half of linking: what a picture is said to show can be compared with
a sentence word by word (see ``same_event``). Captions of situations are imSitu's templates filled
with its nouns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmpl.records import Document, Image
from rmpl.tasks import grammars
from rmpl.tasks.base import Prompt, Sample, Task
from rmpl.tasks.schema import Answer


class Caption(Task):
    """Say in a sentence what a picture shows."""

    name = "caption"
    instruction = "Describe what happens in the picture in one sentence."

    def ask(self, image: Image) -> Prompt:
        """Ask for the caption of a picture."""
        return self.prompt("", image)

    def grammar(self) -> grammars.Grammar:
        """Return the grammar of a caption: one line, for every picture the same."""
        return grammars.one_line()

    def read(self, answer: str) -> Answer[str]:
        """Read a caption; an empty answer is a failure."""
        text = " ".join(answer.split())
        return Answer([text], None if text else "an empty caption")

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a picture that is at hand and has a caption."""
        for document in documents:
            images = {image.id: image for image in document.images if image.path is not None}
            for event in document.image_events:
                if event.caption and event.image_id in images:
                    prompt = self.ask(images[event.image_id])
                    target = self.context.pad + event.caption
                    yield Sample(self.name, event.image_id, prompt, target)
