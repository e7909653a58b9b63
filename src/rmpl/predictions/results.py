"""The output file of ``rmpl extract``: one line per document, usable without the source files.

A line is a prediction line (docs/scoring.md), readable by ``rmpl score``, with the sentences and
their offsets, the images and their sizes, and the multimedia events. Lines are appended as a whole,
so that an interrupted run leaves neither duplicate nor partial documents.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.reading import Item
from rmpl.io.char_spans import OTHER_TEXT
from rmpl.io.documents import Find, checked_documents, other_texts
from rmpl.io.files import decode, read_bytes, read_lines, replacing
from rmpl.io.formats import ABOUT as ABOUT_FORMAT
from rmpl.io.formats import PREDICTIONS, check_format, check_format_of
from rmpl.io.locks import is_special, writing_file
from rmpl.io.members import member, whole_members
from rmpl.io.read_report import OnError, ReadReport
from rmpl.predictions.conversion import (
    document_of_line,
    extracted_line,
    line_of_document,
    with_multimedia_events,
)
from rmpl.predictions.file import prediction_lines
from rmpl.predictions.lines import ExtractedLine
from rmpl.predictions.media_run import MEDIA
from rmpl.predictions.validity import check_keys
from rmpl.records import Document

ABOUT = ".about.json"
_CORRECT = "correct start, end and text alike, or leave text out"
_STREAMS = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class _Typed(msgspec.Struct):
    event_type: str


class _Named(msgspec.Struct):
    doc_id: str
    text_events: list[_Typed] = []
    image_events: list[_Typed] = []


_LINE = msgspec.json.Decoder(ExtractedLine)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAMED = msgspec.json.Decoder(_Named)
_ENCODER = msgspec.json.Encoder()


def result_line(document: Document, item: Item, media: Collection[str] = MEDIA) -> bytes:
    """Return the extracted document as one line, including the line end.

    ``media`` are those that it was asked about.
    """
    return _ENCODER.encode(extracted_line(document, item.path, item.text, media)) + b"\n"


def linked_line(document: Document, media: Collection[str] = MEDIA) -> bytes:
    """Return a document's events as a prediction line with multimedia events, with the line end.

    This is the output of ``rmpl link``: without sentences and images. ``media`` are those that the
    events were asked about.
    """
    line = with_multimedia_events(line_of_document(document, media), document)
    return _ENCODER.encode(line) + b"\n"


def read_results(path: Path, report: ReadReport | None = None) -> Iterator[Document]:
    """Read an output file of ``rmpl extract``, or ``-``, one document at a time.

    ``report`` counts the keys that are not read.

    Raises
    ------
    RmplError
        If there is no such file, or a line has another format or none of its keys.
    """
    for where, content in prediction_lines(path):
        if report is None:
            yield read_result(content, where)
        else:
            yield _with_known_keys(content, where, report)


def read_result(content: bytes, where: str) -> Document:
    """Read one line of such a file; ``where`` is its location, for errors.

    Raises
    ------
    RmplError
        If it has another format or a newer version.
    """
    try:
        line = decode(_LINE, content, where)
    except RmplError:
        check_format_of(content, PREDICTIONS, where)
        raise
    check_format(line.format, PREDICTIONS, where)
    return msgspec.structs.replace(
        document_of_line(line),
        sentences=line.sentences,
        images=line.images,
        metadata=line.metadata or {},
    )


def is_extracted(path: Path) -> bool:
    """Return whether the first line of a file is one of ``rmpl extract``, with its sentences.

    Raises
    ------
    RmplError
        If there is no such file, or it cannot be read.
    """
    for _, content in read_lines(path):
        try:
            keys = _KEYS.decode(content).keys()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return {"doc_id", "sentences", "images"} <= keys
    return False


def read_extracted(
    path: Path,
    *,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
    find: Find | None = None,
) -> Iterator[Document]:
    """Read such a file as documents to correct and to train on.

    ``find`` finds further problems of a document. If it is given, texts that are not what their
    spans say are problems, too: the span or the text was corrected alone.

    Raises
    ------
    RmplError
        If there is no such file. Other lines and inconsistent documents are handled according to
        ``on_error``.
    """
    counts = ReadReport() if report is None else report

    def read(content: bytes, where: str) -> Document:
        document = _with_known_keys(content, where, counts)
        if find is not None:
            texts = other_texts(_with_texts(document, content, where), where)
            wrong = [RmplError(OTHER_TEXT, where=one, remedy=_CORRECT) for one in texts]
            counts.refuse_all(wrong, on_error)
        return document

    lines = read_lines(path)
    return checked_documents(lines, read, on_error=on_error, report=counts, find=find)


def _with_texts(document: Document, content: bytes, where: str) -> Document:
    """Return a document with the text that stands beside every span."""
    line = decode(_LINE, content, where)
    events = (
        msgspec.structs.replace(
            event,
            trigger_text=_text(raw.trigger.text),
            arguments=tuple(
                msgspec.structs.replace(one, text=_text(given.text))
                for one, given in zip(event.arguments, raw.arguments, strict=True)
            ),
        )
        for event, raw in zip(document.text_events, line.text_events, strict=True)
    )
    return msgspec.structs.replace(document, text_events=tuple(events))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _with_known_keys(content: bytes, where: str, report: ReadReport) -> Document:
    document = read_result(content, where)
    check_keys(content, f"{where}: document {document.id}", report)
    return document


def is_stream(path: Path) -> bool:
    """Return whether an output is standard output, by ``-`` or its name in the system."""
    return str(path) in _STREAMS


def check_output(path: Path, *, resume: bool) -> None:
    """Refuse an output file that cannot be written; called before any work is done.

    Raises
    ------
    RmplError
        If it exists and is not to be continued, or is a pipe, a device or a folder.
    """
    if is_stream(path):
        if resume:
            raise RmplError("--resume with standard output", remedy="write to a file")
        return
    if is_special(path):
        raise RmplError(
            "not a regular file",
            where=str(path),
            remedy="choose a regular file, which can be resumed, or - for standard output",
        )
    if path.is_dir():
        raise RmplError("is a folder", where=str(path), remedy="name a file")
    if path.exists() and not resume:
        raise RmplError(
            "already exists",
            where=str(path),
            remedy="continue it with --resume, or choose another file",
        )


class ResultsFile:
    """An output file to which whole lines are appended.

    Parameters
    ----------
    path
        A .jsonl file, gzipped if it is named ``.gz``; its settings are written beside it as
        ``NAME.about.json``. Or standard output (``-``), which has neither settings nor a lock.
    about
        The settings that results depend on: model, schema and options.
    resume
        Whether to continue an existing file; a truncated last line is removed.

    Raises
    ------
    RmplError
        If the file exists and ``resume`` is false, was made with other settings, is in use, or
        cannot be written.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], *, resume: bool = False) -> None:
        self.path = path
        self.done: set[str] = set()
        """The ids of the documents in the file."""
        self.types: list[list[str]] = []
        """The types of the events of each document that was in the file before."""
        self._is_gzip = path.suffix == ".gz"
        check_output(path, resume=resume)
        if is_stream(path):
            self._held = contextlib.ExitStack()
            self._file = cast("BinaryIO", sys.stdout.buffer)
            return
        with self._named_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            held.enter_context(writing_file(path, again=False))
            check_output(path, resume=resume)  # another process may have made it since
            with self._named_errors():
                self._file = held.enter_context(path.open("a+b", buffering=0))
                self._resume()
                self._describe(about)
            self._held = held.pop_all()

    def append(self, line: bytes) -> None:
        """Append a line atomically.

        Raises
        ------
        RmplError
            If the disk is full.
        """
        if is_stream(self.path):
            with self._named_errors():
                self._file.write(line)
                self._file.flush()
            return
        line = member(line) if self._is_gzip else line
        with self._named_errors():
            before = self._file.seek(0, os.SEEK_END)
            try:
                written = self._file.write(line)
                if written < len(line):
                    raise OSError(28, "No space left on device")
            except BaseException:
                with contextlib.suppress(OSError):
                    self._file.truncate(before)
                raise

    def close(self) -> None:
        """Close the file and release its lock."""
        self._held.close()

    def _resume(self) -> None:
        """Record the finished documents, and remove a truncated last line."""
        self._file.seek(0)
        whole = number = 0
        parts = whole_members(self._file, str(self.path)) if self._is_gzip else self._lines()
        for end, content in parts:
            for line in content.split(b"\n"):
                if line:
                    number += 1
                    document = decode(_NAMED, line, f"{self.path}:{number}")
                    self.done.add(document.doc_id)
                    events = (*document.text_events, *document.image_events)
                    self.types.append([event.event_type for event in events])
            whole = end
        self._file.truncate(whole)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                return
            end += len(line)
            yield end, line

    def _describe(self, about: Mapping[str, Any]) -> None:
        path = self.path.with_name(self.path.name + ABOUT)
        wanted = msgspec.json.decode(msgspec.json.encode(about))
        if self.done and path.is_file():
            found = decode(msgspec.json.Decoder(dict[str, Any]), read_bytes(path), str(path))
            check_format(found.get("format"), ABOUT_FORMAT, str(path))
            other = [key for key in wanted if found.get(key) != wanted[key]]
            if other:
                raise RmplError(
                    f"was made with another {other[0]}",
                    where=str(self.path),
                    remedy="resume with the same settings, or choose another file",
                )
        content = msgspec.json.encode({"format": ABOUT_FORMAT, **wanted})
        with replacing(path) as file:
            file.write(msgspec.json.format(content, indent=1) + b"\n")

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RmplError(
                f"cannot be written ({error.strerror or error})",
                where=str(self.path),
                remedy="its lines are complete: free disk space and continue with --resume"
                if self.done
                else "check the folder and the space on its disk, or choose another file",
            ) from error
