"""Splitting plain text and rendered pages into paragraphs; Markdown has a file of its own.

A paragraph is a list of character spans of the user's text, end exclusive, in ascending order. What
lies between them (line breaks, Markdown markup) does not belong to a sentence. An empty span parts
words that would be joined otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

Stretches = list[tuple[int, int]]
Finder = Callable[[str], Iterator[Stretches]]

_WINDOW = 100_000
_OVERLAP = 5_000
_FULL = 0.75
"""A line that, with the first word of the next one, stays below this share of the longest line was
ended on purpose: a headline, a verse, the last line of a paragraph."""


class Line(NamedTuple):
    """A stripped line and its offset."""

    start: int
    text: str
    is_indented: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """Its first character and the one after its last."""
        return self.start, self.start + len(self.text)

    def after(self, signs: int) -> Line:
        """Return what follows the first ``signs`` characters and blanks."""
        left = self.text[signs:].lstrip()
        return Line(self.start + len(self.text) - len(left), left, self.is_indented)


def plain_paragraphs(text: str) -> Iterator[Stretches]:
    """Yield the paragraphs of plain text: separated by blank lines or by lines ended early."""
    block: list[Line] = []
    for line in lines_of(text):
        if line.text:
            block.append(line)
            continue
        yield from _of_block(block)
        block = []
    yield from _of_block(block)


def line_paragraphs(text: str) -> Iterator[Stretches]:
    """Yield the paragraphs of a rendered page, whose blocks end at line feeds.

    Line breaks within a block (``<br>``, ``<pre>``) are those of plain text. A leading list marker
    is left out.
    """
    position = 0
    for block in text.split("\n"):
        left = block.lstrip()
        start = position + len(block) - len(left)
        marker = _ITEM.match(left)
        start += marker.end() if marker is not None else 0
        for paragraph in plain_paragraphs(text[start : position + len(block)]):
            yield [(start + first, start + last) for first, last in paragraph]
        position += len(block) + 1


def in_windows(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``pattern.finditer`` without blocking other threads for long.

    A search without a match scans the whole text in one call that holds the GIL. No match of
    ``pattern`` may be longer than ``_OVERLAP``.
    """
    position = 0
    for end in range(_WINDOW, len(text) + _WINDOW, _WINDOW):
        for match in pattern.finditer(text, position, end + _OVERLAP):
            if match.start() >= end:
                break
            yield match
            position = match.end()
        position = max(position, end)


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of a text, without the blanks around them."""
    position = 0
    for line in text.splitlines(keepends=True):
        left = line.lstrip()
        yield Line(position + len(line) - len(left), left.rstrip(), len(left) < len(line))
        position += len(line)


def _of_block(block: list[Line]) -> Iterator[Stretches]:
    """Yield the paragraphs of a block of non-blank lines."""
    longest = max((len(line.text) for line in block), default=0)
    paragraph: Stretches = []
    for number, line in enumerate(block, start=1):
        paragraph.append(line.span)
        if number == len(block):
            break
        first = block[number].text.split(maxsplit=1)[0]
        if len(line.text) + 1 + len(first) <= _FULL * longest:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


_ITEM = re.compile(r"(?:[*+o-]|\d{1,4}[.)])\s+")
