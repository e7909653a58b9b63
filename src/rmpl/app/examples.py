"""Documents to try: made on the spot, of the generated world, and kept in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.m2e2.reader import read_m2e2
from rmpl.synthetic.build import build_world

SEED = 11
_SCALE = 0.02


class Picture(NamedTuple):
    """A picture's name and its JPEG."""

    name: str
    content: bytes


class Example(NamedTuple):
    """A text with its pictures."""

    name: str
    text: str
    pictures: list[Picture]


def make_examples(count: int = 4, folder: Path | None = None) -> list[Example]:
    """Make documents whose text and pictures tell of the same events, and return them.

    Parameters
    ----------
    count
        At most so many.
    folder
        Files are made there, and are gone afterwards; the system's by default.
    """
    with tempfile.TemporaryDirectory(prefix="rmpl-examples-", dir=folder) as made:
        world = Path(made, "world")
        build_world(world, seed=SEED, scale=_SCALE)
        documents = sorted(read_m2e2(world / "m2e2"), key=lambda one: (-len(one.links), one.id))
        return [
            Example(
                f"Example {number}",
                " ".join(sentence.text for sentence in document.sentences),
                [
                    Picture(f"{number}-{place}.jpg", Path(image.path).read_bytes())
                    for place, image in enumerate(document.images, 1)
                    if image.path is not None
                ],
            )
            for number, document in enumerate(documents[:count], 1)
        ]
