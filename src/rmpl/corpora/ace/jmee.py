"""ACE 2005 preprocessed by JMEE: a JSON list of sentences (Liu et al., EMNLP 2018).

Word spans are 0-based, end exclusive, and cover the full extent of a mention. The variant of
nlpcl-lab/ace2005-preprocessing is supported, too. Each sentence is a document, since the format
does not name articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.text.mentions import Mention, RawDocument, RawSentence, SpanEvent
from rmpl.corpora.text.selection import Selection, Types, whole_documents
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology
from rmpl.records import Document


class _Sentence(msgspec.Struct, gc=False):
    words: list[str]
    sentence: str | None = None
    golden_entity_mentions: list[Mention] = msgspec.field(
        name="golden-entity-mentions", default_factory=list
    )
    golden_event_mentions: list[SpanEvent] = msgspec.field(
        name="golden-event-mentions", default_factory=list
    )


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SENTENCE = msgspec.json.Decoder(_Sentence)


def read_jmee(
    path: Path,
    *,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a JMEE file; one document per sentence, named ``<file stem>_<number from 1>``.

    Events and arguments whose type or role is not in the schema ``ontology`` (M2E2's by default)
    are left out and counted, unless ``types`` is ``"all"``. ``heads`` reduces arguments to the
    heads of their phrases.

    Raises
    ------
    RmplError
        If the file is missing or not a JSON list. Invalid sentences are handled according to
        ``on_error``.
    """
    selection = Selection(ontology, on_error, report, types=types, heads=heads)
    return whole_documents(_records(Path(path), selection), selection)


def _records(path: Path, selection: Selection) -> Iterator[RawDocument]:
    sentences = decode(_LIST, read_bytes(path), str(path))
    for number, raw in enumerate(sentences, start=1):
        where = f"{path}, sentence {number}"
        try:
            yield _record(f"{path.stem}_{number}", decode(_SENTENCE, raw, where), where)
        except RmplError as error:
            selection.refuse(error)


def _record(name: str, raw: _Sentence, where: str) -> RawDocument:
    sentence = sentence_from_words(
        f"{name}_0",
        raw.words,
        text=raw.sentence,
        entities=[(mention.start, mention.end) for mention in raw.golden_entity_mentions],
        where=where,
    )
    events = [event.raw() for event in raw.golden_event_mentions]
    return RawDocument(name, [RawSentence(sentence, events, where)], where)
