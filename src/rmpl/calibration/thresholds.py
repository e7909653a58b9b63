"""Choosing a threshold by F1 over held-out documents, without following chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rmpl.extraction.calibration import MIN_ITEMS

_CUTS = np.round(np.arange(0.0, 0.96, 0.025), 3)
_RESAMPLES = 500


class ScoredMentions(NamedTuple):
    """The predicted mentions of a document.

    ``scores`` are calibrated probabilities, ``are_right`` says whether each mention is correct, and
    ``gold`` is the number of annotated mentions.
    """

    scores: Sequence[float]
    are_right: Sequence[bool]
    gold: int


def mention_threshold(documents: Sequence[ScoredMentions]) -> float:
    """Return the score below which mentions are best left out; 0 with too few to choose.

    Of thresholds as good as the best, it is the one nearest to half of the best F1, which is the
    optimum for probabilities that are calibrated (Lipton et al., 2014).
    """
    right = sum(map(sum, (one.are_right for one in documents)))
    wrong = sum(len(one.scores) for one in documents) - right
    if min(right, wrong) < MIN_ITEMS:
        return 0.0
    counts = np.array([[_counts(one, float(cut)) for one in documents] for cut in _CUTS])
    optimum = float(f1(counts.sum(axis=1)).max()) / 2
    return min(map(float, _CUTS[as_good_as_best(counts)]), key=lambda cut: abs(cut - optimum))


def _counts(document: ScoredMentions, threshold: float) -> tuple[int, int, int]:
    kept = [
        right
        for score, right in zip(document.scores, document.are_right, strict=True)
        if score >= threshold
    ]
    return sum(kept), len(kept), document.gold


def as_good_as_best(counts: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return which thresholds have an F1 that is not significantly worse than the best one's.

    That is lower by at most one standard error of the difference, over resampled documents.

    Parameters
    ----------
    counts
        Of shape (thresholds, documents, 3): correct, predicted, gold.
    """
    best = int(np.argmax(f1(counts.sum(axis=1))))
    documents = counts.shape[1]
    drawn = np.random.default_rng(0).integers(documents, size=(_RESAMPLES, documents))
    # One threshold at a time: all resampled documents of all of them may not fit into memory.
    scores = f1(np.stack([one[drawn].sum(axis=1) for one in counts]))
    differences = scores[best] - scores
    as_good: NDArray[np.bool_] = differences.mean(axis=1) <= differences.std(axis=1)
    as_good[best] = True
    return as_good


def f1(counts: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return F1 of counts, whose last axis is (correct, predicted, gold)."""
    correct, predicted, gold = np.moveaxis(counts, -1, 0)
    scores: NDArray[np.float64] = 2 * correct / np.maximum(predicted + gold, 1)
    return scores
