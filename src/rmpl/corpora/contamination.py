"""Decontamination: removing training documents that overlap with the test data.

Two documents overlap if they share an id (of the document, a sentence or an image), or if a
sentence of one is nearly one of the other. Nearly: a Jaccard similarity of ``THRESHOLD`` or more
between their sets of ``SHINGLE``-word shingles. The search is exact: it finds every such pair.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from rmpl.io.read_report import ReadReport
from rmpl.records import Document

THRESHOLD = 0.8
SHINGLE = 3
MIN_SHINGLES = 4
"""Shorter sentences ("He said no.") recur by chance and are compared by id only."""

OVERLAP = "overlap with the test data"
"""The reason under which excluded documents are counted."""

_WORD = re.compile(r"\w+")

Shingles = frozenset[str]


class ContaminationCheck:
    """Finds test documents, or parts of them, among other documents.

    Parameters
    ----------
    test
        The documents that must not be trained on.
    threshold
        Jaccard similarity of two sentences' shingles from which they count as the same; above 0.
    """

    def __init__(self, test: Iterable[Document], *, threshold: float = THRESHOLD) -> None:
        self._ids: set[str] = set()
        sentences: list[tuple[str, Shingles]] = []
        for document in test:
            self._ids.update(_ids(document))
            sentences += (
                (sentence.id, shingles)
                for sentence in document.sentences
                if len(shingles := shingles_of(sentence.text)) >= MIN_SHINGLES
            )
        self._near = _NearSets(sentences, threshold)

    def overlap(self, document: Document) -> str | None:
        """Return why a document overlaps with the test data, or ``None`` if it does not."""
        for name in _ids(document):
            if name in self._ids:
                return f"the id {name!r} is in the test data"
        for sentence in document.sentences:
            shingles = shingles_of(sentence.text)
            if len(shingles) >= MIN_SHINGLES:
                found = self._near.find(shingles)
                if found:
                    return f"a sentence is nearly the test data's {min(found)!r}"
        return None

    def keep_clean(self, documents: Iterable[Document], report: ReadReport) -> Iterator[Document]:
        """Yield the documents that do not overlap with the test data; count the others."""
        for document in documents:
            reason = self.overlap(document)
            if reason is None:
                yield document
            else:
                report.leave_out(OVERLAP, f"{document.id}: {reason}")


LeakageGuard = ContaminationCheck
"""Its name in version 0.1."""


class _NearSets:
    """Named sets, found by another one of a Jaccard similarity of ``threshold`` or more.

    Sets that are that similar share that part of either, so that, in one order of all members, they
    share one of the first few of either ("prefix filtering", Chaudhuri et al., ICDE 2006). In the
    order from rare to common, few sets have a first member in common by chance; these are compared.
    """

    def __init__(self, named: list[tuple[str, Shingles]], threshold: float) -> None:
        self._named = named
        self._threshold = threshold
        count = Counter(member for _, members in named for member in members)
        self._rank = {member: (n, member) for member, n in count.items()}
        self._by_first: dict[str, list[int]] = defaultdict(list)
        for number, (_, members) in enumerate(named):
            for member in self._first(members):
                self._by_first[member].append(number)

    def find(self, members: Shingles) -> set[str]:
        """Return the names of the sets that are nearly ``members``."""
        candidates = {
            number for member in self._first(members) for number in self._by_first.get(member, ())
        }
        return {
            name
            for name, others in (self._named[number] for number in candidates)
            if len(members & others) / len(members | others) >= self._threshold
        }

    def _first(self, members: Shingles) -> list[str]:
        """Return those of the first few that are in a named set; what is in none is rarest."""
        known = members & self._rank.keys()
        few = first_few(len(members), self._threshold) - (len(members) - len(known))
        return sorted(known, key=self._rank.__getitem__)[: max(few, 0)]


def first_few(count: int, threshold: float) -> int:
    """Return how many of a set's members, in one order of all, a set that is near has one of."""
    # A product that is rounded up must not ask for one shared member too many.
    return count - math.ceil(threshold * count - 1e-9) + 1


def _ids(document: Document) -> list[str]:
    sentences = [sentence.id for sentence in document.sentences]
    return [document.id, *sentences, *(image.id for image in document.images)]


def shingles_of(text: str) -> Shingles:
    """Return the runs of ``SHINGLE`` words in a text, whatever their case and punctuation."""
    words = _WORD.findall(text.lower())
    windows = zip(*(words[start:] for start in range(SHINGLE)), strict=False)
    return frozenset(map(" ".join, windows))
