"""RAMS with silver labels: the sentences that it leaves unannotated, labelled by a word list.

Of the five sentences of a window RAMS marks one event. A short list of words completes it: the
words of a type that free corpora hardly have become its events, and a sentence with a word that is
often an event and that nobody marked is left out. What is left is news in which every event is
known, with few mistakes and no arguments: for mentions only.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import msgspec
import yaml

from rmpl.corpora.rams import RECORDS, RamsEvent, RamsRecord
from rmpl.corpora.text.mentions import RawDocument, RawEvent, RawSentence
from rmpl.corpora.text.selection import Selection, Types, raw_lines, whole_documents
from rmpl.errors import RmplError
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import Ontology, load_mapping
from rmpl.records import Document

_Marked = dict[tuple[str, ...], dict[tuple[int, int], str]]
"""The events that RAMS marks in a sentence, by its words: spans (end exclusive) and types."""


class SilverWords(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """Words by which sentences are labelled; ``silver_words.yaml`` explains them."""

    events: dict[str, frozenset[str]]
    not_before: frozenset[str]
    doubtful: tuple[str, ...]
    weak: tuple[str, ...]

    def label(
        self, words: Sequence[str], marked: dict[tuple[int, int], str]
    ) -> list[RawEvent] | None:
        """Return the events of a sentence, or ``None`` if it is left out.

        Parameters
        ----------
        words
            Of the sentence.
        marked
            The events that RAMS marks: types by spans, end exclusive.
        """
        events = [RawEvent(name, start, end, []) for (start, end), name in marked.items()]
        known = {word for start, end in marked for word in range(start, end)}
        lower = [word.lower() for word in words]
        rest = [place for place in range(len(lower)) if place not in known]
        for place in rest:
            event_type = self._type(lower[place], *lower[place + 1 : place + 2])
            if event_type is not None:
                events.append(RawEvent(event_type, place, place + 1, []))
                known.add(place)
        doubts = _pattern(self.doubtful if events else self.doubtful + self.weak)
        if any(doubts.fullmatch(lower[place]) for place in rest if place not in known):
            return None
        return sorted(events, key=lambda event: event.start)

    def _type(self, word: str, follows: str = "") -> str | None:
        types = (name for name, listed in self.events.items() if word in listed)
        return None if follows in self.not_before else next(types, None)


@functools.cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", ".*") for word in words))


@functools.cache
def load_silver_words() -> SilverWords:
    """Load the packaged word list."""
    text = (resources.files("rmpl.ontology") / "silver_words.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), SilverWords)


def read_rams_silver(
    path: Path,
    *,
    ontology: Ontology | None = None,
    types: Types = "mapped",
    heads: bool = False,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a RAMS file; one document for every record with sentences of which all events are known.

    Parameters
    ----------
    path
        ``train.jsonlines`` or another split's.
    ontology
        The types to keep, of M2E2's names; M2E2's by default.
    types
        Only ``"mapped"``: the word list has M2E2's types.
    heads
        Without effect: there are no arguments.
    on_error, report
        As in every reader. Sentences with doubtful words and repeated ones (windows of one article
        overlap) are left out and counted.

    Raises
    ------
    RmplError
        If the file is missing or ``types`` is ``"all"``. Invalid records are handled according to
        ``on_error``.
    """
    if types == "all":
        raise RmplError(
            "rams_silver has the types of its word list only",
            where=str(path),
            remedy="read rams with types: all, or rams_silver with types: mapped",
        )
    selection = Selection(ontology, on_error, report, load_mapping("rams"), heads=heads)
    return whole_documents(_records(path, selection), selection)


def _records(path: Path, selection: Selection) -> Iterator[RawDocument]:
    records = list(raw_lines(path, RECORDS, _with_event, selection))
    near = load_mapping("rams_loose").keys() - load_mapping("rams").keys()
    marked: _Marked = {}
    for record, event, _ in records:
        spans = marked.setdefault(tuple(record.sentences[event.sentence]), {})
        spans[event.start, event.end] = event.event_type
    seen: set[tuple[str, ...]] = set()
    for record, _, where in records:
        sentences = []
        for number, words in enumerate(record.sentences):
            if not words or tuple(words) in seen:
                selection.report.leave_out("a sentence of another window", where)
                continue
            seen.add(tuple(words))
            known = marked.get(tuple(words), {})
            # A near type is doubtful, too.
            is_near = not near.isdisjoint(known.values())
            events = None if is_near else load_silver_words().label(words, known)
            if events is None:
                selection.report.leave_out("a sentence with a word that may be an event", where)
                continue
            sentence = sentence_from_words(f"{record.doc_key}_{number}", words, where=where)
            sentences.append(RawSentence(sentence, events, where))
        if sentences:
            yield RawDocument(record.doc_key, sentences, where)


def _with_event(record: RamsRecord, where: str) -> tuple[RamsRecord, RamsEvent, str]:
    return record, record.event(where), where
