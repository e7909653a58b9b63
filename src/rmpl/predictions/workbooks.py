"""Workbooks (.xlsx) of tables, in which no text is a formula."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from rmpl.io.read_report import ReadReport
from rmpl.predictions.table_files import FORMULA, Cell, Table
from rmpl.predictions.xml_text import xml_text

_MOST_CHARACTERS = 32_767
"""Of a cell."""
_WIDTHS = {"document": 28, "sentence": 60, "caption": 40, "text": 28, "trigger": 16}
"""Of columns, in characters; others have that of a role."""
_WIDTH = 20
_ILLEGAL = "cells with control characters, which a workbook cannot hold: replaced by \ufffd"
_LONG = f"texts of more than {_MOST_CHARACTERS:,} characters, which a cell cannot hold: cut"


def workbook(sheets: Mapping[str, Table], report: ReadReport) -> bytes:
    """Return a workbook with a sheet for each header and its rows.

    Characters that a cell cannot hold are replaced, and longer texts are cut, which ``report``
    counts.

    Raises
    ------
    OSError
        If there is no space for openpyxl's temporary files.
    """
    book = Workbook(write_only=True)
    content = io.BytesIO()
    try:
        for name, (header, rows) in sheets.items():
            _fill(book.create_sheet(name), header, rows, report)
        book.save(content)
    except Exception as error:
        if "SerialisationError" not in type(error).__name__:  # lxml's, which openpyxl may use
            raise
        _abandon(book)
        where = tempfile.gettempdir()
        raise OSError(f"temporary files in {where} cannot be written: {error}") from error
    return content.getvalue()


def _fill(
    sheet: Any, header: Sequence[str], rows: Sequence[Sequence[Cell]], report: ReadReport
) -> None:
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(rows) + 1}"
    for place, column in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(column, _WIDTH)
    for number, row in enumerate((header, *rows), 1):
        where = f"{sheet.title}, row {number}"
        sheet.append(
            [_text(sheet, one, where, report) if isinstance(one, str) else one for one in row]
        )


def _text(sheet: Any, value: str, where: str, report: ReadReport) -> Any:
    text = _fitting(value, where, report)
    if not text.startswith((*FORMULA, "#")):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # and neither a formula nor an error (#N/A)
    # Of the apostrophe that a user would type: it stays text when it is edited.
    cell.quotePrefix = True
    return cell


def _abandon(book: Any) -> None:
    """Close the files of sheets that cannot be written, whose errors would be printed later."""
    for sheet in book:
        for opened in (sheet._rows, sheet._writer):
            with contextlib.suppress(Exception):
                opened.close()


def _fitting(text: str, where: str, report: ReadReport) -> str:
    legal = xml_text(text)
    if legal != text:
        report.warn(_ILLEGAL, where)
    if len(legal) > _MOST_CHARACTERS:
        report.warn(_LONG, where)
    return legal[:_MOST_CHARACTERS]
