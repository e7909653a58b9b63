"""Graphs of events as files: GraphML (Gephi, Cytoscape, networkx) and JSON-LD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import msgspec

from rmpl.io.read_report import ReadReport
from rmpl.predictions.graph import (
    HAS_EVENT,
    PARTICIPANT,
    SAME_EVENT,
    DocumentGraph,
    Edge,
    Node,
    Value,
)
from rmpl.predictions.xml_text import xml_text

_REPLACED = "texts with control characters, which XML cannot hold: replaced by \ufffd"
_ESCAPES = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
"""Also of line ends, which XML parsers change if they are written as they are."""

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"""
_NUMBERS = {"start": "int", "end": "int"} | dict.fromkeys(
    ("x1", "y1", "x2", "y2", "score"), "double"
)
"""GraphML types of values that are not texts."""
_ON_EDGES = {"kind": "string", "label": "string", "score": "double"}


def write_graphml(graphs: Sequence[DocumentGraph], file: BinaryIO, report: ReadReport) -> None:
    """Write a directed graph as GraphML.

    ``report`` counts texts with characters that XML cannot hold, which are replaced.
    """
    nodes_of_all = [node for nodes, _ in graphs for node in nodes]
    keys = dict.fromkeys(["kind", "label", *(key for node in nodes_of_all for key in node.values)])
    others = sorted({key for node in nodes_of_all for key in node.metadata})
    metadata = {key: f"{key} (metadata)" if key in keys else key for key in others}
    on_nodes = {key: _NUMBERS.get(key, "string") for key in keys}
    on_nodes |= dict.fromkeys(metadata.values(), "string")
    node_ids = {key: f"n{number}" for number, key in enumerate(on_nodes)}
    edge_ids = {key: f"e{number}" for number, key in enumerate(_ON_EDGES)}

    def text(value: Value, where: str) -> str:
        legal = xml_text(str(value))
        if legal != str(value):
            report.warn(_REPLACED, where)
        return escape(legal, _ESCAPES)

    def data(values: Mapping[str, Value], ids: Mapping[str, str], where: str) -> str:
        return "".join(
            f'<data key="{ids[key]}">{text(value, where)}</data>' for key, value in values.items()
        )

    def write(line: str) -> None:
        file.write(f"{line}\n".encode())

    write(_HEAD)
    for kinds, ids, of in ((on_nodes, node_ids, "node"), (_ON_EDGES, edge_ids, "edge")):
        for key, kind in kinds.items():
            name = text(key, "a name of metadata")
            write(f'<key id="{ids[key]}" for="{of}" attr.name="{name}" attr.type="{kind}"/>')
    write('<graph id="events" edgedefault="directed">')
    for nodes, edges in graphs:
        for node in nodes:
            values = {"kind": node.kind, "label": node.label, **node.values}
            values |= {metadata[key]: value for key, value in node.metadata.items()}
            write(f'<node id="{escape(node.id)}">{data(values, node_ids, node.id)}</node>')
        for edge in edges:
            ends = f'source="{escape(edge.source)}" target="{escape(edge.target)}"'
            write(f"<edge {ends}>{data(_values(edge), edge_ids, edge.source)}</edge>")
    write("</graph>\n</graphml>")


def _values(edge: Edge) -> dict[str, Value]:
    values: dict[str, Value] = {"kind": edge.kind, "label": edge.label}
    return values if edge.score is None else values | {"score": edge.score}


_CONTEXT = {
    "@version": 1.1,
    "@vocab": "urn:x-rmpl:term:",
    "doc": "urn:x-rmpl:document:",
    "title": "https://schema.org/headline",
    "author": "https://schema.org/author",
    "date": "https://schema.org/datePublished",
    "caption": "https://schema.org/caption",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    # Its keys are anybody's, and would otherwise be read as terms of JSON-LD.
    "metadata": {"@id": "urn:x-rmpl:term:metadata", "@type": "@json"},
}
_TERMS = {HAS_EVENT: "hasEvent", PARTICIPANT: "participation", SAME_EVENT: "sameEvent"}
"""Properties of JSON-LD by kind of edge; the rest is ``sameParticipant``."""


def write_jsonld(graphs: Iterable[DocumentGraph], file: BinaryIO) -> None:
    """Write a graph as JSON-LD, one node per line.

    A node has its relations: ``hasEvent``, ``participation`` (role, score and ``participant``),
    ``sameEvent`` and ``sameParticipant`` (score and the other ``node``).
    """
    context = msgspec.json.encode(_CONTEXT)
    file.write(b'{"@context": %s,\n"@graph": [' % context)
    before = b"\n"
    for nodes, edges in graphs:
        described = {node.id: _described(node) for node in nodes}
        for edge in edges:
            term = _TERMS.get(edge.kind, "sameParticipant")
            described[edge.source].setdefault(term, []).append(_relation(edge))
        for one in described.values():
            file.write(before + msgspec.json.encode(one))
            before = b",\n"
    file.write(b"\n]}\n")


def _described(node: Node) -> dict[str, Any]:
    kind = node.kind.capitalize()
    known = {"@id": f"doc:{node.id}", "@type": kind, "label": node.label, **node.values}
    return known | {"metadata": node.metadata} if node.metadata else known


def _relation(edge: Edge) -> dict[str, Any]:
    target = {"@id": f"doc:{edge.target}"}
    if edge.kind == HAS_EVENT:
        return target
    scored = {} if edge.score is None else {"score": edge.score}
    if edge.kind == PARTICIPANT:
        return {"role": edge.label, **scored, "participant": target}
    return {**scored, "node": target}
