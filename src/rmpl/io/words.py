"""Splitting text into words: the Treebank's rules, and those of scripts written without blanks.

The rules and their order are those of NLTK's word tokeniser (Apache-2.0), applied so that every
character keeps its place: tokens are spans of the text. Characters of scripts without blanks
between words (Han, Kana, Thai, Lao, Khmer, Burmese) are tokens of their own, with the marks on
them; a run of Katakana is one token. So is each full stop and comma of other scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BLANK = -1
"""The place of an inserted blank, which is not in the text."""


class _Quote(NamedTuple):
    """Two characters that stand for the quotation mark in a group of the match."""

    characters: str
    group: int


_Part = int | str | _Quote
"""What replaces a match: a group of it, a blank, or a quotation mark."""
_Rule = tuple[re.Pattern[str], tuple[_Part, ...]]

_APART: tuple[_Part, ...] = (" ", 0, " ")
_CUT: tuple[_Part, ...] = (1, " ", 2, " ")


def _rule(pattern: str, *parts: _Part) -> _Rule:
    return re.compile(pattern), parts


_FIRST = (
    # Quotes at the beginning of something.
    _rule("([«“‘„]|[`]+)", *_APART),
    _rule(r'^"', _Quote("``", 0)),
    _rule("``", *_APART),
    _rule(r"([ \(\[{<])(\"|\'{2})", 1, " ", _Quote("``", 2), " "),
    _rule(r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", 1, " "),
    # Punctuation.
    _rule(r'([^\.])(\.)([\]\)}>"\'»”’ ]*+)\s*$', 1, " ", 2, " ", 3, " "),
    _rule(r"([:,])([^\d])", " ", 1, " ", 2),
    _rule(r"([:,])$", *_APART),
    _rule(r"\.{2,}", *_APART),
    _rule(r"[;@#$%&]", *_APART),
    _rule(r"[\u2012-\u2015]", *_APART),
    _rule(r'([^\.])(\.)([\]\)}>"\']*)\s*$', 1, " ", 2, 3, " "),
    _rule(r"[?!]", *_APART),
    _rule(r"([^'])(') ", 1, " ", 2, " "),
    _rule(r"[*]", *_APART),
    _rule(r"[\]\[\(\)\{\}\<\>]", *_APART),
    _rule("--", *_APART),
)
_THEN = (
    # Quotes at the end of something; the text has a blank at both ends by now.
    _rule("[»”’]", *_APART),
    _rule("''", *_APART),
    _rule('"', " ", _Quote("''", 0), " "),
    _rule(r"\s+", " "),
    _rule(r"([^' ])('[sS]|'[mM]|'[dD]|') ", *_CUT),
    _rule(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", *_CUT),
    # Contractions.
    *(
        _rule(rf"(?i)\b({first})({second}", " ", *_CUT)
        for first, second in (
            ("can", r"not)\b"),
            ("d", r"'ye)\b"),
            ("gim", r"me)\b"),
            ("gon", r"na)\b"),
            ("got", r"ta)\b"),
            ("lem", r"me)\b"),
            ("more", r"'n)\b"),
            ("wan", r"na)(?=\s)"),
        )
    ),
    _rule(r"(?i) ('t)(is)\b", " ", *_CUT),
    _rule(r"(?i) ('t)(was)\b", " ", *_CUT),
)
_RUN = re.compile(r"\S+")

_FOREIGN = re.compile(
    "[\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u0e00-\u0eff\u1000-\u109f\u1361-\u1368"
    "\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff]"
)
"""What a word without it needs no second look for."""
_PIECE = re.compile(
    "[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]+"  # a run of Katakana
    "|[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    "[\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*"  # Hiragana, Han
    # A consonant of Thai or Lao with the vowels around it; of Khmer or Burmese with those below.
    "|[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]*"
    "|[\u0ec0-\u0ec4]?[\u0e81-\u0eae\u0edc-\u0edf][\u0eb0-\u0ebd\u0ec8-\u0ecd]*"
    "|[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd])*"
    "|[\u1000-\u102a\u103f](?:\u1039[\u1000-\u102a]|[\u102b-\u1038\u103a-\u103e\u1056-\u1060])*"
    "|[\u0e50-\u0e59]+|[\u0ed0-\u0ed9]+|[\u17e0-\u17e9]+|[\u1040-\u1049]+"  # their numbers
    "|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"  # anything else of these
    # Full stops, commas, brackets.
    "|[\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u1361-\u1368\u2e80-\u2fff\u3000-\u3004"
    "\u3008-\u3040\u30a0\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
    "|[^\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u0e00-\u0eff\u1000-\u109f\u1361-\u1368"
    "\u1780-\u17ff\u2e80-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20"
    "\uff3b-\uff40\uff5b-\uff9f\U00020000-\U0003ffff]+"  # a word of another script
    "|."
)


def treebank_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the character spans of words and punctuation, end exclusive, by the Treebank's rules.

    Takes quadratic time for some texts.
    """
    places = list(range(len(text)))
    for rule in _FIRST:
        text, places = _replaced(text, places, rule)
    text, places = f" {text} ", [_BLANK, *places, _BLANK]
    for rule in _THEN:
        text, places = _replaced(text, places, rule)
    for run in _RUN.finditer(text):
        yield places[run.start()], places[run.end() - 1] + 1


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the tokens within a word: one, unless a script without blanks is in it."""
    if _FOREIGN.search(text, start, end) is None:
        yield start, end
        return
    for piece in _PIECE.finditer(text, start, end):
        yield piece.span()


def _replaced(text: str, places: list[int], rule: _Rule) -> tuple[str, list[int]]:
    """Replace what a rule finds, in the text and in the places of its characters."""
    pattern, parts = rule
    written: list[str] = []
    moved: list[int] = []
    last = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        written.append(text[last:start])
        moved += places[last:start]
        for part in parts:
            if isinstance(part, str):
                written.append(part)
                moved.append(_BLANK)
            elif isinstance(part, int):
                written.append(match[part])
                moved += places[match.start(part) : match.end(part)]
            else:
                written.append(part.characters)
                moved += (places[match.start(part.group)], places[match.end(part.group) - 1])
        last = end
    if not written:
        return text, places
    written.append(text[last:])
    moved += places[last:]
    return "".join(written), moved
