"""Extracted events as a graph: documents, their events, the participants, and the links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.predictions.table import IMAGE, METADATA, TEXT, ArgumentRow, EventRow, event_rows
from rmpl.records import (
    NOWHERE,
    Box,
    Document,
    ImageEvent,
    Span,
    TextEvent,
)

Value = str | int | float

DOCUMENT, EVENT, PARTICIPANT = "document", "event", "participant"
HAS_EVENT, SAME_EVENT, SAME_PARTICIPANT = "has event", "same event", "same participant"
UNKNOWN_END = "link or alignment of what is not in the document, left out of the graph"


class Node(NamedTuple):
    """A document, an event or a participant (``kind``).

    ``id`` is percent-encoded and unique in the graph. ``values`` are its columns in the tables
    (``table.EventRow``, ``table.ArgumentRow``), without empty ones; ``metadata`` is that of a
    document beside its title, author and date.
    """

    id: str
    kind: str
    label: str
    values: Mapping[str, Value]
    metadata: Mapping[str, str] = MappingProxyType({})


class Edge(NamedTuple):
    """A relation between two nodes, by their ids.

    ``kind`` is ``has event`` (from a document), ``participant`` (from an event; ``label`` is the
    role), ``same event`` (a link, from text to image) or ``same participant`` (an alignment, from a
    span to a box).
    """

    source: str
    target: str
    kind: str
    label: str
    score: float | None = None


class DocumentGraph(NamedTuple):
    """What one document adds to the graph."""

    nodes: list[Node]
    edges: list[Edge]


def document_graphs(documents: Iterable[Document], report: ReadReport) -> Iterator[DocumentGraph]:
    """Yield each document's part of the graph.

    A span or a box that plays several roles is one participant; equal words elsewhere are another,
    as nothing says that they are the same person. ``report`` counts links that lead nowhere.

    Raises
    ------
    RmplError
        If a document, or an event in a document, occurs twice.
    """
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise _repeated("document", document)
        seen.add(document.id)
        yield _graph_of(document, report)


def _graph_of(document: Document, report: ReadReport) -> DocumentGraph:
    own = quote(document.id, safe="")
    nodes = {own: _document_node(own, document)}
    edges: list[Edge] = []
    rows = event_rows([document])
    for event in (*document.text_events, *document.image_events):
        assert isinstance(event, TextEvent | ImageEvent)  # noqa: S101 - for the type checker
        row = next(rows)
        here = _event_id(own, row.medium, event.id)
        if here in nodes:
            raise _repeated("event", document)
        nodes[here] = _event_node(here, row)
        edges.append(Edge(own, here, HAS_EVENT, HAS_EVENT))
        for number, (place, cells) in enumerate(zip(_places(event), row.arguments, strict=True)):
            who = f"{own}#{place}" if place else f"{here}/{number}"
            nodes.setdefault(who, _participant_node(who, cells, row))
            edges.append(Edge(here, who, PARTICIPANT, cells.role, cells.score))
    for edge in _links(document, own):
        if edge.source in nodes and edge.target in nodes:
            edges.append(edge)
        else:
            report.warn(UNKNOWN_END, f"document {document.id}")
    return DocumentGraph(list(nodes.values()), edges)


def _event_id(own: str, medium: str, event: str) -> str:
    return f"{own}#{medium}-event/{quote(event, safe='')}"


def _document_node(name: str, document: Document) -> Node:
    known = {key: document.metadata[key] for key in METADATA if key in document.metadata}
    others = {key: value for key, value in document.metadata.items() if key not in known}
    label = known.get("title") or document.id
    return Node(name, DOCUMENT, label, {"document": document.id, **_filled(known)}, others)


def _event_node(name: str, row: EventRow) -> Node:
    values = row._asdict()
    for key in ("arguments", "links", "metadata"):
        del values[key]
    label = f"{row.event_type}: {row.trigger}" if row.trigger else row.event_type
    return Node(name, EVENT, label, _filled(values))


def _participant_node(name: str, cells: ArgumentRow, row: EventRow) -> Node:
    """Return the node of a span or a box; its roles and their scores are those of its edges."""
    values = cells._asdict()
    for key in ("event", "event_type", "role", "score"):
        del values[key]
    values |= {"sentence": row.sentence, "image": row.image}
    return Node(name, PARTICIPANT, cells.filler, _filled(values))


def _filled(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if value is not None and value != ""}


def _places(event: TextEvent | ImageEvent) -> list[str]:
    """Return what identifies each participant in its document; empty for words without one."""
    if isinstance(event, ImageEvent):
        return [_box_place(event.image_id, one.box) for one in event.arguments]
    return [
        "" if one.span == NOWHERE else _span_place(event.sentence_id, one.span)
        for one in event.arguments
    ]


def _span_place(sentence: str, span: Span) -> str:
    return f"words/{quote(sentence, safe='')}/{span.start}-{span.end}"


def _box_place(image: str, box: Box) -> str:
    return f"box/{quote(image, safe='')}/{box.x1:g},{box.y1:g},{box.x2:g},{box.y2:g}"


def _links(document: Document, own: str) -> Iterator[Edge]:
    sentences = {event.id: event.sentence_id for event in document.text_events}
    images = {event.id: event.image_id for event in document.image_events}
    for link in document.links:
        ends = _event_id(own, TEXT, link.text), _event_id(own, IMAGE, link.image)
        yield Edge(*ends, SAME_EVENT, SAME_EVENT, link.score)
        for one in link.alignments:
            span = f"{own}#{_span_place(sentences.get(link.text, ''), one.span)}"
            box = f"{own}#{_box_place(images.get(link.image, ''), one.box)}"
            yield Edge(span, box, SAME_PARTICIPANT, f"{SAME_PARTICIPANT}: {one.role}", one.score)


def _repeated(what: str, document: Document) -> RmplError:
    return RmplError(
        f"a repeated {what}, which a graph cannot hold",
        where=f"document {document.id}",
        remedy="write each document and each event once",
    )
