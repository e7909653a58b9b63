"""The threshold of links: what makes the best links of documents of which the truth is known.

Not pair by pair: documents are divided into events as in extraction, and the links are scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from rmpl.extraction.linking.linker import assigned, neutral

DEFAULT = 0.5
LEAST = 20
"""Pairs of each outcome below which nothing is chosen: of few it would follow the luckiest."""
_CUTS = np.round(np.arange(0.05, 0.96, 0.025), 3)
_RESAMPLES = 500


class Judged(NamedTuple):
    """What is known of a pair.

    ``probability`` is ``None`` where nothing was compared, ``is_same`` where the truth is not
    known: then the pair takes part in the division, but is not scored.
    """

    probability: float | None
    is_same: bool | None


Judgements = Mapping[tuple[str, str], Judged]
"""A document's pairs of one type, by sentence and picture; every pair is there."""


def choose_threshold(documents: Sequence[Judgements]) -> float:
    """Return the threshold whose links have the best F1; 0.5 where there is too little to choose.

    Of those that the documents cannot tell from the best (F1 less by no more than a standard error
    of the difference, over resampled documents) the one nearest to 0.5, where probabilities are
    taken at their word.
    """
    known = [j.is_same for one in documents for j in one.values() if j.is_same is not None]
    if min(known.count(True), known.count(False)) < LEAST:
        return DEFAULT
    counts = np.array([[_counts(one, float(cut)) for one in documents] for cut in _CUTS])
    best = int(np.argmax(_f1(counts.sum(axis=1))))
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(documents), size=(_RESAMPLES, len(documents)))
    scores = _f1(counts[:, drawn].sum(axis=2))
    differences = scores[best] - scores
    as_good = differences.mean(axis=1) <= differences.std(axis=1)
    as_good[best] = True
    return min(map(float, _CUTS[as_good]), key=lambda cut: (abs(cut - DEFAULT), cut))


def _counts(document: Judgements, threshold: float) -> tuple[int, int, int]:
    """Return right, made and wanted links of a document, as far as the truth is known."""
    probabilities = {
        pair: neutral(threshold) if one.probability is None else one.probability
        for pair, one in document.items()
    }
    made = {(link.text, link.image) for link in assigned(probabilities, threshold)}
    known = {pair for pair, one in document.items() if one.is_same is not None}
    same = {pair for pair in known if document[pair].is_same}
    return len(made & same), len(made & known), len(same)


def _f1(counts: np.typing.NDArray[np.int_]) -> np.typing.NDArray[np.float64]:
    """Return F1 of counts, whose last axis is right, made and wanted."""
    right, made, wanted = np.moveaxis(counts, -1, 0)
    scores: np.typing.NDArray[np.float64] = 2 * right / np.maximum(made + wanted, 1)
    return scores
