"""Events as data frames of pandas, which is not a dependency."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Literal

from rmpl.errors import RmplError
from rmpl.predictions.table import event_rows
from rmpl.predictions.table_files import arguments_table, events_table
from rmpl.records import Document

_TABLES = {"events": events_table, "arguments": arguments_table}
_NUMBERS = {"start": "Int64", "end": "Int64"} | dict.fromkeys(
    ("score", "x1", "y1", "x2", "y2"), "Float64"
)
"""Columns of numbers, by their types, which know gaps: whole numbers stay whole."""


def frame(documents: Iterable[Document], table: Literal["events", "arguments"]) -> Any:  # noqa: ANN401 - pandas is optional
    """Return a table of ``rmpl table`` as a data frame.

    Raises
    ------
    RmplError
        If pandas is not installed, or there is no such table.
    """
    if table not in _TABLES:
        raise RmplError(f"no table {table!r}", remedy=f"ask for {' or '.join(_TABLES)}")
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise RmplError("to_pandas needs pandas", remedy="pip install pandas") from error
    header, rows = _TABLES[table](list(event_rows(documents)))
    columns: dict[int, Any] = {}
    for place, name in enumerate(header):
        cells = [row[place] for row in rows]
        # A role may be called like another column; that is a column of texts.
        is_number = name in _NUMBERS and not any(isinstance(one, str) for one in cells)
        columns[place] = pandas.array(cells, dtype=_NUMBERS[name]) if is_number else cells
    found = pandas.DataFrame(columns)
    found.columns = header
    return found
