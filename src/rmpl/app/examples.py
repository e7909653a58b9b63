"""Documents to try: made on the spot, of the generated world."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.m2e2 import read_m2e2
from rmpl.corpora.world.build import build_world

SEED = 11
_SCALE = 0.02


class Example(NamedTuple):
    """A text with its pictures' files."""

    name: str
    text: str
    pictures: list[str]


def make_examples(folder: Path, count: int = 4) -> list[Example]:
    """Make documents whose text and pictures tell of the same events, and return them.

    Parameters
    ----------
    folder
        Their pictures are put there.
    count
        At most so many.
    """
    world = folder / "world"
    build_world(world, seed=SEED, scale=_SCALE)
    documents = sorted(read_m2e2(world / "m2e2"), key=lambda one: (-len(one.links), one.id))
    return [
        Example(
            f"Example {number}",
            " ".join(sentence.text for sentence in document.sentences),
            [image.path for image in document.images if image.path is not None],
        )
        for number, document in enumerate(documents[:count], 1)
    ]
