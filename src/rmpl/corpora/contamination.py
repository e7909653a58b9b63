"""Keeping the test data out of training: M2E2 against whatever a model is about to learn from.

Two documents overlap if they share an id (of the document, a sentence or an image), or if a
sentence of one is nearly one of the other. Nearly: a Jaccard similarity of ``THRESHOLD`` or more
between their sets of ``SHINGLE``-word shingles, found with MinHash (datasketch, of
``rmpl[guard]``) and then computed exactly, so that chance collisions drop nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.records import Document

THRESHOLD = 0.8
SHINGLE = 3
PERMUTATIONS = 64
MIN_SHINGLES = 4
"""Shorter sentences ("He said no.") recur by chance; they are compared by id only."""

OVERLAP = "overlap with the test data"
"""What is counted of documents that must not be trained on."""

_WORD = re.compile(r"\w+")


class LeakageGuard:
    """Knows the test documents and recognises them, or parts of them, elsewhere.

    Parameters
    ----------
    test
        The documents that must not be trained on.
    threshold
        Jaccard similarity of two sentences' shingles from which they count as the same.

    Raises
    ------
    RmplError
        If datasketch is not installed.
    """

    def __init__(self, test: Iterable[Document], *, threshold: float = THRESHOLD) -> None:
        self._sketch = _datasketch()
        self._threshold = threshold
        self._ids: set[str] = set()
        self._shingles: dict[str, frozenset[bytes]] = {}
        # A looser index than the threshold: MinHash only nominates, the exact value decides.
        self._index = self._sketch.MinHashLSH(threshold=threshold - 0.2, num_perm=PERMUTATIONS)
        for document in test:
            self._add(document)

    def _add(self, document: Document) -> None:
        self._ids.update(_ids(document))
        names, sets = [], []
        for sentence in document.sentences:
            shingles = _shingles(sentence.text)
            if len(shingles) >= MIN_SHINGLES and sentence.id not in self._shingles:
                self._shingles[sentence.id] = shingles
                names.append(sentence.id)
                sets.append(shingles)
        for name, sketch in zip(names, self._sketches(sets), strict=True):
            self._index.insert(name, sketch)

    def overlap(self, document: Document) -> str | None:
        """Say why a document must not be trained on; ``None`` if it may."""
        for name in _ids(document):
            if name in self._ids:
                return f"the id {name!r} is in the test data"
        sets = [_shingles(sentence.text) for sentence in document.sentences]
        sets = [shingles for shingles in sets if len(shingles) >= MIN_SHINGLES]
        for shingles, sketch in zip(sets, self._sketches(sets), strict=True):
            for name in sorted(self._index.query(sketch)):
                if _jaccard(shingles, self._shingles[name]) >= self._threshold:
                    return f"a sentence is nearly the test data's {name!r}"
        return None

    def _sketches(self, sets: list[frozenset[bytes]]) -> list[Any]:
        if not sets:
            return []
        sketches: list[Any] = self._sketch.MinHash.bulk(sets, num_perm=PERMUTATIONS, seed=1)
        return sketches

    def keep_clean(self, documents: Iterable[Document], report: ReadReport) -> Iterator[Document]:
        """Yield the documents that do not overlap with the test data; count the others."""
        for document in documents:
            reason = self.overlap(document)
            if reason is None:
                yield document
            else:
                report.leave_out(OVERLAP, f"{document.id}: {reason}")


def _datasketch() -> ModuleType:
    try:
        import datasketch  # noqa: PLC0415 - optional: only training on real corpora needs it
    except ImportError as error:
        raise RmplError(
            "the guard against test data in training needs datasketch",
            remedy="pip install 'rmpl[guard]'",
        ) from error
    module: ModuleType = datasketch
    return module


def _ids(document: Document) -> list[str]:
    sentences = [sentence.id for sentence in document.sentences]
    return [document.id, *sentences, *(image.id for image in document.images)]


def _shingles(text: str) -> frozenset[bytes]:
    words = _WORD.findall(text.lower())
    windows = zip(*(words[start:] for start in range(SHINGLE)), strict=False)
    return frozenset(" ".join(window).encode("utf-8") for window in windows)


def _jaccard(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    return len(one & other) / len(one | other)
