"""Markdown: its paragraphs without markup, and the images it shows.

The common forms are read, not all of CommonMark: where a sign is not what it might be (a first line
of ``---`` that no other one closes, a fence without an end), the text is kept.
"""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from rmpl.inputs.article import Figure
from rmpl.inputs.blocks import INLINE
from rmpl.inputs.captions import alt_text
from rmpl.inputs.metadata import front_matter
from rmpl.inputs.paragraphs import Line, Stretches, in_windows, lines_of

_ITEM = re.compile(r"(?:[*+-]|(?P<number>\d{1,4})[.)])\s+")
_HEADING = re.compile(r"#{1,6}(?:\s+|$)")
_CELL = re.compile(r"\|")
_QUOTED = re.compile(r"(?:>\s?){1,100}+")
_NOTE = re.compile(r"\[\^[^\]\s]{1,100}\]:\s*")
_RULE = re.compile(r"[-=*_|:\s]+")
_DEFINITION = re.compile(
    r"""\[(?P<label>(?!\^)[^\]]{1,200})\]:\s*(?:<(?P<angled>[^<>]{1,1000})>|(?P<address>\S{1,1000}))
    (?:\s+(?:"[^"]{0,500}"|'[^']{0,500}'|\([^()]{0,500}\)))?""",
    re.VERBOSE,
)
_FENCE = re.compile(r"(?P<sign>`{3,}|~{3,})(?P<info>.{0,500})")
_KEY = re.compile(r"[\w\"'][^:]{0,200}:(?:\s|$)|[#-]")
_COMMENT = ("<!--", "-->")
_HIDDEN = "\uffff"
"""Stands for a character of a comment; no text has it."""
# Every repetition is bounded and possessive: a megabyte of "[" must not take quadratic time.
_INLINE = re.compile(
    r"""
    !\[(?P<alt>[^\]]{0,300}+)\](?:                            # an image
      \((?:<(?P<angled>[^<>\n]{1,1000}+)>|(?P<address>(?:[^()\s<]|\([^()\s]{0,200}+\)){1,1000}+))
        [^()]{0,300}+\)
      | \[(?P<label>[^\[\]]{1,300}+)\])
    | \[\^[^\[\]\s]{1,100}+\](?!:)                    # a footnote's sign
    | \[(?P<linked>[^\[\]]{0,500}+                  # a link, whose text is retained; with images
        (?:!?\[[^\[\]]{0,300}+\](?:\([^()]{0,300}+\))?[^\[\]]{0,300}+){0,3}+)\]
      (?:\((?:[^()]|\([^()]{0,200}+\)){0,1000}+\)|\[(?P<to>[^\[\]]{0,300}+)\])
    | <[A-Za-z/!][^<>]{0,500}+>                        # a URL or a tag
    | `+ | \*{1,3}(?=\S) | (?<=\S)\*{1,3}              # code, emphasis
    | (?<!\w)_{1,3}(?=\S) | (?<=\S)_{1,3}(?!\w)
    | \\(?=[!-/:-@\[-`{-~]|$) | \| | \uffff{1,1000}
    """,
    re.VERBOSE,
)
_TAG = re.compile(r"</?([A-Za-z][\w-]{0,100}+)[\s/>]")
_IMG = re.compile(
    r"""<img\b(?:[^>"']|"[^"]{0,2000}+"|'[^']{0,2000}+'|["']){0,2000}+""", re.IGNORECASE
)
_SRC = re.compile(
    r"""(?:^|[\s"'])(?P<name>[\w-]{1,100}+)\s*=\s*
    (?:"(?P<a>[^"]{0,2000})"|'(?P<b>[^']{0,2000})'|(?P<c>[^\s"'>]{1,2000}))""",
    re.VERBOSE,
)


def markdown_paragraphs(text: str) -> Iterator[Stretches]:
    """Yield the paragraphs of Markdown without markup, code, comments, images and URLs.

    Headings, list items, footnotes, quotations and table rows are paragraphs of their own.
    """
    paragraph: Stretches = []
    is_quoted = False
    lines = list(_shown_lines(text))
    defined = _definitions(lines)
    for line in lines:
        quoted = _QUOTED.match(line.text)
        inside = line if quoted is None else line.after(quoted.end())
        # A quotation goes on without its sign, but a paragraph does not go on with one.
        starts = quoted is not None and not is_quoted
        opening = _opening(inside.text, inside_paragraph=bool(paragraph) and not starts)
        is_rule = _RULE.fullmatch(inside.text) is not None
        if (starts or opening or is_rule or not inside.text) and paragraph:
            yield paragraph
            paragraph = []
        if starts or opening or not inside.text:
            is_quoted = quoted is not None
        if not is_rule and not _DEFINITION.fullmatch(inside.text):
            paragraph += _inline(inside.after(opening), defined)
        if _HEADING.match(inside.text) and paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def markdown_images(text: str) -> list[Figure]:
    """Return the URLs and the caption (its alternative text) of each image of a Markdown text.

    First those of its HTML, then its own, each in document order.
    """
    parts = list(_shown_lines(text))
    # HTML may go on over several lines.
    shown = "\n".join(line.text for line in parts)
    found = [_html_figure(match[0]) for match in in_windows(_IMG, shown)]
    found += _own_figures(shown, _definitions(parts))
    return [figure for figure in found if figure.addresses]


def _own_figures(text: str, definitions: dict[str, str]) -> Iterator[Figure]:
    """Yield the images that are Markdown's own; those within links, too."""
    for match in in_windows(_INLINE, text):
        if match["linked"]:
            yield from _own_figures(match["linked"], definitions)
        address = match["angled"] or match["address"]
        if match["label"]:
            address = definitions.get(_label(match["label"]))
        if address:
            yield Figure([address], alt_text(match["alt"]))


def front_matter_of(text: str) -> dict[str, str]:
    """Return the title, author, date and other values of a text's front matter, if it has any."""
    if not text.startswith("---"):
        return {}
    lines = list(lines_of(text))
    between = lines[1 : max(_after_front_matter(lines) - 1, 1)][:_MOST_VALUES]
    # One blank says that a line is indented.
    return front_matter(" " * line.is_indented + line.text for line in between)


def _html_figure(tag: str) -> Figure:
    """Return the URLs in a tag; those that a script loads later (``data-src``) come first."""
    late, plain, caption = list[str](), list[str](), ""
    for match in _SRC.finditer(tag):
        name, value = match["name"].lower(), match["a"] or match["b"] or match["c"] or ""
        # A character reference may have thousands of digits.
        with contextlib.suppress(ValueError):
            value = html.unescape(value).strip()
        if name.endswith("srcset"):
            plain += (one.split(maxsplit=1)[0] for one in value.split(",") if one.strip())
        elif name == "src":
            plain.append(value)
        elif name == "alt":
            caption = alt_text(value)
        elif name.endswith(("-src", "-original")):
            late.append(value)
    return Figure([one for one in dict.fromkeys([*late, *plain]) if one], caption)


def _opening(text: str, *, inside_paragraph: bool) -> int:
    """Return the length of the signs that open a block; a year does not open one amid text."""
    position = 0
    while True:
        item = _ITEM.match(text, position)
        if item is not None and inside_paragraph and item["number"] not in {None, "1"}:
            # In a list the numbers go on; "in\n1986. Rebels" does not.
            item = item if len(item["number"]) <= _LIST else None
        found = item or _HEADING.match(text, position) or _CELL.match(text, position)
        found = found or _NOTE.match(text, position) or _QUOTED.match(text, position)
        if found is None or found.end() == position:
            return position
        position = found.end()


_MOST_VALUES = 1_000
"""Lines of front matter that are read as metadata."""
_LIST = 3
"""Digits of the number of an item in a list."""


def _shown_lines(text: str) -> Iterator[Line]:
    """Yield the lines without front matter, fenced code and comments; code leaves an empty one."""
    lines = list(lines_of(_without_comments(text)))
    number = _after_front_matter(lines)
    unclosed: dict[str, _Unclosed] = {}
    while number < len(lines):
        line = lines[number]
        end = _end_of_code(lines, number, unclosed)
        if end is not None:
            line = Line(line.start, "")
            number = end
        elif not line.text.strip(_HIDDEN):
            line = Line(line.start, "")
        yield line
        number += 1


def _after_front_matter(lines: list[Line]) -> int:
    """Return the number of the first line after ``key: value`` lines between ``---``, else 0."""
    if not lines or lines[0].text != "---":
        return 0
    is_value = False
    for number, line in enumerate(lines[1:], start=1):
        if line.text in {"---", "..."}:
            return number + 1 if number > 1 else 0
        # A value may go on over indented lines, which nothing here tells from others.
        if line.text and _KEY.match(line.text) is None and not (is_value and line.is_indented):
            return 0
        is_value = is_value or bool(line.text)
    return 0


def _end_of_code(lines: list[Line], start: int, unclosed: dict[str, _Unclosed]) -> int | None:
    """Return the last line of the fenced code that starts at a line, if it does and ends.

    Code in a quotation ends within it. ``unclosed`` keeps, by sign, fences that nothing closes.
    """
    opening = _unquoted(lines[start])
    fence = _FENCE.fullmatch(opening)
    if fence is None or "`" in fence["info"]:
        return None
    is_quoted = opening != lines[start].text
    sign, length = fence["sign"][0], len(fence["sign"])
    key = f">{sign}" if is_quoted else sign
    known = unclosed.get(key)
    if known is not None and start < known.end and length >= known.length:
        return None
    number = start
    for number in range(start + 1, len(lines)):
        closing = _unquoted(lines[number]) if is_quoted else lines[number].text
        if is_quoted and closing == lines[number].text:
            break
        if len(closing) >= length and closing.strip(sign) == "":
            return number
    else:
        number = len(lines)
    unclosed[key] = _Unclosed(length, number)
    return None


class _Unclosed(NamedTuple):
    """A fence of this length, or a longer one, is not closed before the line ``end``."""

    length: int
    end: int


def _unquoted(line: Line) -> str:
    """Return the text of a line without the signs of a quotation."""
    quoted = _QUOTED.match(line.text)
    return line.text if quoted is None else line.after(quoted.end()).text


def _without_comments(text: str) -> str:
    """Return a text with other characters in place of the comments, so that offsets stay."""
    opening, closing = _COMMENT
    parts, position = list[str](), 0
    while (start := text.find(opening, position)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        end += len(closing)
        parts += [text[position:start], _HIDDEN * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def _definitions(lines: list[Line]) -> dict[str, str]:
    """Return the addresses of links and images that are given on lines of their own, by label."""
    matches = (_DEFINITION.fullmatch(_unquoted(line)) for line in lines)
    return {
        _label(match["label"]): match["angled"] or match["address"]
        for match in matches
        if match is not None
    }


def _label(text: str) -> str:
    return " ".join(text.casefold().split())


def _inline(line: Line, defined: Collection[str]) -> Stretches:
    """Return the stretches of a line without its signs; ``defined`` are the labels of addresses."""
    spans, position = [], 0

    def inside(group: str) -> Stretches:
        return _inline(Line(match.start(group), match[group]), defined)

    for match in in_windows(_INLINE, line.text):
        if position < match.start():
            spans.append((position, match.start()))
        shown = "linked" if match["linked"] is not None else "alt"
        label = "to" if shown == "linked" else "label"
        if match[label] is not None and _label(match[label] or match[shown]) not in defined:
            # No link or image, but text in brackets.
            spans += [(match.start(), match.start(shown)), *inside(shown)]
            spans += [(match.end(shown), match.start(label)), *inside(label)]
            position = match.end(label)
            continue
        if match["linked"]:
            spans += inside("linked")
        position = match.end()
        tag = _TAG.match(match[0])
        if tag is not None and (tag[1].lower() not in INLINE or tag[1].lower() == "br"):
            spans.append((position, position))
    if position < len(line.text):
        spans.append((position, len(line.text)))
    return [(line.start + start, line.start + end) for start, end in spans]
