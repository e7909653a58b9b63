"""Sentence segmentation with nupunkt and tokenization with NLTK's Treebank rules.

Both preserve offsets: every sentence and every word is a span of the text. Training, extraction and
the importers of annotations split text here, so that a span that was taught can be answered.
The libraries are optional, as only raw text needs them.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rmpl.errors import RmplError
from rmpl.io.words import pieces

_RUN = re.compile(r"\S+")
_STOP = re.compile(
    "[\u3002\uff01\uff1f\uff61]++[\u300d\u300f\u3011\u300b\u3009\uff09\u201d\u2019)\"']*+"
    "(?![\u3068\u3063\u3066\u3001\uff0c\u3002\uff01\uff1f])"  # 「来た。」と言った is one sentence
    "|[\u0964\u0965\u061f\u06d4\u1362\u17d4\u17d5\u104b\u0589]+[\u201d\u2019\u00bb)\"']*"
)
"""The end of a sentence in scripts whose full stops nupunkt does not know: Chinese and Japanese,
Devanagari and its neighbours, Arabic, Urdu, Amharic, Khmer, Burmese, Armenian."""

_NOT_PLAIN = re.compile(
    r"[^\w \t\r\n,./-]|--|[.,][.,]|,[^ -~\t\r\n]|(?i:cannot|gimme|gonna|gotta|lemme|wanna)"
)
"""What more of the Treebank rules are about than blanks, commas and the last full stop."""
_PLAIN_WORD = re.compile(r"(?:[^\s,]|,(?=\d))+|,")

_MAX_CHUNK = 4_000
"""Characters passed to the libraries at once: for some texts both take quadratic time."""
_MAX_RUN = 1_000
"""The longest run without whitespace that is passed at once; a longer one is not a word."""


def require_splitter(what: str, extra: str) -> None:
    """Make sure that the libraries are installed before the first text is read.

    ``what`` is the feature that needs them, ``extra`` the extra of this package with them.

    Raises
    ------
    RmplError
        If one is missing.
    """
    if not all(importlib.util.find_spec(library) for library in ("nupunkt", "nltk")):
        raise RmplError(
            f"{what} needs a sentence splitter and a tokeniser",
            remedy=f"pip install 'rmpl[{extra}]'",
        )


def sentence_spans(paragraph: str) -> list[tuple[int, int]]:
    """Return the character spans of the sentences, end exclusive; may include outer whitespace.

    Takes time linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _chunks(paragraph):
        found = _sentences_of_chunk(paragraph[start:end])
        first, *others = found or [(0, end - start)]
        # A chunk boundary does not end a sentence.
        begin = spans.pop()[0] if spans else start + first[0]
        spans.append((begin, start + first[1]))
        spans += [(start + a, start + b) for a, b in others]
    return [part for start, end in spans for part in _at_stops(paragraph, start, end)]


def _at_stops(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a sentence between the full stops that nupunkt does not know."""
    for stop in _STOP.finditer(text, start, end):
        if text[stop.end() : end].strip():
            yield start, stop.end()
            start = stop.end()
    yield start, end


def word_spans(sentence: str) -> list[tuple[int, int]]:
    """Return the character spans of the words and punctuation, end exclusive.

    Takes time linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _chunks(sentence):
        found = _words_of_chunk(sentence[start:end])
        if spans and found and spans[-1][1] == start and found[0][0] == 0:
            # The boundary lies within a run without whitespace: join the two parts again.
            spans[-1] = (spans[-1][0], start + found.pop(0)[1])
        spans += [(start + a, start + b) for a, b in found]
    return [piece for start, end in spans for piece in pieces(sentence, start, end)]


def _words_of_chunk(text: str) -> list[tuple[int, int]]:
    """Return the spans of the words as the Treebank rules have them.

    Plain text, of which two of the rules hold, is split here: that is ten times as fast as all of
    the rules, one after the other.
    """
    if _NOT_PLAIN.search(text):
        return list(_tokenizer().span_tokenize(text))
    spans = [match.span() for match in _PLAIN_WORD.finditer(text)]
    if spans and text[spans[-1][1] - 1] == "." and spans[-1][1] - spans[-1][0] > 1:
        start, end = spans.pop()
        spans += [(start, end - 1), (end - 1, end)]
    return spans


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the chunks in which a text is passed to the libraries.

    Neither library looks at the boundary between two plain words, so that ordinary text is split
    as if it were passed whole. It is cut elsewhere only if 4,000 further characters contain no two
    such words, or 1,000 no whitespace.
    """
    return pairwise([0, *_cuts(text), len(text)]) if text else iter(())


def _cuts(text: str) -> Iterator[int]:
    last, is_plain = 0, False
    for run in _RUN.finditer(text):
        start, end = run.span()
        was_plain, is_plain = is_plain, run[0].isalnum()
        so_far = start - last
        if so_far >= 2 * _MAX_CHUNK or (so_far >= _MAX_CHUNK and was_plain and is_plain):
            yield start
            last = start
        for within in range(start + _MAX_RUN, end, _MAX_RUN):
            yield within
            last = within


def _sentences_of_chunk(text: str) -> list[tuple[int, int]]:
    import nupunkt  # noqa: PLC0415 - optional, and only raw text needs it

    return [(int(start), int(end)) for start, end in nupunkt.sent_spans(text)]


@functools.cache
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer  # noqa: PLC0415 - as above

    return NLTKWordTokenizer()
