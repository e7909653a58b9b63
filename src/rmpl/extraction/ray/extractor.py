"""Extraction by many processes, on one machine or on many, with Ray Data (``rmpl[ray]``).

::

    from rmpl.extraction.ray.extractor import RayExtractor

    extractor = RayExtractor.from_pretrained("RUN", workers=8)
    for document in extractor.extract_files("news/"):
        ...

One task reads the files, as a single process does, and groups their documents into the same chunks.
Workers, each with a model of its own, extract from the chunks; results come in the order of the
files. The chunk of a worker that dies is processed again by another. Documents are sent as JSON in
Arrow tables. docs/engines.md describes what the machines need.
"""

from __future__ import annotations

import functools
import os
import socket
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from rmpl.errors import RmplError
from rmpl.extraction.about import about_pretrained
from rmpl.extraction.chunks import chunks
from rmpl.extraction.engines.base import EngineError
from rmpl.extraction.extractor import Extractor
from rmpl.extraction.ray.cluster import cluster, share
from rmpl.inputs.files import OnUnreadable
from rmpl.inputs.reading import Item, Reader
from rmpl.inputs.sources import STDIN, Source, find_sources
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document
from rmpl.views.documents import DocumentView, view

if TYPE_CHECKING:
    import pyarrow

Load = Callable[[], Extractor]
"""Makes a worker's extractor; Ray sends it to the worker."""

RETRIES = 3
"""The number of retries of a chunk whose worker died."""
_COLUMN = "json"


class _Failure(NamedTuple):
    """An ``RmplError`` in a form that is sent between processes."""

    what: str
    where: str | None
    remedy: str | None


class _Chunk(msgspec.Struct):
    """Documents that are processed together, before and after extraction.

    ``unread`` holds the errors of reading up to their end, ``failed`` those of single items by
    index, ``stop`` an error that ends everything. The last chunk holds the ``report`` of reading.
    """

    number: int
    items: list[Item] = []
    unread: list[_Failure] = []
    failed: dict[int, _Failure] = {}
    stop: _Failure | None = None
    asked: dict[str, int] = {}
    failures: dict[str, int] = {}
    report: dict[str, Any] | None = None


_DECODER = msgspec.json.Decoder(_Chunk)


class RayExtractor:
    """Extracts events from files with many workers.

    Parameters
    ----------
    load
        Makes a worker's extractor.
    workers
        The number of workers; each uses a GPU if there are any, else a share of the cores.
    about
        Everything but the documents that results depend on.
    media
        The media that the model reads.
    """

    def __init__(
        self,
        load: Load,
        *,
        workers: int,
        about: dict[str, Any] | None = None,
        media: tuple[str, ...] = ("text", "image"),
    ) -> None:
        self._load = load
        self._workers = workers
        self.about = about or {}
        self.media = media
        self.asked: Counter[str] = Counter()
        """Prompts asked so far, by task."""
        self.failures: Counter[str] = Counter()
        """Unparseable answers so far, by task."""

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path,
        *,
        workers: int,
        adapters: Sequence[str | Path] = (),
        schema: str | Path | Ontology | None = None,
        batch: int | None = None,
        constrained: bool = True,
        min_score: float = 0.0,
    ) -> Self:
        """Load a model in every worker, see ``Extractor.from_pretrained``.

        Raises
        ------
        RmplError
            If the model or the schema is not known.
        """
        from rmpl.runs.trained import media_read_by  # noqa: PLC0415 - torch only when it is used

        about = about_pretrained(
            model,
            adapters=adapters,
            schema=schema,
            constrained=constrained,
            min_score=min_score,
        )
        load = functools.partial(
            Extractor.from_pretrained,
            model,
            adapters=adapters,
            schema=about["schema"],
            batch=batch,
            constrained=constrained,
            min_score=min_score,
        )
        return cls(load, workers=workers, about=about, media=media_read_by(str(model)))

    def extract_files(self, *paths: str | Path) -> Iterator[DocumentView]:
        """Yield the documents of files and folders with their events, in constant memory.

        Raises
        ------
        RmplError
            At the first unreadable file, or if a worker fails.
        """

        def stop(error: RmplError) -> None:
            raise error

        report = ReadReport()
        sources = find_sources([str(path) for path in paths], report, stop)
        for _, found in self.stream(sources, report, stop):
            if isinstance(found, RmplError):
                raise found
            yield view(found, self.media)

    def stream(
        self,
        sources: Sequence[Source],
        report: ReadReport,
        tell: OnUnreadable,
        *,
        done: Collection[str] = (),
    ) -> Iterator[tuple[Item, Document | RmplError]]:
        """Yield each item of the sources with its extracted document, or with its error.

        Parameters
        ----------
        sources
            The files to read.
        report
            Receives the counts when everything is read.
        tell
            Called with the error of each unreadable input, in the order of reading.
        done
            The ids of documents to leave out.

        Raises
        ------
        EngineError
            If a worker cannot load its model, or its engine does not work.
        RmplError
            If Ray is not installed or fails.
        """
        if any(source.kind == "stdin" for source in sources):
            raise RmplError(
                "workers cannot read standard input", where=STDIN, remedy="save it as a file"
            )
        for chunk in self._chunks(sources, frozenset(done)):
            for trouble in chunk.unread:
                tell(_error(trouble))
            if chunk.stop is not None:
                raise EngineError(chunk.stop.what, where=chunk.stop.where, remedy=chunk.stop.remedy)
            self.asked.update(chunk.asked)
            self.failures.update(chunk.failures)
            if chunk.report is not None:
                report.add(chunk.report)
            for number, item in enumerate(chunk.items):
                refused = chunk.failed.get(number)
                yield item, item.document if refused is None else _error(refused)

    def _chunks(self, sources: Sequence[Source], done: frozenset[str]) -> Iterator[_Chunk]:
        here = str(Path.cwd())
        one_by_one: dict[str, Any] = {"batch_size": 1, "batch_format": "pyarrow"}
        with cluster(self._workers) as ray:
            rows = ray.data.from_arrow(_table(b""))
            rows.context.execution_options.preserve_order = True
            rows.context.target_max_block_size = 1  # else rows wait for a full block
            rows.context.max_consecutive_actor_init_deaths = RETRIES
            rows.context.enable_progress_bars = False
            rows = rows.map_batches(
                _read,
                fn_kwargs={"folder": here, "sources": list(sources), "done": done},
                num_cpus=0,
                **one_by_one,
            )
            attempts = ray.remote(num_cpus=0)(_Attempts).remote()
            rows = rows.map_batches(
                _Worker,
                fn_constructor_args=(self._load, attempts, here),
                compute=ray.data.ActorPoolStrategy(
                    size=self._workers,
                    max_tasks_in_flight_per_actor=2,  # one running, one waiting
                ),
                **share(self._workers),
                **one_by_one,
            )
            for row in rows.iter_batches(prefetch_batches=0, **one_by_one):
                yield _DECODER.decode(_content(row))


def _read(
    _: pyarrow.Table, *, folder: str, sources: list[Source], done: frozenset[str]
) -> Iterator[pyarrow.Table]:
    """Read all sources, chunk by chunk; repeatable, in case Ray runs it again."""
    report = ReadReport()
    unread: list[_Failure] = []

    def tell(error: RmplError) -> None:
        unread.append(_failure(error))

    try:
        _go_to(folder)
        items = Reader(report, tell).read(sources)
        new = (item for item in items if item.document.id not in done)
        for number, some in enumerate(chunks(new, lambda item: item.document)):
            yield _row(_Chunk(number, some, unread))
            unread.clear()
        yield _row(_Chunk(-1, unread=unread, report=report.as_dict()))
    except RmplError as error:
        yield _row(_Chunk(-1, unread=unread, stop=_failure(error)))


class _Attempts:
    """Counts the attempts per chunk, so that one that kills workers is not retried for ever."""

    def __init__(self) -> None:
        self._started: Counter[int] = Counter()

    def start(self, number: int) -> int:
        self._started[number] += 1
        return self._started[number]


class _Worker:
    """Extracts from chunks with a model of its own."""

    def __init__(self, load: Load, attempts: Any, folder: str) -> None:
        self._attempts = attempts
        self._stop: _Failure | None = None
        try:
            _go_to(folder)
            self._extractor = load()
        except RmplError as error:  # raised here, it would arrive wrapped, with a traceback
            self._stop = _failure(error)

    def __call__(self, row: pyarrow.Table) -> pyarrow.Table:
        chunk = _DECODER.decode(_content(row))
        chunk.stop = chunk.stop or self._stop or self._given_up(chunk)
        if chunk.stop is None:
            try:
                self._extract(chunk)
            except EngineError as error:
                chunk.stop = _failure(error)
        return _row(chunk)

    def _given_up(self, chunk: _Chunk) -> _Failure | None:
        import ray  # noqa: PLC0415 - optional

        if not chunk.items or ray.get(self._attempts.start.remote(chunk.number)) <= RETRIES + 1:
            return None
        first, last = chunk.items[0].document.id, chunk.items[-1].document.id
        return _Failure(
            f"{RETRIES + 1} workers died processing it",
            first if first == last else f"from {first} to {last}",
            "extract from these in a process of their own; --resume continues without them",
        )

    def _extract(self, chunk: _Chunk) -> None:
        """Replace the chunk's documents by the extracted ones."""
        asked, failures = self._extractor.asked.copy(), self._extractor.failures.copy()
        for number, (item, found) in enumerate(self._extractor.stream(list(chunk.items))):
            if isinstance(found, RmplError):
                chunk.failed[number] = _failure(found)
            else:
                chunk.items[number] = item._replace(document=found)
        chunk.asked = dict(self._extractor.asked - asked)
        chunk.failures = dict(self._extractor.failures - failures)


def _go_to(folder: str) -> None:
    """Change to the command's working directory, to which file names are relative."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise RmplError(
            f"is not on every machine ({error.strerror} on {socket.gethostname()})",
            where=folder,
            remedy="start in a folder shared by all machines of the cluster",
        ) from error


def _failure(error: RmplError) -> _Failure:
    return _Failure(error.what, error.where, error.remedy)


def _error(trouble: _Failure) -> RmplError:
    return RmplError(trouble.what, where=trouble.where, remedy=trouble.remedy)


def _row(chunk: _Chunk) -> pyarrow.Table:
    return _table(msgspec.json.encode(chunk))


def _table(content: bytes) -> pyarrow.Table:
    import pyarrow  # noqa: PLC0415 - optional; Ray brings it

    return pyarrow.table({_COLUMN: pyarrow.array([content], pyarrow.large_binary())})


def _content(row: pyarrow.Table) -> bytes:
    content: bytes = row[_COLUMN][0].as_py()
    return content
