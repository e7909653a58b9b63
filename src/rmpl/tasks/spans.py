"""Spans as strings with occurrence numbers, and back.

A model writes strings, a scorer needs token offsets. A span is therefore written as its text and,
if it is not the first occurrence in the sentence, the number of its occurrence. Always taking the
first occurrence is correct for only 99.3% of M2E2's triggers.
"""

from __future__ import annotations

from rmpl.records import NOWHERE, Sentence, Span


def occurrences(sentence: Sentence, text: str) -> list[Span]:
    """Return every token span of ``sentence`` whose text is exactly ``text``, from left to right.

    Only whole tokens match: ``man`` does not occur in ``human``. Overlapping occurrences are
    included.
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
    """Return the text of ``span`` and the number (from 1) of its occurrence."""
    text = sentence.slice(span)
    return text, occurrences(sentence, text).index(span) + 1


def find_span(sentence: Sentence, text: str, occurrence: int = 1) -> Span:
    """Return the span of an occurrence of ``text``, or ``NOWHERE`` if it does not occur.

    A number beyond the last occurrence is taken as the last: the string is correct, only the count
    is not.
    """
    found = occurrences(sentence, text)
    if not found or occurrence < 1:
        return NOWHERE
    return found[min(occurrence, len(found)) - 1]
