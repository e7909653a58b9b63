"""Tables of events as files: CSV, Excel and Parquet, one of events and one of arguments."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from rmpl.errors import RmplError
from rmpl.io.parquet import write_columns
from rmpl.io.read_report import ReadReport
from rmpl.predictions.table import METADATA, ArgumentRow, EventRow

Cell = str | int | float | None
Table = tuple[list[str], list[list[Cell]]]
"""The names of the columns, and the rows."""

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""Characters that spreadsheet programs take for the beginning of a formula, also as wide ones."""
_MOST_ROWS = 1_048_575
"""Of a worksheet, below its header."""
_KINDS = {"start": "int64", "end": "int64"} | dict.fromkeys(
    ("score", "x1", "y1", "x2", "y2"), "float64"
)
"""Arrow types of the columns that are not text."""
_BESIDE = ("arguments", "metadata")
"""Fields of a row that have columns of their own."""
_FIRST = 5
"""Columns before those of the roles."""


def events_table(rows: Sequence[EventRow]) -> Table:
    """Return the table of events, with a column for every role and key of metadata that occurs.

    A role or key that is named as another column is marked: ``score (role)``.
    """
    names = [name for name in EventRow.__annotations__ if name not in _BESIDE]
    roles = sorted({one.role for row in rows for one in row.arguments})
    others = {key for row in rows for key, _ in row.metadata}
    keys = [*METADATA, *sorted(others.difference(METADATA))]
    taken = {*names, *METADATA}
    role_names = [_free(role, "role", taken) for role in roles]
    taken.update(role_names)
    key_names = [*METADATA, *(_free(key, "metadata", taken) for key in keys[len(METADATA) :])]
    header = [*names[:_FIRST], *role_names, *names[_FIRST:], *key_names]
    cells: list[list[Cell]] = []
    for row in rows:
        own: list[Cell] = [getattr(row, name) for name in names]
        filled, known = row.by_role, dict(row.metadata)
        cells.append(
            [
                *own[:_FIRST],
                *(filled.get(role, "") for role in roles),
                *own[_FIRST:],
                *(known.get(key, "") for key in keys),
            ]
        )
    return header, cells


def _free(name: str, kind: str, taken: Iterable[str]) -> str:
    return f"{name} ({kind})" if name in taken else name


def arguments_table(rows: Sequence[EventRow]) -> Table:
    """Return the table of arguments, one a row."""
    return list(ArgumentRow.__annotations__), [list(one) for row in rows for one in row.arguments]


def write_csv(tables: Sequence[Table], files: Sequence[BinaryIO]) -> None:
    """Write tables as CSV files; no cell is one that a spreadsheet program takes for a formula."""
    for (header, rows), file in zip(tables, files, strict=True):
        # With a byte order mark, which spreadsheet programs need to read UTF-8.
        text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(map(_inert, header))
        writer.writerows(map(_inert, row) for row in rows)
        text.detach()


def _inert(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def write_xlsx(
    events: Table, arguments: Table, file: BinaryIO, where: str, report: ReadReport
) -> None:
    """Write a workbook with a sheet of each table; ``report`` counts cells that were changed.

    Raises
    ------
    RmplError
        If there are more events or arguments than a sheet has rows.
    """
    from rmpl.predictions.workbooks import workbook  # noqa: PLC0415 - it imports an extra

    sheets = {"events": events, "arguments": arguments}
    for name, (_, rows) in sheets.items():
        if len(rows) > _MOST_ROWS:
            raise RmplError(
                f"{len(rows):,} {name} are more than the {_MOST_ROWS:,} rows of a sheet",
                where=where,
                remedy="write .csv or .parquet",
            )
    file.write(workbook(sheets, report))


def write_parquet(tables: Sequence[Table], files: Sequence[BinaryIO]) -> None:
    """Write tables as Parquet files."""
    for (header, rows), file in zip(tables, files, strict=True):
        columns = {
            name: (_KINDS.get(name, "string"), [row[place] for row in rows])
            for place, name in enumerate(header)
        }
        write_columns(columns, file)
