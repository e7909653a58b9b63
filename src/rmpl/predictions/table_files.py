"""Tables of events as files: CSV, Excel and Parquet, one of events and one of arguments."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.io.parquet import write_columns
from rmpl.predictions.table import ArgumentRow, EventRow

Cell = str | int | float | None
Table = tuple[list[str], list[list[Cell]]]
"""The names of the columns, and the rows."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_ROWS = 1_048_575
"""Of a worksheet, below its header."""
_KINDS = {"start": "int64", "end": "int64"} | dict.fromkeys(
    ("score", "x1", "y1", "x2", "y2"), "float64"
)
"""Arrow types of the columns that are not text."""


def events_table(rows: Sequence[EventRow]) -> Table:
    """Return the table of events, with a column for every role that occurs."""
    roles = sorted({one.role for row in rows for one in row.arguments})
    names = [name for name in EventRow.__annotations__ if name != "arguments"]
    header = [*names[:4], *roles, *names[4:]]
    cells: list[list[Cell]] = []
    for row in rows:
        own: list[Cell] = list(row[: len(names)])  # type: ignore[arg-type] # without arguments
        filled = row.by_role
        cells.append([*own[:4], *(filled.get(role, "") for role in roles), *own[4:]])
    return header, cells


def arguments_table(rows: Sequence[EventRow]) -> Table:
    """Return the table of arguments, one a row."""
    return list(ArgumentRow.__annotations__), [list(one) for row in rows for one in row.arguments]


def write_tables(rows: Sequence[EventRow], path: Path) -> list[Path]:
    """Write the tables of events and of arguments; return the files.

    ``.xlsx`` has two sheets. The arguments of ``events.csv`` are in ``events-arguments.csv``, those
    of ``events.parquet`` in ``events-arguments.parquet``.

    Raises
    ------
    RmplError
        If the suffix is none of these, a library is missing, or there are more events than a sheet
        has rows.
    """
    return writer_of(path)(events_table(rows), arguments_table(rows), path)


def writer_of(path: Path) -> Callable[[Table, Table, Path], list[Path]]:
    """Return what writes tables of a file name's suffix.

    Raises
    ------
    RmplError
        If there is none, or its library is missing.
    """
    if path.suffix not in _WRITERS:
        raise RmplError(
            f"no table format {path.suffix or 'without a suffix'}",
            where=str(path),
            remedy=f"name a file {', '.join(_WRITERS)}",
        )
    library, extra = _LIBRARIES.get(path.suffix, ("", ""))
    if library:
        try:
            __import__(library)
        except ImportError as error:
            raise RmplError(
                f"{path.suffix} needs {library}",
                where=str(path),
                remedy=f"pip install 'rmpl[{extra}]', or write .csv",
            ) from error
    return _WRITERS[path.suffix]


def _write_csv(events: Table, arguments: Table, path: Path) -> list[Path]:
    files = [path, _beside(path)]
    for (header, rows), file in zip((events, arguments), files, strict=True):
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(map(_inert, header))
        writer.writerows(map(_inert, row) for row in rows)
        # With a byte order mark, which spreadsheet programs need to read UTF-8.
        write_file(file, text.getvalue().encode("utf-8-sig"))
    return files


def _inert(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _write_xlsx(events: Table, arguments: Table, path: Path) -> list[Path]:
    from rmpl.predictions.workbooks import workbook  # noqa: PLC0415 - it imports an extra

    sheets = {"events": events, "arguments": arguments}
    for name, (_, rows) in sheets.items():
        if len(rows) > _MOST_ROWS:
            raise RmplError(
                f"{len(rows):,} {name} are more than the {_MOST_ROWS:,} rows of a sheet",
                where=str(path),
                remedy="write .csv or .parquet",
            )
    write_file(path, workbook(sheets))
    return [path]


def _write_parquet(events: Table, arguments: Table, path: Path) -> list[Path]:
    files = [path, _beside(path)]
    for (header, rows), file in zip((events, arguments), files, strict=True):
        columns = {
            name: (_KINDS.get(name, "string"), [row[place] for row in rows])
            for place, name in enumerate(header)
        }
        content = io.BytesIO()
        write_columns(columns, content)
        write_file(file, content.getvalue())
    return files


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}-arguments{path.suffix}")


_WRITERS = {".csv": _write_csv, ".xlsx": _write_xlsx, ".parquet": _write_parquet}
_LIBRARIES = {".xlsx": ("openpyxl", "excel"), ".parquet": ("pyarrow", "parquet")}
