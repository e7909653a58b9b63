"""Extracted events in the forms that people use: tables and graphs, by the suffix of a file.

``rmpl extract`` appends JSON Lines and makes another form of them at the end; ``rmpl table`` makes
the same of any prediction file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rmpl.errors import RmplError
from rmpl.io.files import replacing
from rmpl.io.locks import is_special
from rmpl.io.read_report import ReadReport
from rmpl.predictions.graph import document_graphs
from rmpl.predictions.graph_files import write_graphml, write_jsonld
from rmpl.predictions.table import event_rows
from rmpl.predictions.table_files import (
    Table,
    arguments_table,
    events_table,
    write_csv,
    write_parquet,
    write_xlsx,
)
from rmpl.records import Document

LINES = (".jsonl", ".jsonl.gz")
"""Suffixes of JSON Lines."""

_Write = Callable[[Iterable[Document], Sequence[BinaryIO], str, ReadReport], None]


class _Form(NamedTuple):
    """What writes a form; of two files, the second is of arguments. The library is an extra's."""

    write: _Write
    files: int = 1
    library: str = ""
    extra: str = ""


def export_files(path: Path) -> list[Path]:
    """Return the files that ``export`` writes for a file name, which may not exist yet.

    The arguments of ``events.csv`` are in ``events-arguments.csv``, those of ``events.parquet`` in
    ``events-arguments.parquet``.

    Raises
    ------
    RmplError
        If the suffix is that of no table or graph, its library is missing, or the name is that of
        a pipe or a device.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise RmplError(
            f"no table or graph has the suffix {path.suffix or '(none)'}",
            where=str(path),
            remedy=f"name a file {', '.join(FORMS)}",
        )
    if form.library:
        try:
            __import__(form.library)
        except ImportError as error:
            raise RmplError(
                f"{path.suffix} needs {form.library}",
                where=str(path),
                remedy=f"pip install 'rmpl[{form.extra}]', or write .csv",
            ) from error
    if is_special(path):
        raise RmplError("not a regular file", where=str(path), remedy="name a regular file")
    return [path, path.with_name(f"{path.stem}-arguments{path.suffix}")][: form.files]


def lines_file(path: Path) -> Path:
    """Return the file of JSON Lines that an output of ``rmpl extract`` is made of.

    That is the output itself or, for a table or a graph, a file beside it: ``events.jsonl`` for
    ``events.csv``.

    Raises
    ------
    RmplError
        If the suffix is that of no output, or as ``export_files``.
    """
    if path.name.endswith(LINES):
        return path
    if path.suffix.lower() not in FORMS:
        raise RmplError(
            f"no output has the suffix {path.suffix or '(none)'}",
            where=str(path),
            remedy=f"name a file {', '.join((*LINES, *FORMS))}, or - for standard output",
        )
    export_files(path)
    return path.with_suffix(LINES[0])


def export(documents: Iterable[Document], path: Path, report: ReadReport) -> list[Path]:
    """Write the events of documents as tables or as a graph; return the files.

    They appear, or replace older ones, only when all of them are complete. ``report`` counts texts
    that a form cannot hold as they are.

    Raises
    ------
    RmplError
        As ``export_files``, or if a file cannot be written or cannot hold the events.
    """
    paths = export_files(path)
    form = FORMS[path.suffix.lower()]
    with _all_replacing(paths) as files:
        form.write(documents, files, str(path), report)
    return paths


@contextlib.contextmanager
def _all_replacing(paths: Sequence[Path]) -> Iterator[list[BinaryIO]]:
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(replacing(path)) for path in paths]
        yield files
        # A full disk must be noticed before the first of them is put in place.
        for file in files:
            file.flush()
            os.fsync(file.fileno())


def _tables(documents: Iterable[Document]) -> tuple[Table, Table]:
    rows = list(event_rows(documents))
    return events_table(rows), arguments_table(rows)


def _csv(documents: Iterable[Document], files: Sequence[BinaryIO], _: str, __: ReadReport) -> None:
    write_csv(_tables(documents), files)


def _xlsx(
    documents: Iterable[Document], files: Sequence[BinaryIO], where: str, report: ReadReport
) -> None:
    write_xlsx(*_tables(documents), files[0], where, report)


def _parquet(
    documents: Iterable[Document], files: Sequence[BinaryIO], _: str, __: ReadReport
) -> None:
    write_parquet(_tables(documents), files)


def _graphml(
    documents: Iterable[Document], files: Sequence[BinaryIO], _: str, report: ReadReport
) -> None:
    write_graphml(list(document_graphs(documents, report)), files[0], report)


def _jsonld(
    documents: Iterable[Document], files: Sequence[BinaryIO], _: str, report: ReadReport
) -> None:
    write_jsonld(document_graphs(documents, report), files[0])


FORMS = {
    ".csv": _Form(_csv, files=2),
    ".xlsx": _Form(_xlsx, library="openpyxl", extra="excel"),
    ".parquet": _Form(_parquet, files=2, library="pyarrow", extra="parquet"),
    ".graphml": _Form(_graphml),
    ".jsonld": _Form(_jsonld),
}
"""By suffix."""
