"""Example documents from the synthetic corpus, generated at startup and kept in memory."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.records import Document
from rmpl.synthetic.build import build_world

SEED = 11
_SCALE = 0.02


class ExampleImage(NamedTuple):
    """Name and JPEG bytes of an image."""

    name: str
    content: bytes


class Example(NamedTuple):
    """A text with its images."""

    name: str
    text: str
    images: list[ExampleImage]


def _named(document: Document, number: int) -> str:
    """Return what happens in a document, and how much there is of it."""
    all_types = [event.event_type for event in document.text_events]
    all_types += [event.event_type for event in document.image_events]
    counts = Counter(one.rpartition(":")[2] for one in all_types)
    types = [name for name, _ in counts.most_common(2)] or ["nothing happens"]
    size = f"{_count(len(document.sentences), 'sentence')}, {_count(len(document.images), 'image')}"
    return f"{number}. {' and '.join(types)} ({size})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def make_examples(count: int = 4, folder: Path | None = None) -> list[Example]:
    """Generate documents whose text and images show the same events.

    Parameters
    ----------
    count
        Maximum number of documents.
    folder
        Folder for temporary files; the system's by default.
    """
    with tempfile.TemporaryDirectory(prefix="rmpl-examples-", dir=folder) as made:
        corpus = Path(made, "corpus")
        build_world(corpus, seed=SEED, scale=_SCALE)
        documents = sorted(read_m2e2(corpus / "m2e2"), key=lambda one: (-len(one.links), one.id))
        return [
            Example(
                _named(document, number),
                " ".join(sentence.text for sentence in document.sentences),
                [
                    ExampleImage(f"{number}-{place}.jpg", Path(image.path).read_bytes())
                    for place, image in enumerate(document.images, 1)
                    if image.path is not None
                ],
            )
            for number, document in enumerate(documents[:count], 1)
        ]
