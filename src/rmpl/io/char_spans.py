"""Spans by character beside spans by token: what users write who do not count tokens.

::

    "trigger": {"char_start": 7, "char_end": 15, "text": "arrested"}
    "arguments": [{"role": "Person", "char_start": 16, "char_end": 25, "text": "Ana Reyes"}]

Offsets are characters of the sentence, end exclusive. ``text`` is compared with what is there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgspec

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.records import Sentence, Span, TextArgument, TextEvent

PART_OF_WORD = "a span that covers part of a word, taken as the whole word"
OTHER_TEXT = "text that is not what its span says"


class CharSpan(msgspec.Struct, gc=False, omit_defaults=True):
    """Characters of a sentence, end exclusive; or tokens ``start`` to ``end``."""

    char_start: int | None = None
    char_end: int | None = None
    text: str | None = None
    start: int | None = None
    end: int | None = None


class RawArgument(msgspec.Struct, gc=False, omit_defaults=True):
    """An argument whose span is given by token or by character."""

    role: str
    span: tuple[int, int] | CharSpan | None = None
    score: float | None = None
    text: str | None = None
    char_start: int | None = None
    char_end: int | None = None


class RawEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """A text event whose spans are given by token or by character."""

    id: str
    sentence_id: str
    event_type: str
    trigger: tuple[int, int] | CharSpan
    arguments: tuple[RawArgument, ...] = ()
    score: float | None = None
    trigger_text: str | None = None


class CharSpans:
    """Turns spans by character into spans by token.

    Parameters
    ----------
    sentences
        The sentences by id.
    split
        The ids of those that were split into words here. A span that covers part of such a word
        becomes the whole word; tokens that the user gave must fit exactly.
    where
        The document's place.
    report
        Counts spans that became longer.
    problems
        Collects texts that are not what their spans say.
    """

    def __init__(
        self,
        sentences: dict[str, Sentence],
        split: set[str],
        where: str,
        report: ReadReport | None,
        problems: list[RmplError],
    ) -> None:
        self._sentences = sentences
        self._split = split
        self._where = where
        self._report = ReadReport() if report is None else report
        self._problems = problems

    def event(self, raw: RawEvent) -> TextEvent:
        """Return an event with its spans by token.

        Raises
        ------
        RmplError
            If a span lies outside its sentence, or its sentence is unknown.
        """
        place = f"{self._where}, {raw.id}"
        trigger, text = self._span(raw.trigger, raw.trigger_text, raw.sentence_id, place)
        arguments = tuple(self._argument(one, raw.sentence_id, place) for one in raw.arguments)
        return TextEvent(
            raw.id, raw.sentence_id, raw.event_type, trigger, arguments, raw.score, text
        )

    def _argument(self, raw: RawArgument, sentence_id: str, place: str) -> TextArgument:
        given = CharSpan(raw.char_start, raw.char_end) if raw.span is None else raw.span
        span, text = self._span(given, raw.text, sentence_id, f"{place}, {raw.role}")
        return TextArgument(raw.role, span, raw.score, text)

    def _span(
        self, given: tuple[int, int] | CharSpan, text: str | None, sentence_id: str, place: str
    ) -> tuple[Span, str | None]:
        """Return a span by token, and its text where that is still to be compared."""
        if not isinstance(given, CharSpan):
            return Span(*given), text
        given = msgspec.structs.replace(given, text=given.text or text)
        if given.start is not None and given.end is not None and given.char_start is None:
            return Span(given.start, given.end), given.text
        start, end = given.char_start, given.char_end
        sentence = self._sentences.get(sentence_id)
        if sentence is None:
            raise RmplError(f"an unknown sentence {sentence_id!r}", where=place)
        if start is None or end is None:
            raise RmplError(
                "a span without its ends", where=place, remedy="give char_start and char_end"
            )
        length = len(sentence.text)
        if not 0 <= start < end <= length:
            raise RmplError(
                f"characters {start} to {end} of a sentence of {length}",
                where=place,
                remedy="offsets are characters of the sentence, end exclusive",
            )
        said = sentence.text[start:end]
        if given.text is not None and said.split() != given.text.split():
            wrong = f"{place}: {said[:60]!r}, not {given.text[:60]!r}"
            self._problems.append(
                RmplError(OTHER_TEXT, where=wrong, remedy="correct the offsets or the text")
            )
        return self._tokens(sentence, start, end, f"{place}: {said[:60]!r}"), None

    def _tokens(self, sentence: Sentence, start: int, end: int, place: str) -> Span:
        first = bisect_right([one[1] for one in sentence.tokens], start)
        last = bisect_left([one[0] for one in sentence.tokens], end)
        if first >= last:
            raise RmplError("a span without a word in it", where=place)
        span = Span(first, last)
        if sentence.slice(span) != sentence.text[start:end].strip():
            if sentence.id not in self._split:
                raise RmplError(
                    f"characters that are not whole tokens ({sentence.slice(span)!r})",
                    where=place,
                    remedy="correct the offsets or the tokens, or leave out tokens",
                )
            self._report.warn(PART_OF_WORD, place)
        return span
