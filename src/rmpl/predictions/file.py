"""Prediction files: JSONL, one document a line; the same shape serves as gold.

A line is read, checked and turned into a ``Document`` before the next one is looked at, so memory
is bounded by the largest document. What cannot be scored at all stops with file, line and document;
what can only be wrong is counted and stays in the prediction. A string that occurs nowhere in its
sentence is written ``"start": -1, "end": 0`` with its text. docs/scoring.md describes the format.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import lines_of, read_lines, replacing
from rmpl.io.read_report import OnError, ReadReport
from rmpl.ontology import Ontology, load_ontology
from rmpl.predictions.lines import (
    AlignmentLine,
    Candidates,
    DocumentLine,
    ImageArgumentLine,
    ImageEventLine,
    TextArgumentLine,
    TextEventLine,
    check_line,
    decode_line,
    warn_of_line,
)
from rmpl.records import (
    NOWHERE,
    Alignment,
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

STDIN = "-"
"""The name under which standard input is read."""


def read_predictions(
    path: str | Path,
    *,
    ontology: Ontology | None = None,
    candidates: Candidates | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a prediction (or gold) file as a stream of documents without text and pictures.

    Parameters
    ----------
    path
        A JSONL file, plain or gzipped, or ``-`` for standard input.
    ontology
        The inventory that event types must be from, and whose roles are expected; M2E2's if not
        given.
    candidates
        The documents, sentences and images of the gold; what lies outside is warned of.
    on_error
        ``"raise"`` stops at the first line that cannot be scored, ``"count"`` leaves it out.
    report
        Counts what was read, and warns of what can only be wrong; that is still scored.

    Raises
    ------
    RmplError
        If there is no such file; with ``on_error="raise"``, if a line is not a document of this
        format, a document or an id is repeated, a link names an unknown id, an event type is
        unknown, a span is empty, or a box is not finite.
    """
    ontology = load_ontology("m2e2") if ontology is None else ontology
    report = ReadReport() if report is None else report
    seen: dict[str, str] = {}
    for where, content in _lines(path):
        try:
            document = _checked(content, where, seen, ontology)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        seen[document.doc_id] = where
        warn_of_line(document, ontology, candidates, report)
        report.use("documents")
        report.use("text events", len(document.text_events))
        report.use("image events", len(document.image_events))
        report.use("links", len(document.links))
        yield document_of_line(document)


def _checked(content: bytes, where: str, seen: dict[str, str], ontology: Ontology) -> DocumentLine:
    document = decode_line(content, where)
    where = f"{where}: document {document.doc_id}"
    if document.doc_id in seen:
        raise RmplError(
            f"this document was predicted before, in {seen[document.doc_id]}",
            where=where,
            remedy="write every document once",
        )
    check_line(document, ontology, where)
    return document


def _lines(path: str | Path) -> Iterator[tuple[str, bytes]]:
    if str(path) == STDIN:
        return lines_of(sys.stdin.buffer, "standard input")
    return read_lines(Path(path))


def document_of_line(raw: DocumentLine) -> Document:
    """Return a line as a document, without text and pictures."""
    return Document(
        id=raw.doc_id,
        text_events=tuple(map(_to_text_event, raw.text_events)),
        image_events=tuple(map(_to_image_event, raw.image_events)),
        links=tuple(
            Link(link.text, link.image, _number(link.score), _to_alignments(link.alignments))
            for link in raw.links
        ),
    )


def _to_alignments(raw: object) -> tuple[Alignment, ...]:
    """Read alignments; they are not scored, so that anything else may stand there, too."""
    try:
        lines = msgspec.convert(raw or [], list[AlignmentLine])
    except msgspec.ValidationError:
        return ()
    return tuple(
        Alignment(one.role, Span(one.start, one.end), _to_box(one), _number(one.score))
        for one in lines
    )


def _to_text_event(raw: TextEventLine) -> TextEvent:
    trigger = Span(raw.trigger.start, raw.trigger.end)
    return TextEvent(
        id=raw.id,
        sentence_id=raw.sentence_id,
        event_type=raw.event_type,
        trigger=trigger,
        arguments=tuple(map(_to_text_argument, raw.arguments)),
        score=_number(raw.score),
        trigger_text=_text_of(trigger, raw.trigger.text),
    )


def _to_text_argument(raw: TextArgumentLine) -> TextArgument:
    span = Span(raw.start, raw.end)
    return TextArgument(raw.role, span, _number(raw.score), _text_of(span, raw.text))


def _to_image_event(raw: ImageEventLine) -> ImageEvent:
    return ImageEvent(
        id=raw.id,
        image_id=raw.image_id,
        event_type=raw.event_type,
        arguments=tuple(
            ImageArgument(argument.role, _to_box(argument), _number(argument.score))
            for argument in raw.arguments
        ),
        score=_number(raw.score),
    )


def _to_box(raw: ImageArgumentLine | AlignmentLine) -> Box:
    x1, y1, x2, y2 = raw.box
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), raw.group is True)


def _text_of(span: Span, text: object) -> str | None:
    """Keep the text of a string that occurs nowhere; of any other, the tokens tell it."""
    return text if span == NOWHERE and isinstance(text, str) else None


def _number(score: object) -> float | None:
    return float(score) if isinstance(score, int | float) else None


def write_predictions(documents: Iterable[Document], path: Path) -> int:
    """Write events and links of documents as a prediction file, gzipped where named ``.gz``.

    The file appears only when it is complete. Character offsets and texts are written too where
    the document has the sentence.

    Returns
    -------
    int
        How many documents were written.

    Raises
    ------
    RmplError
        If it cannot be written.
    """
    encoder = msgspec.json.Encoder()
    count = 0
    with replacing(Path(path)) as file:
        for document in documents:
            file.write(encoder.encode(prediction_line(document)) + b"\n")
            count += 1
    return count


def prediction_line(document: Document) -> dict[str, Any]:
    """Return a document's events and links as one line of a prediction file, in plain values."""
    sentences = {sentence.id: sentence for sentence in document.sentences}
    return {
        "doc_id": document.id,
        "text_events": [_text_event(e, sentences.get(e.sentence_id)) for e in document.text_events],
        "image_events": [_image_event(event) for event in document.image_events],
        "links": [
            {"text": link.text, "image": link.image, **_score(link.score), **_aligned(link)}
            for link in document.links
        ],
    }


def _text_event(event: TextEvent, sentence: Sentence | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "sentence_id": event.sentence_id,
        "event_type": event.event_type,
        "trigger": _span(event.trigger, event.trigger_text, sentence),
        "arguments": [
            {"role": a.role, **_span(a.span, a.text, sentence), **_score(a.score)}
            for a in event.arguments
        ],
        **_score(event.score),
    }


def _span(span: Span, text: str | None, sentence: Sentence | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"start": span.start, "end": span.end}
    if span != NOWHERE and sentence is not None and span.end <= len(sentence.tokens):
        fields["char_start"], fields["char_end"] = sentence.chars(span)
        stood = sentence.source_chars(span)
        if stood is not None:
            fields["source_start"], fields["source_end"] = stood
        text = sentence.slice(span)
    return fields if text is None else {**fields, "text": text}


def _image_event(event: ImageEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "image_id": event.image_id,
        "event_type": event.event_type,
        "arguments": [{"role": a.role, **_box(a.box), **_score(a.score)} for a in event.arguments],
        **_score(event.score),
    }


def _box(box: Box) -> dict[str, Any]:
    corners = [_plain(value) for value in (box.x1, box.y1, box.x2, box.y2)]
    return {"box": corners, **({"group": True} if box.group else {})}


def _aligned(link: Link) -> dict[str, Any]:
    """Write what is one participant; links of other sources have no such field."""
    alignments = [
        {"role": a.role, "start": a.span.start, "end": a.span.end, **_box(a.box), **_score(a.score)}
        for a in link.alignments
    ]
    return {"alignments": alignments} if alignments else {}


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _score(score: float | None) -> dict[str, float]:
    return {} if score is None else {"score": round(score, 4)}
