"""The schema that documents themselves show: their types, with the roles that occur."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rmpl.ontology import EventType, Ontology
from rmpl.records import Document


def observed_schema(documents: Iterable[Document], name: str) -> Ontology:
    """Return the event types of documents with the roles that occur, most frequent first.

    For corpora that are read with all of their types, which no schema file lists. Descriptions are
    empty. Types and roles of equal frequency stay in the order of their first appearance.
    """
    types: Counter[str] = Counter()
    text: dict[str, Counter[str]] = defaultdict(Counter)
    image: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for event in document.text_events:
            types[event.event_type] += 1
            text[event.event_type].update(argument.role for argument in event.arguments)
        for shown in document.image_events:
            types[shown.event_type] += 1
            image[shown.event_type].update(argument.role for argument in shown.arguments)
    events = {
        kind: EventType("", _by_count(text[kind]), _by_count(image[kind]))
        for kind in _by_count(types)
    }
    return Ontology(name, events)


def _by_count(names: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in names.most_common())
