"""Common code of the readers of text event corpora: filtering, mapping and counting events."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

from rmpl.corpora.text.extent import head_of
from rmpl.corpora.text.mentions import RawDocument, RawEvent, RawSentence
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_lines
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import to_span
from rmpl.ontology import Ontology, TypeMapping, load_ontology
from rmpl.records import Document, Sentence, Span, TextArgument, TextEvent

T = TypeVar("T")
R = TypeVar("R")
Types = Literal["mapped", "all"]
"""Which events of a text corpus are kept: those of a schema's types, or all, with their own."""


class _UnusableError(Exception):
    """An event of a selected type that cannot be used."""


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
    types
        ``"all"`` selects every event with the corpus's own type and roles, whatever the ontology.
    heads
        Whether arguments are reduced to the heads of their phrases.
    lists_names
        Whether the report names each type and role that is left out; a corpus of thousands only
        counts them.
    """

    def __init__(
        self,
        ontology: Ontology | None,
        on_error: OnError,
        report: ReadReport | None,
        mapping: dict[str, TypeMapping] | None = None,
        *,
        types: Types = "mapped",
        heads: bool = False,
        lists_names: bool = True,
    ) -> None:
        self.ontology = load_ontology("m2e2") if ontology is None else ontology
        self.on_error = on_error
        self.report = ReadReport() if report is None else report
        self.mapping = mapping or {}
        self.types = types
        self.heads = heads
        self.lists_names = lists_names
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

    def events(self, raw: RawSentence, first: int = 1) -> list[TextEvent] | None:
        """Return the selected events of a sentence, with ids ``t<first>``, ``t<first + 1>``, ...

        Return ``None``, and count the sentence, if one of its events is of a selected type but
        cannot be used: the sentence must not teach that there is no event.

        Raises
        ------
        RmplError
            If a span lies outside the sentence, even of an event that is not selected.
        """
        selected: list[TextEvent] = []
        for event in raw.events:
            try:
                found = self._event(event, f"t{first + len(selected)}", raw)
            except _UnusableError as error:
                self.report.leave_out(f"a sentence with {error}", raw.where)
                return None
            if found is not None:
                selected.append(found)
        return selected

    def _event(self, raw: RawEvent, event_id: str, place: RawSentence) -> TextEvent | None:
        count, where = len(place.sentence.tokens), place.where
        event_type = self._type(raw.event_type)
        if raw.unusable and event_type is not None:
            raise _UnusableError(raw.unusable)
        trigger = to_span(raw.start, raw.end, count, where)
        spans = [to_span(a.start, a.end, count, where) for a in raw.arguments]
        if event_type is None:
            self.report.leave_out(self._outside("event type", raw.event_type), where)
            return None
        mapped = self._mapped(raw.event_type, event_type)
        if mapped is not None and mapped.doubtful:
            raise _UnusableError(f"an event near to {event_type}")
        named = [self._role(raw.event_type, event_type, a.role, where) for a in raw.arguments]
        given = list(self._arguments(named, spans, place))
        arguments = tuple(dict.fromkeys(given))
        if len(arguments) < len(given):
            self.report.leave_out(
                "a repeated argument of an event", where, len(given) - len(arguments)
            )
        needs = () if mapped is None else mapped.needs
        if needs and not any(argument.role in needs for argument in arguments):
            raise _UnusableError(f"a {event_type} that has no {' or '.join(needs)}")
        return TextEvent(
            id=event_id,
            sentence_id=place.sentence.id,
            event_type=event_type,
            trigger=trigger,
            arguments=arguments,
        )

    def _arguments(
        self, roles: Sequence[str | None], spans: Sequence[Span], place: RawSentence
    ) -> Iterator[TextArgument]:
        words = place.sentence.words() if self.heads and spans else []
        for role, span in zip(roles, spans, strict=True):
            if role is None:
                continue
            marked = head_of(words, span, place.tree) if self.heads else span
            if marked is None:
                reason = "an argument that ACE does not mark (a clause, an adverb, a possessive)"
                self.report.leave_out(reason, place.where)
            else:
                yield TextArgument(role, marked)

    def keeps(self, name: str) -> bool:
        """Return whether events of a type of the corpus can be selected."""
        event_type = self._type(name)
        mapped = None if event_type is None else self._mapped(name, event_type)
        return event_type is not None and not (mapped is not None and mapped.doubtful)

    def _type(self, name: str) -> str | None:
        if self.types == "all":
            return name
        if name not in self.ontology.events and name in self.mapping:
            name = self.mapping[name].event_type
        return name if name in self.ontology.events else None

    def _mapped(self, name: str, event_type: str) -> TypeMapping | None:
        """Return how the corpus's type is mapped; ``None`` if it is the schema's own."""
        return None if name == event_type else self.mapping[name]

    def _role(self, name: str, event_type: str, role: str, where: str) -> str | None:
        if self.types == "all":
            return role
        own = role if name == event_type else self.mapping[name].roles.get(role)
        if own in self.ontology.events[event_type].text:
            return own
        self.report.leave_out(self._outside("role", f"{role} of {name}"), where)
        return None

    def _outside(self, what: str, name: str) -> str:
        article = "an" if what.startswith("e") else "a"
        return (
            f"{what} {name} outside the schema"
            if self.lists_names
            else (f"{article} {what} outside the schema")
        )

    def document(self, raw: RawDocument) -> Document:
        """Build a document from its complete record.

        Raises
        ------
        RmplError
            If its id is repeated, or a span lies outside its sentence.
        """
        self.claim(raw.id, raw.where)
        events: list[TextEvent] = []
        sentences: list[Sentence] = []
        for part in raw.sentences:
            found = self.events(part, first=len(events) + 1)
            if found is not None:
                events.extend(found)
                sentences.append(part.sentence)
        return Document(
            id=raw.id,
            sentences=tuple(sentences),
            text_events=tuple(events),
            partial=raw.partial,
        )

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
    take_apart: Callable[[T, str], R],
    selection: Selection,
) -> Iterator[R]:
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
        is_empty = bool(raw.sentences) and not document.sentences
        if document.text_events or not (with_events or is_empty):
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
                found = selection.events(part, first=len(events) + 1)
                if found is not None:
                    events.extend(found)
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
        types: Types = "mapped",
        heads: bool = False,
        on_error: OnError = "raise",
        report: ReadReport | None = None,
    ) -> Iterator[Document]:
        """Read a file.

        Events whose type, and arguments whose role, is not in ``ontology`` (M2E2's by default) are
        left out and counted, unless ``types`` is ``"all"``. With ``heads``, arguments are reduced
        to the heads of their phrases.

        Raises
        ------
        RmplError
            If the file is missing; for a line that cannot be used, see ``on_error``.
        """
        selection = Selection(ontology, on_error, report, types=types, heads=heads)
        raws = raw_lines(path, msgspec.json.Decoder(self.line), self.take_apart, selection)
        build = joined_documents if self.joined else whole_documents
        return build(raws, selection)
