"""From a user's text to sentences whose tokens know where they stand in it.

A sentence is shown to a model as one line: runs of blanks and line breaks become one blank, and
``Sentence.source`` keeps where every token stood.
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

MOST_WORDS = 200
"""A sentence that has more is cut; M2E2's longest has 161. Tables and lists without a full stop
would otherwise be one sentence of thousands of words."""
MOST_CHARACTERS = 500
"""No word has more: what does is an address or encoded data, and part of no sentence."""

RAW = 20
"""A text that is so many times as long as it may be is refused, whatever it is made of."""

CUT = f"sentence of more than {MOST_WORDS} words, cut"
NO_WORD = f"word of more than {MOST_CHARACTERS} characters, left out"

_RUN = re.compile(r"\S+|\s+")

_APART = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029|")
"""What parts words when it is left out: the ends of lines, as ``str.splitlines`` knows them, and
of the cells of tables."""


class _Line(NamedTuple):
    """A paragraph on one line: runs of its characters and where each stood in the text."""

    text: str
    starts: list[int]
    sources: list[int]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return where characters ``start`` to ``end`` (exclusive) stood."""
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
    """Return the sentences of a text, with ids ``NAME_0``, ``NAME_1``, ...

    Parameters
    ----------
    text
        The user's text; ``Sentence.source`` counts its characters.
    name
        The document's id.
    find
        How the text is divided into paragraphs.
    report
        Is warned of sentences that had to be cut, and of what is no word.
    max_characters
        The most that are split, counted without the text's layout and signs.

    Raises
    ------
    RmplError
        If there are more: before anything is split.
    """
    # What is left of a text is never longer than it.
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
        If it has more.
    """
    if most is not None and characters > most:
        raise RmplError(
            f"{characters:,} characters", where=where, remedy=f"at most {most:,} are read"
        )


def _on_one_line(text: str, paragraph: Stretches) -> _Line:
    written: list[str] = []
    starts: list[int] = []
    sources: list[int] = []
    length, is_apart = 0, False
    previous = paragraph[0][0] if paragraph else 0
    for start, end in paragraph:
        # Where only signs were left out ("**bold**ly"), the word goes on.
        is_apart = is_apart or not _APART.isdisjoint(text[previous:start])
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
    """Yield the tokens of a sentence, cut where it is too long or has what is no word."""
    piece: list[tuple[int, int]] = []
    for start, end in tokens:
        is_word = end - start <= MOST_CHARACTERS
        if piece and (not is_word or len(piece) == MOST_WORDS):
            yield piece
            piece = []
            if is_word:
                report.warn(CUT, name)
        if is_word:
            piece.append((start, end))
        else:
            report.warn(NO_WORD, name)
    if piece:
        yield piece


def _sentence(line: _Line, tokens: list[tuple[int, int]], sentence_id: str) -> Sentence:
    first, last = tokens[0][0], tokens[-1][1]
    return Sentence(
        id=sentence_id,
        text=line.text[first:last],
        tokens=tuple((start - first, end - first) for start, end in tokens),
        source=tuple(line.source(start, end) for start, end in tokens),
    )
