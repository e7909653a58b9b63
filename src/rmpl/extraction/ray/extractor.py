"""Extraction by many processes, on one machine or on many, with Ray Data (``rmpl[ray]``).

::

    from rmpl.extraction.ray.extractor import RayExtractor

    extractor = RayExtractor.from_pretrained("RUN", workers=8)
    for document in extractor.extract_files("news/"):
        ...

One task reads the files, as a single process does, and cuts their documents into the same chunks.
Workers, each with a model of its own, extract from the chunks; results come in the files' order.
What a worker that dies was busy with is done again by another. Documents travel as JSON in Arrow
tables. docs/engines.md says what the machines need.
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
from rmpl.extraction.chunks import chunks
from rmpl.extraction.engines.base import EngineError
from rmpl.extraction.extractor import Extractor, about_pretrained
from rmpl.extraction.ray.cluster import cluster, share
from rmpl.inputs.files import Tell
from rmpl.inputs.reading import Item, Reader
from rmpl.inputs.sources import STDIN, Source, find_sources
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document

if TYPE_CHECKING:
    import pyarrow

Load = Callable[[], Extractor]
"""Makes a worker's extractor; Ray brings it to the worker."""

RETRIES = 3
"""So often a chunk is tried again that a worker died of."""
_COLUMN = "json"


class _Trouble(NamedTuple):
    """An ``RmplError`` on its way between processes."""

    what: str
    where: str | None
    remedy: str | None


class _Chunk(msgspec.Struct):
    """Documents that are worked on together, before and after.

    ``told`` is what could not be read up to their end, ``troubles`` why an item has no result,
    ``stop`` why there is no sense in going on. The last chunk holds the ``report`` of all reading.
    """

    number: int
    items: list[Item] = []
    told: list[_Trouble] = []
    troubles: dict[int, _Trouble] = {}
    stop: _Trouble | None = None
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
        How many there are; each takes a GPU where there are any, else its share of the cores.
    about
        What the results depend on besides the documents.
    """

    def __init__(self, load: Load, *, workers: int, about: dict[str, Any] | None = None) -> None:
        self._load = load
        self._workers = workers
        self.about = about or {}
        self.asked: Counter[str] = Counter()
        """Prompts asked so far, by task."""
        self.failures: Counter[str] = Counter()
        """Answers so far that could not be read whole, by task."""

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
    ) -> Self:
        """Let every worker load a model, see ``Extractor.from_pretrained``.

        Raises
        ------
        RmplError
            If the model or the schema is not known.
        """
        about = about_pretrained(model, adapters=adapters, schema=schema, constrained=constrained)
        load = functools.partial(
            Extractor.from_pretrained,
            model,
            adapters=adapters,
            schema=about["schema"],
            batch=batch,
            constrained=constrained,
        )
        return cls(load, workers=workers, about=about)

    def extract_files(self, *paths: str | Path) -> Iterator[Document]:
        """Yield the documents of files and folders with their events; memory stays flat.

        Raises
        ------
        RmplError
            At the first thing that cannot be read, or if a worker cannot go on.
        """

        def stop(error: RmplError) -> None:
            raise error

        report = ReadReport()
        sources = find_sources([str(path) for path in paths], report, stop)
        for _, found in self.stream(sources, report, stop):
            if isinstance(found, RmplError):
                raise found
            yield found

    def stream(
        self,
        sources: Sequence[Source],
        report: ReadReport,
        tell: Tell,
        *,
        done: Collection[str] = (),
    ) -> Iterator[tuple[Item, Document | RmplError]]:
        """Yield what sources hold with what was found in it, or with why nothing can be.

        Parameters
        ----------
        sources
            What to read.
        report
            Counts what was used, when all is read.
        tell
            Hears of each thing that cannot be read, before the results of what is behind it.
        done
            The ids of documents to leave out.

        Raises
        ------
        EngineError
            If a worker cannot load its model, or its engine does not work.
        RmplError
            If Ray is not there, or cannot go on.
        """
        if any(source.kind == "stdin" for source in sources):
            raise RmplError(
                "workers cannot read standard input", where=STDIN, remedy="save it as a file"
            )
        for chunk in self._chunks(sources, frozenset(done)):
            for trouble in chunk.told:
                tell(_error(trouble))
            if chunk.stop is not None:
                raise EngineError(chunk.stop.what, where=chunk.stop.where, remedy=chunk.stop.remedy)
            self.asked.update(chunk.asked)
            self.failures.update(chunk.failures)
            if chunk.report is not None:
                report.add(chunk.report)
            for number, item in enumerate(chunk.items):
                refused = chunk.troubles.get(number)
                yield item, item.document if refused is None else _error(refused)

    def _chunks(self, sources: Sequence[Source], done: frozenset[str]) -> Iterator[_Chunk]:
        here = str(Path.cwd())
        one_by_one: dict[str, Any] = {"batch_size": 1, "batch_format": "pyarrow"}
        with cluster(self._workers) as ray:
            rows = ray.data.from_arrow(_table(b""))
            rows.context.execution_options.preserve_order = True
            rows.context.target_max_block_size = 1  # else rows wait until a block of them is full
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
                    max_tasks_in_flight_per_actor=2,  # one at work, one that waits
                ),
                **share(self._workers),
                **one_by_one,
            )
            for row in rows.iter_batches(prefetch_batches=0, **one_by_one):
                yield _DECODER.decode(_content(row))


def _read(
    _: pyarrow.Table, *, folder: str, sources: list[Source], done: frozenset[str]
) -> Iterator[pyarrow.Table]:
    """Read everything, chunk by chunk; run a second time, it gives the same."""
    report = ReadReport()
    told: list[_Trouble] = []

    def tell(error: RmplError) -> None:
        told.append(_trouble(error))

    try:
        _go_to(folder)
        items = Reader(report, tell).read(sources)
        new = (item for item in items if item.document.id not in done)
        for number, some in enumerate(chunks(new, lambda item: item.document)):
            yield _row(_Chunk(number, some, told))
            told.clear()
        yield _row(_Chunk(-1, told=told, report=report.as_dict()))
    except RmplError as error:
        yield _row(_Chunk(-1, told=told, stop=_trouble(error)))


class _Attempts:
    """Counts how often each chunk is begun: what kills workers is not tried for ever."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> int:
        self._begun[number] += 1
        return self._begun[number]


class _Worker:
    """Extracts from chunks with a model of its own."""

    def __init__(self, load: Load, attempts: Any, folder: str) -> None:
        self._attempts = attempts
        self._stop: _Trouble | None = None
        try:
            _go_to(folder)
            self._extractor = load()
        except RmplError as error:  # raised from here, it would come wrapped, with a traceback
            self._stop = _trouble(error)

    def __call__(self, row: pyarrow.Table) -> pyarrow.Table:
        chunk = _DECODER.decode(_content(row))
        chunk.stop = chunk.stop or self._stop or self._given_up(chunk)
        if chunk.stop is None:
            try:
                self._extract(chunk)
            except EngineError as error:
                chunk.stop = _trouble(error)
        return _row(chunk)

    def _given_up(self, chunk: _Chunk) -> _Trouble | None:
        import ray  # noqa: PLC0415 - optional

        if not chunk.items or ray.get(self._attempts.begin.remote(chunk.number)) <= RETRIES + 1:
            return None
        first, last = chunk.items[0].document.id, chunk.items[-1].document.id
        return _Trouble(
            f"{RETRIES + 1} workers died of it",
            first if first == last else f"from {first} to {last}",
            "extract from these in a process of their own; without them --resume goes on",
        )

    def _extract(self, chunk: _Chunk) -> None:
        """Put what is found into the place of what it is found in."""
        asked, failures = self._extractor.asked.copy(), self._extractor.failures.copy()
        for number, (item, found) in enumerate(self._extractor.stream(list(chunk.items))):
            if isinstance(found, RmplError):
                chunk.troubles[number] = _trouble(found)
            else:
                chunk.items[number] = item._replace(document=found)
        chunk.asked = dict(self._extractor.asked - asked)
        chunk.failures = dict(self._extractor.failures - failures)


def _go_to(folder: str) -> None:
    """Work where the command was given: names of files are relative to that."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise RmplError(
            f"is not on every machine ({error.strerror} on {socket.gethostname()})",
            where=folder,
            remedy="start in a folder that all machines of the cluster share",
        ) from error


def _trouble(error: RmplError) -> _Trouble:
    return _Trouble(error.what, error.where, error.remedy)


def _error(trouble: _Trouble) -> RmplError:
    return RmplError(trouble.what, where=trouble.where, remedy=trouble.remedy)


def _row(chunk: _Chunk) -> pyarrow.Table:
    return _table(msgspec.json.encode(chunk))


def _table(content: bytes) -> pyarrow.Table:
    import pyarrow  # noqa: PLC0415 - optional; Ray brings it

    return pyarrow.table({_COLUMN: pyarrow.array([content], pyarrow.large_binary())})


def _content(row: pyarrow.Table) -> bytes:
    content: bytes = row[_COLUMN][0].as_py()
    return content
