"""Common code of the readers of text event corpora: filtering, mapping and counting events."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from rmpl.corpora.mentions import RawDocument, RawEvent, RawSentence
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_lines
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import to_span
from rmpl.ontology import Ontology, TypeMapping, load_ontology
from rmpl.records import Document, Sentence, TextArgument, TextEvent

T = TypeVar("T")


class Selection:
    """Selects the events and roles of a schema, mapping a corpus's names, and counts.

    Parameters
    ----------
    ontology
        The schema: event types and text roles; M2E2's by default.
    on_error
        What to do with an invalid record.
    report
        Counts left-out items; a new one by default.
    mapping
        From the corpus's types and roles to M2E2's; types that the ontology has by the corpus's own
        name are not translated.
    """

    def __init__(
        self,
        ontology: Ontology | None,
        on_error: OnError,
        report: ReadReport | None,
        mapping: dict[str, TypeMapping] | None = None,
    ) -> None:
        self.ontology = load_ontology("m2e2") if ontology is None else ontology
        self.on_error = on_error
        self.report = ReadReport() if report is None else report
        self.mapping = mapping or {}
        self._documents: set[str] = set()

    def claim(self, document_id: str, where: str) -> None:
        """Check that a document has an id and that it is not repeated.

        Raises
        ------
        RmplError
            If the id is empty or repeated.
        """
        if not document_id:
            raise RmplError("an empty document id", where=where)
        if document_id in self._documents:
            raise RmplError(
                f"repeated document id {document_id!r}",
                where=where,
                remedy="a document's records must be consecutive and its id unique",
            )
        self._documents.add(document_id)

    def events(self, raw: RawSentence, first: int = 1) -> Iterator[TextEvent]:
        """Yield the selected events of a sentence with ids ``t<first>``, ``t<first + 1>``, ...

        Raises
        ------
        RmplError
            If a span lies outside the sentence, even of an event that is not selected.
        """
        number = first
        for event in raw.events:
            selected = self._event(event, f"t{number}", raw.sentence, raw.where)
            if selected is not None:
                yield selected
                number += 1

    def _event(
        self, raw: RawEvent, event_id: str, sentence: Sentence, where: str
    ) -> TextEvent | None:
        count = len(sentence.tokens)
        trigger = to_span(raw.start, raw.end, count, where)
        spans = [to_span(a.start, a.end, count, where) for a in raw.arguments]
        event_type = self._type(raw.event_type)
        if event_type is None:
            self.report.leave_out(f"event type {raw.event_type} outside the schema", where)
            return None
        roles = [self._role(raw.event_type, event_type, a.role, where) for a in raw.arguments]
        given = [
            TextArgument(role, span)
            for role, span in zip(roles, spans, strict=True)
            if role is not None
        ]
        arguments = tuple(dict.fromkeys(given))
        if len(arguments) < len(given):
            self.report.leave_out(
                "a repeated argument of an event", where, len(given) - len(arguments)
            )
        return TextEvent(
            id=event_id,
            sentence_id=sentence.id,
            event_type=event_type,
            trigger=trigger,
            arguments=arguments,
        )

    def _type(self, name: str) -> str | None:
        if name not in self.ontology.events and name in self.mapping:
            name = self.mapping[name].event_type
        return name if name in self.ontology.events else None

    def _role(self, name: str, event_type: str, role: str, where: str) -> str | None:
        own = role if name == event_type else self.mapping[name].roles.get(role)
        if own in self.ontology.events[event_type].text:
            return own
        self.report.leave_out(f"role {role} of {name} outside the schema", where)
        return None

    def document(self, raw: RawDocument) -> Document:
        """Build a document from its complete record.

        Raises
        ------
        RmplError
            If its id is repeated, or a span lies outside its sentence.
        """
        self.claim(raw.id, raw.where)
        events: list[TextEvent] = []
        for sentence in raw.sentences:
            events.extend(self.events(sentence, first=len(events) + 1))
        sentences = tuple(part.sentence for part in raw.sentences)
        return Document(id=raw.id, sentences=sentences, text_events=tuple(events))

    def refuse(self, error: RmplError) -> None:
        """Raise the error of an invalid record, or count it, according to ``on_error``."""
        self.report.refuse(error, self.on_error)

    def count(self, document: Document) -> None:
        """Count a document that is about to be yielded."""
        self.report.use("documents")
        self.report.use("sentences", len(document.sentences))
        self.report.use("text events", len(document.text_events))
        arguments = sum(len(event.arguments) for event in document.text_events)
        self.report.use("text arguments", arguments)


def outside_sentence(report: ReadReport, what: str, where: str) -> None:
    """Count a trigger or argument that is left out because it is not in the event's sentence."""
    report.leave_out(f"{what} outside the trigger's sentence", where)


def raw_lines(
    path: Path,
    decoder: msgspec.json.Decoder[T],
    take_apart: Callable[[T, str], RawDocument],
    selection: Selection,
) -> Iterator[RawDocument]:
    """Yield the result of ``take_apart`` for each JSON line and its location.

    Raises
    ------
    RmplError
        If the file is missing, or a line is invalid and ``on_error`` is ``"raise"``.
    """
    for where, content in read_lines(Path(path)):
        try:
            yield take_apart(decode(decoder, content, where), where)
        except RmplError as error:
            selection.refuse(error)


def whole_documents(
    raws: Iterable[RawDocument],
    selection: Selection,
    *,
    with_events: bool = False,
) -> Iterator[Document]:
    """Build documents from records of one document each.

    With ``with_events``, documents without a selected event are left out.

    Raises
    ------
    RmplError
        If a span is outside its sentence or an id repeated, and ``on_error`` is ``"raise"``.
    """
    for raw in raws:
        try:
            document = selection.document(raw)
        except RmplError as error:
            selection.refuse(error)
            continue
        if document.text_events or not with_events:
            selection.count(document)
            yield document


def joined_documents(raws: Iterable[RawDocument], selection: Selection) -> Iterator[Document]:
    """Build documents from consecutive records of one part each.

    Raises
    ------
    RmplError
        If a span is outside its sentence or a document's records are not consecutive, and
        ``on_error`` is ``"raise"``.
    """
    name: str | None = None
    selected: dict[str, Sentence] = {}
    events: list[TextEvent] = []

    def finished() -> Iterator[Document]:
        if name is not None and selected:
            document = Document(name, tuple(selected.values()), text_events=tuple(events))
            selection.count(document)
            yield document

    for raw in raws:
        try:
            if raw.id != name:
                yield from finished()
                name, selected, events = None, {}, []
                selection.claim(raw.id, raw.where)
                name = raw.id
            for part in raw.sentences:
                if part.sentence.id in selected:
                    raise RmplError(f"a repeated sentence id {part.sentence.id!r}", where=raw.where)
                events.extend(list(selection.events(part, first=len(events) + 1)))
                selected[part.sentence.id] = part.sentence
        except RmplError as error:
            selection.refuse(error)
    yield from finished()


@dataclasses.dataclass(frozen=True)
class LineFormat(Generic[T]):
    """A format of JSON lines whose types and roles are the ontology's own.

    Parameters
    ----------
    line
        What a line holds.
    take_apart
        Makes a document, or a part of one, of a line and its place.
    joined
        Whether a document is a run of lines with one id; otherwise a line is a document.
    """

    line: type[T]
    take_apart: Callable[[T, str], RawDocument]
    joined: bool = False

    def read(
        self,
        path: Path,
        *,
        ontology: Ontology | None = None,
        on_error: OnError = "raise",
        report: ReadReport | None = None,
    ) -> Iterator[Document]:
        """Read a file.

        Events whose type, and arguments whose role, is not in ``ontology`` (M2E2's by default) are
        left out and counted.

        Raises
        ------
        RmplError
            If the file is missing; for a line that cannot be used, see ``on_error``.
        """
        selection = Selection(ontology, on_error, report)
        raws = raw_lines(path, msgspec.json.Decoder(self.line), self.take_apart, selection)
        build = joined_documents if self.joined else whole_documents
        return build(raws, selection)
