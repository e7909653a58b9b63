"""Corpora in TextEE's format (Huang et al., Findings of ACL 2024): JSON lines, a window a line.

Word spans are 0-based, end exclusive. TextEE's own M2E2 conversion reads one of the two text files
only; use the M2E2 reader for M2E2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.mentions import Mention, RawDocument, RawSentence, SpanEvent
from rmpl.corpora.textual import Selection, joined_documents, raw_lines
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology
from rmpl.records import Document


class _Line(msgspec.Struct, gc=False):
    doc_id: str
    wnd_id: str
    tokens: list[str]
    text: str | None = None
    entity_mentions: list[Mention] = []
    event_mentions: list[SpanEvent] = []


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
    selection = Selection(ontology, on_error, report)
    return joined_documents(raw_lines(path, _LINE, _window, selection), selection)


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
