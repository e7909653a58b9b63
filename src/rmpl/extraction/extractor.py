"""The extractor: documents in, grounded events out, for programs and for ``rmpl extract``.

::

    from rmpl import Extractor

    extractor = Extractor.from_pretrained("demo/run")
    document = extractor.extract("Police arrested Ana Reyes in Lima on Monday.")
    for event in document.events:
        print(event.event_type, event.text, event.arguments, event.score)
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmpl.errors import RmplError
from rmpl.extraction.about import named, schema_of, score_bound
from rmpl.extraction.asking import Progress, to_all
from rmpl.extraction.calibration import Calibration, read_calibration
from rmpl.extraction.chunks import FIRST, chunks
from rmpl.extraction.engines.base import Engine, EngineError
from rmpl.extraction.given import Given, GivenImages, GivenWarnings, check_many, document_of
from rmpl.extraction.pipeline import Pipeline
from rmpl.extraction.stopping import StoppedError, stopped_when
from rmpl.inputs.reading import Item, Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.predictions.min_score import check_min_score, with_min_score
from rmpl.records import Document
from rmpl.runs.shipped import NAME as SHIPPED
from rmpl.tasks import Context
from rmpl.views.documents import DocumentView, view

if TYPE_CHECKING:
    from rmpl.extraction.engines.server.engine import Guided


@dataclasses.dataclass(eq=False)
class _Waiting:
    """A document with a waiting caller; one that ``is_alone`` shares no batch."""

    document: Document
    done: asyncio.Future[Document]
    progress: Progress | None = None
    is_alone: bool = False

    def is_cancelled(self) -> bool:
        return self.done.cancelled()


class Extractor:
    """Extracts events from documents.

    Parameters
    ----------
    engine
        Answers the prompts.
    context
        The schema and the model's conventions.
    calibration
        Of the model; without it, confidences are not calibrated.
    constrained
        Whether decoding is constrained to the tasks' grammars.
    min_score
        Events of a lower score are left out, and their links.
    """

    def __init__(
        self,
        engine: Engine,
        context: Context,
        *,
        calibration: Calibration | None = None,
        constrained: bool = True,
        min_score: float = 0.0,
    ) -> None:
        self._min_score = min_score
        self._warnings = GivenWarnings()
        self._pipeline = Pipeline(engine, context, calibration=calibration, constrained=constrained)
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None
        self.about: dict[str, Any] = {
            "schema": context.ontology,
            "constrained": constrained,
            "calibration": calibration,
            **score_bound(min_score),
        }
        """Everything but the documents that results depend on."""

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = SHIPPED,
        *,
        adapters: Sequence[str | Path] = (),
        schema: str | Path | Ontology | None = None,
        batch: int | None = None,
        constrained: bool = True,
        device: str | None = None,
        min_score: float = 0.0,
    ) -> Extractor:
        """Load a model.

        Parameters
        ----------
        model
            A run's folder (or that of one of its stages), such a run on the hub, a model's folder,
            or a hub id; by default the run that the package contains, which reads text only.
        adapters
            Folders of adapters to apply, in this order.
        schema
            Event types and roles: a packaged name, a YAML file, or an ``Ontology``; by default the
            run's.
        batch
            The number of prompts answered together; by default ``LocalEngine``'s.
        constrained
            Whether decoding is constrained to the tasks' grammars.
        device
            ``cpu``, ``cuda``, ``cuda:1``, ...; by default a GPU, if there is one. Weights are bf16
            on a GPU and fp32 elsewhere.
        min_score
            Events of a lower score are left out, and their links; 0 to 1.

        Raises
        ------
        RmplError
            If the model or the schema cannot be loaded, or there is no such device.
        """
        from rmpl.extraction.engines.local.engine import LocalEngine  # noqa: PLC0415 - torch only when it is used
        from rmpl.runs.trained import load_any  # noqa: PLC0415

        check_min_score(min_score)
        if schema is not None:  # report a mistake in it before loading weights
            schema = schema_of(schema, None)
        backbone, folder = load_any(str(model), [Path(one) for one in adapters], device=device)
        extractor = cls(
            LocalEngine(backbone, batch=batch),
            backbone.context(schema_of(schema, folder)),
            calibration=None if folder is None else read_calibration(folder),
            constrained=constrained,
            min_score=min_score,
        )
        extractor.about = {**named(model, adapters), **extractor.about}
        return extractor

    @classmethod
    def from_server(
        cls,
        url: str,
        served: str,
        *,
        model: str | Path,
        schema: str | Path | Ontology | None = None,
        key: str | None = None,
        at_once: int = 16,
        guided: Guided = "auto",
        constrained: bool = True,
        min_score: float = 0.0,
    ) -> Extractor:
        """Use a model on an OpenAI-compatible server; see docs/engines.md.

        Parameters
        ----------
        url
            The server's address, including ``/v1``.
        served
            The model's name on the server.
        model
            The served model, as for ``from_pretrained``; it determines the wording of prompts and
            the format of boxes. Its weights are not loaded.
        schema
            As for ``from_pretrained``.
        key
            Sent as a bearer token, if given.
        at_once
            Maximum number of concurrent requests.
        guided
            How grammars are sent to the server.
        constrained
            Whether decoding is constrained to the tasks' grammars.
        min_score
            As for ``from_pretrained``.

        Raises
        ------
        RmplError
            If the address is invalid, or the model or schema is not known.
        """
        from rmpl.backbones.backbone import context_of  # noqa: PLC0415
        from rmpl.backbones.served_images import served_images  # noqa: PLC0415
        from rmpl.extraction.engines.server.connection import is_vllm  # noqa: PLC0415
        from rmpl.extraction.engines.server.engine import ServerEngine  # noqa: PLC0415 - an extra
        from rmpl.runs.trained import conventions_of  # noqa: PLC0415

        source, settings, folder = conventions_of(str(model))
        images = served_images(source, settings, lambda: is_vllm(url, key))
        extractor = cls(
            ServerEngine(url, served, key=key, at_once=at_once, guided=guided, images=images),
            context_of(source, images.settings, schema_of(schema, folder)),
            calibration=None if folder is None else read_calibration(folder),
            constrained=constrained,
            min_score=min_score,
        )
        extractor.about = {"model": str(model), "served": served, **extractor.about}
        return extractor

    def __repr__(self) -> str:
        model = self.about.get("model", "own engine")
        types = len(self.about["schema"].events)
        return f"<Extractor {model}: {types} event types, {' and '.join(self.media)}>"

    @property
    def media(self) -> tuple[str, ...]:
        """The media that it extracts from: those that the model reads."""
        return self._pipeline.media

    @property
    def asked(self) -> Counter[str]:
        """Prompts asked so far, by task."""
        return self._pipeline.asked

    @property
    def failures(self) -> Counter[str]:
        """Unparseable answers so far, by task."""
        return self._pipeline.failures

    def extract(self, document: Given | None = None, *, images: GivenImages = ()) -> DocumentView:
        """Return a document with the extracted events, which replace any that it had.

        ``Sentence.source`` holds offsets into a given text; boxes are in pixels of the upright
        image.

        Parameters
        ----------
        document
            A document, a text (any ``str``), or the ``Path`` of a file or folder.
        images
            Files of images that belong to it.

        Raises
        ------
        RmplError
            If it or an image cannot be read, or a path holds no document or more than one.
        """
        self._warnings.look(document, images, self.media, stacklevel=3)
        return self._views(self._extracted([document_of(document, images)], None))[0]

    def extract_all(
        self, documents: Iterable[Given], progress: Progress | None = None
    ) -> list[DocumentView]:
        """Return documents with their events, in order; they share batches.

        Raises
        ------
        RmplError
            As ``extract``: one unreadable document stops all.
        """
        check_many(documents)
        read = []
        for given in documents:
            self._warnings.look(given, (), self.media, stacklevel=3)
            read.append(document_of(given))
        return self._views(self._extracted(read, progress))

    def extract_files(
        self, *paths: str | Path, progress: Progress | None = None
    ) -> Iterator[DocumentView]:
        """Yield the documents of files and folders with their events, in constant memory.

        Raises
        ------
        RmplError
            At the first unreadable file.
        """
        report = ReadReport()
        sources = find_sources([str(path) for path in paths], report, _stop)
        for _, found in self.stream(Reader(report, _stop).read(sources), progress):
            if isinstance(found, RmplError):
                raise found
            yield view(found, self.media)

    def stream(
        self, items: Iterable[Item], progress: Progress | None = None
    ) -> Iterator[tuple[Item, Document | RmplError]]:
        """Yield each item with its extracted document, or with the error that prevented it.

        Documents are processed in groups of some hundred sentences and images, the first ones of
        fewer.

        Raises
        ------
        EngineError
            If the engine itself fails.
        """
        for chunk in chunks(items, lambda item: item.document, first=FIRST):
            found = self._each([item.document for item in chunk], progress)
            yield from zip(chunk, found, strict=True)

    async def extract_async(
        self,
        document: Given | None = None,
        *,
        images: GivenImages = (),
        progress: Progress | None = None,
    ) -> DocumentView:
        """Extract without blocking the event loop; concurrent calls share batches.

        A cancelled call stops the work within one step of the engine. Documents that shared its
        batch are restarted, each in a batch of its own, so that none is restarted twice.
        ``progress`` is called from the working thread, with counts of all that share the batch.

        Raises
        ------
        RmplError
            As ``extract``.
        """
        self._warnings.look(document, images, self.media, stacklevel=3)
        loop = asyncio.get_running_loop()
        read = await asyncio.to_thread(document_of, document, images)
        done: asyncio.Future[Document] = loop.create_future()
        self._waiting.append(_Waiting(read, done, progress))
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work())
        return view(await done, self.media)

    async def _work(self) -> None:
        """Process all waiting documents; those that arrive meanwhile form the next group."""
        while group := self._next_group():
            found: Sequence[Document | Exception]
            try:
                found = await asyncio.to_thread(self._unless_cancelled, group)
            except StoppedError:
                rest = [one for one in group if not one.is_cancelled()]
                for one in rest:
                    one.is_alone = True
                self._waiting[:0] = rest
                continue
            except Exception as error:  # whatever it is, no caller may wait for ever
                found = [error] * len(group)
            for one, result in zip(group, found, strict=True):
                if one.is_cancelled():
                    continue
                if isinstance(result, Exception):
                    one.done.set_exception(result)
                else:
                    one.done.set_result(result)

    def _next_group(self) -> list[_Waiting]:
        """Take the waiting documents: one that must be alone, else all; drop cancelled ones."""
        waiting = [one for one in self._waiting if not one.is_cancelled()]
        most = 1 if waiting and waiting[0].is_alone else len(waiting)
        self._waiting = waiting[most:]
        return waiting[:most]

    def _unless_cancelled(self, group: list[_Waiting]) -> list[Document | RmplError]:
        progress = to_all(one.progress for one in group)
        with stopped_when(lambda: any(one.is_cancelled() for one in group)):
            return self._each([one.document for one in group], progress)

    def _extracted(self, documents: list[Document], progress: Progress | None) -> list[Document]:
        with self._lock:
            found = self._pipeline.extract(documents, progress)
        return [with_min_score(one, self._min_score) for one in found]

    def _views(self, documents: Iterable[Document]) -> list[DocumentView]:
        return [view(one, self.media) for one in documents]

    def _each(
        self, documents: list[Document], progress: Progress | None
    ) -> list[Document | RmplError]:
        """Extract from documents together, and one by one if one of them fails."""
        try:
            return list(self._extracted(documents, progress))
        except EngineError:
            raise
        except RmplError as error:
            if len(documents) == 1:
                return [error]
        return [found for one in documents for found in self._each([one], progress)]


def _stop(error: RmplError) -> None:
    raise error
