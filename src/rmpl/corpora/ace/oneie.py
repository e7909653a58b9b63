"""ACE preprocessed by OneIE (Lin et al., ACL 2020): JSON lines, one sentence per line.

Word spans are 0-based, end exclusive, and cover the HEAD of a mention. Arguments have no offsets of
their own: they refer to entity mentions.
"""

from __future__ import annotations

import msgspec

from rmpl.corpora.text.mentions import (
    Mention,
    NamedArgument,
    RawArgument,
    RawDocument,
    RawEvent,
    RawSentence,
    by_id,
    named,
)
from rmpl.corpora.text.selection import LineFormat
from rmpl.io.tokens import sentence_from_words


class _Entity(Mention, gc=False):
    id: str


class _Event(msgspec.Struct, gc=False):
    event_type: str
    trigger: Mention
    arguments: list[NamedArgument] = []


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    sent_id: str
    tokens: list[str]
    sentence: str | None = None
    entity_mentions: list[_Entity] = []
    event_mentions: list[_Event] = []


def _sentence(raw: _Line, where: str) -> RawDocument:
    known = by_id(raw.entity_mentions, where)
    events = []
    for event in raw.event_mentions:
        mentions = [(a.role, named(a, known, where)) for a in event.arguments]
        arguments = [RawArgument(role, entity.start, entity.end) for role, entity in mentions]
        trigger = event.trigger
        events.append(RawEvent(event.event_type, trigger.start, trigger.end, arguments))
    sentence = sentence_from_words(
        raw.sent_id,
        raw.tokens,
        text=raw.sentence,
        entities=[(entity.start, entity.end) for entity in raw.entity_mentions],
        where=where,
    )
    return RawDocument(raw.doc_id, [RawSentence(sentence, events, where)], where)


read_oneie = LineFormat(_Line, _sentence, joined=True).read
"""A document is the run of lines with one ``doc_id``."""
