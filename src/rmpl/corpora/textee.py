"""Corpora in TextEE's format (Huang et al., Findings of ACL 2024): JSON lines, a window a line.

Word spans are 0-based, end exclusive. TextEE's own M2E2 conversion reads one of the two text files
only; use the M2E2 reader for M2E2.
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


class _Mention(msgspec.Struct, gc=False):
    start: int
    end: int


class _Argument(_Mention, gc=False):
    role: str


class _Event(msgspec.Struct, gc=False):
    event_type: str
    trigger: _Mention
    arguments: list[_Argument] = []


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    wnd_id: str
    tokens: list[str]
    text: str | None = None
    entity_mentions: list[_Mention] = []
    event_mentions: list[_Event] = []


_LINE = msgspec.json.Decoder(_Line)


def read_textee(
    path: Path,
    *,
    ontology: Ontology | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a TextEE file; a document is the run of lines with one ``doc_id``.

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
    sentence = sentence_from_words(
        raw.wnd_id,
        raw.tokens,
        text=raw.text,
        entities=[(mention.start, mention.end) for mention in raw.entity_mentions],
        where=where,
    )
    events = [
        RawEvent(
            event.event_type,
            event.trigger.start,
            event.trigger.end,
            [RawArgument(a.role, a.start, a.end) for a in event.arguments],
        )
        for event in raw.event_mentions
    ]
    return RawSentence(raw.doc_id, sentence, events, where)
