"""Words of scripts that are written without blanks between them.

Characters of Han, Kana, Thai, Lao, Khmer and Burmese are tokens of their own, with the marks on
them; a run of Katakana is one token. So is each full stop and comma of other scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the tokens within a word: one, unless a script without blanks is in it."""
    if _FOREIGN.search(text, start, end) is None:
        yield start, end
        return
    for piece in _PIECE.finditer(text, start, end):
        yield piece.span()
