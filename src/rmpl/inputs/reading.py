"""From sources to documents, one at a time; what cannot be read is told of and left out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

import msgspec

from rmpl.errors import RmplError
from rmpl.inputs.files import MOST_BYTES, Tell, as_text, path_name, read_file
from rmpl.inputs.pages import page_text, require_inscriptis
from rmpl.inputs.paragraphs import Finder, line_paragraphs, markdown_paragraphs, plain_paragraphs
from rmpl.inputs.records import read_record, with_own_pictures
from rmpl.inputs.sentences import split_text
from rmpl.inputs.sources import Source
from rmpl.io.files import decode, lines_of, read_lines, whole_of
from rmpl.io.images import open_image
from rmpl.io.parquet import read_parquet, require_pyarrow
from rmpl.io.read_report import ReadReport
from rmpl.io.segmentation import require_splitter
from rmpl.records import Document, Image

_PARAGRAPHS: dict[str, Finder] = {
    "text": plain_paragraphs,
    "markdown": markdown_paragraphs,
    "page": line_paragraphs,
    "stdin": plain_paragraphs,
}
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_PLAIN = msgspec.json.Encoder(enc_hook=str)

MOST_RATIO = 100
"""Of a picture's sides; Qwen's processors refuse 200. What has more is a line, no picture."""


class Item(NamedTuple):
    """A document to extract from, and where it came from.

    Parameters
    ----------
    document
        Its sentences and pictures.
    path
        The file it was read from, as it was named.
    text
        The text that ``Sentence.source`` counts in, where no file holds it: that of a page.
    """

    document: Document
    path: str
    text: str | None = None


class Reader:
    """Reads sources into documents.

    Parameters
    ----------
    report
        Counts what was used, and what was kept although it looks odd.
    tell
        Hears of each thing that cannot be read, when it is met.
    max_characters
        The most that the text of a document may have; one that has more is told of before its
        sentences are looked for.
    """

    def __init__(
        self, report: ReadReport, tell: Tell, *, max_characters: int | None = None
    ) -> None:
        self._report = report
        self._most = max_characters
        self._tell = tell
        self._seen: set[str] = set()

    def read(self, sources: Iterable[Source]) -> Iterator[Item]:
        """Yield the documents of the sources, in their order; each id once.

        Raises
        ------
        RmplError
            If a library that a source needs is not installed.
        """
        for source in sources:
            for item in self._items(source):
                name = item.document.id
                if name in self._seen:
                    self._tell(RmplError(f"document {name!r} comes a second time", where=item.path))
                    continue
                self._seen.add(name)
                self._report.use("documents")
                self._report.use("sentences", len(item.document.sentences))
                self._report.use("images", len(item.document.images))
                yield item

    def _items(self, source: Source) -> Iterator[Item]:
        if source.kind != "picture":
            require_splitter("text of one's own", "extract")
        if source.kind == "page":
            require_inscriptis()
        if source.path.suffix.lower() == ".parquet":
            require_pyarrow()
        try:
            if source.kind == "documents":
                yield from self._records(_contents(source.path), source)
            elif source.kind == "picture":
                yield Item(Document(source.name, images=(_picture(source.path),)), source.name)
            elif source.kind == "stdin":
                yield from self._standard_input(source)
            else:
                yield self._article(read_file(source.path), source)
        except RmplError as error:
            self._tell(error)
        except OSError as error:
            what = f"cannot be read ({error.strerror or error})"
            self._tell(RmplError(what, where=source.name))

    def _article(self, data: bytes, source: Source) -> Item:
        is_page = source.kind == "page"
        text = page_text(data, source.name, self._most) if is_page else as_text(data, source.name)
        find = _PARAGRAPHS[source.kind]
        sentences = split_text(text, source.name, find, self._report, max_characters=self._most)
        document = Document(
            id=source.name, sentences=sentences, images=tuple(self._readable(source.pictures))
        )
        if not document.sentences and not document.images:
            raise RmplError("no text in it", where=source.name)
        return Item(document, source.name, text if is_page else None)

    def _readable(self, paths: Iterable[Path]) -> Iterator[Image]:
        """Yield the pictures of an article; without one that is broken it is still read."""
        for path in paths:
            try:
                yield _picture(path)
            except RmplError as error:
                self._tell(error)

    def _standard_input(self, source: Source) -> Iterator[Item]:
        file = sys.stdin.buffer
        if cast("_Peekable", file).peek(1).lstrip().startswith(b"{"):
            yield from self._records(lines_of(cast("BinaryIO", file), source.name), source)
            return
        data = whole_of(cast("BinaryIO", file), "standard input", MOST_BYTES)
        if not data.strip():
            raise RmplError("nothing came", where="standard input")
        yield self._article(data, source)

    def _records(self, contents: Iterable[tuple[str, bytes]], source: Source) -> Iterator[Item]:
        for where, content in contents:
            try:
                document = read_record(
                    content, where, where, self._report, max_characters=self._most
                )
            except RmplError as error:
                self._tell(error)
                continue
            folder = source.path.parent if source.kind == "documents" else source.root
            document = with_own_pictures(document, folder, where, self._tell)
            images = [image for image in document.images if self._opens(image)]
            yield Item(msgspec.structs.replace(document, images=tuple(images)), source.name)

    def _opens(self, image: Image) -> bool:
        if image.path is None:
            return True
        try:
            _picture(Path(image.path))
        except RmplError as error:
            self._tell(error)
            return False
        return True


class _Peekable(Protocol):
    def peek(self, size: int, /) -> bytes: ...


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the objects of a file of documents, each with its place."""
    ending = path.suffix.lower()
    if ending == ".parquet":
        # A column that JSON has no form for is none of ours: as text it is left alone.
        yield from ((where, _PLAIN.encode(row)) for where, row in read_parquet(path))
        return
    if ending != ".json":
        yield from read_lines(path)
        return
    data = read_file(path)
    name = path_name(path)
    if not data.lstrip().startswith(b"["):
        yield name, data
        return
    contents: list[msgspec.Raw] = decode(_LIST, data, name)
    for number, content in enumerate(contents, start=1):
        yield f"{name}, document {number}", bytes(content)


def _picture(path: Path) -> Image:
    """Return a picture as it is upright, decoded once: a file cut short must not stop a batch."""
    picture = open_image(path)
    width, height = picture.size
    if max(width, height) > MOST_RATIO * min(width, height):
        raise RmplError(
            "a picture too narrow for any model",
            where=f"{path_name(path)}, {width} x {height} pixels",
        )
    return Image(path_name(path), str(path), width, height)
