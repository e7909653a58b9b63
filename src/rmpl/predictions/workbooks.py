"""Workbooks (.xlsx) of tables, in which no text is a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

_MOST_CHARACTERS = 32_767
"""Of a cell."""


def workbook(
    sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str | int | float | None]]]],
) -> bytes:
    """Return a workbook with a sheet for each header and its rows.

    Characters that a cell cannot hold are left out, and longer texts are cut.
    """
    book = Workbook(write_only=True)
    for name, (header, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in (header, *rows):
            cells = []
            for value in row:
                if not isinstance(value, str):
                    cells.append(WriteOnlyCell(sheet, value=value))
                    continue
                text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MOST_CHARACTERS]
                cells.append(WriteOnlyCell(sheet, value=text))
                cells[-1].data_type = "s"
            sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
