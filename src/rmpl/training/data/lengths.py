"""Samples that are too long are left out before training, counted, with the first cases named.

Cutting one would lose the end of its answer or, worse, a part of its picture's tokens, which models
answer with "image features and image tokens do not match".
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rmpl.backbones.backbone import Backbone
from rmpl.tasks import Sample

FIRST_CASES = 5


class Fitting(msgspec.Struct, frozen=True):
    """The samples that fit, their tokens, how many do not, and the first of those: (id, tokens)."""

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
    """Return the samples of at most ``max_length`` tokens: prompt, picture and answer together.

    ``None`` keeps all.

    No picture is opened: their sizes, which the corpora know, tell how many tokens they take. A
    sentence takes a third of a millisecond, a picture one to a few.
    """
    kept: list[Sample] = []
    lengths: list[int] = []
    cases: list[tuple[str, int]] = []
    left_out = 0
    for sample in samples:
        length = backbone.length(sample.prompt, sample.target)
        if max_length is None or length <= max_length:
            kept.append(sample)
            lengths.append(length)
            continue
        left_out += 1
        if len(cases) < FIRST_CASES:
            cases.append((sample.id, length))
    return Fitting(kept, lengths, left_out, cases)
