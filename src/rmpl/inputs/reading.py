"""Reading sources into documents, one at a time; unreadable inputs are reported and skipped."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.article import Article, Shown
from rmpl.inputs.files import MAX_BYTES, OnUnreadable, as_text, path_name, read_file
from rmpl.inputs.kinds import check_content, check_kind
from rmpl.inputs.mail import read_mail
from rmpl.inputs.markdown import front_matter_of, markdown_paragraphs
from rmpl.inputs.pages import page_images, page_text_and_metadata, require_inscriptis
from rmpl.inputs.paragraphs import line_paragraphs, plain_paragraphs
from rmpl.inputs.pdf import read_pdf, require_pypdf
from rmpl.inputs.records import read_record, with_captions, with_own_images
from rmpl.inputs.sentences import split_text
from rmpl.inputs.sources import Source
from rmpl.inputs.tables import table_rows
from rmpl.inputs.word import read_word
from rmpl.io.contained import archive_of
from rmpl.io.files import BOM, MAX_LINE_BYTES, decode, lines_of, read_lines, whole_of
from rmpl.io.images import open_image
from rmpl.io.parquet import read_parquet, require_pyarrow
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.records import Document, Image

NO_FOLDER = "image of a page on standard input, which has no folder to look in"
_PAGE = re.compile(
    rb"(?is)(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,1000}?-->\s*)?<(?:!doctype\s+html|html)\b"
)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_PLAIN = msgspec.json.Encoder(enc_hook=str)

MAX_ASPECT_RATIO = 100
"""The largest aspect ratio of an image; Qwen's processors refuse 200."""


class Item(NamedTuple):
    """A document to extract from, and its source.

    Parameters
    ----------
    document
        Its sentences and images.
    path
        The file it was read from, as given by the user.
    text
        The text that ``Sentence.source`` refers to, if it is not the file's: that of a page.
    """

    document: Document
    path: str
    text: str | None = None


class Reader:
    """Reads sources into documents.

    Parameters
    ----------
    report
        Counts what was used, and suspicious items that were used nevertheless.
    on_unreadable
        Called for every unreadable input.
    max_characters
        Limit of a document's text; a longer one is reported before it is split into sentences.
    """

    def __init__(
        self, report: ReadReport, on_unreadable: OnUnreadable, *, max_characters: int | None = None
    ) -> None:
        self._report = report
        self._most = max_characters
        self._on_unreadable = on_unreadable
        self._seen: dict[str, str] = {}

    def read(self, sources: Iterable[Source]) -> Iterator[Item]:
        """Yield the documents of the sources in order, each id once.

        Raises
        ------
        RmplError
            If a library that a source needs is not installed.
        """
        for source in sources:
            for item in self._items(source):
                name = item.document.id
                if name in self._seen:
                    self._on_unreadable(_repeated(name, self._seen[name], item.path))
                    continue
                self._seen[name] = item.path
                self._report.use("documents")
                self._report.use("sentences", len(item.document.sentences))
                self._report.use("images", len(item.document.images))
                yield item

    def _items(self, source: Source) -> Iterator[Item]:
        if source.kind != "image":
            require_splitter("raw text", "extract")
        if source.kind in {"page", "mail"}:
            require_inscriptis()
        if source.kind == "pdf":
            require_pypdf()
        if source.path.suffix.lower() == ".parquet":
            require_pyarrow()
        try:
            if source.kind == "documents":
                yield from self._records(_contents(source.path), source)
            elif source.kind == "table":
                yield from self._records(self._rows(source), source)
            elif source.kind == "image":
                yield Item(Document(source.name, images=(_to_image(source.path),)), source.name)
            elif source.kind == "stdin":
                yield from self._standard_input(source)
            else:
                yield self._article(read_file(source.path), source)
        except RmplError as error:
            self._on_unreadable(error)
        except OSError as error:
            what = f"cannot be read ({error.strerror or error})"
            self._on_unreadable(RmplError(what, where=source.name))

    def _article(self, data: bytes, source: Source) -> Item:
        check_content(source.kind, data, source.name)
        article = self._read(data, source)
        sentences = split_text(
            article.text, source.name, article.find, self._report, max_characters=self._most
        )
        shown = list(self._readable((*article.images, *source.images)))
        document = Document(
            id=source.name, sentences=sentences, images=tuple(shown), metadata=article.metadata
        )
        document = with_captions(document, self._report)
        if not document.sentences and not document.images:
            raise RmplError("no text found", where=source.name)
        return Item(document, source.name, article.text if article.is_extracted else None)

    def _read(self, data: bytes, source: Source) -> Article:
        """Read an article of any format."""
        name, path = source.name, source.path
        if source.kind == "page":
            text, metadata = page_text_and_metadata(data, name, self._most)
            return Article(text, line_paragraphs, metadata, is_extracted=True)
        if source.kind == "word":
            return read_word(archive_of(path), path, name)
        if source.kind == "pdf":
            return read_pdf(data, name, self._report)
        if source.kind == "mail":
            return read_mail(data, path, name, self._report, self._most)
        text = as_text(data, name)
        if source.kind == "markdown":
            return Article(text, markdown_paragraphs, front_matter_of(text))
        return Article(text, plain_paragraphs, {})

    def _readable(self, images: Iterable[Shown]) -> Iterator[Image]:
        """Yield the readable images of an article, each once; broken ones are reported."""
        seen = set[Path]()
        for path, caption in images:
            if path in seen:
                continue
            seen.add(path)
            try:
                yield msgspec.structs.replace(_to_image(path), caption=caption)
            except RmplError as error:
                self._on_unreadable(error)

    def _rows(self, source: Source) -> Iterator[tuple[str, bytes]]:
        """Yield the rows of a table as JSON objects; others are reported."""
        check_kind(source.kind, source.path)
        for where, content in table_rows(source.path, self._report):
            if isinstance(content, RmplError):
                self._on_unreadable(content)
            else:
                yield where, content

    def _standard_input(self, source: Source) -> Iterator[Item]:
        """Read JSON lines as they come, and else the whole, by what it holds."""
        file = cast("BinaryIO", sys.stdin.buffer)
        head = cast("_Peekable", file).peek(1).removeprefix(BOM).lstrip()
        first = b""
        if head.startswith(b"{"):
            first = file.readline(MAX_LINE_BYTES).removeprefix(BOM)
            if _is_object(first):
                yield from self._records(_lines_after(first, file, source.name), source)
                return
        data = first + whole_of(file, "standard input", MAX_BYTES)
        start = data.lstrip()
        if not start:
            raise RmplError("empty input", where="standard input")
        if start.startswith(b"{") or (start.startswith(b"[") and _is_list(data)):
            yield from self._records(_objects(data, source.name), source)
        elif _PAGE.match(start) is not None:
            require_inscriptis()
            for _ in page_images(data, source.name, self._most):
                self._report.warn(NO_FOLDER, source.name)
            yield self._article(data, source._replace(kind="page"))
        else:
            yield self._article(data, source)

    def _records(self, contents: Iterable[tuple[str, bytes]], source: Source) -> Iterator[Item]:
        for where, content in contents:
            try:
                document = read_record(
                    content, where, where, self._report, max_characters=self._most
                )
            except RmplError as error:
                self._on_unreadable(error)
                continue
            folder = source.root if source.kind == "stdin" else source.path.parent
            document = with_own_images(document, folder, where, self._report, self._on_unreadable)
            images = [image for image in document.images if self._opens(image)]
            document = msgspec.structs.replace(document, images=tuple(images))
            # The sentences of a document in the project's own format stay as they are given.
            has_text = any(sentence.source for sentence in document.sentences)
            yield Item(with_captions(document, self._report) if has_text else document, source.name)

    def _opens(self, image: Image) -> bool:
        if image.path is None:
            return True
        try:
            _to_image(Path(image.path))
        except RmplError as error:
            self._on_unreadable(error)
            return False
        return True


def _repeated(name: str, first: str, second: str) -> RmplError:
    if first == second:
        is_file = name == second
        remedy = "name it once" if is_file else "give each document its own id, or none"
        return RmplError(f"repeated document id {name!r}", where=second, remedy=remedy)
    return RmplError(
        f"repeated document id {name!r}, which {first} has, too",
        where=second,
        remedy="read the files one at a time, or give each document its own id, or none",
    )


class _Peekable(Protocol):
    def peek(self, size: int, /) -> bytes: ...


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the JSON objects of a document file, each with its location."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        # A column of a type that JSON lacks is not ours: it is encoded as text and ignored.
        yield from ((where, _PLAIN.encode(row)) for where, row in read_parquet(path))
        return
    if not name.endswith(".json"):
        yield from read_lines(path)
        return
    yield from _objects(read_file(path), path_name(path))


def _lines_after(first: bytes, file: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the first line, which was read already, and then the others."""
    yield f"{name}:1", first.strip()
    for where, content in lines_of(file, name):
        yield f"{name}:{int(where.rpartition(':')[2]) + 1}", content


def _objects(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the objects of a JSON text: a list of them, one, or one per line."""
    if data.lstrip().startswith(b"["):
        contents: list[msgspec.Raw] = decode(_LIST, data, name)
        for number, content in enumerate(contents, start=1):
            yield f"{name}, document {number}", bytes(content)
        return
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if len(lines) > 1 and _is_object(lines[0][1]):
        yield from ((f"{name}:{number}", line.strip()) for number, line in lines)
    else:
        yield name, data


def _is_object(data: bytes) -> bool:
    try:
        _OBJECT.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_list(data: bytes) -> bool:
    try:
        return bool(_LIST.decode(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _to_image(path: Path) -> Image:
    """Decode an image once, so that a truncated file is found before a batch; return its record."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise RmplError(
            "an image whose name, or its folder's, is not UTF-8",
            where=path_name(path),
            remedy="rename it: results are UTF-8 and name their images",
        ) from error
    width, height = open_image(path).size
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise RmplError(
            "an image too narrow for any model",
            where=f"{path_name(path)}, {width} x {height} pixels",
        )
    return Image(path_name(path), str(path), width, height)
