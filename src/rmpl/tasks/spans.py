"""Spans as strings and back: which occurrence of a string is meant.

A model writes strings, a scorer wants token offsets. A span is therefore written as its text and,
where that text stands in the sentence more than once and an earlier one is not meant, as the number
of its occurrence. Taking the first occurrence is right for 99.3% of M2E2's triggers only; naming it
is right for all of them.
"""

from __future__ import annotations

from rmpl.records import NOWHERE, Sentence, Span


def occurrences(sentence: Sentence, text: str) -> list[Span]:
    """Return every token span of ``sentence`` whose text is exactly ``text``, from left to right.

    Only whole tokens count: ``man`` does not occur in ``human``. Overlapping occurrences are all
    returned.
    """
    if not text:
        return []
    starts = {start: index for index, (start, _) in enumerate(sentence.tokens)}
    ends = {end: index + 1 for index, (_, end) in enumerate(sentence.tokens)}
    found = []
    at = sentence.text.find(text)
    while at >= 0:
        start, end = starts.get(at), ends.get(at + len(text))
        if start is not None and end is not None:
            found.append(Span(start, end))
        at = sentence.text.find(text, at + 1)
    return found


def name_span(sentence: Sentence, span: Span) -> tuple[str, int]:
    """Return the text of ``span`` and the number (from 1) of the occurrence it is."""
    text = sentence.slice(span)
    return text, occurrences(sentence, text).index(span) + 1


def find_span(sentence: Sentence, text: str, occurrence: int = 1) -> Span:
    """Return the span that ``name_span`` named, or ``NOWHERE`` if there is none.

    An occurrence beyond the last one is taken as the last: the string is right, only the count is
    off.
    """
    found = occurrences(sentence, text)
    if not found or occurrence < 1:
        return NOWHERE
    return found[min(occurrence, len(found)) - 1]
