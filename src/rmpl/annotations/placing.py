"""Where marks lie: offsets in a text become token spans of its sentences.

The text is split as one that events are extracted from, or, if it was written by rmpl, into the
sentences and tokens that it had.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from rmpl.annotations.marks import Annotated, Mark
from rmpl.inputs.records import text_document
from rmpl.io.char_spans import PART_OF_WORD
from rmpl.io.read_report import ReadReport
from rmpl.records import Document, Sentence, Span

UTF16 = "offsets in UTF-16 units, converted to characters"
JOINED = "a span across two sentences, which were joined"
BETWEEN = "\n"
"""What separates the sentences of a document in a text that is written for a tool."""


class Place(NamedTuple):
    """A token span of a sentence."""

    sentence: str
    span: Span


def text_of(document: Document) -> str:
    """Return the text that is written for a tool: the sentences, one per line."""
    return BETWEEN.join(sentence.text for sentence in document.sentences)


class Sentences:
    """The sentences of a text, in which spans are found by their offsets.

    Parameters
    ----------
    sentences
        The sentences.
    offsets
        Per sentence, the character spans of its tokens in the text.
    """

    def __init__(self, sentences: list[Sentence], offsets: list[list[tuple[int, int]]]) -> None:
        self.sentences = sentences
        self._ids = [sentence.id for sentence in sentences for _ in sentence.tokens]
        self._starts = [start for tokens in offsets for start, _ in tokens]
        self._ends = [end for tokens in offsets for _, end in tokens]
        self._within = [n for tokens in offsets for n in range(len(tokens))]

    def place(self, start: int, end: int) -> Place | None:
        """Return the tokens that characters overlap; ``None`` if none, or in two sentences."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        if first >= last or self._ids[first] != self._ids[last - 1]:
            return None
        return Place(self._ids[first], Span(self._within[first], self._within[last - 1] + 1))

    def is_exact(self, start: int, end: int) -> bool:
        """Return whether a span begins and ends with a token."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return first < last and self._starts[first] == start and self._ends[last - 1] == end


def sentences_of(given: Annotated, spans: Iterable[tuple[int, int]]) -> Sentences:
    """Split an annotated text into sentences, none of which ends within a span."""
    if given.base is not None:
        return _of_base(given.base)
    document = text_document(given.text, given.id, ReadReport())
    sentences = list(document.sentences)
    ends = [one.source[-1][1] for one in sentences]
    starts = [one.source[0][0] for one in sentences]
    joined: set[int] = set()
    for start, end in spans:
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        if last - first > 1:
            given.warn(JOINED, f"{given.where}, characters {start} to {end}")
            joined.update(range(first, last - 1))
    if joined:
        sentences = _joined(sentences, joined, given.id)
    return Sentences(sentences, [list(one.source) for one in sentences])


def _of_base(base: Document) -> Sentences:
    offsets, position = [], 0
    for sentence in base.sentences:
        offsets.append([(position + a, position + b) for a, b in sentence.tokens])
        position += len(sentence.text) + len(BETWEEN)
    return Sentences(list(base.sentences), offsets)


def _joined(sentences: list[Sentence], after: set[int], name: str) -> list[Sentence]:
    """Join every sentence whose number is in ``after`` to the next one."""
    found: list[Sentence] = []
    is_open = False
    for number, sentence in enumerate(sentences):
        if is_open:
            last = found[-1]
            gap = " " if last.source[-1][1] < sentence.source[0][0] else ""
            shift = len(last.text) + len(gap)
            tokens = tuple((a + shift, b + shift) for a, b in sentence.tokens)
            found[-1] = Sentence(
                last.id,
                last.text + gap + sentence.text,
                last.tokens + tokens,
                source=last.source + sentence.source,
            )
        else:
            renamed = f"{name}_{len(found)}"
            found.append(Sentence(renamed, sentence.text, sentence.tokens, source=sentence.source))
        is_open = number in after
    return found


def place_marks(given: Annotated) -> tuple[Sentences, dict[str, Place], list[str]]:
    """Find the spans of all marks; those outside the text or with another one are refused.

    Returns
    -------
    tuple
        The sentences, the places by mark, and the marks without a word in them.
    """
    if given.base is not None and given.text != text_of(given.base):
        _refuse_other_text(given, text_of(given.base))
        return Sentences([], []), {}, []
    spans = _checked_spans(given)
    sentences = sentences_of(given, spans.values())
    places: dict[str, Place] = {}
    lost: list[str] = []
    for mark in given.marks:
        if mark.id not in spans:
            continue
        start, end = spans[mark.id]
        place = sentences.place(start, end)
        if place is None:
            lost.append(mark.id)
            across = given.base is not None and given.text[start:end].strip()
            what = "a span across two sentences" if across else "a span without a word in it"
            given.refuse(what, mark.where, "mark words of one sentence")
            continue
        places[mark.id] = place
        if not sentences.is_exact(start, end):
            said = given.text[start:end]
            given.warn(PART_OF_WORD, f"{mark.where}: {said[:60]!r}")
    return sentences, places, lost


def _refuse_other_text(given: Annotated, written: str) -> None:
    pairs = zip(given.text, written, strict=False)
    shorter = min(len(given.text), len(written))
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), shorter)
    given.refuse(
        "another text than that of the document it was written from",
        f"{given.where}, character {at}: {given.text[at : at + 30]!r}, not "
        f"{written[at : at + 30]!r}",
        "restore the text, or write the document anew",
    )


def _checked_spans(given: Annotated) -> dict[str, tuple[int, int]]:
    """Return the spans of marks in characters, after comparing them with their texts."""
    units = _utf16_offsets(given.text)
    is_wide = len(units) - 1 > len(given.text)
    if given.utf16:
        spans = {mark.id: _converted(units, mark) for mark in given.marks}
    else:
        spans = {mark.id: (mark.start, mark.end) for mark in given.marks}
        wrong = [mark for mark in given.marks if not says(given.text, mark, spans[mark.id])]
        if wrong and is_wide:
            other = {mark.id: _converted(units, mark) for mark in given.marks}
            fits = [mark for mark in given.marks if says(given.text, mark, other[mark.id])]
            # Where what rmpl wrote was corrected in a browser, both may occur.
            spans |= {one.id: other[one.id] for one in (wrong, fits)[len(fits) == len(spans)]}
            given.warn(UTF16, given.where)
    checked: dict[str, tuple[int, int]] = {}
    for mark in given.marks:
        start, end = spans[mark.id]
        if not 0 <= start < end <= len(given.text):
            given.refuse(
                f"a span outside the text, or empty ({mark.start} to {mark.end})",
                f"{mark.where}: the text has {len(given.text)} characters",
            )
        elif not says(given.text, mark, (start, end)):
            said = given.text[start:end]
            given.refuse(
                "a text that is not what its span says",
                f"{mark.where}: {said[:60]!r}, not {(mark.text or '')[:60]!r}",
            )
        else:
            left, right = given.text[start:end].lstrip(), given.text[start:end].rstrip()
            start, end = end - len(left), start + len(right)
            checked[mark.id] = (start, end) if start < end else (end, start)
    return checked


def says(text: str, mark: Mark, span: tuple[int, int]) -> bool:
    """Return whether the text of a mark is at its span; tools write line breaks as blanks."""
    if mark.text is None:
        return True
    return text[max(span[0], 0) : span[1]].split() == mark.text.split()


def _utf16_offsets(text: str) -> list[int]:
    """Return the character at every UTF-16 unit of a text, and at its end."""
    places: list[int] = []
    for number, character in enumerate(text):
        places += [number] * (2 if ord(character) > 0xFFFF else 1)
    return [*places, len(text)]


def _converted(units: list[int], mark: Mark) -> tuple[int, int]:
    def at(unit: int) -> int:
        return units[unit] if 0 <= unit < len(units) else -1

    return at(mark.start), at(mark.end)
