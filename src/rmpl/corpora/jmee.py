"""ACE 2005 as JMEE's preprocessing writes it: a JSON list of sentences (Liu et al., EMNLP 2018).

Word spans are 0-based, end exclusive, and cover the full extent of a mention. The variant of
nlpcl-lab/ace2005-preprocessing is read too. One document a sentence: the format names no articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.files import decode, read_bytes
from rmpl.corpora.report import OnError, ReadReport
from rmpl.corpora.textual import RawArgument, RawEvent, Selection
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


class _Sentence(msgspec.Struct, gc=False):
    words: list[str]
    sentence: str | None = None
    golden_entity_mentions: list[_Mention] = msgspec.field(
        name="golden-entity-mentions", default_factory=list
    )
    golden_event_mentions: list[_Event] = msgspec.field(
        name="golden-event-mentions", default_factory=list
    )


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SENTENCE = msgspec.json.Decoder(_Sentence)


def read_jmee(
    path: Path,
    *,
    ontology: Ontology | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a JMEE file; one document a sentence, named ``<file stem>_<number from 1>``.

    Events whose type, and arguments whose role, is not in ``ontology`` (M2E2's by default) are left
    out and counted.

    Raises
    ------
    RmplError
        If the file is missing or no JSON list; for a sentence that cannot be used, see
        ``on_error``.
    """
    path = Path(path)
    report = ReadReport() if report is None else report
    selection = Selection(ontology, report)
    records = decode(_LIST, read_bytes(path), str(path))
    for number, raw in enumerate(records, start=1):
        where = f"{path}, sentence {number}"
        try:
            record = decode(_SENTENCE, raw, where)
            document = _to_document(f"{path.stem}_{number}", record, selection, where)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        selection.count(document)
        yield document


def _to_document(name: str, raw: _Sentence, selection: Selection, where: str) -> Document:
    sentence = sentence_from_words(
        f"{name}_0",
        raw.words,
        text=raw.sentence,
        entities=[(mention.start, mention.end) for mention in raw.golden_entity_mentions],
        where=where,
    )
    events = [
        RawEvent(
            event.event_type,
            event.trigger.start,
            event.trigger.end,
            [RawArgument(a.role, a.start, a.end) for a in event.arguments],
        )
        for event in raw.golden_event_mentions
    ]
    return Document(
        id=name,
        sentences=(sentence,),
        text_events=tuple(selection.events(events, sentence, where=where)),
    )
