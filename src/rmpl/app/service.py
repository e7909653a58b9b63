"""What the page and the API both do: uploads in, a document with its events out."""

from __future__ import annotations

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import msgspec

from rmpl.corpora.report import ReadReport
from rmpl.errors import RmplError
from rmpl.extraction.results import result_line
from rmpl.extractor import Extractor
from rmpl.inputs.reading import Item, Reader
from rmpl.inputs.records import text_document
from rmpl.inputs.sources import find_sources
from rmpl.records import Document, Image, Sentence

AS_TRAINED = "as trained"
"""The schema that a model was trained on."""

ARTICLES = (".txt", ".md", ".html", ".htm")
PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff")
KEPT = 2
"""So many models are kept in memory, those used last."""


class Limits(msgspec.Struct, frozen=True):
    """What one request may hold, and how many may wait.

    ``characters`` counts all text, ``file_bytes`` one file; ``body_bytes`` is what is read of a
    request at all.
    """

    characters: int = 20_000
    files: int = 8
    file_bytes: int = 10_000_000
    waiting: int = 16

    @property
    def body_bytes(self) -> int:
        """Return the most that a request of the API may have: files in base 64, and the text."""
        return self.files * self.file_bytes * 4 // 3 + 8 * self.characters + 10_000


class Upload(NamedTuple):
    """A file as it came: its name and its bytes."""

    name: str
    content: bytes


class Found(NamedTuple):
    """A document with its events, the line that says so (docs/extraction.md), and its drawing."""

    document: Document
    line: bytes
    page: str | None


class BusyError(RmplError):
    """So many requests wait that another one is turned away."""


Load = Callable[[str, str | None], Extractor]
"""Takes a model and a schema, ``None`` for the model's own."""


class Service:
    """Extracts events from what is uploaded, with one of some models.

    Nothing that is uploaded names a file of this machine: models and schemas are chosen from those
    the service was started with.

    Parameters
    ----------
    models
        Runs' folders, models' folders or hub ids; the first is the default.
    schemas
        Packaged names or YAML files, besides what the models were trained on.
    """

    def __init__(
        self,
        models: Sequence[str],
        schemas: Sequence[str] = (),
        *,
        limits: Limits | None = None,
        load: Load | None = None,
    ) -> None:
        self._models = {_label(model): model for model in models}
        self._schemas = {AS_TRAINED: None, **{_label(schema): schema for schema in schemas}}
        self.models = list(self._models)
        self.schemas = list(self._schemas)
        self.limits = limits or Limits()
        self._load = load or _load
        self._extractors: OrderedDict[tuple[str, str], Extractor] = OrderedDict()
        self._loading = asyncio.Lock()
        self._running = 0

    async def extract(
        self,
        text: str,
        files: Sequence[Upload] = (),
        *,
        model: str | None = None,
        schema: str | None = None,
        draw: bool = False,
    ) -> Found:
        """Return the document that a text and files make, with the events found in it.

        With ``draw``, it is also drawn: a page that is whole and locked up like a report.

        Raises
        ------
        BusyError
            If too many requests wait.
        RmplError
            If the model or the schema is not one of these, a limit is passed, a file cannot be
            read, or there is nothing to read.
        """
        chosen = self._choose("model", model, self.models)
        inventory = self._choose("schema", schema, self.schemas)
        self._check(text, files)
        if self._running >= self.limits.waiting:
            raise BusyError(f"{self._running} requests wait already", remedy="try again later")
        self._running += 1
        try:
            with tempfile.TemporaryDirectory(prefix="rmpl-app-") as folder:
                document = await asyncio.to_thread(_read, text, files, Path(folder), self.limits)
                extractor = await self._extractor(chosen, inventory)
                found = await extractor.extract_async(document)
                # Drawn before the pictures go.
                page = await asyncio.to_thread(_draw, found) if draw else None
                found = _without_paths(found)
                return Found(found, result_line(found, Item(found, "upload")), page)
        finally:
            self._running -= 1

    def _choose(self, what: str, wanted: str | None, known: Sequence[str]) -> str:
        if not wanted:
            return known[0]
        if wanted not in known:
            raise RmplError(f"no {what} {wanted!r} here", remedy=f"use one of {', '.join(known)}")
        return wanted

    def _check(self, text: str, files: Sequence[Upload]) -> None:
        limits = self.limits
        if len(text) > limits.characters:
            raise RmplError(
                f"{len(text):,} characters", remedy=f"at most {limits.characters:,} are read"
            )
        if len(files) > limits.files:
            raise RmplError(f"{len(files)} files", remedy=f"at most {limits.files} are read")
        for file in files:
            if len(file.content) > limits.file_bytes:
                raise RmplError(
                    f"{len(file.content):,} bytes",
                    where=file.name,
                    remedy=f"at most {limits.file_bytes:,} are read",
                )

    async def _extractor(self, model: str, schema: str) -> Extractor:
        key = (model, schema)
        async with self._loading:
            if key not in self._extractors:
                source, inventory = self._models[model], self._schemas[schema]
                self._extractors[key] = await asyncio.to_thread(self._load, source, inventory)
                while len(self._extractors) > KEPT:
                    self._extractors.popitem(last=False)
            self._extractors.move_to_end(key)
            return self._extractors[key]


def _label(source: str) -> str:
    """Return what a model or a schema is called: of a folder, no more than its last two parts."""
    path = Path(source)
    return "/".join(path.parts[-2:]) if path.is_absolute() else source


def _load(model: str, schema: str | None) -> Extractor:
    return Extractor.from_pretrained(model, schema=schema)


def _read(text: str, files: Sequence[Upload], folder: Path, limits: Limits) -> Document:
    """Make one document of a text and files; ids are the names that the files came with."""
    sentences: list[Sentence] = []
    images: list[Image] = []
    if text.strip():
        sentences += text_document(text, "text").sentences
    seen = {"text"}
    for number, file in enumerate(files):
        name = _name(file.name)
        while name in seen:
            name = f"{number}-{name}"
        seen.add(name)
        # The name of an upload says what it is, and nothing about where it is kept.
        path = folder / f"{number}{Path(name).suffix.lower()}"
        path.write_bytes(file.content)
        document = _read_file(path, name)
        sentences += document.sentences
        images += document.images
    if not sentences and not images:
        raise RmplError("nothing to read", remedy="give a text, pictures, or both")
    characters = sum(len(sentence.text) for sentence in sentences)
    if characters > limits.characters:
        raise RmplError(
            f"{characters:,} characters", remedy=f"at most {limits.characters:,} are read"
        )
    return Document("upload", tuple(sentences), tuple(images))


def _name(given: str) -> str:
    """Return the last part of a name, whichever system it was written on."""
    return PureWindowsPath(PurePosixPath(given).name).name or "file"


def _read_file(path: Path, name: str) -> Document:
    """Read an article or a picture."""
    if path.suffix not in (*ARTICLES, *PICTURES):
        raise RmplError(
            "a file of another kind", where=name, remedy=f"use {', '.join(ARTICLES + PICTURES)}"
        )

    def stop(error: RmplError) -> None:
        # Where the upload is kept is nobody's business.
        raise RmplError(error.what, where=name, remedy=error.remedy)

    report = ReadReport()
    sources = [one._replace(name=name) for one in find_sources([str(path)], report, stop)]
    (item,) = Reader(report, stop).read(sources)
    images = tuple(msgspec.structs.replace(one, id=name) for one in item.document.images)
    return msgspec.structs.replace(item.document, images=images)


def _without_paths(document: Document) -> Document:
    images = tuple(msgspec.structs.replace(one, path=None) for one in document.images)
    return msgspec.structs.replace(document, images=images)


def _draw(document: Document) -> str:
    from rmpl.viewer.extraction import extraction_page  # noqa: PLC0415 - only where it is drawn

    return extraction_page(title="What was found", documents=[document], rule="")
