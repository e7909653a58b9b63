"""Samples that are too long are left out before training, with counts and first cases.

Truncating one would lose the end of its answer or some of its image's tokens, which models refuse
("image features and image tokens do not match").
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rmpl.backbones.backbone import Backbone
from rmpl.tasks import Sample

FIRST_CASES = 5


class Fitting(msgspec.Struct, frozen=True):
    """Samples that fit and their lengths in tokens; the number left out, and the first of them."""

    samples: list[Sample]
    lengths: list[int]
    left_out: int
    first_cases: list[tuple[str, int]]

    def __str__(self) -> str:
        if not self.left_out:
            return f"{len(self.samples)} samples, all fit"
        cases = ", ".join(f"{name} ({length} tokens)" for name, length in self.first_cases)
        return f"{len(self.samples)} samples; {self.left_out} too long were left out: {cases}"


def fitting(samples: Iterable[Sample], backbone: Backbone, max_length: int | None) -> Fitting:
    """Return the samples of at most ``max_length`` tokens: prompt, image and answer together.

    ``None`` keeps all. No image is opened: the number of its tokens follows from its size, which
    corpora provide. A sentence takes a third of a millisecond, an image one to a few.
    """
    fitting_samples: list[Sample] = []
    lengths: list[int] = []
    cases: list[tuple[str, int]] = []
    left_out = 0
    for sample in samples:
        length = backbone.length(sample.prompt, sample.target)
        if max_length is None or length <= max_length:
            fitting_samples.append(sample)
            lengths.append(length)
            continue
        left_out += 1
        if len(cases) < FIRST_CASES:
            cases.append((sample.id, length))
    return Fitting(fitting_samples, lengths, left_out, cases)
