"""Splitting a user's text into sentences whose tokens retain their offsets.

A sentence is shown to a model as one line: runs of blanks and line breaks become one blank, and
``Sentence.source`` holds the original offsets of every token.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.paragraphs import Finder, Stretches, line_paragraphs
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import sentence_spans, word_spans
from rmpl.records import Sentence

MAX_WORDS = 200
"""Longer sentences are cut; M2E2's longest has 161. Tables and lists without a full stop would
otherwise be one sentence of thousands of words."""
MAX_WORD_LENGTH = 500
"""Longer tokens are URLs or encoded data and are left out."""

RAW = 20
"""A raw text this many times as long as the limit is refused without being split."""

CUT = f"sentence of more than {MAX_WORDS} words, cut"
NO_WORD = f"word of more than {MAX_WORD_LENGTH} characters, left out"

_RUN = re.compile(r"\S+|\s+")

_SEPARATORS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029|")
"""Characters that separate words even where they are left out: line ends, as in
``str.splitlines``, and cell boundaries of tables."""


class _Line(NamedTuple):
    """A paragraph on one line, with the offsets of its runs in the text."""

    text: str
    starts: list[int]
    sources: list[int]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of characters ``start`` to ``end`` (exclusive)."""
        return self._place(start), self._place(end - 1) + 1

    def _place(self, position: int) -> int:
        run = bisect_right(self.starts, position) - 1
        return self.sources[run] + position - self.starts[run]


def split_text(
    text: str,
    name: str,
    find: Finder,
    report: ReadReport,
    *,
    max_characters: int | None = None,
) -> tuple[Sentence, ...]:
    """Split a text into sentences with ids ``NAME_0``, ``NAME_1``, ...

    Parameters
    ----------
    text
        The user's text, which ``Sentence.source`` refers to.
    name
        The document's id.
    find
        Splits the text into paragraphs.
    report
        Counts sentences that were cut and overlong tokens that were left out.
    max_characters
        Limit of the text, not counting layout and markup.

    Raises
    ------
    RmplError
        If the text is longer; it is not split then.
    """
    # Paragraphs are never longer than the text.
    if max_characters is not None and len(text) > max_characters:
        if len(text) > RAW * max_characters and find is not line_paragraphs:
            check_length(len(text), name, max_characters)
        length = sum(len(_on_one_line(text, paragraph).text) for paragraph in find(text))
        check_length(length, name, max_characters)
    sentences: list[Sentence] = []
    for paragraph in find(text):
        line = _on_one_line(text, paragraph)
        for start, end in sentence_spans(line.text):
            tokens = [(start + a, start + b) for a, b in word_spans(line.text[start:end])]
            for piece in _pieces(tokens, name, report):
                sentences.append(_sentence(line, piece, f"{name}_{len(sentences)}"))
    return tuple(sentences)


def check_length(characters: int, where: str, most: int | None) -> None:
    """Refuse a text of more than ``most`` characters.

    Raises
    ------
    RmplError
        If it is longer.
    """
    if most is not None and characters > most:
        raise RmplError(f"{characters:,} characters", where=where, remedy=f"the limit is {most:,}")


def _on_one_line(text: str, paragraph: Stretches) -> _Line:
    written: list[str] = []
    starts: list[int] = []
    sources: list[int] = []
    length, is_apart = 0, False
    previous = paragraph[0][0] if paragraph else 0
    for start, end in paragraph:
        # If only markup was left out ("**bold**ly"), the word continues.
        is_apart = is_apart or start == end or not _SEPARATORS.isdisjoint(text[previous:start])
        for run in _RUN.finditer(text, start, end):
            if run[0].isspace():
                is_apart = True
                continue
            if is_apart and written:
                written.append(" ")
                length += 1
            is_apart = False
            starts.append(length)
            sources.append(run.start())
            written.append(run[0])
            length += len(run[0])
        previous = end
    return _Line("".join(written), starts, sources)


def _pieces(
    tokens: list[tuple[int, int]], name: str, report: ReadReport
) -> Iterator[list[tuple[int, int]]]:
    """Yield the tokens of a sentence, cut if it is too long or contains an overlong token."""
    piece: list[tuple[int, int]] = []
    for start, end in tokens:
        is_word = end - start <= MAX_WORD_LENGTH
        if piece and not is_word:
            yield piece
            piece = []
        elif len(piece) == MAX_WORDS:
            cut = _cut([*piece, (start, end)])
            yield piece[:cut]
            piece = piece[cut:]
            report.warn(CUT, name)
        if is_word:
            piece.append((start, end))
        else:
            report.warn(NO_WORD, name)
    if piece:
        yield piece


def _cut(tokens: list[tuple[int, int]]) -> int:
    """Return where to cut a long sentence: at its last blank, if its second half has one."""
    for place in range(len(tokens) - 1, MAX_WORDS // 2, -1):
        if tokens[place - 1][1] < tokens[place][0]:
            return place
    return len(tokens) - 1


def _sentence(line: _Line, tokens: list[tuple[int, int]], sentence_id: str) -> Sentence:
    first, last = tokens[0][0], tokens[-1][1]
    return Sentence(
        id=sentence_id,
        text=line.text[first:last],
        tokens=tuple((start - first, end - first) for start, end in tokens),
        source=tuple(line.source(start, end) for start, end in tokens),
    )
