"""Corpora in DyGIE++'s format (Wadden et al., EMNLP 2019): JSON lines, one document per line.

Word indices refer to the whole DOCUMENT, end INCLUSIVE; the type is written with a dot; the
trigger is one word.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rmpl.corpora.text.mentions import RawArgument, RawDocument, RawEvent, RawSentence
from rmpl.corpora.text.selection import LineFormat
from rmpl.errors import RmplError
from rmpl.io.tokens import sentence_from_words

# One event: [[trigger word, type], [start, end, role], ...]; some files append scores.
_Items = list[int | float | str]


class _Line(msgspec.Struct, gc=False):
    doc_key: str
    sentences: list[list[str]]
    ner: list[list[_Items]] = []
    events: list[list[list[_Items]]] = []
    sentence_start: list[int] | None = None
    hidden_sentence_start: list[int] | None = msgspec.field(name="_sentence_start", default=None)


def _document(raw: _Line, where: str) -> RawDocument:
    return RawDocument(raw.doc_key, list(_sentences(raw, where)), where)


def _sentences(raw: _Line, where: str) -> Iterator[RawSentence]:
    starts = raw.sentence_start or raw.hidden_sentence_start or _starts(raw.sentences)
    for name, layer in (("ner", raw.ner), ("events", raw.events), ("sentence_start", starts)):
        if layer and len(layer) != len(raw.sentences):
            raise RmplError(f"{name} has a different number of sentences", where=where)
    for number, words in enumerate(raw.sentences):
        start = starts[number]
        mentions = [_labelled(item, start, where) for item in raw.ner[number]] if raw.ner else []
        sentence = sentence_from_words(
            f"{raw.doc_key}_{number}",
            words,
            entities=[(first, end) for first, end, _ in mentions],
            where=where,
        )
        events = [_event(e, start, where) for e in raw.events[number]] if raw.events else []
        yield RawSentence(sentence, events, where)


def _starts(sentences: list[list[str]]) -> list[int]:
    starts, position = [], 0
    for words in sentences:
        starts.append(position)
        position += len(words)
    return starts


def _event(items: list[_Items], start: int, where: str) -> RawEvent:
    match items:
        case [[int(word), str(event_type), *_], *rest]:
            first, end = word - start, word - start + 1
        case [[int(word), int(last), str(event_type), *_], *rest]:
            first, end = word - start, last - start + 1
        case _:
            raise RmplError("an event that is not [[word, type], ...]", where=where)
    arguments = []
    for item in rest:
        argument_first, argument_end, role = _labelled(item, start, where)
        arguments.append(RawArgument(role, argument_first, argument_end))
    return RawEvent(event_type.replace(".", ":", 1), first, end, arguments)


def _labelled(item: _Items, start: int, where: str) -> tuple[int, int, str]:
    match item:
        case [int(first), int(last), str(label), *_]:
            return first - start, last - start + 1, label
    raise RmplError("a span that is not [first, last, label]", where=where)


read_dygiepp = LineFormat(_Line, _document).read
"""A document is a line."""
