"""ACE as OneIE's preprocessing writes it (Lin et al., ACL 2020): JSON lines, a sentence a line.

Word spans are 0-based, end exclusive, and cover the HEAD of a mention. Arguments have no offsets of
their own: they name an entity mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.files import decode, read_lines
from rmpl.corpora.report import OnError, ReadReport
from rmpl.corpora.textual import RawArgument, RawEvent, RawSentence, Selection, group_sentences
from rmpl.corpora.tokens import sentence_from_words
from rmpl.errors import RmplError
from rmpl.ontology import Ontology
from rmpl.records import Document


class _Entity(msgspec.Struct, gc=False):
    id: str
    start: int
    end: int


class _Trigger(msgspec.Struct, gc=False):
    start: int
    end: int


class _Argument(msgspec.Struct, gc=False):
    entity_id: str
    role: str


class _Event(msgspec.Struct, gc=False):
    event_type: str
    trigger: _Trigger
    arguments: list[_Argument] = []


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    sent_id: str
    tokens: list[str]
    sentence: str | None = None
    entity_mentions: list[_Entity] = []
    event_mentions: list[_Event] = []


_LINE = msgspec.json.Decoder(_Line)


def read_oneie(
    path: Path,
    *,
    ontology: Ontology | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a OneIE file; a document is the run of lines with one ``doc_id``.

    Raises
    ------
    RmplError
        If the file is missing; for a line that cannot be used, see ``on_error``.
    """
    report = ReadReport() if report is None else report
    lines = _sentences(Path(path), on_error, report)
    yield from group_sentences(lines, Selection(ontology, report), on_error)


def _sentences(path: Path, on_error: OnError, report: ReadReport) -> Iterator[RawSentence]:
    for where, content in read_lines(path):
        try:
            yield _sentence(decode(_LINE, content, where), where)
        except RmplError as error:
            report.refuse(error, on_error)


def _sentence(raw: _Line, where: str) -> RawSentence:
    mentions = {entity.id: (entity.start, entity.end) for entity in raw.entity_mentions}
    events = []
    for event in raw.event_mentions:
        arguments = []
        for argument in event.arguments:
            if argument.entity_id not in mentions:
                raise RmplError(
                    f"an argument that is no entity mention ({argument.entity_id!r})", where=where
                )
            arguments.append(RawArgument(argument.role, *mentions[argument.entity_id]))
        trigger = event.trigger
        events.append(RawEvent(event.event_type, trigger.start, trigger.end, arguments))
    sentence = sentence_from_words(
        raw.sent_id, raw.tokens, text=raw.sentence, entities=mentions.values(), where=where
    )
    return RawSentence(raw.doc_id, sentence, events, where)
