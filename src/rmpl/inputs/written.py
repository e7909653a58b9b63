"""Files that rmpl itself wrote into a folder that is read: results, tables and pages."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.files import DAMAGED, opened, unpacked
from rmpl.io.parquet import column_names

OUTPUT = "file that rmpl wrote, which is no article"
PAGE = (
    b'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    b'<meta http-equiv="Content-Security-Policy" content="default-src'
)
"""The beginning of pages that rmpl writes."""
TABLE = ("document", "event", "medium", "event_type")
"""The first columns of tables of events and of arguments."""
CSV = b"\xef\xbb\xbf" + ",".join(TABLE).encode()
HEAD = 400
"""Bytes of a file that show it."""
_WRITTEN = re.compile(
    rb'\s*\{\s*"format":\s*"rmpl-(?:predictions|about)/|' + re.escape(CSV) + b"|" + re.escape(PAGE)
)
_SUFFIXES = (".json", ".jsonl", ".jsonl.gz", ".csv", ".html")


def is_output(path: Path) -> bool:
    """Return whether a file is what ``rmpl extract`` or ``rmpl table`` wrote."""
    if path.suffix == ".parquet":
        with contextlib.suppress(RmplError):
            return column_names(path)[: len(TABLE)] == list(TABLE)
        return False
    if not path.name.endswith(_SUFFIXES):
        return False
    with contextlib.suppress(RmplError, *DAMAGED), opened(path) as file:
        return _WRITTEN.match(unpacked(file).read(HEAD)) is not None
    return False  # it is reported when it is read
