"""What the readers of text event corpora share: choosing, checking and counting their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmpl.corpora.report import OnError, ReadReport
from rmpl.corpora.tokens import to_span
from rmpl.errors import RmplError
from rmpl.ontology import Ontology, TypeMapping, load_ontology
from rmpl.records import Document, Sentence, TextArgument, TextEvent


class RawArgument(NamedTuple):
    """An argument as a corpus gives it: its role and its words in the sentence, end exclusive."""

    role: str
    start: int
    end: int


class RawEvent(NamedTuple):
    """An event as a corpus gives it: its own type name, its trigger's words, its arguments."""

    event_type: str
    start: int
    end: int
    arguments: list[RawArgument]


class RawSentence(NamedTuple):
    """A sentence of a document with the events whose triggers are in it."""

    document_id: str
    sentence: Sentence
    events: list[RawEvent]
    where: str


class Selection:
    """Keeps the events and roles of one ontology, translating a corpus's own names, and counts.

    Parameters
    ----------
    ontology
        The types and text roles to keep; M2E2's by default.
    report
        Where the rest is counted.
    mapping
        From the corpus's types and roles to the ontology's; ``None`` where the names agree.
    """

    def __init__(
        self,
        ontology: Ontology | None,
        report: ReadReport,
        mapping: dict[str, TypeMapping] | None = None,
    ) -> None:
        self.ontology = load_ontology("m2e2") if ontology is None else ontology
        self.report = report
        self.mapping = mapping
        self._documents: set[str] = set()

    def claim(self, document_id: str, where: str) -> None:
        """Make sure that a document has an id and that it comes once.

        Raises
        ------
        RmplError
            If it is empty or came before.
        """
        if not document_id:
            raise RmplError("an empty document id", where=where)
        if document_id in self._documents:
            raise RmplError(
                f"document {document_id!r} comes a second time",
                where=where,
                remedy="keep a document's records together and its id unique",
            )
        self._documents.add(document_id)

    def events(
        self, events: Iterable[RawEvent], sentence: Sentence, *, where: str, first: int = 1
    ) -> Iterator[TextEvent]:
        """Yield the kept events of a sentence with ids ``t<first>``, ``t<first + 1>``, ...

        Raises
        ------
        RmplError
            If a span lies outside the sentence, even of an event that is not kept.
        """
        count = len(sentence.tokens)
        number = first
        for raw in events:
            trigger = to_span(raw.start, raw.end, count, where)
            spans = [to_span(a.start, a.end, count, where) for a in raw.arguments]
            event_type = self._type(raw.event_type)
            if event_type is None:
                self.report.leave_out(f"event type {raw.event_type} outside the ontology", where)
                continue
            roles = [self._role(raw.event_type, event_type, a.role, where) for a in raw.arguments]
            arguments = (
                TextArgument(role, span)
                for role, span in zip(roles, spans, strict=True)
                if role is not None
            )
            yield TextEvent(
                id=f"t{number}",
                sentence_id=sentence.id,
                event_type=event_type,
                trigger=trigger,
                arguments=tuple(dict.fromkeys(arguments)),
            )
            number += 1

    def _type(self, name: str) -> str | None:
        if self.mapping is not None:
            return self.mapping[name].event_type if name in self.mapping else None
        return name if name in self.ontology.events else None

    def _role(self, name: str, event_type: str, role: str, where: str) -> str | None:
        own = role if self.mapping is None else self.mapping[name].roles.get(role)
        if own in self.ontology.events[event_type].text:
            return own
        self.report.leave_out(f"role {role} of {name} outside the ontology", where)
        return None

    def document(self, document_id: str, sentences: Iterable[RawSentence]) -> Document:
        """Build a document from all of its sentences.

        Raises
        ------
        RmplError
            If its id came before, or a span lies outside its sentence.
        """
        events: list[TextEvent] = []
        kept: list[Sentence] = []
        for raw in sentences:
            if not kept:
                self.claim(document_id, raw.where)
            kept.append(raw.sentence)
            first = len(events) + 1
            events.extend(self.events(raw.events, raw.sentence, where=raw.where, first=first))
        return Document(id=document_id, sentences=tuple(kept), text_events=tuple(events))

    def count(self, document: Document) -> None:
        """Count a document that is about to be handed over."""
        self.report.use("documents")
        self.report.use("sentences", len(document.sentences))
        self.report.use("text events", len(document.text_events))
        arguments = sum(len(event.arguments) for event in document.text_events)
        self.report.use("text arguments", arguments)


def outside_sentence(report: ReadReport, what: str, where: str) -> None:
    """Count a trigger or argument that is left out because it is not in the event's sentence."""
    report.leave_out(f"{what} outside the trigger's sentence", where)


def group_sentences(
    sentences: Iterable[RawSentence], selection: Selection, on_error: OnError
) -> Iterator[Document]:
    """Build documents from files that have a sentence a line, a document's lines together.

    Raises
    ------
    RmplError
        With ``on_error="raise"``: if a span lies outside its sentence, or a document's id comes
        again after another document.
    """
    name: str | None = None
    kept: dict[str, Sentence] = {}
    events: list[TextEvent] = []

    def finished() -> Iterator[Document]:
        if name is not None and kept:
            document = Document(name, tuple(kept.values()), text_events=tuple(events))
            selection.count(document)
            yield document

    for raw in sentences:
        try:
            if raw.document_id != name:
                yield from finished()
                name, kept, events = None, {}, []
                selection.claim(raw.document_id, raw.where)
                name = raw.document_id
            if raw.sentence.id in kept:
                raise RmplError(f"a repeated sentence id {raw.sentence.id!r}", where=raw.where)
            first = len(events) + 1
            new = list(selection.events(raw.events, raw.sentence, where=raw.where, first=first))
        except RmplError as error:
            selection.report.refuse(error, on_error)
            continue
        kept[raw.sentence.id] = raw.sentence
        events.extend(new)
    yield from finished()
