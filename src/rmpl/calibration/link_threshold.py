"""Choosing the link threshold: the one with the best link F1 on documents with known links.

Documents are clustered into events as in extraction and their links scored, instead of judging
pair by pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from rmpl.calibration.thresholds import as_good_as_best
from rmpl.extraction.linking.linker import assigned, neutral

DEFAULT = 0.5
MIN_PAIRS = 20
"""Minimum number of pairs of each outcome; with fewer, the choice would follow chance."""
_CUTS = np.round(np.arange(0.05, 0.96, 0.025), 3)


class Judged(NamedTuple):
    """A pair's probability of being the same event, and whether it is.

    ``probability`` is ``None`` if nothing was compared. ``is_same`` is ``None`` if the truth is
    unknown: then the pair takes part in the clustering but is not scored.
    """

    probability: float | None
    is_same: bool | None


Judgements = Mapping[tuple[str, str], Judged]
"""All pairs of one type in a document, by sentence id and image id."""


def choose_threshold(documents: Sequence[Judgements]) -> float:
    """Return the threshold whose links have the best F1; 0.5 if there are too few pairs.

    Of the thresholds as good as the best, the one nearest to 0.5, which is the neutral choice for
    calibrated probabilities.
    """
    known = [j.is_same for one in documents for j in one.values() if j.is_same is not None]
    if min(known.count(True), known.count(False)) < MIN_PAIRS:
        return DEFAULT
    counts = np.array([[_counts(one, float(cut)) for one in documents] for cut in _CUTS])
    as_good = _CUTS[as_good_as_best(counts)]
    return min(map(float, as_good), key=lambda cut: (abs(cut - DEFAULT), cut))


def _counts(document: Judgements, threshold: float) -> tuple[int, int, int]:
    """Return the number of correct, predicted and gold links among pairs with known truth."""
    probabilities = {
        pair: neutral(threshold) if one.probability is None else one.probability
        for pair, one in document.items()
    }
    predicted = {(link.text, link.image) for link in assigned(probabilities, threshold)}
    known = {pair for pair, one in document.items() if one.is_same is not None}
    same = {pair for pair in known if document[pair].is_same}
    return len(predicted & same), len(predicted & known), len(same)
