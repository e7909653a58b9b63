"""How long samples are, without opening a picture and, where need be, without the tokenizer."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from rmpl.backbones.backbone import Backbone
from rmpl.records import Image
from rmpl.tasks import Prompt, Sample

_PIECES = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
"""Words, single digits and punctuation marks: what tokenizers of large vocabularies cut text to."""
_LAYOUT = 15
"""Tokens that a chat layout puts around a question, where the tokenizer is not here to count."""

FEW = 300
"""So many samples of a source tell its lengths; the longest are among them for certain."""
_LONGEST = 20


class Length(NamedTuple):
    """A sample's tokens: those of the prompt's text, of its picture, and of the answer."""

    text: int
    picture: int
    answer: int

    @property
    def total(self) -> int:
        """Return all of them together."""
        return sum(self)


class TokenCounter:
    """Counts tokens.

    Parameters
    ----------
    backbone
        Its processor counts; the model may be without weights.
    pieces_per_token
        ``None`` where the backbone's tokenizer is the checkpoint's own. Else the words, digits and
        punctuation marks that a token of the checkpoint stands for, on average.
    """

    def __init__(self, backbone: Backbone, pieces_per_token: float | None = None) -> None:
        self._backbone = backbone
        self._rate = pieces_per_token
        self._empty = backbone.length(Prompt(""))
        self._pictures: dict[tuple[int, int], int] = {}

    def length(self, sample: Sample) -> Length:
        """Return the length of a sample."""
        picture = 0 if sample.prompt.image is None else self._picture(sample.prompt.image)
        if self._rate is not None:
            text, answer = (
                round(len(_PIECES.findall(words)) / self._rate)
                for words in (sample.prompt.text, sample.target)
            )
            return Length(text + _LAYOUT, picture, answer + 1)
        whole = self._backbone.length(Prompt(sample.prompt.text), sample.target)
        prompt = self._backbone.length(Prompt(sample.prompt.text))
        return Length(prompt, picture, whole - prompt)

    def _picture(self, image: Image) -> int:
        size = (image.width, image.height)
        if size not in self._pictures:
            shown = self._backbone.length(Prompt("", image))
            self._pictures[size] = shown - self._empty
        return self._pictures[size]


class Lengths(NamedTuple):
    """The lengths of a source's samples: means, and the longest sample.

    ``largest`` is a picture with the most tokens of all; ``None`` for a source without pictures.
    ``totals`` are the lengths of samples spread evenly over the source.
    """

    text: float
    picture: float
    answer: float
    longest: int
    longest_answer: int
    largest: Image | None
    totals: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Return the mean of a sample's tokens, all parts together."""
        return self.text + self.picture + self.answer

    def over(self, limit: int) -> float:
        """Return the share of samples that are longer than ``limit``."""
        return sum(total > limit for total in self.totals) / len(self.totals)


def lengths_of(samples: Sequence[Sample], counter: TokenCounter) -> Lengths:
    """Count samples spread evenly over a source, and those that must be its longest.

    Raises
    ------
    ValueError
        Without any sample.
    """
    spread = samples[:: max(1, len(samples) // FEW)]
    found = [counter.length(sample) for sample in spread]
    by_text = sorted(samples, key=lambda s: len(s.prompt.text) + len(s.target))[-_LONGEST:]
    shown = [sample for sample in samples if sample.prompt.image is not None]
    by_area = sorted(shown, key=_pixels)[-_LONGEST:]
    longest = [(counter.length(sample), sample) for sample in (*by_text, *by_area)]
    longest += list(zip(found, spread, strict=True))
    _, widest = max(longest, key=lambda pair: pair[0].picture)
    return Lengths(
        text=statistics.fmean(length.text for length in found),
        picture=statistics.fmean(length.picture for length in found),
        answer=statistics.fmean(length.answer for length in found),
        longest=max(length.total for length, _ in longest),
        longest_answer=max(length.answer for length, _ in longest),
        largest=widest.prompt.image,
        totals=tuple(length.total for length in found),
    )


def _pixels(sample: Sample) -> int:
    image = sample.prompt.image
    return 0 if image is None else image.width * image.height
