"""Splitting plain text, Markdown and rendered pages into paragraphs.

A paragraph is a list of character spans of the user's text, end exclusive, in ascending order. What
lies between them (line breaks, Markdown markup) does not belong to a sentence.
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


class _Line(NamedTuple):
    """A stripped line and its offset."""

    start: int
    text: str

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.start + len(self.text)


def plain_paragraphs(text: str) -> Iterator[Stretches]:
    """Yield the paragraphs of plain text: separated by blank lines or by lines ended early."""
    block: list[_Line] = []
    for line in _lines(text):
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


def markdown_paragraphs(text: str) -> Iterator[Stretches]:
    """Yield the paragraphs of Markdown without markup, code blocks, images and URLs.

    Headings, list items, quotations and table rows are paragraphs of their own.
    """
    paragraph: Stretches = []
    for line in _without_code(_lines(text)):
        opening = _BLOCK.match(line.text)
        if (opening is not None or not line.text) and paragraph:
            yield paragraph
            paragraph = []
        start = opening.end() if opening is not None else 0
        if not _RULE.fullmatch(line.text):
            paragraph += _inline(_Line(line.start + start, line.text[start:]))
        if _HEADING.match(line.text) and paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def markdown_images(text: str) -> list[str]:
    """Return the URLs of a Markdown text's images, in document order."""
    return [match["address"] for match in in_windows(_INLINE, text) if match["address"]]


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


def _lines(text: str) -> Iterator[_Line]:
    position = 0
    for line in text.splitlines(keepends=True):
        left = line.lstrip()
        yield _Line(position + len(line) - len(left), left.rstrip())
        position += len(line)


def _of_block(block: list[_Line]) -> Iterator[Stretches]:
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
_HEADING = re.compile(r"#{1,6}\s")
_BLOCK = re.compile(r"(?:#{1,6}\s+|>\s?|[*+-]\s+|\d{1,4}[.)]\s+|\|){1,100}+")
_RULE = re.compile(r"[-=*_|:\s]+|\[[^\]]{1,200}\]:.*")
_FENCE = re.compile(r"`{3,}|~{3,}")
# Every repetition is bounded and possessive: a megabyte of "[" must not take quadratic time.
_INLINE = re.compile(
    r"""
    !\[[^\]]{0,300}+\]\((?P<address>[^()\s]{1,1000}+)[^()]{0,300}+\)  # an image
    | \[(?P<linked>[^\[\]]{0,500}+)\]               # a link, whose text is retained
      (?:\([^()]{0,1000}+\)|\[[^\[\]]{0,300}+\])
    | <[A-Za-z/!][^<>]{0,500}+>                        # a URL or a tag
    | `+ | \*{1,3}(?=\S) | (?<=\S)\*{1,3}              # code, emphasis
    | (?<!\w)_{1,3}(?=\S) | (?<=\S)_{1,3}(?!\w)
    | \\(?=[!-/:-@\[-`{-~]) | \|
    """,
    re.VERBOSE,
)


def _without_code(lines: Iterator[_Line]) -> Iterator[_Line]:
    """Skip fenced code and the front matter (``key: value`` lines between ``---``)."""
    closing: str | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line.text)
        if closing is not None:
            if line.text.startswith(closing):
                closing = None
        elif number == 0 and line.text == "---":
            closing = "---"
        elif fence is not None:
            closing = fence[0][:3]
            yield _Line(line.start, "")
        else:
            yield line


def _inline(line: _Line) -> Stretches:
    spans, position = [], 0
    for match in in_windows(_INLINE, line.text):
        spans.append((position, match.start()))
        if match["linked"]:
            inner = _Line(match.start("linked"), match["linked"])
            spans += _inline(inner)
        position = match.end()
    spans.append((position, len(line.text)))
    return [(line.start + start, line.start + end) for start, end in spans if start < end]
