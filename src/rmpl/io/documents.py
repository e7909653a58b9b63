"""The common document format: JSON lines, optionally gzipped, or Parquet (``rmpl[parquet]``).

A document is written as the JSON of its ``Document`` record (see docs/formats.md) and read back
unchanged. Users write their own documents in this format, too; a sentence without ``tokens`` is
split into the same words and punctuation as a text that events are extracted from.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.io.char_spans import OTHER_TEXT, CharSpans, RawArgument, RawEvent
from rmpl.io.files import decode, read_lines, replacing
from rmpl.io.formats import DOCUMENTS, check_format, check_format_of
from rmpl.io.given_images import GivenImage, named_images
from rmpl.io.keys import decoded_whole, meant, twice, unknown_keys
from rmpl.io.parquet import read_parquet, write_parquet
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.repeats import without_repeats
from rmpl.io.segmentation import require_splitter, word_spans
from rmpl.io.validity import check_document
from rmpl.records import (
    Document,
    ImageEvent,
    Link,
    Relation,
    Sentence,
    Span,
    TextEvent,
)

ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")


class _Sentence(msgspec.Struct, gc=False, omit_defaults=True):
    id: str
    text: str
    tokens: tuple[tuple[int, int], ...] | None = None
    entities: tuple[Span, ...] = ()
    source: tuple[tuple[int, int], ...] = ()


class _Document(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    format: str | None = None
    id: str
    sentences: tuple[_Sentence, ...] = ()
    images: tuple[GivenImage, ...] = ()
    text_events: tuple[RawEvent, ...] = ()
    image_events: tuple[ImageEvent, ...] = ()
    links: tuple[Link, ...] = ()
    relations: tuple[Relation, ...] = ()
    partial: bool = False
    metadata: dict[str, str] = {}


_DOCUMENT = msgspec.json.Decoder(_Document)
Raw = TypeVar("Raw")
Find = Callable[[Document, str], Iterable[RmplError]]
"""Finds problems of a document that is at some place."""


def read_documents(
    path: Path,
    *,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
    locate: Callable[[Document], Document] | None = None,
    find: Find | None = None,
    prepare: Callable[[bytes | dict[str, object], str], bytes | dict[str, object]] | None = None,
) -> Iterator[Document]:
    """Read documents from ``.jsonl``, ``.jsonl.gz`` or ``.parquet``, one at a time.

    Parameters
    ----------
    path
        The file.
    on_error, report
        As in every reader.
    locate
        Finds the images of a document, and may refuse it.
    find
        Finds further problems of a document. If it is given, mistyped keys and texts that are not
        what their spans say are problems, too, not only warnings.
    prepare
        Turns what stands at some place into a document of this format.

    Raises
    ------
    RmplError
        If the file is missing. Invalid lines and inconsistent documents are handled according to
        ``on_error``.
    """
    path = Path(path)
    counts = ReadReport() if report is None else report

    def read(content: bytes | dict[str, object], where: str) -> Document:
        if prepare is not None:
            content = prepare(content, where)
        problems: list[RmplError] | None = None if find is None else []
        document = to_document(content, where, counts, problems)
        counts.refuse_all(problems or (), on_error)
        return without_repeats(document, where, counts)

    lines = read_parquet(path) if path.suffix == ".parquet" else read_lines(path)
    raws = cast("Iterator[tuple[str, bytes | dict[str, object]]]", lines)
    return checked_documents(raws, read, on_error=on_error, report=counts, locate=locate, find=find)


def checked_documents(
    raws: Iterable[tuple[str, Raw]],
    read: Callable[[Raw, str], Document],
    *,
    on_error: OnError,
    report: ReadReport,
    locate: Callable[[Document], Document] | None = None,
    find: Find | None = None,
) -> Iterator[Document]:
    """Yield what ``read`` makes of each (place, content): consistent, no id twice, and counted.

    Raises
    ------
    RmplError
        Of what is not so, according to ``on_error``; and as ``raws`` does.
    """
    seen: set[str] = set()
    for where, content in raws:
        try:
            document = read(content, where)
            if document.id in seen:
                raise RmplError(f"repeated document id {document.id!r}", where=where)
            check_document(document, where)
            if find is not None:
                report.refuse_all(list(find(document, where)), on_error)
            if locate is not None:
                document = locate(document)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        seen.add(document.id)
        report.use("documents")
        report.use("sentences", len(document.sentences))
        report.use("images", len(document.images))
        yield document


def to_document(
    content: bytes | dict[str, object],
    where: str,
    report: ReadReport | None = None,
    problems: list[RmplError] | None = None,
) -> Document:
    """Decode one document without checking its consistency (see ``check_document``).

    ``report`` counts the keys in it that are not read, and texts that are not what their spans say;
    if ``problems`` is given, mistyped keys and such texts are added to it instead.

    Raises
    ------
    RmplError
        If it is not JSON, not a document, or of a newer format version.
    """
    if isinstance(content, bytes):
        try:
            raw = decode(_DOCUMENT, content, where)
        except RmplError as error:
            check_format_of(content, DOCUMENTS, where)
            raise _with_meant(error) from error
    else:
        try:
            raw = msgspec.convert(content, _Document)
        except msgspec.ValidationError as error:
            raise RmplError(f"not a valid record ({error})", where=where) from error
    check_format(raw.format, DOCUMENTS, where)
    sentences = tuple(_to_sentence(sentence) for sentence in raw.sentences)
    wrong: list[RmplError] = []
    place = f"{where}: document {raw.id}"
    spans = CharSpans(
        {one.id: one for one in sentences},
        {one.id for one in raw.sentences if one.tokens is None},
        place,
        report,
        wrong,
    )
    document = Document(
        id=raw.id,
        sentences=sentences,
        images=named_images(raw.images, place, report),
        text_events=tuple(map(spans.event, raw.text_events)),
        image_events=raw.image_events,
        links=raw.links,
        relations=raw.relations,
        partial=raw.partial,
        metadata=raw.metadata,
    )
    if report is not None:
        wrong += _wrong_keys(content, where, place, report, strict=problems is not None)
        wrong += [
            RmplError(OTHER_TEXT, where=said, remedy=_SPANS)
            for said in other_texts(document, where)
        ]
        for one in wrong if problems is None else ():
            report.warn(one.what, one.where or place)
        if problems is not None:
            problems += wrong
    return document


def _wrong_keys(
    content: bytes | dict[str, object], where: str, place: str, report: ReadReport, *, strict: bool
) -> Iterator[RmplError]:
    """Yield keys that occur twice and, if ``strict``, mistyped ones; warn of others not read."""
    plain: object = content
    repeated: list[str] = []
    if isinstance(content, bytes):
        plain, repeated = decoded_whole(content, where)
    for unknown in unknown_keys(plain, _Document):
        if strict and unknown.is_mistyped:
            yield RmplError(unknown.said, where=place, remedy="correct it")
        else:
            report.warn(f"{unknown.said}, not read", place)
    for key in repeated:
        yield RmplError(twice(key), where=place, remedy="keep one of them")


_SPANS = "spans are token indices, end exclusive; correct the span or the text"


def other_texts(document: Document, where: str) -> Iterator[str]:
    """Yield spans beside whose text there are other words: ends or offsets counted otherwise."""
    sentences = {sentence.id: sentence for sentence in document.sentences}
    for event in document.text_events:
        spans = [(event.trigger, event.trigger_text)]
        spans += [(argument.span, argument.text) for argument in event.arguments]
        sentence = sentences.get(event.sentence_id)
        for span, text in spans:
            if text is None or sentence is None or not sentence.holds(span):
                continue
            said = sentence.slice(span)
            if said.split() != text.split():
                place = f"{where}: document {document.id}, {event.id}"
                yield f"{place}: {said[:60]!r}, not {text[:60]!r}"


def _with_meant(error: RmplError) -> RmplError:
    """Add the key that was probably meant to an error about an unknown one."""
    unknown = re.search(r"contains unknown field `([^`]{1,100})`", error.what)
    if unknown is None:
        return error
    what = f"{error.what}{meant(unknown[1], _Document.__struct_fields__)}"
    return RmplError(what, where=error.where, remedy=error.remedy)


@functools.cache
def _require_words() -> None:
    require_splitter("a sentence without tokens", "ace")


def _to_sentence(raw: _Sentence) -> Sentence:
    tokens = raw.tokens
    if tokens is None:
        _require_words()
        tokens = tuple(word_spans(raw.text))
    return Sentence(raw.id, raw.text, tokens, raw.entities, raw.source)


def write_documents(documents: Iterable[Document], path: Path) -> int:
    """Write documents in the format given by the suffix of ``path``; return their number.

    The file is written atomically; the same documents give the same bytes.

    Raises
    ------
    RmplError
        If the suffix is unknown, the file cannot be written, a text has an invalid character, or a
        document id is repeated.
    """
    path = Path(path)
    if not path.name.endswith(ENDINGS):
        raise RmplError(
            "an unknown file suffix", where=str(path), remedy=f"use one of {', '.join(ENDINGS)}"
        )
    write = write_parquet if path.suffix == ".parquet" else _write_lines
    with replacing(path) as file:
        try:
            return write(different(documents), file)
        except UnicodeEncodeError as error:
            raise RmplError("a text with an invalid character", where=str(path)) from error


def different(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents and refuse repeated ids, since such a file could not be read back.

    Raises
    ------
    RmplError
        If an id is repeated.
    """
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise RmplError(
                f"repeated document id {document.id!r}",
                remedy="write one split at a time (--split)",
            )
        seen.add(document.id)
        yield document


def _write_lines(documents: Iterable[Document], file: BinaryIO) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    for document in documents:
        file.write(encoder.encode(_to_line(document)) + b"\n")
        count += 1
    return count


def to_json(document: Document) -> bytes:
    """Return a document as one line of such a file, without the line end."""
    return msgspec.json.encode(_to_line(document))


def _to_line(document: Document) -> _Document:
    sentences = tuple(
        _Sentence(s.id, s.text, s.tokens, s.entities, s.source) for s in document.sentences
    )
    events = tuple(_to_raw(event) for event in document.text_events)
    changed = {"sentences": sentences, "text_events": events}
    fields = msgspec.structs.asdict(document) | changed
    return _Document(format=DOCUMENTS, **fields)


def _to_raw(event: TextEvent) -> RawEvent:
    arguments = (RawArgument(a.role, _pair(a.span), a.score, a.text) for a in event.arguments)
    return RawEvent(
        event.id,
        event.sentence_id,
        event.event_type,
        _pair(event.trigger),
        tuple(arguments),
        event.score,
        event.trigger_text,
    )


def _pair(span: Span) -> tuple[int, int]:
    return span.start, span.end
