"""RAMS (Ebner et al., ACL 2020), mapped onto M2E2's types: five sentences around ONE event each.

Word indices refer to the whole window, end INCLUSIVE; the role is the suffix of a link's label
(``evt089arg02place``). Only the one event is annotated, so the other sentences of the window are
not negatives: a document consists of the trigger's sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.text.mentions import RawArgument, RawDocument, RawEvent, RawSentence
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

_ROLE = re.compile(r"^evt\d{3}arg\d{2}")

_Span = tuple[int, int]


class _Line(msgspec.Struct, gc=False):
    doc_key: str
    sentences: list[list[str]]
    evt_triggers: list[tuple[int, int, list[tuple[str, float]]]]
    gold_evt_links: list[tuple[_Span, _Span, str]]


_LINE = msgspec.json.Decoder(_Line)


def read_rams(
    path: Path,
    *,
    loose: bool = False,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a RAMS file; one document for every record whose event has a type of M2E2.

    Parameters
    ----------
    path
        ``train.jsonlines`` or another split's.
    loose
        Take near types too (a threat made in a meeting as a meeting), not only exact ones.
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
        If the file is missing. Invalid records are handled according to ``on_error``.
    """
    mapping = load_mapping("rams") | (load_mapping("rams_loose") if loose else {})
    selection = Selection(ontology, on_error, report, mapping, types=types, heads=heads)

    def record(raw: _Line, where: str) -> RawDocument:
        document = RawDocument(
            raw.doc_key, [_sentence(raw, selection.report, where)], where, partial=True
        )
        selection.report.use("records")
        return document

    raws = raw_lines(path, _LINE, record, selection)
    return whole_documents(raws, selection, with_events=True)


def _sentence(raw: _Line, report: ReadReport, where: str) -> RawSentence:
    if len(raw.evt_triggers) != 1 or not raw.evt_triggers[0][2]:
        raise RmplError("a record without exactly one event", where=where)
    first, last, types = raw.evt_triggers[0]
    number, start = _place(raw.sentences, first, where)
    words = raw.sentences[number]
    arguments = []
    for _, (argument_first, argument_last), label in raw.gold_evt_links:
        if start <= argument_first <= argument_last < start + len(words):
            role = _ROLE.sub("", label)
            arguments.append(RawArgument(role, argument_first - start, argument_last - start + 1))
        else:
            outside_sentence(report, "an argument", where)
    sentence = sentence_from_words(
        f"{raw.doc_key}_{number}",
        words,
        entities=[(argument.start, argument.end) for argument in arguments],
        where=where,
    )
    event = RawEvent(types[0][0], first - start, last - start + 1, arguments)
    return RawSentence(sentence, [event], where)


def _place(sentences: list[list[str]], word: int, where: str) -> tuple[int, int]:
    """Return the index of the sentence that contains ``word``, and its first word's index."""
    start = 0
    for number, words in enumerate(sentences):
        if start <= word < start + len(words):
            return number, start
        start += len(words)
    raise RmplError("a trigger outside the window", where=where)
