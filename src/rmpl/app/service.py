"""Extraction for the page and the API: uploads in, a document with its events out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from rmpl.app.limits import Budget, Limits, Share, Totals
from rmpl.app.reading import IMAGES, Upload, check_sizes, check_totals, read
from rmpl.errors import RmplError
from rmpl.extraction.asking import Progress
from rmpl.extraction.extractor import Extractor
from rmpl.extraction.stopping import StoppedError
from rmpl.inputs.reading import Item
from rmpl.predictions.results import result_line
from rmpl.records import Document
from rmpl.runs.notices import notice_of

AS_TRAINED = "as trained"
"""The schema that a model was trained on."""

KEPT = 2
"""The number of models kept in memory, least recently used evicted."""

_log = logging.getLogger("uvicorn.error")


class Found(NamedTuple):
    """A document with its events, its output line (docs/extraction.md) and its drawing."""

    document: Document
    line: bytes
    page: str | None


Load = Callable[[str, str | None], Extractor]
"""Loads a model with a schema, ``None`` for the model's own."""


class Service:
    """Extracts events from uploads with one of several models.

    Uploads cannot refer to files of this machine: models and schemas are those that the service
    was started with. Images are decoded one at a time, over all requests.

    Parameters
    ----------
    models
        Run folders, model folders or hub ids; the first is the default.
    schemas
        Packaged names or YAML files, in addition to those of the models.
    notice
        Returns what users of a model must be warned of, if anything.
    """

    def __init__(
        self,
        models: Sequence[str],
        schemas: Sequence[str] = (),
        *,
        limits: Limits | None = None,
        load: Load | None = None,
        notice: Callable[[str], str | None] = notice_of,
    ) -> None:
        self._models = {_label(model): model for model in models}
        self._schemas = {AS_TRAINED: None, **{_label(schema): schema for schema in schemas}}
        self.models = list(self._models)
        self.schemas = list(self._schemas)
        self.limits = limits or Limits()
        self.folder: Path | None = None
        """Folder for images during processing; the system's temporary folder by default."""
        self.notices = {
            label: said for label, model in self._models.items() if (said := notice(model))
        }
        """What users of a model must be warned of, by its name."""
        self.broken: RmplError | None = None
        """Why the default model could not be loaded."""
        self._load = load or _load
        self._extractors: OrderedDict[tuple[str, str], Extractor] = OrderedDict()
        self._loads: dict[tuple[str, str], asyncio.Task[Extractor]] = {}
        self._loading = asyncio.Lock()
        self._pixels = Budget(self.limits.running_pixels)
        self._reader = ThreadPoolExecutor(1, "rmpl-reader")

    @property
    def loaded(self) -> list[str]:
        """The names of the models in memory."""
        return list(dict.fromkeys(model for model, _ in self._extractors))

    def close(self) -> None:
        """Wait until running reads are done and cleaned up."""
        self._reader.shutdown()

    async def warm(self) -> None:
        """Load the default model; an error is reported to the first request that needs it."""
        with contextlib.suppress(RmplError):
            await self._extractor(self.models[0], self.schemas[0])

    def check(
        self, *documents: tuple[str, Sequence[Upload]], model: str | None, schema: str | None
    ) -> None:
        """Check a request as far as that needs no work, but what concerns one of many documents.

        Raises
        ------
        RmplError
            If model or schema is unknown, a limit is exceeded, or its only document has no input.
        """
        self._choose("model", model, self.models)
        self._choose("schema", schema, self.schemas)
        if len(documents) == 1:
            check_sizes(*documents[0], self.limits)
        else:
            text = "".join(text for text, _ in documents)
            check_totals(text, [file for _, files in documents for file in files], self.limits)

    async def extract(
        self,
        text: str,
        files: Sequence[Upload] = (),
        *,
        model: str | None = None,
        schema: str | None = None,
        draw: bool = False,
        is_example: bool = False,
        totals: Totals | None = None,
        progress: Progress | None = None,
    ) -> Found:
        """Return the document made of a text and files, with its events.

        On cancellation the work stops at its next step.

        Parameters
        ----------
        draw
            Whether it is also drawn as a self-contained page, with a warning about the model, if
            there is one, unless it ``is_example``.
        totals
            Of the request, if it has other documents.
        progress
            Called with what is under way, in any thread.

        Raises
        ------
        BusyError
            If concurrent requests have too many pixels.
        RmplError
            If model or schema is unknown, a limit is exceeded, a file cannot be read, or there is
            no input.
        """
        chosen = self._choose("model", model, self.models)
        chosen_schema = self._choose("schema", schema, self.schemas)
        check_sizes(text, files, self.limits)
        loop = asyncio.get_running_loop()
        given_up = threading.Event()
        folder = None
        if any(file.ending in IMAGES for file in files):
            folder = Path(tempfile.mkdtemp(prefix="rmpl-upload-", dir=self.folder))

        def go_on() -> None:
            if given_up.is_set():
                raise StoppedError

        def make() -> Document:
            go_on()
            made = read(text, files, folder, limits=self.limits, pixels=pixels, go_on=go_on)
            if totals is not None:
                totals.add(made)
            return made

        def tell(step: str, done: int = 0, of: int = 0) -> None:
            if progress is not None and not given_up.is_set():
                progress(step, done, of)

        try:
            with Share(self._pixels, "pixels") as pixels:
                tell("reading")
                document = await loop.run_in_executor(self._reader, make)
                if (chosen, chosen_schema) not in self._extractors:
                    tell("loading the model")
                extractor = await self._extractor(chosen, chosen_schema)
                tell("waiting for the model")
                found = await _extracted(extractor, document, tell)
                page = None
                if draw:  # before the images are removed
                    tell("drawing")
                    said = None if is_example else self.notices.get(chosen)
                    page = await loop.run_in_executor(self._reader, _draw, found, said)
                found = _without_paths(found)
                return Found(
                    found, result_line(found, Item(found, "upload"), extractor.media), page
                )
        finally:
            given_up.set()
            if folder is not None:
                # After the reader has finished with this request.
                self._reader.submit(shutil.rmtree, folder, ignore_errors=True)

    def _choose(self, what: str, wanted: str | None, known: Sequence[str]) -> str:
        if not wanted:
            return known[0]
        if wanted not in known:
            raise RmplError(f"unknown {what} {wanted!r}", remedy=f"use one of {', '.join(known)}")
        return wanted

    async def _extractor(self, model: str, schema: str) -> Extractor:
        """Return the extractor, loaded once however many requests wait for it or leave."""
        key = (model, schema)
        if key in self._extractors:
            self._extractors.move_to_end(key)
            return self._extractors[key]
        if key not in self._loads:
            loading = asyncio.get_running_loop().create_task(self._loaded(key))
            self._loads[key] = loading
            loading.add_done_callback(lambda _: self._loads.pop(key, None))
        return await asyncio.shield(self._loads[key])

    async def _loaded(self, key: tuple[str, str]) -> Extractor:
        model, schema = key
        async with self._loading:
            try:
                made = await asyncio.to_thread(
                    self._load, self._models[model], self._schemas[schema]
                )
            except RmplError as error:
                # The error names files of this machine, which are not disclosed.
                _log.error("%s", error)
                told = RmplError(
                    "the model cannot be loaded",
                    where=model,
                    remedy="see the server's log",
                )
                if model == self.models[0]:
                    self.broken = told
                raise told from error
            if model == self.models[0]:
                self.broken = None
            self._extractors[key] = made
            while len(self._extractors) > KEPT:
                self._extractors.popitem(last=False)
            return made


def _label(source: str) -> str:
    """Return the displayed name of a model or schema: at most the last two parts of a path."""
    path = Path(source)
    return "/".join(path.parts[-2:]) if path.is_absolute() else source


def _load(model: str, schema: str | None) -> Extractor:
    return Extractor.from_pretrained(model, schema=schema)


async def _extracted(extractor: Extractor, document: Document, progress: Progress) -> Document:
    try:
        return await extractor.extract_async(document, progress=progress)
    except RmplError as error:
        raise _named_by_id(error, document) from error


def _named_by_id(error: RmplError, document: Document) -> RmplError:
    """Return an error with uploaded names in place of temporary files."""

    def said(text: str | None) -> str | None:
        for image in document.images:
            text = text and text.replace(image.path or image.id, image.id)
        return text

    return type(error)(said(error.what) or "", where=said(error.where), remedy=said(error.remedy))


def _without_paths(document: Document) -> Document:
    images = tuple(msgspec.structs.replace(one, path=None) for one in document.images)
    return msgspec.structs.replace(document, images=images)


def _draw(document: Document, warning: str | None) -> str:
    from rmpl.viewer.extraction import extraction_page  # noqa: PLC0415 - only for drawing

    warnings = [] if warning is None else [warning]
    return extraction_page(title="What was found", documents=[document], rule="", warnings=warnings)
