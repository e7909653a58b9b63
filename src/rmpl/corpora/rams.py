"""RAMS (Ebner et al., ACL 2020), mapped onto M2E2's types: five sentences around ONE event each.

Word indices refer to the whole window, end INCLUSIVE; the role is the suffix of a link's label
(``evt089arg02place``). Only the one event is annotated, so the other sentences of the window are
not negatives: a document consists of the trigger's sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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


class RamsRecord(msgspec.Struct, gc=False):
    """A line: a window of sentences around an event; indices of words in it, end inclusive."""

    doc_key: str
    sentences: list[list[str]]
    evt_triggers: list[tuple[int, int, list[tuple[str, float]]]]
    gold_evt_links: list[tuple[_Span, _Span, str]]

    def event(self, where: str) -> RamsEvent:
        """Return the one event that is annotated.

        Raises
        ------
        RmplError
            If there is not exactly one, or it is outside the window.
        """
        if len(self.evt_triggers) != 1 or not self.evt_triggers[0][2]:
            raise RmplError("a record without exactly one event", where=where)
        first, last, types = self.evt_triggers[0]
        start = 0
        for number, words in enumerate(self.sentences):
            if start <= first < start + len(words):
                return RamsEvent(types[0][0], number, start, first - start, last - start + 1)
            start += len(words)
        raise RmplError("a trigger outside the window", where=where)


class RamsEvent(NamedTuple):
    """An event's type, its sentence's number and first word, and the trigger in the sentence.

    ``end`` is exclusive; it may lie outside the sentence.
    """

    event_type: str
    sentence: int
    first_word: int
    start: int
    end: int


RECORDS = msgspec.json.Decoder(RamsRecord)
"""Decodes a line."""


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

    def record(raw: RamsRecord, where: str) -> RawDocument:
        document = RawDocument(
            raw.doc_key, [_sentence(raw, selection.report, where)], where, partial=True
        )
        selection.report.use("records")
        return document

    raws = raw_lines(path, RECORDS, record, selection)
    return whole_documents(raws, selection, with_events=True)


def _sentence(raw: RamsRecord, report: ReadReport, where: str) -> RawSentence:
    event = raw.event(where)
    words, start = raw.sentences[event.sentence], event.first_word
    arguments = []
    for _, (argument_first, argument_last), label in raw.gold_evt_links:
        if start <= argument_first <= argument_last < start + len(words):
            role = _ROLE.sub("", label)
            arguments.append(RawArgument(role, argument_first - start, argument_last - start + 1))
        else:
            outside_sentence(report, "an argument", where)
    sentence = sentence_from_words(
        f"{raw.doc_key}_{event.sentence}",
        words,
        entities=[(argument.start, argument.end) for argument in arguments],
        where=where,
    )
    marked = RawEvent(event.event_type, event.start, event.end, arguments)
    return RawSentence(sentence, [marked], where)
