"""Building sentences with character-span tokens from a corpus's word lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rmpl.errors import RmplError
from rmpl.records import Sentence, Span


def to_span(start: int, end: int, tokens: int, where: str) -> Span:
    """Return tokens ``start`` to ``end`` (exclusive) as a span of a sentence of ``tokens`` tokens.

    Raises
    ------
    RmplError
        If the span is empty, reversed or outside the sentence.
    """
    if not 0 <= start < end <= tokens:
        raise RmplError(
            "a span outside its sentence", where=f"{where}, words {start} to {end} of {tokens}"
        )
    return Span(start, end)


def check_text(text: str, where: str) -> None:
    """Refuse text that cannot be written as UTF-8.

    Raises
    ------
    RmplError
        If ``text`` contains a lone surrogate.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RmplError("an invalid character (a lone surrogate)", where=where) from error


def _join(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    spans, position = [], 0
    for word in words:
        end = position + len(word)
        spans.append((position, end))
        position = end + 1
    return " ".join(words), spans


def _align(words: Sequence[str], text: str) -> list[tuple[int, int]] | None:
    spans, position = [], 0
    for word in words:
        start = text.find(word, position)
        if start < 0:
            return None
        position = start + len(word)
        spans.append((start, position))
    return spans


def sentence_from_words(
    sentence_id: str,
    words: Sequence[str],
    *,
    where: str,
    text: str | None = None,
    entities: Iterable[tuple[int, int]] = (),
) -> Sentence:
    """Build a sentence from its words and, where the corpus has it, its text.

    Parameters
    ----------
    sentence_id, words, text
        As in the corpus. If a word does not occur in the text (``-LRB-`` for a bracket), the words
        joined by blanks replace the text, so that spans stay exact.
    where
        File and line, for errors.
    entities
        Entity mentions as word spans, end exclusive.

    Raises
    ------
    RmplError
        If the id or a word is empty, a character is invalid, or an entity exceeds the sentence.
    """
    if not sentence_id:
        raise RmplError("an empty sentence id", where=where)
    if not all(words):
        raise RmplError("an empty word", where=where, remedy="every token needs a text")
    spans = None if text is None else _align(words, text)
    if text is None or spans is None:
        text, spans = _join(words)
    check_text(text, where)
    count = len(spans)
    mentions = dict.fromkeys(to_span(start, end, count, where) for start, end in entities)
    return Sentence(id=sentence_id, text=text, tokens=tuple(spans), entities=tuple(mentions))
