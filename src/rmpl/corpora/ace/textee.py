"""Corpora in TextEE's format (Huang et al., Findings of ACL 2024): JSON lines, one window per line.

Word spans are 0-based, end exclusive. TextEE's own M2E2 conversion reads one of the two text files
only; use the M2E2 reader for M2E2.
"""

from __future__ import annotations

import msgspec

from rmpl.corpora.text.mentions import Mention, RawDocument, RawSentence, SpanEvent
from rmpl.corpora.text.selection import LineFormat
from rmpl.io.tokens import sentence_from_words


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    wnd_id: str
    tokens: list[str]
    text: str | None = None
    entity_mentions: list[Mention] = []
    event_mentions: list[SpanEvent] = []


def _window(raw: _Line, where: str) -> RawDocument:
    sentence = sentence_from_words(
        raw.wnd_id,
        raw.tokens,
        text=raw.text,
        entities=[(mention.start, mention.end) for mention in raw.entity_mentions],
        where=where,
    )
    events = [event.raw() for event in raw.event_mentions]
    return RawDocument(raw.doc_id, [RawSentence(sentence, events, where)], where)


read_textee = LineFormat(_Line, _window, joined=True).read
"""A document is the run of lines with one ``doc_id``."""
