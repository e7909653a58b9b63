"""Prediction files: JSONL, one document per line; gold files have the same format.

A line is read, checked and turned into a ``Document`` before the next one is read, so memory
is bounded by the largest document. Input that cannot be scored is an error with file, line and
document; predictions that cannot be correct are counted and scored. A string that is not in its
sentence is written ``"start": -1, "end": 0`` with its text. docs/scoring.md describes the format.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import lines_of, read_lines, replacing
from rmpl.io.read_report import OnError, ReadReport
from rmpl.ontology import Ontology, load_ontology
from rmpl.predictions.conversion import document_of_line, line_of_document
from rmpl.predictions.lines import DocumentLine, decode_line
from rmpl.predictions.media_run import MEDIA, count_not_run, media_of
from rmpl.predictions.validity import Candidates, check_keys, check_line, warn_of_line
from rmpl.records import Document

STDIN = "-"
"""The name for standard input."""
_ENCODER = msgspec.json.Encoder()


def read_predictions(
    path: str | Path,
    *,
    ontology: Ontology | None = None,
    candidates: Candidates | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a prediction (or gold) file as a stream of documents without text and images.

    Parameters
    ----------
    path
        A JSONL file, plain or gzipped, or ``-`` for standard input.
    ontology
        The schema of event types and roles; M2E2's by default.
    candidates
        The documents, sentences and images of the gold; events outside are warned about.
    on_error
        ``"raise"`` stops at the first line that cannot be scored, ``"count"`` skips it.
    report
        Counts what was read, predictions that cannot be correct (these are scored, too), and keys
        that are not read.

    Raises
    ------
    RmplError
        If there is no such file; with ``on_error="raise"``, if a line is not a document of this
        format or has none of its keys, a document or an id is repeated, a link names an unknown id,
        an event type is unknown, a span is empty, or a box is not finite.
    """
    ontology = load_ontology("m2e2") if ontology is None else ontology
    report = ReadReport() if report is None else report
    seen: dict[str, str] = {}
    for where, content in prediction_lines(path):
        try:
            document = _checked(content, where, seen, ontology, report)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        seen[document.doc_id] = where
        warn_of_line(document, ontology, candidates, report)
        report.use("documents")
        count_not_run(report, media_of(document, f"{where}: document {document.doc_id}"))
        report.use("text events", len(document.text_events))
        report.use("image events", len(document.image_events))
        report.use("links", len(document.links))
        yield document_of_line(document)


def _checked(
    content: bytes, where: str, seen: dict[str, str], ontology: Ontology, report: ReadReport
) -> DocumentLine:
    document = decode_line(content, where)
    where = f"{where}: document {document.doc_id}"
    if document.doc_id in seen:
        raise RmplError(
            f"a repeated document, first in {seen[document.doc_id]}",
            where=where,
            remedy="write each document once",
        )
    check_line(document, ontology, where)
    check_keys(content, where, report)
    return document


def prediction_lines(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """Yield ``(file:line, content)`` of a prediction file, or of standard input (``-``).

    Raises
    ------
    RmplError
        As ``read_lines``.
    """
    if str(path) == STDIN:
        return lines_of(sys.stdin.buffer, "standard input")
    return read_lines(Path(path))


def write_predictions(
    documents: Iterable[Document], path: Path, *, media: Collection[str] = MEDIA
) -> int:
    """Write events and links of documents as a prediction file, gzipped if named ``.gz``.

    The file is written atomically. Character offsets and texts are included if the document has
    the sentence. ``media`` are those that the documents were asked about.

    Returns
    -------
    int
        The number of documents written.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    count = 0
    with replacing(Path(path)) as file:
        for document in documents:
            file.write(prediction_line(document, media))
            count += 1
    return count


def prediction_line(document: Document, media: Collection[str] = MEDIA) -> bytes:
    """Return the events and links of a document as one line, including the line end."""
    return _ENCODER.encode(line_of_document(document, media)) + b"\n"
