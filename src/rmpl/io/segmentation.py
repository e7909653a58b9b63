"""Running text into sentences and words: nupunkt finds sentences, NLTK's Treebank rules words.

Both keep to the characters they are given, so that every sentence and every word is a span of the
text. They are optional, as only raw text needs them.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rmpl.errors import RmplError

_RUN = re.compile(r"\S+")

_AT_ONCE = 4_000
"""Both libraries take a square of the time for some texts, so that they get no more characters."""
_RUN_AT_ONCE = 1_000
"""Nor more without a blank: what has more is no word."""


def require_splitter(what: str, extra: str) -> None:
    """Make sure that the libraries are there before the first text is read.

    ``what`` needs them, and the extra ``extra`` of this package brings them.

    Raises
    ------
    RmplError
        If they are not.
    """
    if not all(importlib.util.find_spec(library) for library in ("nupunkt", "nltk")):
        raise RmplError(
            f"{what} needs a sentence splitter and a tokeniser",
            remedy=f"pip install 'rmpl[{extra}]'",
        )


def sentence_spans(paragraph: str) -> list[tuple[int, int]]:
    """Return the character spans of the sentences, end exclusive; blanks may be at their ends.

    The time it takes grows with the length, whatever the text is.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _pieces(paragraph):
        found = _sentences_at_once(paragraph[start:end])
        first, *others = found or [(0, end - start)]
        # No sentence ends where the text was cut.
        begin = spans.pop()[0] if spans else start + first[0]
        spans.append((begin, start + first[1]))
        spans += [(start + a, start + b) for a, b in others]
    return spans


def word_spans(sentence: str) -> list[tuple[int, int]]:
    """Return the character spans of the words and punctuation marks, end exclusive.

    The time it takes grows with the length, whatever the text is.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _pieces(sentence):
        found = list(_tokenizer().span_tokenize(sentence[start:end]))
        if spans and found and spans[-1][1] == start and found[0][0] == 0:
            # The cut went through what has no blank, and what is left out only in one piece.
            spans[-1] = (spans[-1][0], start + found.pop(0)[1])
        spans += [(start + a, start + b) for a, b in found]
    return spans


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the pieces that a text is given in to the libraries.

    Between two plain words neither library decides anything, so that text of every kind that
    people write is split as it would be in one piece. Only where 4,000 characters more have no two
    such words, or 1,000 no blank, is it cut elsewhere.
    """
    return pairwise([0, *_cuts(text), len(text)]) if text else iter(())


def _cuts(text: str) -> Iterator[int]:
    last, is_plain = 0, False
    for run in _RUN.finditer(text):
        start, end = run.span()
        was_plain, is_plain = is_plain, run[0].isalnum()
        so_far = start - last
        if so_far >= 2 * _AT_ONCE or (so_far >= _AT_ONCE and was_plain and is_plain):
            yield start
            last = start
        for within in range(start + _RUN_AT_ONCE, end, _RUN_AT_ONCE):
            yield within
            last = within


def _sentences_at_once(text: str) -> list[tuple[int, int]]:
    import nupunkt  # noqa: PLC0415 - optional, and only raw text needs it

    return [(int(start), int(end)) for start, end in nupunkt.sent_spans(text)]


@functools.cache
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer  # noqa: PLC0415 - as above

    return NLTKWordTokenizer()
