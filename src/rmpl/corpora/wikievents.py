"""WikiEvents (Li et al., NAACL 2021), mapped onto M2E2's types: JSON lines, one document per line.

Word indices refer to the whole DOCUMENT, end exclusive. Character offsets do not match the
document's ``text``, which lacks the blanks between sentences, so words are located in their own
sentence. An argument refers to an entity mention, which may be in another sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
from rmpl.corpora.text.selection import (
    Selection,
    Types,
    outside_sentence,
    raw_lines,
    whole_documents,
)
from rmpl.errors import RmplError
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology, load_mapping
from rmpl.records import Document


class _Entity(Mention, gc=False):
    id: str
    sent_idx: int


class _Trigger(Mention, gc=False):
    sent_idx: int


class _Event(msgspec.Struct, gc=False):
    event_type: str
    trigger: _Trigger
    arguments: list[NamedArgument] = []


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    sentences: list[tuple[list[tuple[str, int, int]], str]]
    entity_mentions: list[_Entity]
    event_mentions: list[_Event]


_LINE = msgspec.json.Decoder(_Line)


def read_wikievents(
    path: Path,
    *,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a WikiEvents file; every document has all of its sentences.

    Parameters
    ----------
    path
        ``train.jsonl`` or another split's.
    ontology
        The types and roles to keep, of M2E2's names or the corpus's own; M2E2's by default.
    types, heads
        ``"all"`` keeps every event with the corpus's own type and roles; ``heads`` reduces
        arguments to the heads of their phrases.
    on_error, report
        As in every reader. Arguments in another sentence than the trigger are left out and counted.

    Raises
    ------
    RmplError
        If the file is missing. Invalid documents are handled according to ``on_error``.
    """
    selection = Selection(
        ontology, on_error, report, load_mapping("wikievents"), types=types, heads=heads
    )

    def document(raw: _Line, where: str) -> RawDocument:
        return RawDocument(raw.doc_id, list(_sentences(raw, selection.report, where)), where)

    return whole_documents(raw_lines(path, _LINE, document, selection), selection)


def _sentences(raw: _Line, report: ReadReport, where: str) -> Iterator[RawSentence]:
    count = len(raw.sentences)
    entities: list[list[_Entity]] = [[] for _ in range(count)]
    events: list[list[_Event]] = [[] for _ in range(count)]
    for entity in raw.entity_mentions:
        entities[_place(entity.sent_idx, count, where)].append(entity)
    for event in raw.event_mentions:
        events[_place(event.trigger.sent_idx, count, where)].append(event)
    known = by_id(raw.entity_mentions, where)
    start = 0
    for number, (tokens, text) in enumerate(raw.sentences):
        if not tokens and not entities[number] and not events[number]:
            continue
        sentence = sentence_from_words(
            f"{raw.doc_id}_{number}",
            [word for word, _, _ in tokens],
            text=text,
            entities=[(e.start - start, e.end - start) for e in entities[number]],
            where=where,
        )
        own = [_event(event, number, start, known, report, where) for event in events[number]]
        yield RawSentence(sentence, own, where)
        start += len(tokens)


def _place(sentence: int, count: int, where: str) -> int:
    if not 0 <= sentence < count:
        raise RmplError(f"a mention in sentence {sentence} of {count}", where=where)
    return sentence


def _event(
    raw: _Event,
    sentence: int,
    start: int,
    known: dict[str, _Entity],
    report: ReadReport,
    where: str,
) -> RawEvent:
    arguments = []
    for argument in raw.arguments:
        entity = named(argument, known, where)
        if entity.sent_idx == sentence:
            span = entity.start - start, entity.end - start
            arguments.append(RawArgument(argument.role, *span))
        else:
            outside_sentence(report, "an argument", where)
    trigger = raw.trigger
    return RawEvent(raw.event_type, trigger.start - start, trigger.end - start, arguments)
