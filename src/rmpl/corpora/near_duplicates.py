"""Documents of one run that are nearly the same, such as one article from two agencies.

Nearly: as in the contamination check (``contamination``), by the Jaccard similarity of the sets of
three-word shingles, here of whole texts. The search is exact and grows with the number of shingles:
a text is compared only with those that share one of its rarest few. Of a shingle its hash is kept,
eight bytes, about 5 kB per article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rmpl.corpora.contamination import MIN_SHINGLES, THRESHOLD, first_few, shingles_of
from rmpl.records import Document

_Numbers = NDArray[np.int64]


class NearDuplicate(NamedTuple):
    """A document that is nearly an earlier one, and the share of shingles that both have."""

    first: str
    second: str
    share: float


class NearDuplicates:
    """Collects the texts of documents, and finds those that are nearly the same."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._names: list[str] = []
        self._sets: list[_Numbers] = []

    def add(self, document: Document) -> None:
        """Add a document; one of a few words is not compared, as those recur by chance."""
        text = " ".join(sentence.text for sentence in document.sentences)
        shingles = shingles_of(text)
        if len(shingles) >= MIN_SHINGLES:
            self._names.append(document.id)
            self._sets.append(np.sort(np.fromiter(map(hash, shingles), np.int64)))

    def find(self) -> Iterator[NearDuplicate]:
        """Yield every document that is nearly an earlier one, once, with the nearest of those.

        A document that was found is not compared with later ones: they are near the first as well,
        or are found with it.
        """
        by_first: dict[int, list[int]] = defaultdict(list)
        for number, (members, first) in enumerate(zip(self._sets, self._first(), strict=True)):
            others = sorted({other for one in first for other in by_first.get(one, ())})
            shares = [(_similarity(members, self._sets[other]), -other) for other in others]
            share, other = max(shares, default=(0.0, 0))
            if share >= self._threshold:
                yield NearDuplicate(self._names[-other], self._names[number], share)
            else:
                for one in first:
                    by_first[one].append(number)

    def _first(self) -> Iterator[list[int]]:
        """Yield the rarest few shingles of each set that others have, too."""
        if not self._sets:
            return
        known, counts = np.unique(np.concatenate(self._sets), return_counts=True)
        for members in self._sets:
            count = counts[np.searchsorted(known, members)]
            order = np.lexsort((members, count))[: first_few(len(members), self._threshold)]
            yield [int(members[one]) for one in order if count[one] > 1]


def _similarity(one: _Numbers, other: _Numbers) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
