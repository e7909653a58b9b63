"""What a reader of a made-up text must see of it: its words, what parts them, and where they stood.

Words are made so that they are told apart even where two were joined: ``x`` and four letters.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport
from rmpl.records import Document, Sentence

JOINED, SPACE, BLOCK, CELL, ANY = range(5)
"""How two words must be apart: not at all, by a blank, in sentences of their own, as cells of a
table (by a blank, whatever is in them), and not checked."""
LETTERS = "abcdefghijklmnopqrstuvw"
_WORD = re.compile(f"x[{LETTERS}]{{4}}")


class Outcome(NamedTuple):
    """How an input ended: ``read``, ``refused``, ``traceback`` or ``silent``, and what was said."""

    how: str
    said: str = ""


class Written:
    """A text as it is written, and the words that must be seen of it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.parts: list[str] = []
        self.words: list[tuple[str, int]] = []
        """The words to be seen, each with how it is apart from the one before."""
        self.hidden: set[str] = set()
        self._apart = BLOCK
        self._is_hidden = False

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)

    def word(self) -> None:
        """Write a new word."""
        number, letters = len(self.words) + len(self.hidden), ""
        for _ in range(4):
            number, last = divmod(number, len(LETTERS))
            letters = LETTERS[last] + letters
        self.parts.append(f"x{letters}")
        if self._is_hidden:
            self.hidden.add(f"x{letters}")
            self._apart = ANY
        else:
            self.words.append((f"x{letters}", self._apart))
            self._apart = JOINED

    def sign(self, text: str, apart: int = JOINED) -> None:
        """Write what is no word, but keeps words apart."""
        self.parts.append(text)
        self._apart = max(self._apart, apart)

    def hide(self, before: str, after: str, words: int = 2) -> None:
        """Write words that nobody sees."""
        self.sign(before, ANY)
        self._is_hidden = True
        for number in range(words):
            self.sign(" " * (number > 0))
            self.word()
        self._is_hidden = False
        self.sign(after, ANY)


def read_file(path: Path, written: Written, content: bytes) -> Outcome:
    """Read a file and compare what is read with what was written."""
    path.write_bytes(content)
    refused: list[RmplError] = []
    report = ReadReport()
    items = list(Reader(report, refused.append).read(find_sources([str(path)], report, print)))
    if refused:
        said = str(refused[0])
        if not refused[0].where:
            return Outcome("traceback", f"no file named: {said}")
        empty = refused[0].what == "no text found" and not written.words
        return Outcome("read" if empty else "refused", said)
    text = items[0].text
    if text is None:
        text = content.decode("utf-8").removeprefix("\ufeff")
    wrong = difference(items[0].document, text, written)
    return Outcome("read") if wrong is None else Outcome("silent", wrong)


def difference(document: Document, text: str, written: Written) -> str | None:
    """Return what of a text is lost, joined, parted, shown or misplaced; ``None`` if nothing is."""
    found: dict[str, tuple[int, int, int]] = {}
    for number, sentence in enumerate(document.sentences):
        for match in _WORD.finditer(sentence.text):
            if match[0] in found:
                return f"{match[0]} is there twice"
            found[match[0]] = (number, *match.span())
    shown = sorted(written.hidden & found.keys())
    lost = [word for word, _ in written.words if word not in found]
    if shown or lost:
        return f"{shown} shown, {lost} lost"
    wrong = (_wrong_place(sentence, text) for sentence in document.sentences)
    pairs = zip(written.words, written.words[1:], strict=False)
    apart = (_wrong_pair(before, after, found, document) for before, after in pairs)
    return next(filter(None, (*wrong, *apart)), None)


def _wrong_place(sentence: Sentence, text: str) -> str | None:
    """Return what does not stand where a sentence says; Markdown's signs may be among it."""
    for (start, end), (first, last) in zip(sentence.tokens, sentence.source, strict=True):
        said, stood = sentence.text[start:end], text[first:last]
        inside = iter(_WORD.findall(stood))
        if said != stood and not all(one in inside for one in _WORD.findall(said)):
            return f"{said!r} is said to stand at {stood!r}"
    return None


def _wrong_pair(
    before: tuple[str, int],
    after: tuple[str, int],
    found: dict[str, tuple[int, int, int]],
    document: Document,
) -> str | None:
    """Return what is wrong between two words that follow each other, if anything."""
    (one, _, end), (other, start, _) = found[before[0]], found[after[0]]
    between = document.sentences[one].text[end:start] if one == other else " "
    is_apart = one != other or start < end or any(map(str.isspace, between))
    pair, apart = f"{before[0]} and {after[0]}", after[1]
    if apart == JOINED and is_apart:
        return f"{pair} parted"
    if apart in {SPACE, BLOCK, CELL} and not is_apart:
        return f"{pair} joined"
    return f"{pair} in one sentence" if apart == BLOCK and one == other else None
