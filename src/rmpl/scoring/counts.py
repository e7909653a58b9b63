"""Counts of correct, predicted and gold items, from which all scores are computed.

Counts are additive: a score over documents, shards or types is the sum of their counts, and
percentages are computed at the end (micro average).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

import msgspec

SETTINGS = ("text", "image", "multimedia")
"""The three settings of the benchmark: text only, image only, and multimedia."""

TASKS = {
    "text_emi": "text",
    "text_are": "text",
    "image_emi": "image",
    "image_are": "image",
    "mm_emi": "multimedia",
    "mm_are": "multimedia",
    "mm_emi_restricted": "multimedia",
    "mm_are_restricted": "multimedia",
}
"""The setting of each score (EMI: event mention identification, ARE: argument roles)."""


class ScoreDict(TypedDict):
    """The JSON shape of one score: three counts, then percentages."""

    tp: int
    n_pred: int
    n_gold: int
    p: float
    r: float
    f1: float


class Counts(msgspec.Struct, frozen=True, gc=False):
    """Correct (``tp``), predicted and gold items; ``+`` adds two of them.

    Percentages may exceed 100 under protocols that count pairs (see ``rmpl.scoring.legacy``).
    """

    tp: int = 0
    n_pred: int = 0
    n_gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.n_pred + other.n_pred, self.n_gold + other.n_gold)

    @property
    def p(self) -> float:
        """Precision in percent; 0 if nothing was predicted."""
        return 100.0 * self.tp / self.n_pred if self.n_pred else 0.0

    @property
    def r(self) -> float:
        """Recall in percent; 0 if there is no gold."""
        return 100.0 * self.tp / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall in percent, ``2 tp / (predicted + gold)``."""
        both = self.n_pred + self.n_gold
        return 200.0 * self.tp / both if both else 0.0

    def to_dict(self) -> ScoreDict:
        """Return counts and unrounded percentages, ready for JSON."""
        return {
            "tp": self.tp,
            "n_pred": self.n_pred,
            "n_gold": self.n_gold,
            "p": self.p,
            "r": self.r,
            "f1": self.f1,
        }


def add_up(parts: Iterable[Mapping[str, Counts]]) -> dict[str, Counts]:
    """Add counts per task."""
    total: dict[str, Counts] = {}
    for part in parts:
        for task, counts in part.items():
            total[task] = total.get(task, _NOTHING) + counts
    return total


_NOTHING = Counts()
