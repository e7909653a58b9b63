"""Splitting an ACE source file into sentences whose words retain their source offsets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.io.segmentation import sentence_spans, word_spans
from rmpl.records import Sentence, Span

_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


class _Text(NamedTuple):
    """Unescaped text and the position of each character in the source without tags."""

    characters: str
    positions: list[int]


class SourceSentence(NamedTuple):
    """A sentence with the positions of its words in the source without tags.

    Parameters
    ----------
    text
        The sentence, with line breaks replaced by blanks and ``&amp;`` by ``&``.
    tokens
        The character spans of its words in ``text``, end exclusive.
    starts, ends
        Start and end of each word in the source, end exclusive.
    """

    text: str
    tokens: tuple[tuple[int, int], ...]
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> Span | None:
        """Return the span of the words that source characters ``start`` to ``end`` overlap.

        Return ``None`` if the characters are not within the sentence. A mention that covers part of
        a word ("Iraq" in "pro-Iraq") becomes the whole word.
        """
        if start < self.starts[0] or end > self.ends[-1] or start >= end:
            return None
        first = bisect_left(self.ends, start + 1)
        last = bisect_left(self.starts, end)
        return Span(first, last) if first < last else None

    def sentence(self, sentence_id: str, entities: Sequence[Span]) -> Sentence:
        """Return the sentence as a record."""
        return Sentence(
            id=sentence_id,
            text=self.text,
            tokens=self.tokens,
            entities=tuple(dict.fromkeys(entities)),
        )


def split_source(source: str, where: str) -> list[SourceSentence]:
    """Split the ``<TEXT>`` of an .sgm file into sentences and words.

    Raises
    ------
    RmplError
        If the file has no ``<TEXT>``.
    """
    sentences = []
    for text in _paragraphs(source.replace("\r\n", "\n"), where):
        for start, end in sentence_spans(text.characters):
            sentence = _sentence(text, start, end)
            if sentence is not None:
                sentences.append(sentence)
    return sentences


def _paragraphs(source: str, where: str) -> Iterator[_Text]:
    """Yield the paragraphs of ``<TEXT>``, between blank lines and tags."""
    if "<TEXT>" not in source:
        raise RmplError("no <TEXT> element", where=where, remedy="use an ACE 2005 source file")
    inside, position, previous = False, 0, 0
    for match in [*_TAG.finditer(source), None]:
        end = len(source) if match is None else match.start()
        stretch = source[previous:end]
        if inside:
            yield from _split_blank_lines(stretch, position)
        position += len(stretch)
        if match is not None:
            inside = (inside or match[0] == "<TEXT>") and match[0] != "</TEXT>"
            previous = match.end()


def _split_blank_lines(stretch: str, position: int) -> Iterator[_Text]:
    start = 0
    for match in [*_BLANK_LINE.finditer(stretch), None]:
        end = len(stretch) if match is None else match.start()
        if stretch[start:end].strip():
            yield _readable(stretch[start:end], position + start)
        start = end


def _readable(raw: str, position: int) -> _Text:
    characters: list[str] = []
    positions: list[int] = []
    previous = 0
    for match in [*_ENTITY.finditer(raw), None]:
        end = len(raw) if match is None else match.start()
        characters.extend(" " if c.isspace() else c for c in raw[previous:end])
        positions.extend(range(position + previous, position + end))
        if match is not None:
            characters.append(_CHARACTERS[match[1]])
            positions.append(position + end)
            previous = match.end()
    positions.append(position + len(raw))  # the end of the last character
    return _Text("".join(characters), positions)


def _sentence(text: _Text, start: int, end: int) -> SourceSentence | None:
    part = text.characters[start:end]
    start += len(part) - len(part.lstrip())
    part = part.strip()
    tokens = tuple(word_spans(part))
    if not tokens:
        return None
    starts = [text.positions[start + first] for first, _ in tokens]
    # A word ends where the next character starts: "&amp;" has a length of five.
    ends = [text.positions[start + last] for _, last in tokens]
    return SourceSentence(part, tokens, starts, ends)
