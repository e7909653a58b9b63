"""What the writers share: which parts of a document a tool can hold, and the mapping beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import yaml

from rmpl.annotations.base import BASE
from rmpl.annotations.mapping import ARGUMENT, ENTITY, LABELS, BoxLabel, Mapping
from rmpl.io.documents import write_documents
from rmpl.io.files import write_file
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document, Sentence, Span, TextArgument, TextEvent

NOWHERE_EVENT = "a trigger that is not in its sentence"
NOWHERE_ARGUMENT = "an argument that is not in its sentence"


class Names:
    """The types and roles that are written: those of the schema, then others that occur."""

    def __init__(self, documents: Iterable[Document], ontology: Ontology) -> None:
        self.text: dict[str, list[str]] = {}
        self.image: dict[str, list[str]] = {}
        self.relations: list[str] = []
        for name, kind in ontology.events.items():
            self.text[name], self.image[name] = list(kind.text), list(kind.image)
        for document in documents:
            for event in document.text_events:
                self._add(self.text, event.event_type, [one.role for one in event.arguments])
            for shown in document.image_events:
                self._add(self.image, shown.event_type, [one.role for one in shown.arguments])
            for relation in document.relations:
                if relation.label not in self.relations:
                    self.relations.append(relation.label)

    def _add(self, known: dict[str, list[str]], event_type: str, roles: list[str]) -> None:
        self.text.setdefault(event_type, [])
        self.image.setdefault(event_type, [])
        known[event_type] += [one for one in dict.fromkeys(roles) if one not in known[event_type]]

    def types(self) -> list[str]:
        """Return all event types."""
        return list(self.text)

    def roles(self) -> list[str]:
        """Return all roles of text events."""
        return list(dict.fromkeys(role for roles in self.text.values() for role in roles))

    def boxes(self) -> dict[str, BoxLabel]:
        """Return the labels of boxes: type and role."""
        return {
            box_label(kind, role): BoxLabel(kind, role)
            for kind, roles in self.image.items()
            for role in roles
        }


def box_label(event_type: str, role: str) -> str:
    """Return the label of a box that plays a role in an event of a type."""
    return f"{event_type}/{role}"


def labelled_spans(
    document: Document, report: ReadReport
) -> tuple[list[tuple[Sentence, Span, str]], list[TextEvent]]:
    """Return the spans of entities and arguments with their labels, and the events to write.

    What a model answered that is not in its sentence has no place in a text: it is counted.
    """
    sentences = {one.id: one for one in document.sentences}
    spans: dict[tuple[str, Span], str] = {
        (one.id, span): ENTITY for one in document.sentences for span in one.entities
    }
    events = []
    for event in document.text_events:
        sentence = sentences[event.sentence_id]
        if not sentence.holds(event.trigger):
            report.leave_out(NOWHERE_EVENT, f"{document.id}, {event.id}")
            continue
        held = tuple(_held(event, sentence, document, report))
        for argument in held:
            spans.setdefault((sentence.id, argument.span), ARGUMENT)
        events.append(msgspec.structs.replace(event, arguments=held))
    for relation in document.relations:
        for span in (relation.head, relation.tail):
            spans.setdefault((relation.sentence_id, span), ARGUMENT)
    return [(sentences[name], span, label) for (name, span), label in spans.items()], events


def _held(
    event: TextEvent, sentence: Sentence, document: Document, report: ReadReport
) -> Iterator[TextArgument]:
    for argument in event.arguments:
        if sentence.holds(argument.span):
            yield argument
        else:
            report.leave_out(NOWHERE_ARGUMENT, f"{document.id}, {event.id}: {argument.role}")


def offsets_of(document: Document, between: str) -> dict[str, int]:
    """Return the offset of every sentence in the text of a document."""
    found, position = {}, 0
    for sentence in document.sentences:
        found[sentence.id] = position
        position += len(sentence.text) + len(between)
    return found


def write_beside(folder: Path, documents: list[Document], mapping: Mapping) -> None:
    """Write the documents themselves, and what the labels mean, beside a tool's files."""
    write_documents(documents, folder / BASE)
    tree = msgspec.to_builtins(mapping)
    write_file(folder / LABELS, yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
