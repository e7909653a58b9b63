"""The lengths of samples, without opening images and, if necessary, without the tokenizer."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from rmpl.backbones.backbone import Backbone
from rmpl.records import Image
from rmpl.tasks import Prompt, Sample

_PIECES = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
"""Words, single digits and punctuation: roughly the tokens of large vocabularies."""
_LAYOUT = 15
"""The assumed number of tokens of a chat layout without the question, if there is no tokenizer."""

FEW = 300
"""The number of samples per source whose lengths are counted, in addition to the longest."""
_LONGEST = 20


class Length(NamedTuple):
    """The number of tokens of a sample's prompt text, image and answer."""

    text: int
    image: int
    answer: int

    @property
    def total(self) -> int:
        """Return their sum."""
        return sum(self)


class TokenCounter:
    """Counts tokens.

    Parameters
    ----------
    backbone
        Its processor is used; the model may be without weights.
    pieces_per_token
        ``None`` if the backbone's tokenizer is the checkpoint's own, else the average number of
        words, digits and punctuation per token of the checkpoint's tokenizer.
    """

    def __init__(self, backbone: Backbone, pieces_per_token: float | None = None) -> None:
        self._backbone = backbone
        self._rate = pieces_per_token
        self._empty = backbone.length(Prompt(""))
        self._images: dict[tuple[int, int], int] = {}

    def length(self, sample: Sample) -> Length:
        """Return the length of a sample."""
        image = 0 if sample.prompt.image is None else self._image(sample.prompt.image)
        if self._rate is not None:
            text, answer = (
                round(len(_PIECES.findall(words)) / self._rate)
                for words in (sample.prompt.text, sample.target)
            )
            return Length(text + _LAYOUT, image, answer + 1)
        whole = self._backbone.length(Prompt(sample.prompt.text), sample.target)
        prompt = self._backbone.length(Prompt(sample.prompt.text))
        return Length(prompt, image, whole - prompt)

    def _image(self, image: Image) -> int:
        size = (image.width, image.height)
        if size not in self._images:
            shown = self._backbone.length(Prompt("", image))
            self._images[size] = shown - self._empty
        return self._images[size]


class Lengths(NamedTuple):
    """The lengths of a source's samples in tokens: means, and the longest sample.

    ``largest`` is the image with the most tokens, ``None`` for a source without images.
    ``totals`` are the lengths of samples spread evenly over the source.
    """

    text: float
    image: float
    answer: float
    longest: int
    longest_answer: int
    largest: Image | None
    totals: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Return the mean number of tokens of a sample, all parts together."""
        return self.text + self.image + self.answer

    def over(self, limit: int) -> float:
        """Return the share of samples that are longer than ``limit``."""
        return sum(total > limit for total in self.totals) / len(self.totals)


def lengths_of(samples: Sequence[Sample], counter: TokenCounter) -> Lengths:
    """Count tokens of samples spread evenly over a source, and of its longest.

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
    _, widest = max(longest, key=lambda pair: pair[0].image)
    return Lengths(
        text=statistics.fmean(length.text for length in found),
        image=statistics.fmean(length.image for length in found),
        answer=statistics.fmean(length.answer for length in found),
        longest=max(length.total for length, _ in longest),
        longest_answer=max(length.answer for length, _ in longest),
        largest=widest.prompt.image,
        totals=tuple(length.total for length in found),
    )


def _pixels(sample: Sample) -> int:
    image = sample.prompt.image
    return 0 if image is None else image.width * image.height
